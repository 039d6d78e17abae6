"""From a number to a band, and when a band changes: borders, coverage, hysteresis. Pure."""

from dataclasses import dataclass

from collector.health.model import Band, Previous
from collector.health.policy.file import Policy

_RANK: dict[Band, int] = {"red": 0, "yellow": 1, "green": 2}
_BANDS: tuple[Band, ...] = ("red", "yellow", "green")


@dataclass(frozen=True, slots=True)
class Banded:
    """The band, and what the number alone would say where it has not been believed yet."""

    band: Band
    candidate: Band | None = None
    days: int = 0


def of_number(number: float, policy: Policy) -> Band:
    """The band of a number by the borders alone; lower bounds are inclusive."""
    if number >= policy.bands.green_from:
        return "green"
    return "yellow" if number >= policy.bands.yellow_from else "red"


def decide(
    number: float | None,
    coverage: float,
    day: int,
    previous: Previous | None,
    policy: Policy,
    *,
    at_once: bool = False,
    alarmed: bool = False,
) -> Banded:
    """`number` is what the band rests on. `at_once`: an exception or a person decided it, it need not last.

    `alarmed`: an exception alone makes it red, also where too little is known for a number.
    """
    if number is None or coverage < policy.coverage.grey_below:
        return Banded("red" if alarmed else "grey")
    candidate = of_number(number, policy)
    is_held_down = candidate == "green" and coverage < policy.coverage.green_from
    if is_held_down:
        candidate = "yellow"
    old = _believed(previous, day, policy)
    if old is None or candidate == old.band or at_once:
        return Banded(candidate)
    if is_held_down and old.band == "green":
        return Banded(candidate)
    is_second = old.candidate_band == candidate and old.day == day - 1
    lasted = old.candidate_days + 1 if is_second else 1
    if lasted >= policy.bands.days:
        return Banded(candidate)
    moved = _beyond_margin(number, old.band, candidate, policy)
    return Banded(moved) if moved == candidate else Banded(moved, candidate, lasted)


def _believed(previous: Previous | None, day: int, policy: Policy) -> Previous | None:
    """A grey day or one long past holds nothing back."""
    if previous is None or previous.band == "grey" or not 0 < day - previous.day <= policy.clock.late_days:
        return None
    return previous


def _beyond_margin(number: float, old: Band, candidate: Band, policy: Policy) -> Band:
    """As far towards the candidate as the number lies beyond the borders by the margin."""
    borders = (policy.bands.yellow_from, policy.bands.green_from)
    at, goal = _RANK[old], _RANK[candidate]
    while at < goal and number >= borders[at] + policy.bands.margin:
        at += 1
    while at > goal and number <= borders[at - 1] - policy.bands.margin:
        at -= 1
    return _BANDS[at]
