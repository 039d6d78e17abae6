"""The skill `checkin`: its program, its texts, its manifest."""
