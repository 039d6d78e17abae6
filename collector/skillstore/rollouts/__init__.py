"""Rollouts of skill versions: in waves, drawn at random by account, judged by what customers feel."""
