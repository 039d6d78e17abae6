"""A process to be killed: sources, and a store that keeps by the seam's rules in one SQLite transaction.

    python -m tests.faults.source_process FOLDER NAMES OPTIONS(json)

Everything taken waits in memory and is committed every COMMIT_S, like an agent's windows. The sums of what
is committed stand in FOLDER/counted.db, also after SIGKILL.
"""

import asyncio
import json
import sqlite3
import sys
from pathlib import Path

from edge_agent.counting.readings import Increment, Reading, Total
from edge_agent.sources import build
from tests.sources import around

COMMIT_S = 0.05
SCHEMA = """
CREATE TABLE IF NOT EXISTS counted (counter TEXT PRIMARY KEY, amount REAL);
CREATE TABLE IF NOT EXISTS row (source TEXT, counter TEXT, series TEXT, value REAL, epoch TEXT,
                                PRIMARY KEY (source, counter, series));
"""
ADD = "INSERT INTO counted VALUES (?, ?) ON CONFLICT (counter) DO UPDATE SET amount = amount + excluded.amount"


class Store:
    """Readings in memory until `commit`."""

    def __init__(self, folder: Path) -> None:
        self._db = sqlite3.connect(folder / "counted.db", isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.executescript(SCHEMA)
        self._taken: list[tuple[str, Reading]] = []

    def take(self, source: str, reading: Reading) -> None:
        self._taken.append((source, reading))

    async def commit(self) -> None:
        taken, self._taken = self._taken, []
        self._db.execute("BEGIN IMMEDIATE")
        for source, reading in taken:
            if isinstance(reading, Increment):
                self._db.execute(ADD, (reading.counter, reading.amount))
            elif isinstance(reading, Total):
                self._total(source, reading)
        self._db.execute("COMMIT")

    def _total(self, source: str, total: Total) -> None:
        key = (source, total.counter, total.series)
        row = self._db.execute(
            "SELECT value, epoch FROM row WHERE source = ? AND counter = ? AND series = ?", key
        ).fetchone()
        if row is None or row[1] != total.epoch:
            amount = total.value if total.from_zero else 0.0
        else:
            amount = total.value - (row[0] if total.value >= row[0] else 0.0)
        self._db.execute(ADD, (total.counter, amount))
        self._db.execute("INSERT OR REPLACE INTO row VALUES (?, ?, ?, ?, ?)", (*key, total.value, total.epoch))


def counted(folder: Path) -> dict[str, float]:
    """What is committed; nothing before the process made its tables."""
    db = sqlite3.connect(f"file:{folder}/counted.db?mode=ro", uri=True)
    try:
        return dict(db.execute("SELECT counter, amount FROM counted").fetchall())
    except sqlite3.OperationalError:
        return {}
    finally:
        db.close()


async def main(folder: Path, names: list[str], options: dict[str, dict[str, object]]) -> None:
    store = Store(folder)
    sources = build(names, options, around(folder, commit=store.commit))
    async with asyncio.TaskGroup() as group:
        for source in sources:
            group.create_task(source.run(lambda reading, name=source.name: store.take(name, reading)))
        while True:
            await asyncio.sleep(COMMIT_S)
            await store.commit()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2].split(","), json.loads(sys.argv[3])))
