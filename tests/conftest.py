"""Fixtures that every test may ask for live in modules named after what they start."""

pytest_plugins = ["tests.brokers", "tests.databases", "tests.skipped"]
