"""What a score is made of, what changed it, and what would lift it. Pure."""
