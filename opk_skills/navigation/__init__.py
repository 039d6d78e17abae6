"""The skill `navigation`: its program, its texts, its manifest."""
