"""The skill `delivery`: its program, its texts, its manifest."""
