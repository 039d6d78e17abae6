"""Segments, touch models, capacity and cost ratio."""
