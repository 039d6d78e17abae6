"""Fixtures that every test may ask for live in modules named after what they start."""

from hypothesis import settings

pytest_plugins = ["tests.brokers", "tests.databases", "tests.skipped"]

settings.register_profile("no deadline", deadline=None)  # no test is about how fast a busy machine is
settings.load_profile("no deadline")
