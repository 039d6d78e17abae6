"""Benches: what is measured, against what the field does. `make bench` runs them (see __main__)."""


class Absent(Exception):
    """This machine lacks what the bench needs; the message says what installs it."""
