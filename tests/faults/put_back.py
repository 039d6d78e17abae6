"""What is done to the state of a robot and its collector while no process runs: copies, restores, damage.

Each returns, or leaves in the truth, which counts exist at neither side from then on.
"""

import contextlib
import json
import shutil
import sqlite3
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from collector.store.engine import open_store
from edge_agent.outbox.start import peek
from tests.faults.outbox_damage import damage
from tests.faults.restored import EXPORTED, KEPT, LIVE, Restored, Wire

PATTERNS = {
    "outbox": ("outbox.db*",),  # database and log; the source's file is newer
    "sources": ("source-*.json",),  # the outbox is newer
    "card": ("*",),
    "together": ("outbox.db*",),  # with the store of the same moment
    "damaged_copy": ("outbox.db*",),
}
NO_COPY = ("none", "no_sources", "deleted", "damaged")
NOT_COPIED = ("*.damaged-*", "*.went-back-*", "*.replaced-*", "*.lock", "*.reserve")


@dataclass
class Backup:
    """Of the collector's store, and which counts were in it."""

    number: int  # later ones have greater numbers
    file: Path
    stored: dict[str, int]
    delivered: frozenset[int]
    gone: frozenset[int]
    lost: Counter[str]


@dataclass
class Copy:
    """Of the robot's state folder."""

    folder: Path
    here: frozenset[int]
    filed: frozenset[int]
    ended: int  # how many lives had ended
    totals: dict[tuple[str, str], float]  # how far the outbox had counted each life
    backup: Backup | None = None  # of the store at the same moment

    @property
    def has_log(self) -> bool:
        return any(self.folder.glob("outbox.db-wal"))


class Shelf:
    """Copies and backups of one robot, oldest first."""

    def __init__(self, robot: Restored) -> None:
        self.robot = robot
        self.copies: list[Copy] = []
        self.backups: list[Backup] = []
        self.hole = False  # records that a store restored last did not have, and nobody holds
        self._made = 0

    def _place(self, kind: str) -> Path:
        self._made += 1
        return self.robot.folder / f"{kind}-{self._made}"

    def copy(self, *, store: bool = False) -> None:
        """A copy of the state folder, of a stopped robot or of a running one; `store`: and of the collector's."""
        robot, target = self.robot, self._place("copy")
        shutil.copytree(robot.state, target, ignore=shutil.ignore_patterns(*NOT_COPIED))
        backup = self._backed_up() if store else None
        self.copies.append(Copy(target, robot.here, robot.filed, len(robot.ended), _totals(robot), backup))

    def back_up(self) -> None:
        self.backups.append(self._backed_up())

    def _backed_up(self) -> Backup:
        robot, file = self.robot, self._place("backup")
        with contextlib.closing(sqlite3.connect(robot.folder / "collector.db")) as source:
            source.execute("VACUUM INTO ?", (str(file),))
        return Backup(self._made, file, robot.stored(), robot.delivered, robot.gone, Counter(robot.lost))

    # -- the robot's state

    def put_back(self, kind: str, copy: Copy | None) -> None:
        """The folder as it is after this kind of restore; the truth follows."""
        robot, self.hole = self.robot, False
        for pattern in PATTERNS.get(kind, ()):
            assert copy is not None
            _replace(robot.state, pattern, copy.folder)
        if copy is not None and kind in {"outbox", "card", "together", "damaged_copy"}:
            robot.here = copy.here
        if copy is not None and kind in {"sources", "card"}:
            robot.filed = copy.filed
        if kind == "no_sources":
            _replace(robot.state, "source-*.json", None)
            robot.filed = frozenset()
        elif kind == "deleted":
            _replace(robot.state, "*", None)
            robot.here = robot.filed = frozenset()
            self.copies.clear()
        elif kind in {"damaged", "damaged_copy"}:
            files = [f for f in (robot.state / "outbox.db", robot.state / "outbox.db-wal") if f.exists()]
            damage(robot.dice.choice(files), robot.dice)
        elif kind == "log":
            assert copy is not None
            shutil.copy2(copy.folder / "outbox.db-wal", robot.state / "outbox.db-wal")
        if copy is not None:
            del self.copies[self.copies.index(copy) + 1 :]

    # -- the collector's store

    def put_both_back(self, copy: Copy) -> None:
        """Robot and store as they were at one moment. Nobody can know of what was pushed since."""
        assert copy.backup is not None
        self.put_back("together", copy)
        self._exchange(copy.backup)
        robot, backup = self.robot, copy.backup
        robot.delivered, robot.gone, robot.lost = backup.delivered, backup.gone, Counter(backup.lost)
        for counter, life, value in robot.ended[copy.ended :]:  # nobody says these again
            robot.lost[counter] += int(value - copy.totals.get((counter, life), 0))

    def put_store_back(self, backup: Backup) -> None:
        """What came since is at neither side, unless the outbox still holds it."""
        robot = self.robot
        lost, marks = Counter(robot.stored()), _marks(robot)
        lost.subtract(backup.stored)
        self._exchange(backup)
        epoch = _epoch(robot.state)  # copies of an older one: the store forgot that they were replaced
        self.copies = [copy for copy in self.copies if _epoch(copy.folder) == epoch]
        returns = _returning(robot, marks, _marks(robot))
        self.hole = _held(robot) > _marks(robot).get(epoch, 0) + 1
        lost.subtract(returns)
        gone = robot.delivered - robot.gone - (backup.delivered - backup.gone)
        gone -= {number for number in gone if robot.steps[number].counter in returns.keys() - {*LIVE, KEPT}}
        robot.gone |= gone
        lost.subtract(robot.amount(gone))
        for counter in (*LIVE, EXPORTED, KEPT):
            robot.lost[counter] += lost[counter]

    def _exchange(self, backup: Backup) -> None:
        robot = self.robot
        robot.store.close()
        for path in robot.folder.glob("collector.db*"):
            path.unlink()
        shutil.copy2(backup.file, robot.folder / "collector.db")
        robot.store = open_store(robot.address)
        robot.wire = Wire(robot.store, robot.collector_s)
        self.backups = [other for other in self.backups if other.number <= backup.number]


def _totals(robot: Restored) -> dict[tuple[str, str], float]:
    state = peek(robot.state / "outbox.db").state
    totals = [json.loads(row.body) for row in state if row.kind == "total"]
    return {(total["counter"], total["epoch"]): total["value"] for total in totals}


def _held(robot: Restored) -> int:
    """A process that runs has forgotten more than its file."""
    if robot.outbox is not None:
        return robot.outbox.held
    stream = peek(robot.state / "outbox.db").stream
    return 1 if stream is None else stream.held


def _epoch(state: Path) -> str:
    stream = peek(state / "outbox.db").stream
    return stream.epoch if stream is not None else ""


def _marks(robot: Restored) -> dict[str, int]:
    return dict(robot.rows("SELECT epoch, mark FROM stream"))


def _returning(robot: Restored, before: dict[str, int], now: dict[str, int]) -> Counter[str]:
    """Counts of records that the store had and has no more, and that the outbox still holds."""
    found: Counter[str] = Counter()
    read = peek(robot.state / "outbox.db")
    epoch = read.stream.epoch if read.stream is not None else ""
    for row in read.rows:
        stood = row.record.get("was") or {"epoch": epoch, "seq": row.seq}
        if row.seq >= _held(robot) and now.get(stood["epoch"], 0) < stood["seq"] <= before.get(stood["epoch"], 0):
            found.update(row.record.get("counts", {}))
    return found


def _replace(state: Path, pattern: str, source: Path | None) -> None:
    for path in state.glob(pattern):
        if path.suffix != ".lock" and "damaged" not in path.name:
            path.unlink()
    for path in source.glob(pattern) if source is not None else ():
        shutil.copy2(path, state / path.name)
