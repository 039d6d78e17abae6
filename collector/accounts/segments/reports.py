"""Reports on segments, from the store: every account's place, what each segment is, capacity, cost ratio."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from collector.accounts.contracts.arr import arr_on
from collector.accounts.contracts.exchange_rates import rates_on
from collector.accounts.ledger import book as books
from collector.accounts.ledger.book import Ledgers
from collector.accounts.ledger.facts import NOW, Knowledge
from collector.accounts.ledger.kinds.who import Account, Csm
from collector.accounts.segments.capacity import CapacityPlan, is_there, plan
from collector.accounts.segments.cost_ratio import SegmentCost, Served, cost_ratios, paid_for
from collector.accounts.segments.segments import Placed, SegmentPolicy, SegmentRule, Tier, place
from collector.accounts.segments.touch_models import rule_of
from collector.calendar import days


@dataclass(frozen=True, slots=True)
class Place:
    """One account's segment, tier and points; money in units of `currency` a year."""

    account: str
    name: str
    segment: str
    segment_name: str
    by_hand: bool
    tier: Tier
    arr: float
    potential: float
    points: float
    points_of: dict[str, float]
    csm: str | None
    currency: str


@dataclass(frozen=True, slots=True)
class PlannedTouch:
    kind: str
    a_year: float
    hours: float


@dataclass(frozen=True, slots=True)
class SegmentShown:
    """A segment with its touch model and who is in it. A word that was set by hand has no rule of its own."""

    segment: str
    name: str
    accounts: int
    customers: int
    arr: float
    arr_share: float | None
    hours_per_account: float
    cadence_days: int
    touches: list[PlannedTouch]
    tiers: dict[str, int]
    day: str
    currency: str


@dataclass(frozen=True, slots=True)
class Portfolio:
    """Every account with its place on a day, its paid work, and the people of that day."""

    accounts: Mapping[str, Account]
    placed: Mapping[str, Placed]
    served: list[Served]
    csms: list[Csm]
    book: Ledgers
    day: int
    currency: str
    scale: int  # so many of `arr` and `paid` make one unit of the currency


def portfolio(
    connection: Connection, day: int, *, currency: str, policy: SegmentPolicy, grace_days: int,
    knowledge: Knowledge = NOW,
) -> Portfolio:  # fmt: skip
    """The portfolio on a day, as known then or now."""
    book = books.read_book(connection, books.CONTRACTS, knowledge)
    fx = rates_on(book.exchange_rates, currency, day)
    accounts: dict[str, Account] = {}
    arr_of: dict[str, int] = {}
    paid_of: dict[str, int] = {}
    for ledger in book.ledgers():
        key = ledger.account.id
        accounts[key], arr_of[key], paid_of[key] = (
            ledger.account,
            arr_on(ledger, day, fx, grace_days=grace_days),
            paid_for(ledger, day, fx, grace_days) if any(line.for_success for line in ledger.lines) else 0,
        )
    placed = place(((account, arr_of[key]) for key, account in accounts.items()), fx, policy)
    served = [
        Served(key, each.segment, accounts[key].csm, each.arr, paid_of[key])
        for key, each in placed.items()
        if each.arr > 0
    ]
    return Portfolio(
        accounts, placed, served, [csm for csm in book.csms if is_there(csm, day)], book, day, currency, fx.scale
    )


def places(found: Portfolio, name_of: Callable[[str], str]) -> list[Place]:
    """Every account, by id. `name_of` a segment: of its word."""
    return [
        Place(
            key, found.accounts[key].name, each.segment, name_of(each.segment), each.by_hand, each.tier,
            each.arr / found.scale, each.potential / found.scale, each.points, dict(each.points_of),
            found.accounts[key].csm, found.currency,
        )
        for key, each in found.placed.items()
    ]  # fmt: skip


def segments_shown(
    found: Portfolio, policy: SegmentPolicy, name_of: Callable[[SegmentRule], str]
) -> list[SegmentShown]:
    """Every segment of the policy by its name, then the words set by hand."""
    whole = sum(each.arr for each in found.placed.values())
    by_hand = sorted({each.segment for each in found.placed.values()} - set(policy.by_key))
    shown = []
    for word in [*policy.by_key, *by_hand]:
        of = [each for each in found.placed.values() if each.segment == word]
        arr = sum(each.arr for each in of)
        rule = rule_of(word, policy)
        name = word if word not in policy.by_key else name_of(rule)
        shown.append(
            SegmentShown(
                word, name, len(of), sum(each.arr > 0 for each in of), arr / found.scale,
                arr / whole if whole else None, rule.hours_year, rule.cadence_days,
                [PlannedTouch(kind, touch.a_year, touch.hours) for kind, touch in rule.touches.items()],
                dict(sorted(Counter(each.tier for each in of).items())), days.iso(found.day), found.currency,
            )
        )  # fmt: skip
    return shown


def capacity_plan(found: Portfolio, day: int, policy: SegmentPolicy) -> CapacityPlan:
    """People needed for the customers with ARR on that day."""
    return plan([(each.segment, each.csm) for each in found.served], found.csms, day, policy)


def cost_ratio_report(found: Portfolio, day: int, *, currency: str, policy: SegmentPolicy) -> list[SegmentCost]:
    return cost_ratios(found.served, found.csms, rates_on(found.book.exchange_rates, currency, day), policy)
