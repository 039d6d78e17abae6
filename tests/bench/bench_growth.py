"""What stays flat while the fleet grows: the cost of a window, the collector's memory, the file.

Cost     CPU seconds of a real `collector serve` for the same number of uploads of three windows (15 minutes), through
         Mosquitto, from fleets of 1,000, 10,000 and 100,000 robots in random order, as fast as it takes them. A small
         fleet at that rate has all its rows in a few pages: it is the hardest thing to compare with.
Memory   of that collector, after it was asked for its largest pages.
File     a year of the simulator's robots, hour by hour, with retention every day as the collector runs it.
"""

import sqlite3
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from collector import retention
from collector.ingest.decode import decode
from collector.store.engine import Store, open_store
from collector.values.keep import Keep
from protocol import codec, records, topics
from simulators.fleet import Orders, epoch_of, robots
from simulators.robot import Robot
from tests.bench.growth_load import WINDOWS
from tests.bench.served import admin_token, broker, heard, place, scaled, served, speaking, tell
from tests.groups import groups_of

FLEETS = (1_000, 10_000, 100_000)
UPLOADS = 30_000
READS = ("/overview", "/robots?limit=100", "/usage?limit=1000", "/events?limit=100", "/faults?limit=100")
YEAR_ROBOTS = 4  # one in each scene
HOUR_S, DAY_S = 3600, 86_400
MIDNIGHT = 1_767_225_600  # 2026-01-01 UTC


def run() -> list[dict[str, Any]]:
    with place() as folder:
        fleets = [fleet_of(folder / f"{n}", scaled(n, 100), scaled(UPLOADS, 1_000)) for n in FLEETS]
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
            year = process.submit(a_year, str(folder), YEAR_ROBOTS, scaled(365, 5)).result()
        return cost_rows(fleets) + memory_rows(fleets[-1]) + file_rows(year)


def fleet_of(folder: Path, fleet: int, count: int) -> dict[str, Any]:
    """One fleet at one collector."""
    folder.mkdir()
    token = admin_token(folder)
    with (
        broker(folder) as mosquitto,
        served(folder, mosquitto.url) as collector,
        speaking("tests.bench.growth_load", *map(str, (mosquitto.port, fleet, count))) as load,
    ):
        for _ in ("begun", "uploads"):
            heard(load)
            before_s = collector.cpu_s()
            tell(load, "go")
            done = heard(load)
            cpu_s = collector.cpu_s() - before_s
            assert done["acked"] == done["sent"], f"only {done}"
        last_mb, _ = collector.memory_mb()
        for path in READS:
            status, body = collector.get(f"/api/v1{path}", token)
            assert status == 200, f"{path}: {body!r}"
        with sqlite3.connect(collector.file) as store:
            (online,) = store.execute("SELECT count(*) FROM presence WHERE state = 'online'").fetchone()
        most_mb = collector.memory_mb()[1]
    return {
        "fleet": fleet, "cpu_us": cpu_s * 1e6 / count / WINDOWS, "per_s": count * WINDOWS / done["took_s"],
        "last_mb": last_mb, "most_mb": most_mb, "online": online,
    }  # fmt: skip


def cost_rows(fleets: list[dict[str, Any]]) -> list[dict[str, Any]]:
    first = fleets[0]["cpu_us"]
    rows: list[dict[str, Any]] = []
    for f in fleets:
        name = f"collector's CPU for a window in a fleet of {f['fleet']:,}"
        rows.append({"name": name, "value": f["cpu_us"], "unit": "µs", "baseline": first, "ratio": f["cpu_us"] / first})
    change = 100 * (fleets[-1]["cpu_us"] / first - 1)
    name = f"change of it from {fleets[0]['fleet']:,} to {fleets[-1]['fleet']:,} robots"
    rows.append({"name": name, "value": change, "unit": "%", "target": "≤ ± 20", "met": abs(change) <= 20})
    rows.append({"name": "throughput of the largest fleet", "value": fleets[-1]["per_s"], "unit": "windows/s"})
    return rows


def memory_rows(largest: dict[str, Any]) -> list[dict[str, Any]]:
    name = f"collector's memory with {largest['online']:,} robots online, at its highest"
    most_mb = largest["most_mb"]
    return [
        {"name": name, "value": most_mb, "unit": "MB", "target": "≤ 300", "met": most_mb <= 300},
        {"name": "the same after the uploads", "value": largest["last_mb"], "unit": "MB"},
    ]


def a_year(folder: str, fleet: int, days: int) -> dict[str, Any]:
    """The file after so many days, less what it was when it was empty."""
    file = Path(folder) / "year.db"
    open_store(f"sqlite:///{file}").close()
    empty = file.stat().st_size
    store = open_store(f"sqlite:///{file}")
    raw = store.writer.raw_connection()
    raw.cursor().execute("PRAGMA synchronous=OFF")  # the file's size is measured, not its safety
    raw.close()
    windows = lived(store, fleet, days)
    store.close()
    with sqlite3.connect(file) as connection:
        tables = dict(connection.execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY name ORDER BY 2 DESC LIMIT 3"))
    return {"fleet": fleet, "days": days, "bytes": file.stat().st_size - empty, "windows": windows, "tables": tables}


class Living:
    """A simulated robot with the hour's records that it has not sent yet."""

    def __init__(self, robot: Robot, epoch: str) -> None:
        self.robot, self.epoch, self.newest = robot, epoch, 0
        self.rows: list[dict[str, Any]] = []

    def append(self, record: dict[str, Any]) -> int:
        self.newest += 1
        if record["kind"] == "window":  # what the agent counts about itself in each of its windows
            own = {"observed_s": record["span"], "agent_bytes_written": 9_000, "agent_bytes_sent": 150}
            record = {**record, "counts": {**record["counts"], **own}}
        self.rows.append(records.numbered(self.newest, record))
        return self.newest

    def payload(self) -> bytes:
        rows, self.rows = self.rows, []
        return codec.encode(
            records.envelope(
                robot=self.robot.name, epoch=self.epoch, first=rows[0]["seq"], last=self.newest, held=1, records=rows
            )
        )


def in_turn(store: Store, step: retention.Step) -> int:
    with store.write() as connection:
        return step(connection)


def lived(store: Store, fleet: int, days: int) -> int:
    """Every robot's life into the store, an hour at a time; returns the windows."""
    orders = Orders(fleet, 1, MIDNIGHT, MIDNIGHT + days * DAY_S, timezone="UTC")
    living = [Living(robot, epoch_of(orders, robot)) for robot in robots(orders)]
    groups, keep = groups_of(store), Keep()
    windows = 0
    for hour in range(1, days * 24 + 1):
        now_s = MIDNIGHT + hour * HOUR_S
        for one in living:
            one.robot.release(now_s, one.append)
        group = {n: decode(topics.up(one.robot.name), one.payload()) for n, one in enumerate(living) if one.rows}
        windows += groups.commit(group, now_s).windows if group else 0
        if hour % 24 == 0:
            retention.run(partial(in_turn, store), keep, now_s)
    return windows


def file_rows(year: dict[str, Any]) -> list[dict[str, Any]]:
    each_mb = year["bytes"] / year["fleet"] / 1e6 * (365 / year["days"])
    shares = ", ".join(f"{name} {size / year['fleet'] / 1e3:.0f} kB" for name, size in year["tables"].items())
    name = f"store of a robot's year at default retention ({year['windows'] / year['fleet']:,.0f} windows)"
    return [
        {"name": name, "value": each_mb, "unit": "MB", "target": "≤ 1", "met": each_mb <= 1},
        {"name": "its largest tables", "value": shares, "unit": ""},
    ]
