"""The skill `dance`: its program, its texts, its manifest."""
