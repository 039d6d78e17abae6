"""Readings become windows and fault episodes (pure), and the task that stores them."""
