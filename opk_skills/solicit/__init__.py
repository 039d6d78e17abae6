"""The skill `solicit`: its program, its texts, its manifest."""
