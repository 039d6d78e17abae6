"""One entitlement: an account may use a skill on some days, on so many robots. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class EntitledBy(StrEnum):
    """A contract line is paid for; a trial ends by itself; granted is given, without a bill."""

    CONTRACT_LINE = "contract_line"
    TRIAL = "trial"
    GRANTED = "granted"


@dataclass(frozen=True, slots=True)
class Entitlement:
    """`from_day` to `to_day`, both counting (days since 1970-01-01); `to_day` None: it goes on.

    One that ends the day before its first one is taken back, and one that ends earlier still was taken back before it
    began. `robots_most` None: on all robots of the account. `contract_line`: its id in the ledger, of a paid one alone.
    """

    id: int
    account_id: int
    skill: str
    from_day: int
    to_day: int | None
    origin: EntitledBy
    contract_line: str | None
    robots_most: int | None
    ended_reason: str

    def has_begun(self, day: int) -> bool:
        """Whether something may run by it since some day up to this one."""
        return self.from_day <= day and (self.to_day is None or self.to_day >= self.from_day - 1)

    def holds_on(self, day: int) -> bool:
        return self.from_day <= day and (self.to_day is None or day <= self.to_day)


def robots_allowed(entitlements: Iterable[Entitlement], day: int) -> int | None:
    """On how many robots a skill may be on a day by all entitlements to it; None: on all; 0: on none."""
    standing = [one for one in entitlements if one.holds_on(day)]
    numbers = [one.robots_most for one in standing]
    return None if None in numbers else sum(number for number in numbers if number is not None)
