"""The REST API: routes, their parameters and their answers."""
