"""Falls of usage, rises of faults, incidents and swings: what is lower than chance explains. Pure."""
