"""What customer success costs against the ARR that it keeps, per segment, and what would make it fit. Pure.

ratio = (fully loaded cost of CSMs - paid post-sale revenue) / ARR, at most 15 % in every segment.

A CSM's cost goes to its accounts by the hours that their touch models plan; the cost of one without accounts goes to
everybody's, likewise. Where nobody is entered, or an account names somebody who is not, the cost is not known: it is
not nothing. Four levers move the ratio, each solved for with the other three held: the cost of an hour, the
hours per account, the paid revenue, the ARR.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from collector.accounts.contracts.arr import summed
from collector.accounts.contracts.exchange_rates import LeftOut, Rates, left_out
from collector.accounts.contracts.terms import standing_terms
from collector.accounts.ledger.kinds.who import Csm
from collector.accounts.ledger.view import AccountLedger
from collector.accounts.segments.segments import UNKNOWN, SegmentPolicy
from collector.accounts.segments.touch_models import hours_year, rule_of

DAYS_PER_YEAR = 365
NOBODY = "no person entered"  # why a segment has no ratio: nobody of customer success is there that day
NONE_MISSING: Mapping[str, frozenset[str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Served:
    """One account as the cost ratio sees it; money a year, `Rates.scale` of it make one unit of the base currency.

    None: no rate is stated for it. `segment` may be UNKNOWN.
    """

    account: str
    segment: str
    csm: str | None
    arr: int | None
    paid: int | None  # post-sale work of customer success that the customer pays for


@dataclass(frozen=True, slots=True)
class Lever:
    """`now` and what it `needs` to be for the ratio to fit, alone. Null: no value of it alone would do."""

    lever: str  # cost_per_hour, hours_per_account, paid_revenue, arr
    unit: str
    now: float
    needs: float | None


@dataclass(frozen=True, slots=True)
class SegmentCost:
    """One segment, money in units of the base currency a year. `ratio` is null without ARR; `why` says so.

    Money that no rate is stated for makes its sum and the ratio null: cost is not known either where the segment of an
    account that shares it is not. `left_out` says whose money that is. `unstated`: people whose cost nobody stated, and
    those whom accounts name and nobody entered; what they share in has no known cost, nor has anything where nobody is
    entered for the day.
    """

    segment: str
    accounts: int
    hours: float | None
    cost: float | None
    paid: float | None
    arr: float | None
    ratio: float | None
    at_most: float
    fits: bool | None
    why: str | None
    levers: list[Lever]
    left_out: list[LeftOut] = field(default_factory=list)
    unstated: list[str] = field(default_factory=list)


def paid_for(ledger: AccountLedger, day: int, rates: Rates, grace_days: int) -> int | None:
    """Paid post-sale work in a year: recurring lines that stand, and one-off ones of the last 365 days."""
    standing = {term.contract.id for term in standing_terms(ledger, day, grace_days=grace_days)}
    contracts = {each.id: each for each in ledger.contracts}
    paid: list[int | None] = []
    for line in ledger.lines:
        contract = contracts.get(line.contract)
        if not line.for_success or contract is None:
            continue
        starts = contract.starts if line.starts is None else line.starts
        # as in ARR, a line that ends with its contract goes on with it
        is_over = line.ends is not None and line.ends < min(day, contract.ends)
        runs = line.contract in standing and starts <= day and not is_over
        if runs if line.recurring else day - DAYS_PER_YEAR < starts <= day:
            paid.append(rates.convert(line.amount, line.currency or contract.currency))
    return summed(paid)


def cost_ratios(
    served: Iterable[Served], csms: Sequence[Csm], rates: Rates, policy: SegmentPolicy,
    missing: Mapping[str, frozenset[str]] = NONE_MISSING, away: Collection[str] = (),
) -> list[SegmentCost]:  # fmt: skip
    """Every segment that has accounts, in the policy's order, then by name. `csms` are those of the day.

    `missing`: by account, currencies of it that no rate is stated for. `away`: who is entered and is not there that
    day, and costs nothing.
    """
    accounts = sorted(served, key=lambda each: each.account)
    strangers = {each.csm for each in accounts if each.csm} - {csm.id for csm in csms} - set(away)
    cost_of = _costs(accounts, csms, strangers, rates, policy)
    order = [rule.key for rule in policy.segment]
    words = sorted({each.segment for each in accounts}, key=lambda w: (order.index(w) if w in order else len(order), w))
    found = []
    for segment in words:
        of = [each for each in accounts if each.segment == segment]
        cost, paid, arr = (
            None if total is None else total / rates.scale
            for total in (
                summed(cost_of[each.account] for each in of), summed(each.paid for each in of),
                summed(each.arr for each in of),
            )
        )  # fmt: skip
        named = left_out(
            ((currency, each.account) for each in of for currency in missing.get(each.account, ())),
            csms=((csm.currency, csm.id) for csm in csms if rates.convert(csm.cost_year or 0, csm.currency) is None),
        )
        unstated = _unstated(of, accounts, csms, strangers)
        found.append(_segment(segment, len(of), cost, paid, arr, policy, named, unstated, is_anybody=bool(csms)))
    return found


def _unstated(
    of: Sequence[Served], accounts: Sequence[Served], csms: Sequence[Csm], strangers: Collection[str]
) -> list[str]:
    """Who shares in these accounts' cost, or in everybody's, at a cost that nobody stated."""
    here, anywhere = {each.csm for each in of if each.csm}, {each.csm for each in accounts}
    stated = {csm.id for csm in csms if csm.cost_year is None and (csm.id in here or csm.id not in anywhere)}
    return sorted(stated | here.intersection(strangers))


def _costs(
    accounts: Sequence[Served], csms: Sequence[Csm], strangers: Collection[str], rates: Rates, policy: SegmentPolicy
) -> Mapping[str, float | None]:
    """The cost of each account, as the rates' `scale` has it. `strangers`: whom accounts name and nobody entered.

    None: nobody is entered, or a part of it is a stranger's, or a person's whose cost nobody stated, or no rate is
    stated for, or who looks after an account of an unknown segment too, so that nobody knows how the cost is shared.
    """
    if not csms:
        return dict.fromkeys((each.account for each in accounts), None)
    hours_of = {
        each.account: None if each.segment == UNKNOWN else hours_year(each.segment, policy) for each in accounts
    }
    cost_of: dict[str, float | None] = {each.account: None if each.csm in strangers else 0.0 for each in accounts}
    for csm in csms:
        cost = None if csm.cost_year is None else rates.convert(csm.cost_year, csm.currency)
        own = [each.account for each in accounts if each.csm == csm.id] or list(hours_of)
        whole = summed(hours_of[account] for account in own)
        for account in own if cost != 0 else ():
            hours, before = hours_of[account], cost_of[account]
            if cost is None or whole is None or hours is None or before is None:
                cost_of[account] = None
            else:
                cost_of[account] = before + cost * (hours / whole if whole else 1 / len(own))
    return cost_of


def ratio_of(cost: float, paid: float, arr: float) -> float | None:
    """The formula above, of three amounts in one unit. None without ARR."""
    return (cost - paid) / arr if arr else None


def _segment(
    segment: str, accounts: int, cost: float | None, paid: float | None, arr: float | None, policy: SegmentPolicy,
    named: list[LeftOut], unstated: list[str], *, is_anybody: bool,
) -> SegmentCost:  # fmt: skip
    limit = policy.cost_ratio.at_most
    if segment == UNKNOWN or cost is None or paid is None or arr is None:
        hours = None if segment == UNKNOWN else accounts * rule_of(segment, policy).hours_year
        if segment == UNKNOWN or None in (paid, arr) or (is_anybody and not unstated):
            why = "no exchange rate"
        else:
            why = "no cost of a person stated" if is_anybody else NOBODY
        return SegmentCost(segment, accounts, hours, cost, paid, arr, None, limit, None, why, [], named, unstated)
    each_hours = rule_of(segment, policy).hours_year
    hours = accounts * each_hours
    ratio = ratio_of(cost, paid, arr)
    return SegmentCost(
        segment, accounts, hours, cost, paid, arr, ratio, limit, None if ratio is None else ratio <= limit,
        "no recurring revenue" if ratio is None else None,
        levers(cost, paid, arr, accounts, each_hours, limit), named, unstated,
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
