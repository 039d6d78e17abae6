"""What `opk new` writes a skill from."""
