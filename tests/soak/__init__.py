"""Soaks: the long versions of the fault tests. `make soak` runs them (see __main__)."""
