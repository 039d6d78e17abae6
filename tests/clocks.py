"""A clock that a test turns."""

from dataclasses import dataclass

import pytest


@dataclass
class Clock:
    """Stands until `now` is set: seconds since 1970."""

    now: float

    def __call__(self) -> float:
        return float(self.now)


@pytest.fixture
def clock() -> Clock:
    """At noon (UTC) of the day on which the stories end."""
    from tests.batches import NOON  # noqa: PLC0415 - most tests need neither a clock nor what makes batches

    return Clock(float(NOON))
