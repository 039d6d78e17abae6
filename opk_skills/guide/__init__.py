"""The skill `guide`: its program, its texts, its manifest."""
