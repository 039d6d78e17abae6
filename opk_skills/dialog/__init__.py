"""The skill `dialog`: its program, its texts, its manifest."""
