"""Reports on segments, from the store: every account's place, what each segment is, capacity, cost ratio."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection

from collector.accounts.contracts.arr import currency_of, has_money, parts_of
from collector.accounts.contracts.exchange_rates import LeftOut, Rates, known_sum, left_out, rates_on
from collector.accounts.contracts.terms import standing_terms
from collector.accounts.ledger import book as books
from collector.accounts.ledger.book import Ledgers
from collector.accounts.ledger.facts import Knowledge
from collector.accounts.ledger.kinds.who import Account, Csm
from collector.accounts.ledger.view import AccountLedger
from collector.accounts.segments.capacity import CapacityPlan, is_there, plan
from collector.accounts.segments.cost_ratio import SegmentCost, Served, cost_ratios, paid_for
from collector.accounts.segments.segments import UNKNOWN, Placed, SegmentPolicy, SegmentRule, Tier, place, size
from collector.accounts.segments.touch_models import rule_of
from collector.calendar import days


@dataclass(frozen=True, slots=True)
class Place:
    """One account's segment, tier and points; money in units of `currency` a year.

    Null, an empty segment and the tier "unknown": no rate is stated for its money.
    """

    account: str
    name: str
    segment: str
    segment_name: str
    by_hand: bool
    tier: Tier
    arr: float | None
    potential: float | None
    points: float | None
    points_of: dict[str, float | None]
    csm: str | None
    currency: str


@dataclass(frozen=True, slots=True)
class PlannedTouch:
    kind: str
    a_year: float
    hours: float


@dataclass(frozen=True, slots=True)
class SegmentShown:
    """A segment with its touch model and who is in it. A word that was set by hand has no rule of its own.

    The last one, whose word is empty, are the accounts whose segment is not known: it has no touch model. ARR is the
    sum of what is known; `left_out` says whose is not.
    """

    segment: str
    name: str
    accounts: int
    customers: int
    arr: float | None
    arr_share: float | None
    hours_per_account: float | None
    cadence_days: int | None
    touches: list[PlannedTouch]
    tiers: dict[str, int]
    day: str
    currency: str
    left_out: list[LeftOut] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Portfolio:
    """Every account with its place on a day, its paid work, and the people of that day."""

    accounts: Mapping[str, Account]
    placed: Mapping[str, Placed]
    served: list[Served]
    csms: list[Csm]
    away: frozenset[str]  # who is entered and is not there that day
    book: Ledgers
    day: int
    currency: str
    scale: int  # so many of `arr` and `paid` make one unit of the currency
    missing: Mapping[str, frozenset[str]]  # by account, currencies of it that no rate is stated for
    left_out: list[LeftOut]


def portfolio(
    connection: Connection, day: int, *, currency: str, policy: SegmentPolicy, grace_days: int,
    knowledge: Knowledge,
) -> Portfolio:  # fmt: skip
    """The portfolio on a day, as known then or now."""
    book = books.read_book(connection, books.CONTRACTS, knowledge)
    fx = rates_on(book.exchange_rates, currency, day)
    accounts: dict[str, Account] = {}
    arr_of: dict[str, int | None] = {}
    served_of: dict[str, tuple[bool, int | None]] = {}
    missing: dict[str, frozenset[str]] = {}

    def read(ledger: AccountLedger) -> tuple[Account, int | None, bool, int | None, frozenset[str]]:
        terms = list(standing_terms(ledger, day, grace_days=grace_days))
        known, own = parts_of(ledger, terms, day, fx)
        arr = None if own else known
        potential = size(ledger.account, arr, fx, policy).potential
        is_paid = any(line.for_success for line in ledger.lines)
        paid = paid_for(ledger, day, fx, grace_days) if is_paid else 0
        unknown = set(own)
        if paid is None:
            contracts = {each.id: each for each in ledger.contracts}
            paid_in = {
                currency_of(line, contracts[line.contract])
                for line in ledger.lines
                if line.for_success and line.contract in contracts
            }
            unknown |= {currency for currency in paid_in if fx.convert(1, currency) is None}
        if potential is None:
            unknown.add(ledger.account.currency)
        return ledger.account, arr, known > 0 or has_money(own), paid, frozenset(unknown)

    for said, arr, is_customer, paid, unknown in book.of_each(read):
        accounts[said.id], arr_of[said.id], served_of[said.id] = said, arr, (is_customer, paid)
        if unknown:
            missing[said.id] = unknown
    placed = place(((account, arr_of[key]) for key, account in accounts.items()), fx, policy)
    served = [
        Served(key, each.segment, accounts[key].csm, each.arr, served_of[key][1])
        for key, each in placed.items()
        if served_of[key][0]
    ]
    csms = book.sound("csm", book.csms, lambda csm: _reckoned(csm, day, fx))
    there = [csm for csm in csms if is_there(csm, day)]
    named = left_out(
        ((currency, key) for key, currencies in missing.items() for currency in currencies),
        csms=((csm.currency, csm.id) for csm in there if fx.convert(csm.cost_year or 0, csm.currency) is None),
    )
    away = frozenset(csm.id for csm in csms) - {csm.id for csm in there}
    return Portfolio(accounts, placed, served, there, away, book, day, currency, fx.scale, missing, named)


def _reckoned(csm: Csm, day: int, fx: Rates) -> object:
    return is_there(csm, day), float(csm.hours_year or 0), fx.convert(csm.cost_year or 0, csm.currency)


def places(found: Portfolio, name_of: Callable[[str], str]) -> list[Place]:
    """Every account, by id. `name_of` a segment: of its word."""
    return [
        Place(
            key, found.accounts[key].name, each.segment, name_of(each.segment), each.by_hand, each.tier,
            _units(each.arr, found), _units(each.potential, found), each.points, dict(each.points_of),
            found.accounts[key].csm, found.currency,
        )
        for key, each in found.placed.items()
    ]  # fmt: skip


def segments_shown(
    found: Portfolio, policy: SegmentPolicy, name_of: Callable[[SegmentRule], str], unknown: str
) -> list[SegmentShown]:
    """Every segment of the policy by its name, then the words set by hand, then the accounts of an unknown one."""
    whole = known_sum(each.arr for each in found.placed.values())
    words = {each.segment for each in found.placed.values()}
    by_hand = sorted(words - {UNKNOWN, *policy.by_key})
    customers = {each.account for each in found.served}
    shown = []
    for word in [*policy.by_key, *by_hand]:
        of = [each for each in found.placed.values() if each.segment == word]
        arr = known_sum(each.arr for each in of)
        rule = rule_of(word, policy)
        name = word if word not in policy.by_key else name_of(rule)
        shown.append(
            SegmentShown(
                word, name, len(of), sum(each.account in customers for each in of), _units(arr, found),
                arr / whole if whole and arr is not None else None, rule.hours_year, rule.cadence_days,
                [PlannedTouch(kind, touch.a_year, touch.hours) for kind, touch in rule.touches.items()],
                dict(sorted(Counter(each.tier for each in of).items())), days.iso(found.day), found.currency,
                _left_out(found, of),
            )
        )  # fmt: skip
    nowhere = [each for each in found.placed.values() if each.segment == UNKNOWN]
    if nowhere:
        arr = known_sum(each.arr for each in nowhere)
        shown.append(
            SegmentShown(
                UNKNOWN, unknown, len(nowhere), sum(each.account in customers for each in nowhere), _units(arr, found),
                arr / whole if whole and arr is not None else None, None, None, [],
                dict(sorted(Counter(each.tier for each in nowhere).items())), days.iso(found.day), found.currency,
                _left_out(found, nowhere),
            )
        )  # fmt: skip
    return shown


def _units(total: int | None, found: Portfolio) -> float | None:
    return None if total is None else total / found.scale


def _left_out(found: Portfolio, of: Iterable[Placed]) -> list[LeftOut]:
    return left_out((currency, each.account) for each in of for currency in found.missing.get(each.account, ()))


def capacity_plan(found: Portfolio, day: int, policy: SegmentPolicy) -> CapacityPlan:
    """People needed for the customers with ARR on that day."""
    return plan([(each.segment, each.csm) for each in found.served], found.csms, day, policy, found.left_out)


def cost_ratio_report(found: Portfolio, day: int, *, currency: str, policy: SegmentPolicy) -> list[SegmentCost]:
    fx = rates_on(found.book.exchange_rates, currency, day)
    return cost_ratios(found.served, found.csms, fx, policy, found.missing, found.away)
