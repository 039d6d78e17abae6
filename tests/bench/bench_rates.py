"""Rates of a year over 10,000 accounts, from the store: every figure, and by segment; both databases."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from collector.accounts.contracts.renewed import Period
from collector.accounts.rates.reports import RatesQuestion, accounts_behind, rates_report
from collector.calendar import days
from collector.store.engine import Store, open_reader, open_store
from tests.bench.portfolios import YEAR, fill
from tests.databases import fresh_database, postgresql_programs, private_postgresql
from tests.policies import CURRENCY, GRACE_DAYS, SEGMENTS

ACCOUNTS = 10_000
TARGET_S = 1.0
TIMES = 3


def _best_s(work: Callable[[], Any]) -> float:
    """Each time on a connection that has read nothing yet."""
    found = []
    for _ in range(TIMES):
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return min(found)


def measured(url: str, name: str) -> list[dict[str, Any]]:
    today = days.parse("2026-05-29")
    store = open_store(url)
    facts = fill(store, ACCOUNTS, today)
    store.close()
    period = Period(today - YEAR + 1, today, today, grace_days=GRACE_DAYS)

    def asked(ask: Callable[[Any], Any]) -> Callable[[], None]:
        def work() -> None:
            opened: Store = open_reader(url)
            try:
                with opened.read() as connection:
                    ask(connection)
            finally:
                opened.close()

        return work

    questions: dict[str, Callable[[Any], Any]] = {
        "rates of a year": lambda c: rates_report(
            c, RatesQuestion(period, currency=CURRENCY, basis="arrived"), policy=SEGMENTS
        ),
        "rates of a year by segment": lambda c: rates_report(
            c, RatesQuestion(period, by="segment", currency=CURRENCY, basis="arrived"), policy=SEGMENTS
        ),
        "rates of a year as known on a day": lambda c: rates_report(
            c, RatesQuestion(period, is_now=False, currency=CURRENCY, basis="arrived"), policy=SEGMENTS
        ),
        "accounts behind GRR": lambda c: accounts_behind(
            c, RatesQuestion(period, currency=CURRENCY, basis="arrived"), "grr", policy=SEGMENTS
        ),
    }
    rows = []
    for question, ask in questions.items():
        value = _best_s(asked(ask))
        rows.append(
            {
                "name": f"{question}, {ACCOUNTS:,} accounts, {facts:,} facts, {name}",
                "value": value, "unit": "s", "target": f"≤ {TARGET_S:g}", "met": value <= TARGET_S,
            }
        )  # fmt: skip
    return rows


def run() -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        rows = measured(f"sqlite:///{Path(folder) / 'fleet.db'}", "SQLite")
    if postgresql_programs() is None:
        return rows
    with private_postgresql() as server, fresh_database(server) as url:
        return rows + measured(url, "PostgreSQL")
