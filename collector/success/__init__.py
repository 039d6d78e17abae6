"""What to do next: calls to action, playbooks, priorities, suggestions, success plans."""
