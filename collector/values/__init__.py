"""Small values that every floor above uses. Pure; they know nothing of the domain."""
