"""The skill `portal`: its program, its texts, its manifest."""
