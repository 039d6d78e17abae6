"""A robot whose state folder is put back from copies, in one process: real outbox, counting, uplink, ingest and store.

Only the broker is a stand-in, which can be cut. The collector's store is put back from older backups as well, its
clock is wrong for a while, and the robot's zone is another one in each process. Sources are of three sorts. A *live*
one is a program that says its total again whatever happens to the agent (it has a `base`, as the client has). A *kept*
one reads its totals from a file in the state folder. A *pushed* count is said once. The truth knows which counts exist
at neither side.
"""

import asyncio
import contextlib
import json
import random
import shutil
import sqlite3
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from collector.calendar.days import day_hour
from collector.ingest.decode import decode
from collector.ingest.loop import Ingest
from collector.ingest.transaction import Groups
from collector.store.engine import Store, open_store
from edge_agent.clock import Clock, ClockSample
from edge_agent.config import load
from edge_agent.counting.count_task import Counting
from edge_agent.counting.episodes import EpisodeTracker
from edge_agent.counting.readings import Increment, Total
from edge_agent.counting.sampler import Sampler
from edge_agent.errors import LinkError
from edge_agent.outbox import Outbox
from edge_agent.outbox.values import OutboxSettings
from edge_agent.uplink.conversation import Senses
from edge_agent.uplink.link import Arrived
from edge_agent.uplink.uplink import Uplink
from protocol import records, topics
from tests.waiting import DEADLINE_S, until_async

NOON = 1_790_000_000 // 86_400 * 86_400 + 43_200
KINDS = ("outbox", "outbox", "sources", "card", "card", "deleted")
ZONES = ("UTC", "Asia/Shanghai", "America/Los_Angeles", "Pacific/Chatham")
APART_S = (0, 0, 3600, -3 * 86_400, 3 * 86_400, 100 * 86_400)  # how far the collector's clock is off
LIVE, KEPT, PUSHED = ("guided_tour", "wake_up"), "distance_m", "dance"
SETTINGS = load({"robot": "r1", "mqtt_url": "mqtt://127.0.0.1:1", "upload_s": "1", "timezone": "UTC"}, {})


class Wire:
    """What stands for broker and collector: a batch is committed and answered as it is published."""

    def __init__(self, store: Store, now_s: Any) -> None:
        self.up = True
        self.groups, self.now_s = Groups(store), now_s
        self.groups.epochs_a_day = 10_000  # a robot that is restored so often is none that opens files without end
        self.ingest = Ingest(self.groups, lambda _acks, _tokens: None, clock=now_s)

    async def connect(self, _will: object, _subscriptions: object) -> "Held":
        if not self.up:
            raise LinkError("network", "cut")
        return Held(self)


class Held:
    """One connection."""

    version, packet_max_bytes = "5", 1_000_000

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.events: asyncio.Queue[Any] = asyncio.Queue()

    def publish(self, topic: str, payload: bytes, **_options: object) -> None:
        if not self.wire.up:
            raise LinkError("network", "cut")
        message = decode(topic, payload)
        outcome = self.wire.groups.commit({0: message}, int(self.wire.now_s()))
        for robot, ack in self.wire.ingest._answers(outcome):
            self.events.put_nowait(Arrived(topics.ack(robot), ack))
        assert not outcome.parked, outcome.parked

    def wire_bytes(self) -> int:
        return 0

    async def close(self, *, clean: bool = True) -> None:
        pass


@dataclass
class Live:
    """A program that counts: a life, its total, and what the agent confirmed as durable."""

    life: str
    value: float = 0.0
    base: float = 0.0


@dataclass
class Copy:
    folder: Path
    pushed: frozenset[int]


@dataclass
class Backup:
    """Of the collector's store, and which counts were in it."""

    file: Path
    stored: dict[str, int]
    delivered: frozenset[int]


@dataclass
class Restored:
    """The robot, what is done to it, and the truth."""

    folder: Path
    address: str  # of the collector's store, a SQLite file
    dice: random.Random
    pushes: bool = True
    wider: bool = False  # the collector's store goes back too, its clock is off, and the robot's zone changes
    told: list[str] = field(default_factory=list)
    truth: Counter[str] = field(default_factory=Counter)
    amounts: list[int] = field(default_factory=list)  # of each push
    delivered: frozenset[int] = frozenset()
    here: frozenset[int] = frozenset()  # pushes in this branch of the outbox, delivered or not
    gone: frozenset[int] = frozenset()  # pushes that were delivered to a store that is no more
    copies: list[Copy] = field(default_factory=list)
    backups: list[Backup] = field(default_factory=list)
    days: set[int] = field(default_factory=set)  # local days on which the robot ran, by its own clock
    zone: str = "UTC"
    apart_s: int = 0
    mono_s: float = 1000.0
    lives: int = 0

    def __post_init__(self) -> None:
        self.state = self.folder / "state"
        self.state.mkdir()
        self.store = open_store(self.address)
        self.wire = Wire(self.store, self.collector_s)
        self.live = {counter: self._born() for counter in LIVE}
        self.outbox: Outbox | None = None

    def _born(self) -> Live:
        self.lives += 1
        return Live(f"life-{self.lives}")

    # -- the process

    def collector_s(self) -> float:
        return NOON + self.mono_s + self.apart_s

    def sample(self) -> ClockSample:
        return ClockSample("boot", self.mono_s, NOON + self.mono_s, disciplined=True)

    async def start(self) -> None:
        now = int(NOON + self.mono_s)
        self.zone = self.dice.choice(ZONES) if self.wider else "UTC"
        self.outbox = await Outbox.open(
            self.state / "outbox.db", settings=OutboxSettings("r1", self.zone), hardware="h", boot_id="boot", now_s=now,
            mono_s=int(self.mono_s),
        )  # fmt: skip
        clock, restored = Clock(self.outbox.boot, self.outbox.last_seen_s), await self.outbox.restore()
        stamp = clock.stamp(self.sample())
        sampler = Sampler(
            stamp, window_s=10, totals=restored.totals, window=restored.window, told=restored.told, own="agent"
        )
        self.counting = Counting(
            self.outbox, clock, self.sample, sampler, EpisodeTracker(restored.episodes), tick_s=1, window_s=10
        )
        began = records.start(
            boot=stamp.boot, mono=stamp.mono, at=stamp.at, agent="t", clean=self.outbox.clean, timezone=self.zone
        )
        await self.counting.record(began)
        fresh = {"life": f"vehicle-{self.lives}", "metres": 0}
        self.vehicle = json.loads((self.state / "kept.json").read_text()) if self._has_file() else fresh
        self.lives += 1
        self._say_kept()

    def _has_file(self) -> bool:
        return (self.state / "kept.json").exists()

    async def stop(self, *, clean: bool) -> None:
        assert self.outbox is not None
        if clean:
            await self.hear()
            now = self.counting.now()
            await self.counting.finish(records.stop(boot=now.boot, mono=now.mono, at=now.at))
            if self.wire.up:
                await self.deliver()
            await self.outbox.close()
        else:
            self.outbox._thread.submit(self.outbox._file.close).result()
            self.outbox._place.release()
            self.outbox._thread.shutdown()
        self.outbox = None

    async def window(self) -> None:
        self.mono_s += 10
        self.days |= {day_hour(int(NOON + self.mono_s - back_s), self.zone)[0] for back_s in (0, 10)}
        await self.counting.tick()

    # -- sources

    def count(self, n: int) -> None:
        """Programs count, whether the agent runs or not."""
        for counter, live in self.live.items():
            live.value += n
            self.truth[counter] += n

    async def hear(self) -> None:
        """The programs say their totals; what is in the outbox then is their base."""
        take = self.counting.take_for("local")
        for counter, live in self.live.items():
            if self.dice.random() < 0.9:
                take(Total(counter, live.value, live.life, not live.base, series="0", base=live.base))
        if self.dice.random() < 0.5:
            await self.counting.commit()
            for counter, live in self.live.items():
                total = self.counting.sampler.totals.get(("local", f"{counter}|0"))
                if total is not None and total.epoch == live.life:
                    live.base = total.value

    def travel(self, metres: int) -> None:
        """The kept source hears of something new."""
        self.vehicle["metres"] += metres
        self.truth[KEPT] += metres
        self._say_kept()

    def _say_kept(self) -> None:
        (self.state / "kept.json").write_text(json.dumps(self.vehicle))
        life, metres = self.vehicle["life"], self.vehicle["metres"]
        self.counting.take_for("vehicle")(Total(KEPT, metres, life, from_zero=metres == 0, fall="never", kept=True))

    async def push(self, n: int) -> None:
        self.counting.take_for("statsd")(Increment(PUSHED, n))
        await self.counting.commit()
        self.here |= {len(self.amounts)}
        self.amounts.append(n)

    # -- the link

    async def deliver(self) -> None:
        """Connect, hand everything over, leave."""
        assert self.outbox is not None
        outbox = self.outbox

        async def learned(_ms: int) -> None:
            return None

        senses = Senses(
            time.monotonic, lambda: NOON + self.mono_s, lambda: int(self.mono_s), lambda: 0, learned,
            lambda: records.description(agent="t", timezone=self.zone, configuration={}, supported=LIVE),
            lambda told: self.counting.answered(told=told), self.counting.went_back,
        )  # fmt: skip
        uplink = Uplink(SETTINGS, outbox, self.wire, senses, lambda: 0.0)  # type: ignore[arg-type]  # connections that are held here
        task = asyncio.create_task(uplink.run())
        await until_async(lambda: task.done() or (uplink.standing.proven_at_s and not outbox.unanswered()), self.seen)
        uplink.leave()
        await asyncio.wait_for(task, DEADLINE_S)
        assert outbox.held == outbox.newest + 1, self.seen()
        self.delivered |= self.here

    # -- what is done to it

    def copy(self) -> None:
        target = self.folder / f"copy-{len(self.told)}-{len(self.copies)}"
        shutil.copytree(self.state, target, ignore=shutil.ignore_patterns("*.damaged-*", "*.lock", "*.reserve"))
        self.copies.append(Copy(target, self.here))

    def put_back(self, kind: str, copy: Copy) -> None:
        """While no process runs. What was pushed since and did not arrive is at neither side now."""
        patterns = {"outbox": ("outbox.db*",), "sources": ("kept.json",)}.get(kind, ("outbox*", "kept.json"))
        for pattern in patterns:
            for path in self.state.glob(pattern):
                if path.suffix != ".lock" and "damaged" not in path.name:
                    path.unlink()
            for path in copy.folder.glob(pattern) if kind != "deleted" else ():
                shutil.copy2(path, self.state / path.name)
        if kind == "deleted":
            self.here = frozenset()
            self.copies.clear()
        elif kind != "sources":
            self.here = copy.pushed
            del self.copies[self.copies.index(copy) + 1 :]

    def merge(self) -> None:
        """As when the outbox is nearly full: everything is merged that may be."""
        assert self.outbox is not None
        room = self.outbox._stream._room
        self.outbox._thread.submit(lambda: all(room._merge_step() for _ in range(99))).result()

    def back_up(self) -> None:
        """A backup of the collector's store, while nothing is written."""
        file = self.folder / f"backup-{len(self.told)}-{len(self.backups)}.db"
        with contextlib.closing(sqlite3.connect(self.folder / "collector.db")) as source:
            source.execute("VACUUM INTO ?", (str(file),))
        self.backups.append(Backup(file, self.stored(), self.delivered - self.gone))

    def put_store_back(self, backup: Backup) -> bool:
        """What came since is at neither side; whether that was anything."""
        lost = Counter(self.stored())
        lost.subtract(backup.stored)
        self.store.close()
        for path in self.folder.glob("collector.db*"):
            path.unlink()
        shutil.copy2(backup.file, self.folder / "collector.db")
        self.store = open_store(self.address)
        self.wire = Wire(self.store, self.collector_s)
        self.gone |= self.delivered - backup.delivered
        for counter in (*LIVE, KEPT):
            self.truth[counter] -= lost[counter]
        del self.backups[self.backups.index(backup) + 1 :]
        self.copies.clear()  # a file older than the hole: what it holds unsent may be of the lost part
        return any(lost.values())

    # -- what came of it

    def expected(self) -> dict[str, int]:
        found = {**self.truth, PUSHED: sum(self.amounts[n] for n in (self.delivered | self.here) - self.gone)}
        return {counter: n for counter, n in found.items() if n}

    def stored(self) -> dict[str, int]:
        with self.store.read() as connection:
            rows = connection.exec_driver_sql("SELECT totals FROM usage_day").fetchall()
        found: Counter[str] = Counter()
        for (totals,) in rows:
            found.update(json.loads(totals))
        return {c: n for c, n in found.items() if c in {*LIVE, KEPT, PUSHED} and n}

    def rows(self, sql: str) -> list[Any]:
        with self.store.read() as connection:
            return list(connection.exec_driver_sql(sql).fetchall())

    def said_lost(self) -> int:
        return int(self.rows("SELECT count(*) FROM gap WHERE cause IN ('lost', 'never_arrived')")[0][0])

    def booked_days(self) -> set[int]:
        return {int(day) for (day,) in self.rows("SELECT day FROM usage_day")}

    def seen(self) -> str:
        return f"{self.stored()}, not {self.expected()}, after {self.told}"


async def rounds(robot: Restored, number: int) -> dict[str, int]:
    """Random copies and restores, each judged. Returns how many were harmless, and how many lost something."""
    seen = Counter[str]()
    await robot.start()
    if robot.pushes:  # before a push has ever arrived nobody knows that this robot pushes
        await robot.push(1)
        await robot.window()
    await robot.deliver()
    for _ in range(number):
        await _copied(robot)
        await _gone_on(robot)
        seen.update(await _put_back(robot))
    await robot.stop(clean=True)
    return dict(seen)


async def _copied(robot: Restored) -> None:
    """A copy of a stopped robot, or of a running one at some moment; or none this time."""
    dice = robot.dice
    clean = dice.random() < 0.5
    await _live_a_while(robot)
    if not clean:
        if dice.random() < 0.7:
            robot.copy()
        await _live_a_while(robot)
        await robot.deliver()
    await robot.stop(clean=clean)
    if clean:
        robot.copy()
    if robot.wider and dice.random() < 0.5:
        robot.back_up()
    await robot.start()


async def _gone_on(robot: Restored) -> None:
    """What the robot does after the copy, delivered; sometimes its last pushes are on the card only."""
    dice = robot.dice
    await robot.deliver()
    await _live_a_while(robot)
    if dice.random() < 0.3:  # a program ends once all of it has arrived, and begins again
        await _all_heard(robot)
        await robot.deliver()
        robot.live[dice.choice(LIVE)] = robot._born()
        await _live_a_while(robot)
    await _all_heard(robot)
    await robot.deliver()
    if robot.pushes and dice.random() < 0.4:
        robot.wire.up = False
        await robot.push(dice.randint(1, 9))
        await robot.window()


async def _put_back(robot: Restored) -> Counter[str]:
    """End, put a copy back, begin again, deliver; then judge."""
    dice, clean = robot.dice, robot.dice.random() < 0.6
    await robot.stop(clean=clean)
    robot.count(dice.randint(0, 3))
    robot.apart_s = dice.choice(APART_S) if robot.wider else 0
    before, kind, loses = robot.said_lost(), "none", False
    if robot.wider or robot.copies:
        kind = dice.choice((*KINDS, "store") if robot.wider else KINDS)
    if kind == "store" and robot.backups:
        loses = robot.put_store_back(dice.choice(robot.backups))
        before = robot.said_lost()
    elif kind != "store" and robot.copies:
        copy = dice.choice(robot.copies)
        loses = kind != "sources" and bool(robot.here - robot.delivered - (copy.pushed if kind != "deleted" else set()))
        robot.put_back(kind, copy)
    else:
        kind = "none"
    robot.told.append(f"{kind}{' clean' if clean else ''}{' loses' if loses else ''}")
    await robot.start()
    for _ in range(dice.choice((0, 0, 1, 2))):  # before anybody answers
        await _live_a_while(robot)
        if not robot.wire.up:
            await robot.stop(clean=dice.random() < 0.5)
            await robot.start()
        if dice.random() < 0.3:
            robot.merge()
    robot.wire.up = True
    await robot.deliver()
    await _live_a_while(robot)
    await _all_heard(robot)
    await robot.deliver()
    assert robot.stored() == robot.expected(), robot.seen()
    assert robot.booked_days() <= robot.days, f"days {robot.booked_days() - robot.days} were not: {robot.seen()}"
    said = robot.said_lost() > before
    assert said or not loses, f"lost and not said: {robot.seen()}"
    nobody_can_tell = (
        robot.pushes and not clean and kind not in {"sources", "store"}
    )  # it may have pushed until it was cut off
    assert not said or loses or nobody_can_tell, f"said, and not lost: {robot.seen()}"
    return Counter({"loses" if loses else "harmless": 1, "said": said, "store": kind == "store"})


async def _live_a_while(robot: Restored) -> None:
    for _ in range(robot.dice.randint(1, 3)):
        robot.count(robot.dice.randint(1, 9))
        await robot.hear()
        if robot.dice.random() < 0.4:
            robot.travel(robot.dice.randint(1, 5))
        if robot.pushes and robot.dice.random() < 0.3:
            await robot.push(robot.dice.randint(1, 9))
        if robot.dice.random() < 0.7:
            await robot.window()


async def _all_heard(robot: Restored) -> None:
    take = robot.counting.take_for("local")
    for counter, live in robot.live.items():
        take(Total(counter, live.value, live.life, not live.base, series="0", base=live.base))
    await robot.window()


def run(folder: Path, seed: int, number: int, *, wider: bool = False) -> dict[str, int]:
    """One seed: odd ones are of robots that never push."""
    robot = Restored(
        folder,
        f"sqlite:///{folder / 'collector.db'}",
        random.Random(f"restored/{seed}"),
        pushes=seed % 2 == 0,
        wider=wider,
    )
    try:
        return asyncio.run(rounds(robot, number))
    finally:
        robot.store.close()
        if robot.outbox is not None:
            with contextlib.suppress(Exception):
                robot.outbox._place.release()
                robot.outbox._thread.shutdown(wait=False)
