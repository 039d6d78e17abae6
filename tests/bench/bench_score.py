"""Scoring from the store, cold: 1,000 and 10,000 accounts with ten robots each and 18 months of account-days; then a
closing that also adds up the robots' day, one explanation, one late day. Both databases.

The wall clock of a machine that does other things says little: CPU seconds of all processes stand beside it.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import text

from collector.scores import evidence
from collector.store.engine import Store, open_reader, open_store
from tests.bench import scored_fleet
from tests.bench.scored_fleet import DAY_S, HOUR_S, ROBOTS
from tests.databases import fresh_database, postgresql_programs, private_postgresql
from tests.policies import HEALTH, a_closing

TODAY, DAYS = 20_600, 548
SIZES = (1_000, 10_000)
EXPLAINED = 40
TARGET_S, TARGET_MB, EXPLAIN_MS = 60, 500, 100


def closed(url: str, day: int) -> dict[str, Any]:
    """Figures of a process that closes `day`, some hours after it was over."""
    command = [sys.executable, "-m", "tests.bench.score_process", url, str(day), str((day + 1) * DAY_S + 3 * HOUR_S)]
    return dict(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))


def add_robot_day(store: Store, accounts: int, day: int) -> None:
    """A day of usage of every robot, as ingest leaves it."""
    covered = json.dumps([HOUR_S if 10 <= h < 22 else 0 for h in range(24)])
    totals = [
        json.dumps({key: 1 + (mean * (n + 5)) // (ROBOTS * 10) for key, mean in scored_fleet.COUNTERS.items()})
        for n in range(10)
    ]
    hours = json.dumps({key: [3] * 24 for key in list(scored_fleet.COUNTERS)[:12]})
    rows = ((day, n, totals[n % 10], hours, covered, 12 * HOUR_S) for n in range(1, accounts * ROBOTS + 1))
    scored_fleet.many(store, "usage_day", ("day", "robot_id", "totals", "hours", "covered", "covered_s"), rows)
    streams = ((n, "e", 0, 0) for n in range(1, accounts * ROBOTS + 1))
    scored_fleet.many(store, "stream", ("robot_id", "epoch", "first_at", "received_at"), streams)
    with store.write() as connection:
        connection.execute(text("ANALYZE"))


def explain_ms(url: str, accounts: int) -> tuple[float, float]:
    """(median, slowest) of explanations of different accounts, on the open connection that a collector has."""
    store, found = open_reader(url), []
    for n in range(EXPLAINED):
        with store.read() as connection:
            connection.execute(text("SELECT 1"))
            began = time.perf_counter()
            evidence.explained(
                connection,
                1 + n * (accounts // EXPLAINED),
                basis="arrived",
                lang="en",
                policy=HEALTH,
                base_timezone="UTC",
            )
            found.append((time.perf_counter() - began) * 1000)
    store.close()
    return statistics.median(found), max(found)


def late_s(url: str, day: int) -> tuple[float, int]:
    """One robot's day that came late: seconds until its account is scored again, and how many scores were made."""
    store = open_store(url)
    with store.write() as connection:
        connection.execute(text("UPDATE usage_day SET totals = '{\"interaction\": 1}' WHERE robot_id = 7"))
        connection.execute(text(f"INSERT INTO late_day (day, robot_id) VALUES ({day}, 7)"))
    began = time.perf_counter()
    made = a_closing(store=store).follow_late((day + 2) * DAY_S)
    took_s = time.perf_counter() - began
    store.close()
    return took_s, made


def measured(fresh: Callable[[], Any], name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    cpu: list[float] = []
    for accounts in SIZES:
        with fresh() as url:
            store = open_store(url)
            written = scored_fleet.fill(store, accounts, TODAY, DAYS)
            store.close()
            first = closed(url, TODAY - 1)
            cpu.append(first["cpu_s"])
            whole = f"{accounts:,} accounts, {written['account_day']:,} account-days, {written['fact']:,} facts, {name}"
            is_large = accounts == SIZES[-1]
            target = {"target": f"≤ {TARGET_S}", "met": first["wall_s"] <= TARGET_S} if is_large else {}
            rows += [
                {"name": f"scored cold: {whole}", "value": first["wall_s"], "unit": "s", **target},
                {"name": f"its CPU: {accounts:,} accounts, {name}", "value": first["cpu_s"], "unit": "s"},
                {
                    "name": f"its memory: {accounts:,} accounts, {name}", "value": first["mb"],
                    "unit": "MB", "target": f"≤ {TARGET_MB}", "met": first["mb"] <= TARGET_MB,
                },
            ]  # fmt: skip
            if is_large:
                rows += _more(url, accounts, name)
    growth = cpu[-1] / cpu[0] / (SIZES[-1] / SIZES[0])
    linear = {"name": f"CPU an account, 10,000 over 1,000 accounts, {name}", "value": growth, "unit": "ratio"}
    return [*rows, {**linear, "target": "≤ 1.2", "met": growth <= 1.2}]


def _more(url: str, accounts: int, name: str) -> list[dict[str, Any]]:
    store = open_store(url)
    add_robot_day(store, accounts, TODAY)
    store.close()
    second = closed(url, TODAY)
    median_ms, slowest_ms = explain_ms(url, accounts)
    took_s, made = late_s(url, TODAY)
    robots = accounts * ROBOTS
    return [
        {
            "name": f"{robots:,} robot-days added up, {accounts:,} accounts scored, {name}", "value": second["wall_s"],
            "unit": "s",
        },
        {"name": f"its CPU, {name}", "value": second["cpu_s"], "unit": "s"},
        {
            "name": f"one account explained, slowest of {EXPLAINED}, {name}", "value": slowest_ms, "unit": "ms",
            "target": f"≤ {EXPLAIN_MS}", "met": slowest_ms <= EXPLAIN_MS,
        },
        {"name": f"one account explained, median, {name}", "value": median_ms, "unit": "ms"},
        {
            "name": f"one robot's late day followed: {made} score made, {name}", "value": took_s, "unit": "s",
            "target": "1 score", "met": made == 1,
        },
    ]  # fmt: skip


@contextmanager
def _file() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        yield f"sqlite:///{Path(folder)}/fleet.db"


def run() -> list[dict[str, Any]]:
    rows = measured(_file, "SQLite")
    if postgresql_programs():
        with private_postgresql() as server:
            rows += measured(lambda: fresh_database(server), "PostgreSQL")
    return rows
