"""The skill `lead`: its program, its texts, its manifest."""
