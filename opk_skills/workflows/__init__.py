"""Workflows as people write them: a file of YAML for each kind of place, read, checked and compiled."""
