"""Where counts come from, one file each, behind the seam of readings.py."""
