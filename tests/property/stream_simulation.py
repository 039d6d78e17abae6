"""A deterministic simulation of the stream: one robot, two collectors, a bad network, one law.

    python -m tests.property.stream_simulation            200 seeds of 6 simulated hours
    python -m tests.property.stream_simulation --seed 17  one seed again: same seed, same run

The law: what the collectors committed is what the robot counted, once; what is missing lies inside a
hole or a loss that the database shows. Messages are lost, doubled, delayed, reordered and cut off;
both sides die between any two steps; the disk is full, corrupt or restored from an image; the
collectors' database is restored from a backup; the robot's clock starts anew with every process. The
last half hour is calm: everything must have been delivered at its end. Wall clocks decide nothing in
the stream, so there is none here.
"""

import argparse
import heapq
import random
import sys
import time
from dataclasses import dataclass, field
from typing import Any

from protocol.stream import LIVENESS_S
from tests.property.stream_collector import Collector, Database
from tests.property.stream_robot import Crash, Down, File, Ledger, Robot, Up, end_of

CALM_S = 1800.0
HOUR_S = 3600.0
BUGS = (
    "ack_before_commit", "forget_on_puback", "merge_sent", "gap_accepted", "salvage_without_was", "old_mark_stays",
    "rewind_unseen",
)  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """How a run ended. `broken` is empty when the law holds; `happened` counts what was survived."""

    seed: int
    broken: list[str]
    happened: dict[str, int]


@dataclass
class World:
    """The event queue and everything in it."""

    seed: int
    hours: float
    bugs: frozenset[str]
    now_s: float = 0.0
    events: list[tuple[float, int, str, Any]] = field(default_factory=list)
    order: int = 0
    connected: bool = False
    alive: bool = True
    connection: int = 0
    cut_until_s: float = 0.0
    gone_back: str = ""  # the epoch of a file that went back in time; a new epoch ends it
    happened: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rng = random.Random(f"stream/{self.seed}")
        self.ledger = Ledger()
        self.loss = self.rng.choice((0.0, 0.05, 0.3))
        self.slow_s = self.rng.choice((0.1, 2.0, 15.0))
        rate = self.rng.choice((0.0, 0.002, 0.02))
        self.robot = Robot(
            random.Random(f"robot/{self.seed}"), File(f"{0:016x}"), self.ledger, self.bugs, crash_rate=rate,
            capacity=self.rng.choice((10, 20, 60)),
        )  # fmt: skip
        self.collectors = [Collector(random.Random(f"collector/{self.seed}/{n}"), self.bugs, rate) for n in range(2)]
        self.down_until_s = [0.0, 0.0]
        self.database = Database()
        self.backup = self.database.backup()
        self.image = self.robot.file.copy()
        self.calm_from_s = self.hours * HOUR_S
        self.ends_s = self.calm_from_s + CALM_S

    def at(self, delay_s: float, kind: str, what: Any = None) -> None:
        self.order += 1
        heapq.heappush(self.events, (self.now_s + delay_s, self.order, kind, what))

    def note(self, what: str) -> None:
        self.happened[what] = self.happened.get(what, 0) + 1

    @property
    def calm(self) -> bool:
        return self.now_s >= self.calm_from_s

    def run(self) -> Outcome:
        self.robot.begin(0.0)
        for kind, delay_s in (("count", 1), ("window", 60), ("pump", 2), ("connect", 1), ("trouble", 30), ("calm", 0)):
            self.at(self.calm_from_s if kind == "calm" else delay_s, kind)
        began_s = self.now_s
        while self.events and self.events[0][0] <= self.ends_s:
            at_s, _, kind, what = heapq.heappop(self.events)
            self.robot.mono_s += at_s - self.now_s
            self.now_s = at_s
            try:
                getattr(self, f"on_{kind}")(what)
            except Crash:
                self.robot_dies()
            self.flush()
        self.happened["hours"] = round((self.now_s - began_s) / HOUR_S)
        return Outcome(self.seed, self.judge(), self.happened)

    # the robot

    def on_count(self, _: object) -> None:
        self.at(self.rng.uniform(5, 60), "count")
        if not self.calm:
            self.robot.count()

    def on_window(self, _: object) -> None:
        self.at(60, "window")
        if self.alive:
            self.robot.close_window()

    def on_pump(self, _: object) -> None:
        self.at(self.rng.uniform(1, 10), "pump")
        if not self.alive or not self.connected:
            return
        if self.robot.sender.silent_s(self.robot.mono_s) > LIVENESS_S:
            self.note("silent")
            self.disconnect()
            return
        self.robot.pump()

    def on_connect(self, _: object) -> None:
        if self.alive and not self.connected and self.now_s >= self.cut_until_s:
            self.connected = True
            self.connection += 1
            self.robot.sender.connected()
            self.robot.pump()
        if not self.connected:
            self.at(self.rng.uniform(1, 60), "connect")

    def disconnect(self) -> None:
        self.connected = False
        self.robot.sender.disconnected()
        self.at(self.rng.uniform(1, 60), "connect")

    def robot_dies(self) -> None:
        self.note("robot crash")
        self.alive = self.connected = False
        self.robot.outbound, leaving = [], self.robot.outbound
        for batch in leaving:
            if self.rng.random() < 0.5:  # the socket may have had it
                self.carry("up", batch)
        self.at(self.rng.uniform(1, 300), "restart")

    def on_restart(self, _: object) -> None:
        if self.alive:
            return
        chance = 1.0 if self.calm else self.rng.random()
        if self.robot.file.epoch == self.gone_back:
            pass  # two blows at once: the old disk image breaks before the robot could tell anybody
        elif chance < 0.25:
            self.note("file corrupt")
            self.robot.salvage(self.rng.choice((0.0, 0.8, 1.0)))
            self.at(self.rng.choice((3, 10, 600)), "crash")
        elif chance < 0.35 and self.image.epoch == self.robot.file.epoch:
            self.note("file went back in time")
            self.robot.go_back_in_time(self.image, set(self.database.counts))
            self.gone_back = self.image.epoch
            self.events = [e for e in self.events if e[2] not in {"up", "down"}]  # such a repair takes days
            heapq.heapify(self.events)
            self.cut_until_s = self.now_s + self.rng.choice((0, 3600))
        self.alive = True
        self.robot.begin(self.rng.uniform(0, 1000))
        self.at(1, "connect")

    def on_crash(self, _: object) -> None:
        if self.alive and not self.calm:
            self.robot_dies()

    # the network

    def flush(self) -> None:
        self.robot.outbound, leaving = [], self.robot.outbound
        for batch in leaving:
            self.carry("up", batch)

    def carry(self, kind: str, message: Up | Down) -> None:
        if self.now_s < self.cut_until_s or (not self.calm and self.rng.random() < self.loss):
            return
        copies = 1 if self.calm or self.rng.random() > 0.1 else 2
        for _ in range(copies):
            delay_s = self.rng.expovariate(1 / self.slow_s)
            if not self.calm and self.rng.random() < 0.002:
                delay_s += self.rng.uniform(0, 1800)  # a broker that was down with its queue on disk
            self.at(delay_s, kind, message)

    def on_up(self, batch: Up) -> None:
        n = self.rng.randrange(2)
        if self.now_s < self.down_until_s[n]:
            n = 1 - n
        if self.now_s < self.down_until_s[n]:
            return  # PUBACK is not delivery
        try:
            self.database, ack = self.collectors[n].hears(batch, self.database)
        except Crash as crash:
            self.note("collector crash")
            self.database, said = crash.args
            self.down_until_s[n] = self.now_s + self.rng.uniform(1, 120)
            if said:
                self.carry("down", said)
            return
        self.carry("down", ack)

    def on_down(self, ack: Down) -> None:
        if self.alive and self.connected:
            epoch = self.robot.file.epoch
            self.robot.hears(ack)
            if self.robot.file.epoch != epoch:
                self.note("rewound")
            self.robot.pump()

    # trouble

    def on_trouble(self, _: object) -> None:
        if self.calm:
            return
        self.at(self.rng.expovariate(1 / 240), "trouble")
        chance = self.rng.random()
        if chance < 0.2:
            self.note("partition")
            self.cut_until_s = self.now_s + self.rng.choice((10, 60, 60, 1200))
        elif chance < 0.4 and self.connected:
            self.note("disconnect")
            self.disconnect()
        elif chance < 0.55 and self.alive:
            self.robot_dies()
        elif chance < 0.65:
            self.robot.disk_full = not self.robot.disk_full
            self.note("disk full")
        elif chance < 0.8:
            self.image = self.robot.file.copy()
        elif chance < 0.95:
            self.backup = self.database.backup()
        elif self.rng.random() < 0.2:
            self.note("database restored")
            committed = set(self.database.counts)
            self.database = self.backup.backup()
            self.ledger.taken_back |= committed - set(self.database.counts)
            self.ledger.forgotten |= self.ledger.unknown_to_robot  # both sides went back in time: nobody knows them

    def on_calm(self, _: object) -> None:
        self.loss, self.cut_until_s, self.slow_s = 0.0, self.now_s, min(self.slow_s, 2.0)
        self.robot.disk_full = False
        self.robot.crash_rate = 0.0
        for collector in self.collectors:
            collector.crash_rate = 0.0
        self.at(1, "connect")

    # the law

    def judge(self) -> list[str]:
        broken = []
        twice = sorted(i for i, n in self.database.counts.items() if n > 1)
        if twice:
            broken.append(f"committed more than once: {twice[:5]} ({len(twice)})")
        foreign = sorted(set(self.database.counts) - self.ledger.counted)
        if foreign:
            broken.append(f"never counted: {foreign[:5]}")
        arrived = set(self.database.counts)
        missing = self.ledger.counted - arrived - self.ledger.forgotten - self.robot.pending
        excused = self.ledger.damaged | self.ledger.taken_back
        silent = sorted(i for i in missing if i not in excused or not self.shown(i))
        if silent:
            places = sorted(self.ledger.places.get(silent[0], ()))
            broken.append(f"lost in silence: {silent[:5]} ({len(silent)}), the first stood at {places}")
        if self.database.parked:
            broken.append(f"parked: {self.database.parked[:2]} ({len(self.database.parked)})")
        if any(r.ids - arrived for r in self.robot.file.records):
            broken.append(f"not delivered at the end: {len(self.robot.file.records)} records")
        self.happened["counted"] = len(self.ledger.counted)
        self.happened["shown as lost"] = len(missing) - len(silent)
        self.happened["forgotten by a restored disk"] = len(self.ledger.forgotten)
        return broken

    def shown(self, number: int) -> bool:
        """Inside a hole, or in an epoch whose end nobody knows because the news of it is inside a hole."""
        return any(
            any(epoch == hole and first <= seq <= last for hole, first, last in self.database.holes)
            or self.shown(end_of(epoch))
            for epoch, seq in self.ledger.places.get(number, ())
        )


def simulate(seed: int, hours: float = 6.0, bugs: frozenset[str] = frozenset()) -> Outcome:
    """One run; the same arguments give the same outcome."""
    return World(seed, hours, bugs).run()


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--hours", type=float, default=6.0)
    parser.add_argument("--bug", action="append", default=[], choices=BUGS)
    options = parser.parse_args(arguments)
    seeds = range(options.seeds) if options.seed is None else (options.seed,)
    began_s, failing, total = time.monotonic(), 0, dict[str, int]()
    for seed in seeds:
        outcome = simulate(seed, options.hours, frozenset(options.bug))
        for what, times in outcome.happened.items():
            total[what] = total.get(what, 0) + times
        if outcome.broken:
            failing += 1
            print(f"seed {seed}: {'; '.join(outcome.broken)}", flush=True)
    took_s = time.monotonic() - began_s
    print(f"{len(seeds)} seeds of {options.hours} h in {took_s:.1f} s: {failing} failing; {total}")
    return 1 if failing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
