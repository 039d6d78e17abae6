"""Days on which a place was closed and nobody said so: learned where robots vouch for them. Pure.

A robot that was up all day and counted nobody passing by vouches that nobody was there; that alone is a broken sensor
as well as a holiday. It is a closed day where others of the region had it too and no cause of ours explains them better
(a firmware, a model, a skill's version, a scene), or where the account's own past has it: the same weekday, most weeks.
Robots that were not heard say nothing: their day is unknown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import median

from collector.calendar.days import WEEK_DAYS
from collector.health.anomalies.model import Statistics, Vouched
from collector.health.anomalies.rules import AnomalyRules
from collector.health.model import AccountDay

RECENT_DAYS = 42  # that a verdict rests on: W, its weeks and the eve, where a place opens five days a week
_TRAFFIC = "foot_traffic"


def vouched(days: Sequence[AccountDay], counter: str, rules: AnomalyRules) -> Vouched:
    """What the account's robots say of days that may have been closed."""
    traffic = [one.counts[_TRAFFIC] for one in days if one.open and one.heard and _TRAFFIC in one.counts]
    rests = _rests(days)
    if not traffic or 0 not in traffic or median(traffic) < rules.closed_traffic_min:
        return Vouched(rests=rests)
    zeros = tuple(one.day for one in days if one.open and _is_empty(one, counter))
    empty = frozenset(zeros)
    weeks = range(1, int(rules.closed_past_weeks) + 1)
    past = tuple(day for day in zeros if sum(day - n * WEEK_DAYS in empty for n in weeks) >= int(rules.closed_past_min))
    return Vouched(zeros, past, rests)


def _is_empty(one: AccountDay, counter: str) -> bool:
    """Every robot was up, none of them was broken, and they counted true zeros."""
    everybody = one.robots > 0 and one.heard == one.robots and not one.unwatched and not one.faults
    return everybody and one.counts.get(_TRAFFIC) == 0 and one.counts.get(counter) == 0


def _rests(days: Sequence[AccountDay]) -> tuple[int, ...]:
    """Days entered as closed on a weekday that is open elsewhere: holidays, not Sundays."""
    opens = {one.day for one in days if one.open}
    return tuple(one.day for one in days if not one.open and {one.day - WEEK_DAYS, one.day + WEEK_DAYS} & opens)


def learned(found: Sequence[Statistics], rules: AnomalyRules) -> Mapping[str, tuple[int, ...]]:
    """Region -> days on which most of it was closed, as its accounts together say."""
    regions: dict[str, list[Statistics]] = {}
    for one in found:
        if one.region and one.state not in {"no_deployment", "not_arrived"}:
            regions.setdefault(one.region, []).append(one)
    closed: dict[str, tuple[int, ...]] = {}
    for region, here in sorted(regions.items()):
        candidates = {day for one in here for day in one.vouched.zeros}
        if shut := tuple(day for day in sorted(candidates) if _is_closed(day, here, found, rules)):
            closed[region] = shut
    return closed


def _is_closed(day: int, here: Sequence[Statistics], found: Sequence[Statistics], rules: AnomalyRules) -> bool:
    empty = [one for one in here if day in one.vouched.zeros]
    resting = sum(1 for one in here if day in one.vouched.rests)
    closed = len(empty) + resting
    if closed < rules.closed_region_min or closed < rules.closed_region_share * len(here):
        return False
    shared = frozenset.intersection(*(frozenset(_own_causes(one)) for one in empty)) if empty else frozenset()
    return not any(_explains(cause, day, here, found, rules) for cause in shared)


def _explains(
    cause: tuple[str, str], day: int, here: Sequence[Statistics], found: Sequence[Statistics], rules: AnomalyRules
) -> bool:
    """What the empty places share explains them better than the region: others with it were empty too, or nobody has
    it but they. It does not where others with it went on, nor where everybody has it.
    """
    inside = {id(one) for one in here}
    without = [one for one in here if cause not in _own_causes(one)]
    if without and not any(day in one.vouched.zeros or day in one.vouched.rests for one in without):
        return True
    elsewhere = [one for one in found if id(one) not in inside and cause in _own_causes(one)]
    empty = sum(1 for one in elsewhere if day in one.vouched.zeros)
    went_on = len(elsewhere) - empty
    if elsewhere and all(cause in _own_causes(one) for one in found):
        return False
    if elsewhere:
        return empty >= rules.closed_region_share * len(elsewhere) or went_on == 0
    return not without  # everybody here has it and nobody elsewhere: it cannot be told from the region


def _own_causes(one: Statistics) -> tuple[tuple[str, str], ...]:
    return tuple(cause for cause in one.causes_of_silence if cause[0] != "region")


def chosen(one: Statistics, closed: Mapping[str, Sequence[int]]) -> Statistics:
    """The account's numbers without its learned closed days, where each empty day that counts is one of them."""
    if one.apart is None or not is_learned(one, closed):
        return one
    return replace(one.apart, silent=None if one.day in one.vouched.zeros else one.silent)


def is_learned(one: Statistics, closed: Mapping[str, Sequence[int]]) -> bool:
    likely = {*one.vouched.past, *closed.get(one.region, ())}
    return all(day in likely for day in one.vouched.zeros if day > one.day - RECENT_DAYS)


def silent(days: Sequence[AccountDay], day: int, counter: str, rules: AnomalyRules) -> bool | None:
    """Whether nothing was heard or counted on the day where there usually is something. None: it cannot be told."""
    today = days[-1] if days and days[-1].day == day else None
    if today is None or not today.open or not today.robots:
        return None
    before = [one for one in days[:-1] if one.open and one.robots][-int(rules.base_open_days) :]
    counts = [one.counts[counter] for one in before if one.heard and counter in one.counts]
    quiet = sum(1 for one in before if _is_quiet(one, counter))
    if len(counts) < rules.base_min_days or sum(counts) < rules.silent_expected_min * len(counts):
        return None
    return None if quiet > rules.silent_usual_share * len(before) else _is_quiet(today, counter)


def _is_quiet(one: AccountDay, counter: str) -> bool:
    return not one.heard or one.counts.get(counter) == 0
