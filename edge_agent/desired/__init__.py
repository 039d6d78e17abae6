"""The settings that the collector wishes for: planned, put on trial, applied live, rolled back."""
