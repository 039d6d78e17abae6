"""How each segment is looked after: planned touches a year, their hours, and how much of that was kept. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from collector.accounts.ledger.view import AccountLedger
from collector.accounts.segments.segments import SegmentPolicy, SegmentRule

DAYS_PER_YEAR = 365


@dataclass(frozen=True, slots=True)
class CadenceKept:
    """One kind of planned touch in a period. `planned` is the model's number for that many days."""

    kind: str
    planned: float
    held: int
    missed: int
    hours_planned: float


def rule_of(segment: str, policy: SegmentPolicy) -> SegmentRule:
    """The segment's rule; a word that the policy does not know is looked after as the last segment."""
    return policy.by_key.get(segment, policy.segment[-1])


def cadence_days(segment: str, policy: SegmentPolicy) -> int:
    """A two-way contact is due this often."""
    return rule_of(segment, policy).cadence_days


def hours_year(segment: str, policy: SegmentPolicy) -> float:
    return rule_of(segment, policy).hours_year


def kept(ledger: AccountLedger, rule: SegmentRule, first: int, last: int) -> Mapping[str, CadenceKept]:
    """What was planned for the account between two days, both counting, and what was held by the last of them."""
    found: dict[str, CadenceKept] = {}
    for kind, planned in rule.touches.items():
        reviews = [each for each in ledger.reviews if each.kind == kind and first <= each.due_day <= last]
        held = sum(each.held_day is not None and each.held_day <= last for each in reviews)
        share = (last - first + 1) / DAYS_PER_YEAR
        found[kind] = CadenceKept(
            kind, planned.a_year * share, held, len(reviews) - held, planned.a_year * planned.hours * share
        )
    return found
