"""The skill `directions`: its program, its texts, its manifest."""
