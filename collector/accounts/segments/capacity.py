"""How many people customer success needs, and how loaded those are that it has. Pure.

Needed = sum over segments of accounts x hours per account-year / productive hours of a person. A fraction of a person
is shown as it is; people are whole, rounded up once, over all segments.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil

from collector.accounts.ledger.kinds.who import Csm
from collector.accounts.segments.segments import SegmentPolicy
from collector.accounts.segments.touch_models import hours_year, rule_of

_ALMOST = 1e-9  # 3.0000000001 people are three


@dataclass(frozen=True, slots=True)
class Need:
    segment: str
    accounts: int
    hours_per_account: float
    hours: float
    people: float


@dataclass(frozen=True, slots=True)
class Load:
    """One person's accounts against that person's hours. `csm` is empty for accounts that nobody looks after."""

    csm: str
    name: str
    team: str
    accounts: int
    hours_needed: float
    hours_year: float
    load: float | None  # 1: every hour is planned; null: nobody's


@dataclass(frozen=True, slots=True)
class CapacityPlan:
    """`people_needed` is `people_exact` rounded up. `hours_missing` is 0 where there are enough."""

    needs: list[Need]
    hours_needed: float
    hours_per_person: float
    people_exact: float
    people_needed: int
    people_there: int
    hours_there: float
    hours_missing: float
    loads: list[Load]


def is_there(csm: Csm, day: int) -> bool:
    return (csm.from_day is None or csm.from_day <= day) and (csm.to_day is None or day <= csm.to_day)


def plan(
    looked_after: Iterable[tuple[str, str | None]], csms: Sequence[Csm], day: int, policy: SegmentPolicy
) -> CapacityPlan:
    """`looked_after` is (segment, CSM's id) of every account with a contract on that day."""
    pairs = list(looked_after)
    per_person = policy.capacity.hours_year
    by_segment = Counter(segment for segment, _ in pairs)
    order = [rule.key for rule in policy.segment]
    needs = []
    for segment in sorted(by_segment, key=lambda word: (order.index(word) if word in order else len(order), word)):
        each = rule_of(segment, policy).hours_year
        hours = by_segment[segment] * each
        needs.append(Need(segment, by_segment[segment], each, hours, hours / per_person))
    there = [csm for csm in csms if is_there(csm, day)]
    hours_needed = sum(need.hours for need in needs)
    hours_there = sum(_hours(csm, policy) for csm in there)
    exact = hours_needed / per_person
    return CapacityPlan(
        needs, hours_needed, per_person, exact, ceil(exact - _ALMOST), len(there), hours_there,
        max(hours_needed - hours_there, 0.0), _loads(pairs, there, policy),
    )  # fmt: skip


def _hours(csm: Csm, policy: SegmentPolicy) -> float:
    return policy.capacity.hours_year if csm.hours_year is None else csm.hours_year


def _loads(pairs: Sequence[tuple[str, str | None]], there: Sequence[Csm], policy: SegmentPolicy) -> list[Load]:
    known = {csm.id for csm in there}
    accounts: Counter[str] = Counter()
    hours: dict[str, float] = {}
    for segment, csm_id in pairs:
        who = csm_id if csm_id in known and csm_id is not None else ""
        accounts[who] += 1
        hours[who] = hours.get(who, 0.0) + hours_year(segment, policy)
    found = []
    for csm in sorted(there, key=lambda each: each.id):
        has = _hours(csm, policy)
        needs = hours.get(csm.id, 0.0)
        found.append(Load(csm.id, csm.name, csm.team, accounts[csm.id], needs, has, needs / has if has else None))
    if accounts[""]:
        found.append(Load("", "", "", accounts[""], hours[""], 0.0, None))
    return found
