"""What completeness of the whole fleet costs: days that are over are kept, the present day is computed (SQLite).

Also what the fleet's sums cost, and what it costs to keep a day again of which something changed. Processor time, so
that what else the machine does has no say: the store is a file of this process.
"""

import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any

from sqlalchemy import Connection, func, select, update

from collector.accounts.closed_sites import closed_days
from collector.fleet import kept_completeness, overview
from collector.fleet.scope import EVERYTHING
from collector.store.engine import Store, open_store
from collector.store.tables.fleet import completeness_stale, usage_day
from tests.bench.bench_pages import NOON, TODAY, fill

SIZES = (10_000, 100_000)
MONTH = kept_completeness.KEPT_DAYS - 1
TODAY_MS, CLOSED_MS, SUMS_MS = 20, 300, 100


def run() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    before: dict[str, float] = {}
    for size in SIZES:
        with tempfile.TemporaryDirectory() as folder, closing(open_store(f"sqlite:///{folder}/fleet.db")) as store:
            fill(store, size)
            for name, took_ms, target_ms in _measured(store):
                row = {"name": f"completeness: {name}, {size:,} robots", "value": round(took_ms, 1), "unit": "ms"}
                if target_ms and size == SIZES[-1]:
                    row |= {"target": f"≤ {target_ms}", "met": took_ms <= target_ms}
                if name in before:
                    row["ratio"] = round(took_ms / before[name], 2)
                before[name] = took_ms
                found.append(row)
    return found


def _measured(store: Store) -> list[tuple[str, float, int | None]]:
    began_s = time.process_time()
    with store.read() as connection:
        blocks = kept_completeness.wanting(connection, NOON)
    for block in blocks:
        with store.write() as connection:
            kept_completeness.keep(connection, block, NOON, closed_days)
    keeping_ms = (time.process_time() - began_s) * 1000
    today_ms = _best_ms(store, lambda c: kept_completeness.total(c, NOON, closed_days, days_back=0))
    month_ms = _best_ms(store, lambda c: kept_completeness.what_is_kept(c, NOON, days_back=MONTH))
    sums_ms = _best_ms(store, lambda c: overview.read(c, EVERYTHING, NOON, TODAY))
    return [
        ("30 closed days kept for the first time", keeping_ms, None),
        ("the present day", today_ms, TODAY_MS),
        ("30 closed days", month_ms, CLOSED_MS),
        ("sums of the present day", sums_ms, SUMS_MS),
        ("a late day of one robot kept again", _again_ms(store), None),
    ]


def _again_ms(store: Store) -> float:
    with store.write() as connection:
        late = usage_day.c.robot_id == 300, usage_day.c.day == TODAY - 1
        connection.execute(update(usage_day).where(*late).values(covered_s=usage_day.c.covered_s))
        assert connection.scalar(select(func.count()).select_from(completeness_stale)) == 1
    began_s = time.process_time()
    with store.write() as connection:
        assert kept_completeness.keep(connection, 300 // kept_completeness.BLOCK, NOON, closed_days) == 1
    return (time.process_time() - began_s) * 1000


def _best_ms(store: Store, question: Callable[[Connection], object]) -> float:
    """The best of three: the first one also fills caches."""
    times = []
    for _ in range(3):
        with store.read() as connection:
            began_s = time.process_time()
            question(connection)
            times.append(time.process_time() - began_s)
    return min(times) * 1000
