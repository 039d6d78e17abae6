"""The skill `reception`: its program, its texts, its manifest."""
