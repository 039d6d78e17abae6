"""Robot-days become account-days: closed days once, late ones again, as new versions beside the old ones.

A day of an account is rolled up when it is over and settled. What comes later for it (a robot that was off line, an
import, a deployment that is corrected) makes a new version; a version that would say the same is not written.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from collector.health.model import AccountDay
from collector.store.engine import Store


@dataclass(frozen=True, slots=True)
class RolledUp:
    """What a run did. `changed`: (account row, day) that had a version before and got a newer one."""

    days: int = 0
    versions: int = 0
    changed: frozenset[tuple[int, int]] = frozenset()


def roll_up(store: Store, accounts: Sequence[int], through_day: int, now_s: int) -> RolledUp:
    """Bring these accounts' account-days up to `through_day`, and roll up again what came late. Repeatable."""
    raise NotImplementedError


def of_days(store: Store, accounts: Sequence[int], from_day: int, to_day: int) -> dict[int, tuple[AccountDay, ...]]:
    """The account-days as the robots' days say now, without writing them."""
    raise NotImplementedError
