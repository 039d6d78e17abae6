"""A robot whose state goes back in time, in one process: real outbox, counting, uplink, ingest, closing and store.

Only the broker is a stand-in, which can be cut. Sources are of four sorts. A *live* one is a program that says its
total again whatever happens to the agent (it has a `base`, as the client has); an *exporter* says its total and has
no base. A *kept* one reads its totals from a file in the state folder. A *pushed* count is said once. The truth knows
each push and each step of the kept source by its number, and so which of them exist at neither side. What is done to
the robot is in tests/faults/put_back.py, the story and the judgement in tests/faults/goes_back.py.
"""

import asyncio
import contextlib
import functools
import json
import random
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from collector.calendar.days import day_hour
from collector.ingest.decode import decode
from collector.ingest.loop import Ingest
from collector.store.engine import Store, open_store
from edge_agent.clock import Clock, ClockSample
from edge_agent.config import load
from edge_agent.counting.count_task import Counting
from edge_agent.counting.episodes import EpisodeTracker
from edge_agent.counting.readings import Increment, Total
from edge_agent.counting.sampler import Sampler
from edge_agent.errors import LinkError
from edge_agent.outbox import Outbox
from edge_agent.outbox.flapping import NOTE, Flapping
from edge_agent.outbox.recovery.parted import Back
from edge_agent.outbox.values import OutboxSettings
from edge_agent.sources.memory import KeptLife, Memory, new_epoch
from edge_agent.sources.surroundings import Surroundings
from edge_agent.uplink.link import Arrived
from edge_agent.uplink.senses import Senses
from edge_agent.uplink.uplink import Uplink
from protocol import records, topics
from tests import portfolio
from tests.groups import groups_of
from tests.policies import a_closing
from tests.rolled_days import by_account, by_deployment, roll, settling
from tests.waiting import DEADLINE_S, until_async

NOON = 1_790_000_000 // 86_400 * 86_400 + 43_200
DAY_S = 86_400
ZONES = ("UTC", "Asia/Shanghai", "America/Los_Angeles", "Pacific/Chatham")
APART_S = (0, 0, 3600, -3600, -3 * DAY_S, 3 * DAY_S, 100 * DAY_S)  # how far a clock is off
LIVE, EXPORTED, KEPT, PUSHED = ("guided_tour", "wake_up"), "touches", "distance_m", "dance"
SETTINGS = load({"robot": "r1", "mqtt_url": "mqtt://127.0.0.1:1", "upload_s": "1", "timezone": "UTC"}, {})


@functools.cache
def new_store() -> bytes:
    """The file of an empty store: the migrations run once for all seeds."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "collector.db"
        open_store(f"sqlite:///{file}").close()
        return file.read_bytes()


class Wire:
    """What stands for broker and collector: a batch is committed and answered as it is published."""

    def __init__(self, store: Store, now_s: Any) -> None:
        self.up = True
        self.groups, self.now_s = groups_of(store), now_s
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
    born_s: float = 0.0


@dataclass(frozen=True)
class Step:
    """Something that was counted once: a push, or a step of the kept source."""

    counter: str
    n: int


@dataclass
class Restored:
    """The robot, its collector, and the truth."""

    folder: Path
    address: str  # of the collector's store, a SQLite file
    dice: random.Random
    pushes: bool = True
    told: list[str] = field(default_factory=list)
    truth: Counter[str] = field(default_factory=Counter)  # of live programs and the exporter
    lost: Counter[str] = field(default_factory=Counter)  # of these, what exists at neither side any more
    ended: list[tuple[str, str, float]] = field(default_factory=list)  # counter, life, its last total
    steps: list[Step] = field(default_factory=list)
    delivered: frozenset[int] = frozenset()
    here: frozenset[int] = frozenset()  # steps in this branch of the outbox, delivered or not
    filed: frozenset[int] = frozenset()  # steps in this life of the kept source's file
    unsaid: frozenset[int] = frozenset()  # those that it has not told
    gone: frozenset[int] = frozenset()  # steps that were delivered to a store that is no more, or in damaged rows
    days: set[int] = field(default_factory=set)  # local days on which the robot ran, by its own clock
    moments: list[float] = field(default_factory=list)  # what any of the clocks said while it ran
    odd: bool = False  # a clock that is off by days vouched for itself, or nobody vouched for the robot's
    zone: str = "UTC"
    account_zone: str = "UTC"
    apart_s: int = 0  # the collector's clock
    off_s: int = 0  # the robot's clock
    vouched: bool = True
    true_s: float = 1000.0
    boots: int = 1
    booted_s: float = 0.0
    lives: int = 0

    def __post_init__(self) -> None:
        self.state = self.folder / "state"
        self.state.mkdir()
        self.runtime = self.folder / "run"
        self.runtime.mkdir()
        (self.folder / "collector.db").write_bytes(new_store())
        self.store = open_store(self.address)
        self.account_zone = self.dice.choice(ZONES)
        portfolio.add_account(self.store, "museum", ["r1"], timezone=self.account_zone)
        self.wire = Wire(self.store, self.collector_s)
        self.live = {counter: self._born() for counter in LIVE}
        self.exporter = self._born()
        self.memory = Memory(self.state / "source-vehicle.json")
        self.outbox: Outbox | None = None

    def _born(self) -> Live:
        self.lives += 1
        return Live(f"life-{self.lives}", born_s=self.true_s)

    def born_again(self, counter: str) -> None:
        """The program ends, and begins again."""
        live = self.exporter if counter == EXPORTED else self.live[counter]
        self.ended.append((counter, live.life, live.value))
        if counter == EXPORTED:
            self.exporter = self._born()
        else:
            self.live[counter] = self._born()

    # -- clocks

    def collector_s(self) -> float:
        return NOON + self.true_s + self.apart_s

    def mono_s(self) -> float:
        return self.true_s - self.booted_s

    def wall_s(self) -> float:
        return self.mono_s() if self.off_s == -NOON else NOON + self.true_s + self.off_s  # else the clock of 1970

    def sample(self) -> ClockSample:
        return ClockSample(f"boot-{self.boots}", self.mono_s(), self.wall_s(), disciplined=self.vouched)

    def clocks_change(self) -> None:
        """The robot's clock, or the collector's, while both run."""
        if self.dice.random() < 0.5:
            self.apart_s = self.dice.choice(APART_S)
            return
        self.off_s = self.dice.choice((0, 0, 0, 3600, -3600, 2 * DAY_S, -2 * DAY_S, -NOON))
        self.vouched = self.off_s != -NOON and self.dice.random() < 0.8
        self.odd = self.odd or bool(self.off_s) or not self.vouched

    def boot(self) -> None:
        """The machine, while no process runs; time has passed."""
        self.true_s += self.dice.choice((5, 600, 8 * 3600, 30 * 3600))
        self.boots, self.booted_s = self.boots + 1, self.true_s - 3
        (self.runtime / NOTE).unlink(missing_ok=True)
        if self.odd and self.dice.random() < 0.5:
            self.off_s, self.vouched = 0, True

    # -- the process

    async def start(self) -> None:
        self.zone = self.dice.choice(ZONES)
        if self.dice.random() < 0.4:
            self.boot()
        now, mono = int(self.wall_s()), int(self.mono_s())
        self.outbox = await Outbox.open(
            self.state / "outbox.db", settings=OutboxSettings("r1", self.zone), hardware="h",
            boot_id=f"boot-{self.boots}", now_s=now, mono_s=mono,
        )  # fmt: skip
        clock, restored = Clock(self.outbox.boot, self.outbox.last_seen_s), await self.outbox.restore()
        stamp = clock.stamp(self.sample())
        sampler = Sampler(
            stamp, window_s=10, totals=restored.totals, window=restored.window, told=restored.told, own="agent"
        )
        flapping = Flapping(self.runtime, self.outbox)
        episodes = EpisodeTracker(flapping.known(restored.episodes))
        self.counting = Counting(
            self.outbox, clock, self.sample, sampler, episodes, tick_s=1, window_s=10, checkpoint_s=60
        )
        self.counting.flap_notes.keep = flapping.keep
        began = records.start(
            boot=stamp.boot, mono=stamp.mono, at=stamp.at, agent="t", clean=self.outbox.clean, timezone=self.zone,
            sync=stamp.sync,
        )  # fmt: skip
        self.counting.keepers = lambda: frozenset() if self.kept_life.newer else frozenset({"vehicle"})
        await self.counting.record(began)
        self._recall()
        self._say_kept()
        self._ran()

    def _recall(self) -> None:
        """As the sources that keep a file do."""
        assert self.outbox is not None
        self.around = Surroundings(
            self.state, self.state, 1.0, f"boot-{self.boots}", self.outbox.lineage, self.counting.commit,
            run=self.outbox.run, runs=self.outbox.runs, answered=lambda: not self.outbox.unanswered(),
        )  # fmt: skip
        kept = self.memory.load()
        if kept is None:
            self.metres, self.kept_life = {KEPT: 0.0}, KeptLife(new_epoch())
        else:
            self.metres = kept["totals"]
            self.kept_life = KeptLife.recalled(kept, self.around)
        note = self.state / "source-metrics.json"  # since when this outbox sees the exporter
        noted = json.loads(note.read_text()) if note.exists() else {}
        if noted.get("outbox") != self.around.outbox:
            noted = {"outbox": self.around.outbox, "since_s": self.true_s}
            note.write_text(json.dumps(noted))
        self.since_s = noted["since_s"]

    async def stop(self, *, clean: bool) -> None:
        assert self.outbox is not None
        if clean:
            await self.hear()
            now = self.counting.now()
            await self.counting.finish(records.stop(boot=now.boot, mono=now.mono, at=now.at, sync=now.sync))
            self._note_stored()
            if self.wire.up:
                await self.deliver()
            await self.outbox.close()
        else:
            self.outbox._thread.submit(self.outbox._file.close).result()
            self.outbox._place.release()
            self.outbox._thread.shutdown()
        self.outbox = None

    async def window(self) -> None:
        self._ran()
        self.true_s += 10
        self._ran()
        await self.counting.tick()
        self._note_stored()

    def _note_stored(self) -> None:
        """Once the outbox has the kept source's total it has every step in it."""
        life = self.kept_life.epoch
        total = self.counting._stored.get(("vehicle", f"{KEPT}|{life}"))
        if total is not None and (total.epoch, total.value) == (life, self.metres[KEPT]):
            self.here |= self.filed

    async def _store(self) -> None:
        """As a group commit, without its wait."""
        await self.counting.record()
        self._note_stored()

    def _ran(self) -> None:
        self.moments += [self.wall_s() if self.vouched else NOON + self.true_s, NOON + self.true_s, self.collector_s()]
        self.days.add(day_hour(int(self.wall_s()), self.zone)[0])

    # -- sources

    def count(self, n: int) -> None:
        """Programs count, whether the agent runs or not."""
        for counter, live in (*self.live.items(), (EXPORTED, self.exporter)):
            live.value += n
            self.truth[counter] += n

    def say(self, counter: str, live: Live) -> None:
        total = Total(counter, live.value, live.life, not live.base, series="0", base=live.base)
        if live is self.exporter:  # its `_created` names its life, and tells whether it began at zero here
            total = Total(counter, live.value, live.life, live.born_s > self.since_s, fall="never")
        self.counting.take_for("local" if counter in LIVE else "metrics")(total)

    async def hear(self) -> None:
        """The programs say their totals; what is in the outbox then is their base."""
        for counter, live in (*self.live.items(), (EXPORTED, self.exporter)):
            if self.dice.random() < 0.9:
                self.say(counter, live)
        if self.dice.random() < 0.5:
            await self._store()
            for counter, live in self.live.items():
                total = self.counting.sampler.totals.get(("local", f"{counter}|0"))
                if total is not None and total.epoch == live.life:
                    live.base = total.value

    async def all_heard(self) -> None:
        for counter, live in (*self.live.items(), (EXPORTED, self.exporter)):
            self.say(counter, live)
        await self.window()

    def travel(self, metres: int) -> None:
        """The kept source hears of something new."""
        self.metres[KEPT] += metres
        self.filed |= {len(self.steps)}
        self.unsaid = frozenset({len(self.steps)})
        self.steps.append(Step(KEPT, metres))
        self._say_kept()

    def _say_kept(self) -> None:
        life = self.kept_life
        self.memory.save(life.kept(self.around) | {"totals": self.metres})
        if not life.say(self.metres, self.counting.take_for("vehicle")):
            self.filed = self.unsaid
            self._say_kept()
        self.unsaid = frozenset()

    async def push(self, n: int) -> None:
        """A count of its own name, or one of a counter that a program counts as well."""
        counter = f"{PUSHED}.n{len(self.steps)}" if self.dice.random() < 0.7 else LIVE[0]
        self.counting.take_for("statsd")(Increment(counter, n))
        await self._store()
        self.here |= {len(self.steps)}
        self.steps.append(Step(counter, n))

    # -- the link

    async def deliver(self) -> None:
        """Connect, hand everything over, leave."""
        assert self.outbox is not None
        outbox = self.outbox
        senses = Senses(
            time.monotonic, self.wall_s, lambda: int(self.mono_s()), lambda: self.counting.episodes.open_faults,
            self.counting.learn,
            lambda: records.description(agent="t", timezone=self.zone, configuration={}, supported=LIVE),
            lambda told, compared, pushes: self.counting.answered(told=told, compared=compared, pushes=pushes),
            self._went_back,
        )  # fmt: skip
        uplink = Uplink(SETTINGS, outbox, self.wire, senses, lambda: 0.0)  # type: ignore[arg-type]  # connections that are held here
        task = asyncio.create_task(uplink.run())
        await until_async(lambda: task.done() or (uplink.standing.proven_at_s and not outbox.unanswered()), self.seen)
        uplink.leave()
        newest = outbox.newest  # an ack ticks: what the agent says of itself then leaves with the next upload
        async with asyncio.timeout(DEADLINE_S):  # wait_for hides a cancellation when the task ends with it
            await task
        assert outbox.held > newest, self.seen()
        self._note_stored()
        self.delivered |= self.here

    async def _went_back(self, back: Back) -> None:
        await self._store()
        await self.counting.went_back(back)

    # -- the collector's days

    def close_days(self, ahead_s: int = 0) -> None:
        """Add up what is over by the collector's clock."""
        roll(a_closing(store=self.store, policy=settling(0)), int(self.collector_s()) + ahead_s)

    def move_account(self) -> None:
        """The account's zone is corrected."""
        self.account_zone = self.dice.choice(ZONES)
        said = portfolio.an_account(id="museum", name="museum", timezone=self.account_zone)
        portfolio.write(self.store, "account", said, at_s=int(self.collector_s()))

    def unlike_days(self) -> dict[Any, Any]:
        """Account-days that are not the sum of their robot-days, once every day is closed."""
        self.close_days(110 * DAY_S - self.apart_s)
        summed, told = by_deployment(self.store), by_account(self.store)
        return {key: (n, told.get(key)) for key, n in summed.items() if told.get(key) != n} | {
            key: (None, n) for key, n in told.items() if key not in summed
        }

    # -- what came of it

    def amount(self, which: frozenset[int]) -> Counter[str]:
        found: Counter[str] = Counter()
        for number in which:
            found[self.steps[number].counter] += self.steps[number].n
        return found

    def expected(self) -> dict[str, int]:
        found = self.truth + self.amount((self.delivered | self.here | self.filed) - self.gone)
        found.subtract(self.lost)
        return {counter: n for counter, n in found.items() if n}

    def stored(self) -> dict[str, int]:
        found: Counter[str] = Counter()
        for (totals,) in self.rows("SELECT totals FROM usage_day"):
            found.update(json.loads(totals))
        known = {*LIVE, EXPORTED, KEPT}
        return {c: n for c, n in found.items() if n and (c in known or c.startswith(PUSHED))}

    def rows(self, sql: str) -> list[Any]:
        with self.store.read() as connection:
            return list(connection.exec_driver_sql(sql).fetchall())

    def said_lost(self) -> int:
        return int(self.rows("SELECT count(*) FROM gap WHERE cause IN ('lost', 'never_arrived')")[0][0])

    def strange_days(self) -> set[int]:
        """Days that are booked and that no clock showed."""
        booked = {int(day) for (day,) in self.rows("SELECT day FROM usage_day")}
        if self.odd:  # an estimate lies between neighbours and arrival
            least, most = int(min(self.moments)) // DAY_S - 1, int(max(self.moments)) // DAY_S + 1
            return {day for day in booked if not least <= day <= most}
        return booked - self.days

    def seen(self) -> str:
        stored, expected = self.stored(), self.expected()
        unlike = {c: (stored.get(c, 0), expected.get(c, 0)) for c in stored.keys() | expected.keys()}
        differs = {c: pair for c, pair in sorted(unlike.items()) if pair[0] != pair[1]}
        return f"stored, not expected: {differs}, after {self.told}"

    def close(self) -> None:
        self.store.close()
        if self.outbox is not None:
            with contextlib.suppress(Exception):
                self.outbox._place.release()
                self.outbox._thread.shutdown(wait=False)
