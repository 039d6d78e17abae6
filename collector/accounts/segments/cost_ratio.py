"""What customer success costs against the ARR that it keeps, per segment, and what would make it fit. Pure.

ratio = (fully loaded cost of CSMs - paid post-sale revenue) / ARR, at most 15 % in every segment.

A CSM's cost goes to its accounts by the hours that their touch models plan; the cost of one without accounts goes to
everybody's, likewise. Four levers move the ratio, each solved for with the other three held: the cost of an hour, the
hours per account, the paid revenue, the ARR.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from collector.accounts.contracts.exchange_rates import Rates
from collector.accounts.contracts.terms import standing_terms
from collector.accounts.ledger.kinds.who import Csm
from collector.accounts.ledger.view import AccountLedger
from collector.accounts.segments.segments import SegmentPolicy
from collector.accounts.segments.touch_models import hours_year, rule_of

DAYS_PER_YEAR = 365


@dataclass(frozen=True, slots=True)
class Served:
    """One account as the cost ratio sees it; money a year, `Rates.scale` of it make one unit of the base currency."""

    account: str
    segment: str
    csm: str | None
    arr: int
    paid: int  # post-sale work of customer success that the customer pays for


@dataclass(frozen=True, slots=True)
class Lever:
    """`now` and what it `needs` to be for the ratio to fit, alone. Null: no value of it alone would do."""

    lever: str  # cost_per_hour, hours_per_account, paid_revenue, arr
    unit: str
    now: float
    needs: float | None


@dataclass(frozen=True, slots=True)
class SegmentCost:
    """One segment, money in units of the base currency a year. `ratio` is null without ARR; `why` says so."""

    segment: str
    accounts: int
    hours: float
    cost: float
    paid: float
    arr: float
    ratio: float | None
    at_most: float
    fits: bool | None
    why: str | None
    levers: list[Lever]


def paid_for(ledger: AccountLedger, day: int, rates: Rates, grace_days: int) -> int:
    """Paid post-sale work in a year: recurring lines that stand, and one-off ones of the last 365 days."""
    standing = {term.contract.id for term in standing_terms(ledger, day, grace_days=grace_days)}
    contracts = {each.id: each for each in ledger.contracts}
    paid = 0
    for line in ledger.lines:
        contract = contracts.get(line.contract)
        if not line.for_success or contract is None:
            continue
        starts = contract.starts if line.starts is None else line.starts
        # as in ARR, a line that ends with its contract goes on with it
        is_over = line.ends is not None and line.ends < min(day, contract.ends)
        runs = line.contract in standing and starts <= day and not is_over
        if runs if line.recurring else day - DAYS_PER_YEAR < starts <= day:
            paid += rates.convert(line.amount, line.currency or contract.currency) or 0
    return paid


def cost_ratios(
    served: Iterable[Served], csms: Sequence[Csm], rates: Rates, policy: SegmentPolicy
) -> list[SegmentCost]:
    """Every segment that has accounts, in the policy's order, then by name. `csms` are those of the day."""
    accounts = sorted(served, key=lambda each: each.account)
    cost_of = _costs(accounts, csms, rates, policy)
    order = [rule.key for rule in policy.segment]
    words = sorted({each.segment for each in accounts}, key=lambda w: (order.index(w) if w in order else len(order), w))
    found = []
    for segment in words:
        of = [each for each in accounts if each.segment == segment]
        cost = sum(cost_of[each.account] for each in of) / rates.scale
        paid, arr = sum(each.paid for each in of) / rates.scale, sum(each.arr for each in of) / rates.scale
        found.append(_segment(segment, len(of), cost, paid, arr, policy))
    return found


def _costs(accounts: Sequence[Served], csms: Sequence[Csm], rates: Rates, policy: SegmentPolicy) -> Mapping[str, float]:
    """The cost of each account, as the rates' `scale` has it."""
    hours_of = {each.account: hours_year(each.segment, policy) for each in accounts}
    cost_of = dict.fromkeys(hours_of, 0.0)
    for csm in csms:
        cost = rates.convert(csm.cost_year or 0, csm.currency) or 0
        own = [each.account for each in accounts if each.csm == csm.id] or list(hours_of)
        whole = sum(hours_of[account] for account in own)
        for account in own:
            cost_of[account] += cost * (hours_of[account] / whole if whole else 1 / len(own))
    return cost_of


def _segment(segment: str, accounts: int, cost: float, paid: float, arr: float, policy: SegmentPolicy) -> SegmentCost:
    limit = policy.cost_ratio.at_most
    each_hours = rule_of(segment, policy).hours_year
    hours = accounts * each_hours
    ratio = (cost - paid) / arr if arr else None
    return SegmentCost(
        segment, accounts, hours, cost, paid, arr, ratio, limit, None if ratio is None else ratio <= limit,
        "no recurring revenue" if ratio is None else None,
        levers(cost, paid, arr, accounts, each_hours, limit),
    )  # fmt: skip


def levers(
    cost: float, paid: float, arr: float, accounts: int, hours_per_account: float, at_most: float
) -> list[Lever]:
    """What each lever alone would have to be for the ratio to be exactly `at_most`."""
    hours = accounts * hours_per_account
    may_cost = at_most * arr + paid
    return [
        Lever("cost_per_hour", "currency/h", cost / hours if hours else 0.0, may_cost / hours if hours else None),
        Lever("hours_per_account", "h/a", hours_per_account, hours_per_account * may_cost / cost if cost else None),
        Lever("paid_revenue", "currency/a", paid, max(cost - at_most * arr, 0.0)),
        Lever("arr", "currency/a", arr, max((cost - paid) / at_most, 0.0)),
    ]
