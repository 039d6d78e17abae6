"""The skill `cruise`: its program, its texts, its manifest."""
