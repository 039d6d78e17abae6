"""Days, hours and time zones: the only place that knows how long a day is. Pure."""
