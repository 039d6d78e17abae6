"""The skill `greeter`."""
