"""Swings of the whole portfolio's figures, from the store: active, renewal, upsell, churn, by customers.

Periods of 28 days that end on one day, the newest judged by the twelve before it. Each is taken as it stood on its own
last day (a renewal inside its grace counts as not renewed yet, in every period alike), so that the newest one is
compared with its like and a swing shows when it happens, not a month later.
"""

from collections.abc import Sequence

from sqlalchemy import Connection

from collector.accounts.contracts.exchange_rates import rates_on
from collector.accounts.contracts.renewed import Period as Between
from collector.accounts.ledger.book import read_book
from collector.accounts.ledger.facts import NOW
from collector.accounts.ledger.view import AccountLedger
from collector.accounts.rates.answer import sums
from collector.accounts.rates.figures import FIGURES
from collector.accounts.rates.rates import Movement, moved, movements
from collector.calendar import days
from collector.health.anomalies.rules import AnomalyRules
from collector.health.anomalies.swings import Figure, FigurePeriod, Swing, judge
from collector.scores import reads

PERIOD_DAYS = 28
PERIODS = 13
ACTIVE_DAYS = 7  # of the period's end: one active robot in them makes an active customer
FIGURE_KEYS: dict[Figure, str] = {
    "renewal": "renewal_customers",
    "upsell": "upsell_customers",
    "churn": "logo_churn",
}


def swings(connection: Connection, day: int, rules: AnomalyRules, currency: str, grace_days: int) -> list[Swing]:
    """The four figures of the 28 days that end on `day`. Periods before the first contract are not there."""
    book = read_book(connection, ("contract", "line", "renewal", "opportunity"), NOW)
    longest = Between(day - PERIOD_DAYS * PERIODS, day, day, grace_days)
    fx = rates_on(book.exchange_rates, currency, day)

    def sound(ledger: AccountLedger) -> AccountLedger:
        moved(ledger, longest, fx)
        return ledger

    ledgers = list(book.of_each(sound))
    starts = [contract.starts for ledger in ledgers for contract in ledger.contracts]
    ends = [day - PERIOD_DAYS * back for back in reversed(range(PERIODS))]
    ends = [last for last in ends if starts and last - PERIOD_DAYS >= min(starts)] or [day]
    periods: dict[Figure, list[FigurePeriod]] = {figure: [] for figure in ("active", *FIGURE_KEYS)}
    for last in ends:
        between = Between(last - PERIOD_DAYS + 1, last, last, grace_days)
        fx = rates_on(book.exchange_rates, currency, last)
        moves = movements(ledgers, between, fx)
        label = f"{days.iso(between.first)}/{days.iso(last)}"
        periods["active"].append(_active(connection, ledgers, last, label))
        for figure, key in FIGURE_KEYS.items():
            periods[figure].append(_summed(moves, key, label))
    return [judge(figure, found, rules) for figure, found in periods.items()]


def _summed(moves: Sequence[Movement], key: str, label: str) -> FigurePeriod:
    return FigurePeriod(label, *sums(FIGURES[key], moves))


def _active(connection: Connection, ledgers: Sequence[AccountLedger], last: int, label: str) -> FigurePeriod:
    """Customers with an active robot in the last week, of those where that is known: unknown is not inactive."""
    active, heard = 0, 0
    rows = [ledger.row_id for ledger in ledgers]
    for start in range(0, len(rows), reads.CHUNK):
        chunk = rows[start : start + reads.CHUNK]
        found = reads.account_days(connection, chunk, last, NOW, from_day=last - ACTIVE_DAYS + 1)
        for of_account in found.values():
            opened = [one for one in of_account if one.open and (one.heard > one.untold or one.active)]
            heard += bool(opened)
            active += any(one.active for one in opened)
    return FigurePeriod(label, active, heard)
