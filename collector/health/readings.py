"""One account's day as readings: every measure's raw value, the exceptions that hold, what its peers are chosen by. Pure."""

from collector.health.model import AccountInputs, Readings
from collector.health.policy import DEFAULT, Policy


def read(inputs: AccountInputs, policy: Policy = DEFAULT) -> Readings:
    """Read one account. Whatever is dated after `inputs.day` is not looked at."""
    raise NotImplementedError
