"""1,000 robots come back after a day without a network: 288,000 windows, each robot on a connection of its own.

They all connect at once, say that they are online, and drain. Measured: until everything is acked, and how long after
its connection each robot is seen online in the collector's store. What the robots have to say is drawn beforehand;
encoding it is in the measured time, since every robot would do it itself, and here they share the machine's processors.
"""

import contextlib
import sqlite3
import threading
import time
from pathlib import Path
from typing import Any

from tests.bench.served import (
    allow_connections,
    broker,
    heard,
    place,
    quantile,
    scaled,
    served,
    speaking,
    tell,
    verified,
)

ROBOTS = 1_000
LOOK_EVERY_S = 0.05


class Watch:
    """Looks at the store as a page would, and notes when it first saw each robot online."""

    def __init__(self, file: Path) -> None:
        self.file, self.seen_s = file, dict[str, float]()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        with contextlib.closing(sqlite3.connect(f"{self.file.as_uri()}?mode=ro", uri=True, timeout=10)) as store:
            while not self._end.wait(LOOK_EVERY_S):
                sql = "SELECT robot.name FROM presence JOIN robot ON robot.id = robot_id WHERE state = 'online'"
                names = [name for (name,) in store.execute(sql)]
                now_s = time.monotonic()
                for name in names:
                    self.seen_s.setdefault(name, now_s)

    def end(self) -> dict[str, float]:
        self._end.set()
        self._thread.join()
        return self.seen_s


def run() -> list[dict[str, Any]]:
    robots = scaled(ROBOTS, 10)
    allow_connections(robots)
    with place() as folder, broker(folder) as mosquitto:
        truth = folder / "truth.csv"
        with (
            speaking("tests.bench.fleet_process", "backlog", str(mosquitto.port), str(robots), str(truth)) as fleet,
            served(folder, mosquitto.url) as collector,
        ):
            windows = heard(fleet)["prepared"]
            watch = Watch(collector.file)
            before_s = collector.cpu_s()
            tell(fleet, "go")
            result = heard(fleet)
            seen_s = watch.end()
            collector_cpu_s = collector.cpu_s() - before_s
            equal, said = verified(collector.store, truth)
    return rows_of(result, seen_s, collector_cpu_s, windows, f"{said}" if equal else f"NOT EQUAL: {said}")


def rows_of(
    result: dict[str, Any], seen_s: dict[str, float], collector_cpu_s: float, windows: int, said: str
) -> list[dict[str, Any]]:
    first_s: dict[str, float] = {}
    for at_s, robot in result["connected"]:
        first_s.setdefault(robot, at_s)
    waits_s = [seen_s[robot] - at_s if robot in seen_s else float("inf") for robot, at_s in first_s.items()]
    robots = len(first_s)
    drained_s, worst_s = result["drained_s"], max(waits_s)
    equal = not said.startswith("NOT")
    return [
        {
            "name": f"backlog of {robots:,} robots after a day ({windows:,} windows): drained",
            "value": drained_s, "unit": "s", "target": "≤ 30", "met": drained_s <= 30 and equal,
        },
        {"name": "its windows", "value": windows / drained_s, "unit": "windows/s"},
        {
            "name": "live state: seen online after the connection, slowest robot",
            "value": worst_s, "unit": "s", "target": "≤ 2", "met": worst_s <= 2,
        },
        {"name": "the same, median robot", "value": quantile(waits_s, 0.5), "unit": "s"},
        {
            "name": "all of them connected",
            "value": max(at_s for at_s, _ in result["connected"]) - result["began_s"], "unit": "s",
        },
        {"name": "CPU of the simulated robots (drawing not counted)", "value": result["cpu_s"], "unit": "s"},
        {"name": "CPU of the collector", "value": collector_cpu_s, "unit": "s"},
        {"name": "backlog compared with the truth", "value": said, "unit": "", "target": "equal", "met": equal},
    ]  # fmt: skip
