"""The policy: every weight and threshold of the health model, from one file. Pure."""
