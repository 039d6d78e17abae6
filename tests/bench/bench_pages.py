"""What the first page and the API's lists cost on a fleet of 1,000 and of 100,000 robots (SQLite).

A list must cost the same at both sizes; the fleet's sums may grow, and are therefore kept (web/freshness.py).
"""

import json
import random
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any

from sqlalchemy import Connection, Table, insert

from collector.accounts.closed_sites import closed_days
from collector.fleet import faults, overview, robots, usage
from collector.fleet.robots import RobotFilter
from collector.fleet.scope import EVERYTHING
from collector.store.engine import Store, open_store
from collector.store.tables import fleet

SIZES = (1_000, 100_000)
NOON = 1_780_056_000
TODAY = NOON // 86_400
NOW = NOON, TODAY, closed_days
AT_ONCE = 5_000
COUNTERS = ("foot_traffic", "solicitation", "wake_up", "interaction", "guided_tour", "operating_s", "faces", "plays")


DAYS = range(TODAY - 2, TODAY + 1)
FAULT = {"family": "navigation", "code": "lost", "did": "could_not", "severity": "warning"}


def _of(robot_id: int, **columns: Any) -> dict[str, Any]:
    return {"robot_id": robot_id, "epoch": f"{robot_id:016x}", **columns}


def _state(robot_id: int) -> str:
    return "online" if robot_id % 10 else "offline"


def fill(store: Store, size: int) -> None:
    """`size` robots with three days each, a tenth of them dark, some faults and gaps."""
    chance = random.Random(1)
    for first in range(1, size + 1, AT_ONCE):
        ids = range(first, min(first + AT_ONCE, size + 1))
        totals = json.dumps({counter: chance.randrange(500) for counter in COUNTERS})
        hours = json.dumps({counter: [chance.randrange(20) for _ in range(24)] for counter in COUNTERS})
        counted = {"totals": totals, "hours": hours, "covered_s": 86_400, "covered": json.dumps([3600] * 24)}
        rows: list[tuple[Table, list[dict[str, Any]]]] = [
            (
                fleet.robot,
                [
                    {
                        "id": i,
                        "name": f"robot-{i:06}",
                        "first_seen_at": NOON - 9 * 86_400,
                        "data_from_s": NOON - 9 * 86_400,
                    }
                    for i in ids
                ],
            ),
            (fleet.stream, [_of(i, mark=9, first_at=NOON, received_at=NOON, last_end=NOON - 60) for i in ids]),
            (fleet.presence, [_of(i, session=1, at=NOON, received_at=NOON, state=_state(i)) for i in ids]),
            (fleet.usage_day, [{"day": day, "robot_id": i, **counted} for day in DAYS for i in ids]),
            (fleet.fault_episode, [_of(i, seq=1, opened_at=NOON, **FAULT) for i in ids if i % 50 == 0]),
        ]
        with store.write() as connection:
            for table, values in rows:
                connection.execute(insert(table), values)


QUESTIONS: dict[str, Callable[[Connection], object]] = {
    "page of 50 robots": lambda c: robots.page(c, EVERYTHING, RobotFilter(), *NOW, limit=50),
    "page of 50 dark robots": lambda c: robots.page(
        c, EVERYTHING, RobotFilter(state="offline"), NOON, TODAY, closed_days, limit=50
    ),
    "search without a match": lambda c: robots.page(
        c, EVERYTHING, RobotFilter(search="zzz"), NOON, TODAY, closed_days, limit=50
    ),
    "100 open faults": lambda c: faults.episodes(c, EVERYTHING, limit=100, still_open=True),
    "1,000 robot-days": lambda c: usage.robot_days(c, EVERYTHING, from_day=TODAY - 2, to_day=TODAY, limit=1000),
    "sums of the fleet": lambda c: overview.read(c, EVERYTHING, NOON, TODAY),
    "completeness of the fleet": lambda c: overview.completeness(c, EVERYTHING, *NOW, days_back=1),
}


def run() -> list[dict[str, Any]]:
    found = []
    before: dict[str, float] = {}
    for size in SIZES:
        with tempfile.TemporaryDirectory() as folder, closing(open_store(f"sqlite:///{folder}/fleet.db")) as store:
            fill(store, size)
            for name, question in QUESTIONS.items():
                took_ms = _measured_ms(store, question)
                row = {"name": f"pages: {name}, {size:,} robots", "value": round(took_ms, 1), "unit": "ms"}
                if name in before:
                    row["ratio"] = round(took_ms / before[name], 2)
                before[name] = took_ms
                found.append(row)
    return found


def _measured_ms(store: Store, question: Callable[[Connection], object]) -> float:
    """The best of three: the first one also fills caches."""
    times = []
    for _ in range(3):
        with store.read() as connection:
            began_s = time.perf_counter()
            question(connection)
            times.append(time.perf_counter() - began_s)
    return min(times) * 1000
