"""Fixtures that every test may ask for live in modules named after what they start."""

import os

from hypothesis import settings

pytest_plugins = ["tests.brokers", "tests.clocks", "tests.databases", "tests.skipped"]

# No test is about how fast a busy machine is. The gate asks the same questions each time, so that a change is judged by
# itself; HYPOTHESIS=search asks new ones (`HYPOTHESIS=search make test TESTS=tests/property`).
settings.register_profile("same", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS", "same"))

# What a command prints is folded where somebody looks, or COLUMNS is set: not by the shell that starts the tests.
os.environ.pop("COLUMNS", None)
