"""Bills for skills: the desk of finance, one bill down to robots, days and records, and a customer's own."""
