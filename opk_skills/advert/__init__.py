"""The skill `advert`: its program, its texts, its manifest."""
