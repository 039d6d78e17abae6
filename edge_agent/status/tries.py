"""How often a PIN may be tried: counted for each phone and for all strangers together. Pure; the clock is an argument.

A phone that has given the right PIN before is known, and counted by itself: whoever tries wrong ones from elsewhere
keeps nobody away who has been here before. The counts are kept on the disk: a new start of the page, or of the robot,
forgives nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

ONE_BURST, ONE_EVERY_S = 5, 300.0  # of one phone: five at once, then one in five minutes
ALL_BURST, ALL_EVERY_S = 30, 120.0  # of all strangers: a PIN of six digits then lasts two years on average
PHONES_MAX = 200  # the one heard of longest ago goes; the count of all strangers stands


@dataclass(frozen=True, slots=True)
class Level:
    """Tries that still weigh, as of a moment of the boot's clock."""

    tries: float = 0.0
    at_s: float = 0.0

    def now(self, now_s: float, every_s: float) -> float:
        return max(0.0, self.tries - max(0.0, now_s - self.at_s) / every_s)


@dataclass(frozen=True, slots=True)
class Tries:
    """`boot` names the clock of the moments. After another start no time has passed: it is not known how much did."""

    boot: str = ""
    phones: Mapping[str, Level] = field(default_factory=dict)
    strangers: Level = Level()

    def of_boot(self, boot: str) -> "Tries":
        if boot == self.boot:
            return self
        phones = {name: replace(level, at_s=0.0) for name, level in self.phones.items()}
        return Tries(boot, phones, replace(self.strangers, at_s=0.0))

    def wait_s(self, phone: str, now_s: float, *, known: bool) -> float:
        """Until this phone may try; 0: it may now."""
        own = self.phones.get(phone, Level()).now(now_s, ONE_EVERY_S) + 1 - ONE_BURST
        others = 0.0 if known else self.strangers.now(now_s, ALL_EVERY_S) + 1 - ALL_BURST
        return max(0.0, own * ONE_EVERY_S, others * ALL_EVERY_S)

    def left(self, phone: str, now_s: float) -> int:
        """How many more this phone has before it must wait."""
        return max(0, int(ONE_BURST - self.phones.get(phone, Level()).now(now_s, ONE_EVERY_S)))

    def tried(self, phone: str, now_s: float, *, known: bool) -> "Tries":
        """With one more. It is counted before it is looked at, so that nothing that ends the process undoes it."""
        own = Level(self.phones.get(phone, Level()).now(now_s, ONE_EVERY_S) + 1, now_s)
        phones = {name: level for name, level in self.phones.items() if level.now(now_s, ONE_EVERY_S) > 0}
        phones = dict(sorted((phones | {phone: own}).items(), key=lambda one: -one[1].at_s)[:PHONES_MAX])
        strangers = self.strangers
        if not known:
            strangers = Level(strangers.now(now_s, ALL_EVERY_S) + 1, now_s)
        return Tries(self.boot, phones, strangers)

    def forgiven(self, phone: str, now_s: float, *, known: bool) -> "Tries":
        """It was the right one: what this phone tried does not weigh any more."""
        phones = {name: level for name, level in self.phones.items() if name != phone}
        strangers = self.strangers
        if not known:
            strangers = Level(max(0.0, strangers.now(now_s, ALL_EVERY_S) - 1), now_s)
        return Tries(self.boot, phones, strangers)


def shown(tries: Tries) -> dict[str, Any]:
    """As the file holds it."""
    phones = {name: [level.tries, level.at_s] for name, level in tries.phones.items()}
    return {"boot": tries.boot, "phones": phones, "strangers": [tries.strangers.tries, tries.strangers.at_s]}


def read(form: object) -> Tries:
    """Of what the file holds. Raises ValueError."""
    try:
        assert isinstance(form, dict)
        phones = {str(name): Level(float(tries), float(at_s)) for name, (tries, at_s) in form["phones"].items()}
        return Tries(str(form["boot"]), phones, Level(*(float(one) for one in form["strangers"])))
    except (AssertionError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no count of tries: {error}") from error
