"""A customer's portal: its own robots, use, goals, and whom to turn to for what."""
