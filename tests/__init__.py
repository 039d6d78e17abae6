"""The tests. A regular package, since a dependency (gmqtt) installs a top-level `tests` of its own that would win."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
"""The repository."""
