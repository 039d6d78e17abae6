"""How large a store grows: a year of ten robots with 14 hours a day at default retention, simulated into SQLite."""

import random
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

from collector import retention
from collector.ingest.decode import Message, decode
from collector.store.engine import Store, open_store
from collector.values.keep import Keep
from protocol import codec, records, topics
from protocol.counters import COUNTERS
from tests.groups import groups_of

ROBOTS, DAYS, DAY_S, HOUR_S = 10, 365, 86_400, 3600
FAULTS_A_DAY = 3


def robot_day(first: int, day: int, midnight_s: int, keys: list[str], chance: random.Random) -> list[dict[str, Any]]:
    """One opening day: start, an hour's windows as one (the rows they make are the same), faults, stop."""
    when: dict[str, Any] = {"boot": day + 1, "mono": 1}
    rows = [records.start(**when, at=midnight_s + 8 * HOUR_S, agent="1.0.0", clean=True, timezone="UTC", model="AOBO")]
    for hour in range(8, 22):
        counts = {key: chance.randrange(1, 200) for key in keys if chance.random() < 0.8}
        rows.append(records.window(**when, at=midnight_s + hour * HOUR_S, span=HOUR_S, counts=counts))
    episode: dict[str, Any] = when | {"family": "navigation", "code": "localisation_lost", "ref": "map-1"}
    for n in range(FAULTS_A_DAY):
        at = midnight_s + (9 + n) * HOUR_S
        rows.append(records.fault(**episode, at=at, state="open", detail="something stood in the way"))
        rows.append(records.fault(**episode, at=at + 60, state="close", opened=first + len(rows) - 1))
    rows.append(records.stop(**when, at=midnight_s + 22 * HOUR_S))
    return [records.numbered(first + i, row) for i, row in enumerate(rows)]


def in_turn(store: Store, step: retention.Step) -> int:
    with store.write() as connection:
        return step(connection)


def simulate(store: Store, counters: int, now_s: int) -> None:
    keys, chance, groups = list(COUNTERS)[:counters], random.Random(1), groups_of(store)
    first = 1
    for day in range(DAYS):
        midnight_s = (now_s // DAY_S - DAYS + day) * DAY_S
        group: dict[int, Message] = {}
        for robot in range(ROBOTS):
            rows = robot_day(first, day, midnight_s, keys, chance)
            envelope = records.envelope(
                robot=f"r{robot}", epoch=f"{robot:016x}", first=first, last=rows[-1]["seq"], held=1, records=rows
            )
            group[robot] = decode(topics.up(f"r{robot}"), codec.encode(envelope))
        first = rows[-1]["seq"] + 1
        outcome = groups.commit(group, midnight_s + 23 * HOUR_S)
        assert not outcome.parked, outcome
        if day % 7 == 0:
            retention.run(partial(in_turn, store), Keep(), midnight_s)


def run() -> list[dict[str, Any]]:
    rows = []
    for counters, target in ((20, ""), (30, "≤ 1"), (45, "")):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "fleet.db"
            store = open_store(f"sqlite:///{path}")
            simulate(store, counters, int(time.time()))
            store.close()
            size = path.stat().st_size / ROBOTS / 1e6
        row = {"name": f"store with {counters} counters in use", "value": size, "unit": "MB a robot-year"}
        rows.append(row | ({"target": target, "met": size <= 1} if target else {}))
    return rows
