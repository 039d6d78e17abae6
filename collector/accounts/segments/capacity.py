"""How many people customer success needs, and how loaded those are that it has. Pure.

Needed = sum over segments of accounts x hours per account-year / productive hours of a person. A fraction of a person
is shown as it is; people are whole, rounded up once, over all segments.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import ceil

from collector.accounts.contracts.exchange_rates import LeftOut, known_sum
from collector.accounts.ledger.kinds.who import Csm
from collector.accounts.segments.segments import UNKNOWN, SegmentPolicy
from collector.accounts.segments.touch_models import hours_year, rule_of

_ALMOST = 1e-9  # 3.0000000001 people are three


@dataclass(frozen=True, slots=True)
class Need:
    """None in the row of accounts whose segment is not known."""

    segment: str
    accounts: int
    hours_per_account: float | None
    hours: float | None
    people: float | None


@dataclass(frozen=True, slots=True)
class Load:
    """One person's accounts against that person's hours. `csm` is empty for accounts that nobody looks after.

    `unknown`: so many of the accounts have a segment that is not known; their hours are in no number, and there is no
    load. `hours_needed` is that of the others, null where it is of none.
    """

    csm: str
    name: str
    team: str
    accounts: int
    hours_needed: float | None
    hours_year: float
    load: float | None  # 1: every hour is planned; null: nobody's, or not known
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class CapacityPlan:
    """`people_needed` is `people_exact` rounded up. `hours_missing` is 0 where there are enough.

    What is needed is that of the accounts whose segment is known, None where it is of none; `unknown` are the others,
    and while there are any, nobody knows what is missing. `left_out` says whose money has no rate.
    """

    needs: list[Need]
    hours_needed: float | None
    hours_per_person: float
    people_exact: float | None
    people_needed: int | None
    people_there: int
    hours_there: float
    hours_missing: float | None
    loads: list[Load]
    unknown: int = 0
    left_out: list[LeftOut] = field(default_factory=list)


def is_there(csm: Csm, day: int) -> bool:
    return (csm.from_day is None or csm.from_day <= day) and (csm.to_day is None or day <= csm.to_day)


def plan(
    looked_after: Iterable[tuple[str, str | None]], csms: Sequence[Csm], day: int, policy: SegmentPolicy,
    missing: Sequence[LeftOut] = (),
) -> CapacityPlan:  # fmt: skip
    """`looked_after` is (segment, CSM's id) of every account with a contract on that day."""
    pairs = list(looked_after)
    per_person = policy.capacity.hours_year
    by_segment = Counter(segment for segment, _ in pairs)
    order = [rule.key for rule in policy.segment]
    needs = []
    for segment in sorted(by_segment, key=lambda word: (order.index(word) if word in order else len(order), word)):
        if segment == UNKNOWN:
            continue
        each = rule_of(segment, policy).hours_year
        hours = by_segment[segment] * each
        needs.append(Need(segment, by_segment[segment], each, hours, hours / per_person))
    unknown = by_segment[UNKNOWN]
    hours_needed = known_sum([*(need.hours for need in needs), *([None] if unknown else [])])
    if unknown:
        needs.append(Need(UNKNOWN, unknown, None, None, None))
    there = [csm for csm in csms if is_there(csm, day)]
    hours_there = sum(_hours(csm, policy) for csm in there)
    exact = None if hours_needed is None else hours_needed / per_person
    return CapacityPlan(
        needs, hours_needed, per_person, exact, None if exact is None else ceil(exact - _ALMOST), len(there),
        hours_there, None if unknown or hours_needed is None else max(hours_needed - hours_there, 0.0),
        _loads(pairs, there, policy), unknown, list(missing),
    )  # fmt: skip


def _hours(csm: Csm, policy: SegmentPolicy) -> float:
    return policy.capacity.hours_year if csm.hours_year is None else csm.hours_year


def _loads(pairs: Sequence[tuple[str, str | None]], there: Sequence[Csm], policy: SegmentPolicy) -> list[Load]:
    known = {csm.id for csm in there}
    accounts: Counter[str] = Counter()
    unknown: Counter[str] = Counter()
    hours: dict[str, float] = {}
    for segment, csm_id in pairs:
        who = csm_id if csm_id in known and csm_id is not None else ""
        accounts[who] += 1
        unknown[who] += segment == UNKNOWN
        if segment != UNKNOWN:
            hours[who] = hours.get(who, 0.0) + hours_year(segment, policy)
    found = []
    for csm in sorted(there, key=lambda each: each.id):
        has = _hours(csm, policy)
        needs = hours.get(csm.id, None if unknown[csm.id] else 0.0)
        load = needs / has if has and needs is not None and not unknown[csm.id] else None
        found.append(Load(csm.id, csm.name, csm.team, accounts[csm.id], needs, has, load, unknown[csm.id]))
    if accounts[""]:
        found.append(Load("", "", "", accounts[""], hours.get(""), 0.0, None, unknown[""]))
    return found
