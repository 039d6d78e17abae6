"""Drafts: the bills that an account would get were its months closed now, from all that is known now.

A month that is over its grace is closed by writing its draft down (`closed.write`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from collector.calendar import days
from collector.skillstore.billing.bill import Bill, BillLine, Given, drafted
from collector.skillstore.billing.evidence import Disputed, LineEvidence
from collector.skillstore.billing.months import month_of, months_to, newest_due
from collector.skillstore.billing.rating import BillPeriod, Day, Known, paid_days
from collector.skillstore.billing.robot_hours import hours_of
from collector.skillstore.billing.sold import SoldSkill, beyond, known_of
from collector.skillstore.bills import accounts, closed, credit_notes, use
from collector.skillstore.bills.accounts import BilledAccount
from collector.skillstore.bills.closed import LineSold, MadeBill, MadeLine
from collector.skillstore.bills.use import AccountUse


@dataclass(frozen=True, slots=True)
class Drafts:
    """Of one account: the bills of months that are due, in order, and of those that are still open.

    `given`: what had been given back by then, by currency; they rest on it.
    """

    account: BilledAccount
    due: list[MadeBill]
    open: list[MadeBill]
    given: Mapping[str, Given]


@dataclass(frozen=True, slots=True)
class _Account:
    """One account with all that is known of it. `beyond`: by subscription the days of robots that were not sold."""

    who: BilledAccount
    use: AccountUse
    known: Mapping[str, Known]
    beyond: Mapping[str, frozenset[Day]]
    today: int
    grace_days: int
    given: Mapping[str, Given]


def read(connection: Connection, account_ids: Sequence[int], now_s: int, grace_days: int) -> dict[int, Drafts]:
    """What these accounts (row ids) would be billed. An account without anything to bill has empty lists."""
    billed = accounts.read(connection, account_ids)
    earlier = closed.of_accounts(connection, list(billed))
    sold = {account_id: one.sold for account_id, one in billed.items()}
    today = days.of(now_s, "UTC")  # a day more on both sides of it covers every zone of the world
    firsts = [_first_day(one.sold, earlier.get(account_id, ())) for account_id, one in billed.items()]
    first_day = min((first for first in firsts if first is not None), default=today)
    used = use.read(connection, sold, month_of(first_day).from_day, today + 2, today)
    given = credit_notes.given(connection, list(billed))
    found: dict[int, Drafts] = {}
    for account_id, one in billed.items():
        of_skills = used[account_id].of_skills
        whole = _Account(
            one, used[account_id], known_of(one.sold, of_skills), beyond(one.sold, of_skills),
            days.of(now_s, one.timezone), grace_days, given.get(account_id, {}),
        )  # fmt: skip
        found[account_id] = _of_account(whole, earlier.get(account_id, []))
    return found


def _first_day(sold: Sequence[SoldSkill], bills: Sequence[MadeBill]) -> int | None:
    found = [one.subscription.from_day for one in sold] + [one.period.from_day for one in bills]
    return min(found, default=None)


def _of_account(one: _Account, bills: Sequence[MadeBill]) -> Drafts:
    due: list[MadeBill] = []
    still: list[MadeBill] = []
    currencies = {each.subscription.price.currency for each in one.who.sold} | {bill.currency for bill in bills}
    for currency in sorted(currencies):
        sold = [each for each in one.who.sold if each.subscription.price.currency == currency]
        before = [bill for bill in bills if bill.currency == currency]
        made = _of_currency(one, currency, sold, before)
        newest = newest_due(one.today, one.grace_days)
        due += [bill for bill in made if bill.period.to_day <= newest.to_day]
        still += [bill for bill in made if bill.period.to_day > newest.to_day]
    return Drafts(one.who, due, still, one.given)


def _of_currency(one: _Account, currency: str, sold: Sequence[SoldSkill], before: Sequence[MadeBill]) -> list[MadeBill]:
    """Every month that has no bill yet and has something to say, up to the one that is running."""
    first_day = _first_day(sold, before)
    if first_day is None or first_day > one.today:
        return []
    months = months_to(first_day, month_of(one.today))
    closed_to = max((bill.period.to_day for bill in before), default=0)
    sold_of = {line.line.subscription: line.sold for bill in before for line in bill.lines}
    sold_of |= {each.key: LineSold(each.skill, each.contract_line) for each in sold}
    earlier: list[Bill] = [bill.bill for bill in before]
    made: list[MadeBill] = []
    subscriptions = [each.subscription for each in sold]
    for at, month in enumerate(months):
        if month.from_day < closed_to:
            continue
        bill = drafted(months[: at + 1], earlier, subscriptions, one.known, one.given.get(currency))
        if bill.lines:  # a month in which nothing was sold and nothing came late has no bill
            made.append(_made(one, currency, bill, {each.key: each for each in sold}, sold_of))
            earlier.append(bill)
    return made


def _made(
    one: _Account, currency: str, bill: Bill, sold: Mapping[str, SoldSkill], sold_of: Mapping[str, LineSold]
) -> MadeBill:
    lines = tuple(_line(one, line, sold.get(line.subscription), sold_of[line.subscription]) for line in bill.lines)
    who = one.who
    return MadeBill(
        who.id, who.external_id, who.name, currency, who.timezone, bill.period, lines, one.use.positions,
    )  # fmt: skip


def _line(one: _Account, line: BillLine, sold: SoldSkill | None, of: LineSold) -> MadeLine:
    """A line with the hours of its robots; what is in dispute stands at the line that would count it."""
    counter = "" if sold is None else sold.counter_of(line.charge)
    not_sold = one.beyond.get(line.subscription, frozenset())
    more = tuple(sorted(at for at in not_sold if line.counts.get(at, 0) > 0))
    if sold is None or not counter:
        return MadeLine(line, of, LineEvidence(line.counts, (), more), None, None)
    paid = paid_days(sold.subscription, line.period)
    disputed = tuple(each for each in one.use.disputed if each.counter == counter and _within(each, paid))
    all_of, of_month = one.use.of_skills[sold.skill], one.use.hours.get(line.period, {})
    hours = hours_of(sold, one.who.sold, all_of, paid, of_month)
    return MadeLine(line, of, LineEvidence(line.counts, disputed, more), hours.expected_s, hours.arrived_s)


def _within(disputed: Disputed, paid: BillPeriod) -> bool:
    return paid.from_day <= disputed.day < paid.to_day
