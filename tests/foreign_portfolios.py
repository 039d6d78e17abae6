"""Portfolios whose customers leave for reasons of their own, as the pasts that a back-test scores. From a seed.

`Counted` is what one customer's only robot counted; the generators below are what the model was tuned on. What the
benches judge it on is made elsewhere (tests/bench/foreign_data.py) and was never tuned on.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from collector.accounts.contracts.exchange_rates import Rates
from collector.accounts.ledger.kinds.money import Contract, ContractLine, Renewal
from collector.accounts.ledger.kinds.who import Account, Deployment
from collector.accounts.ledger.view import AccountLedger
from collector.backtest.scored import Past
from collector.health.model import AccountDay
from tests.plain_facts import CURRENCY

DAY0 = 20_000
FAR_DAYS = 3_650  # to the contract's end, so that the calendar knows nothing
RATES = Rates(CURRENCY, {})
AMOUNT = 1_000_000  # hundredths; everybody pays the same


@dataclass(frozen=True)
class Counted:
    """A customer from its first day on: counts (days x kinds), the day of its notice (-1: stays), its contract's end.

    Days are numbers from the first day of the data. `lost`: what became of a contract that ends inside the data.
    """

    first: int
    counts: NDArray[np.int64]
    notice: int = -1
    due: int | None = None
    lost: bool = False


def pasts_of(customers: Sequence[Counted], kinds: Sequence[str], scene: str) -> list[Past]:
    """`kinds` name the columns. A day without use is a true zero."""
    return [_past(number, one, kinds, scene) for number, one in enumerate(customers, 1)]


def _past(number: int, one: Counted, kinds: Sequence[str], scene: str) -> Past:
    name, begins = f"C{number:04d}", DAY0 + one.first
    ends = DAY0 + one.due if one.due is not None else begins + FAR_DAYS
    outcome = "pending" if one.due is None else "lost" if one.lost else "renewed"
    renewals = []
    if one.notice >= 0 or one.due is not None:
        renewals = [
            Renewal(
                id=name, account=name, contract=name, due_day=ends, outcome=outcome,
                decided_day=None if one.due is None else ends,
                notice_day=DAY0 + one.notice if one.notice >= 0 else None,
            )
        ]  # fmt: skip
    ledger = AccountLedger(
        row_id=number,
        account=Account(id=name, name=name, scene=scene, currency=CURRENCY, timezone="UTC"),
        contracts=(Contract(id=name, account=name, starts=begins, ends=ends, currency=CURRENCY),),
        lines=(ContractLine(id=name, account=name, contract=name, amount=AMOUNT),),
        renewals=tuple(renewals),
        deployments=(Deployment(id=name, account=name, robot=name, from_day=begins),),
    )
    days = [
        AccountDay(
            day=begins + at, robots=1, heard=1, active=int(row.any()),
            counts=dict(zip(kinds, map(int, row), strict=True)),
        )
        for at, row in enumerate(one.counts)
    ]  # fmt: skip
    return Past(ledger, days)


def habits(seed: int, accounts: int = 220, days: int = 546, kinds: int = 10) -> list[Counted]:
    """Customers who stay for what they get out of their use, and nothing falls before they leave.

    Each day some people use each kind; what one kind is worth, and how easily one is pleased, nobody sees.
    """
    rng = np.random.default_rng(seed)
    usual = rng.choice([1, 2, 2, 3, 3, 4, 5, 9], kinds).astype(float)  # uses a month and person
    worth = rng.gamma(0.5, 2.0, kinds) * rng.choice([1, 1, 1, -0.3], kinds)
    good = worth.clip(0).sum()
    week = 1 + np.where(np.arange(7) >= 4, -0.1, 0.08)
    later = int(0.6 * accounts / 30 * days / 30)
    starts = [*rng.integers(0, 30, accounts), *rng.integers(30, days - 30, later)]
    found = []
    for start in map(int, starts):
        each = usual * np.exp(0.9 * (np.sqrt(0.6) * rng.normal(size=kinds) + np.sqrt(0.4) * rng.normal()))
        people, pleased = max(1, round(rng.lognormal(np.log(6), 0.8))), 2.0 ** rng.uniform(-1.5, 1.5)
        told: list[NDArray[np.int64]] = []
        notice = -1
        for day in range(start, days, 30):
            n = min(30, days - day)
            there = rng.poisson(people * week[np.arange(day, day + n) % 7])
            told.append(rng.poisson(each / 30, (n, kinds)) * there[:, None])
            got = (worth * (1 - np.exp(-told[-1].sum(axis=0) / usual / 3))).sum() / good - 0.12 * (people / 6) ** 0.7
            got = got * pleased if got > 0 else got / pleased
            if day + n < days and rng.random() < 1 / (1 + np.exp(2.2 + 4.5 * got)):
                all_days = np.concatenate(told)
                used = np.flatnonzero(all_days.any(axis=1))
                last = int(used[-1]) if len(used) else 0
                told, notice = [all_days[: last + 1]], start + last + 1
                break
        found.append(Counted(start, np.concatenate(told), notice))
    return found


def silent(seed: int, accounts: int = 700, days: int = 546) -> list[Counted]:
    """Customers who come now and then, each by a rhythm of its own, and one day no more; contracts end after a year.

    Lost: who did not come in the three months before that day nor in those after it.
    """
    rng = np.random.default_rng(seed)
    one_dies, other = rng.uniform(0.6, 1.2), rng.uniform(1.5, 3)
    due, found = 364, []
    for _ in range(accounts):
        every_days, dies = 1 / max(rng.gamma(0.7, 1 / 31.5), 1e-4), rng.beta(one_dies, other)
        start = int(rng.integers(0, 84))
        counts = np.zeros((days - start, 1), dtype=np.int64)
        at = 0.0
        while at < days - start:
            counts[int(at), 0] += 1 + rng.poisson(1.2)
            at += np.inf if rng.random() < dies else rng.exponential(every_days)
        came = counts[due - 91 - start : due + 90 - start].any()
        found.append(Counted(start, counts, due=due, lost=not came))
    return found
