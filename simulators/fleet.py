"""N robots in one process: who they are, when they record and upload, when all of it has arrived.

Simulated time runs from `start_s` to `end_s` at `speed` times the wall clock (0: as fast as acks permit)
and never into the future. With `live` the robots then go on in real time.
"""

import asyncio
import heapq
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import groupby
from random import Random
from zoneinfo import ZoneInfo

from protocol.stream import ACK_TIMEOUT_S, Sender
from simulators.bodies.shift import OwnDays
from simulators.bodies.wishes import unsuited
from simulators.errors import PlanError
from simulators.faults import Mishaps, Plan, RoughDial
from simulators.link import Dial
from simulators.outbox import Outbox
from simulators.robot import Rhythm, Robot
from simulators.scenes import SCENES
from simulators.tally import WireTally
from simulators.truth import added
from simulators.uplink import BACKOFF_FIRST_S, BACKOFF_MAX_S, Uplink

TICK_S = 0.2


@dataclass(frozen=True, slots=True)
class Orders:
    """What to simulate. Times are Unix seconds, lengths in seconds."""

    robots: int
    seed: int
    start_s: int
    end_s: int
    speed: float = 0.0
    live: bool = False
    window_s: int = 300
    upload_s: int = 900
    live_window_s: int = 300
    live_upload_s: int = 900
    batch: int = 100
    prefix: str = "sim"
    timezone: str = "Asia/Shanghai"
    scenes: tuple[str, ...] = tuple(SCENES)
    connects_per_s: float = 200.0
    drain_s: float = 30.0
    backoff_first_s: float = BACKOFF_FIRST_S
    backoff_max_s: float = BACKOFF_MAX_S
    salt: str = ""  # makes the outboxes new ones: for lives that cannot be repeated (live, faults)
    faults: Plan = field(default_factory=Plan)
    skills: int = 0  # how many robots live days of their own instead of taking those that were lived once
    prepare: bool = False  # draw everything before the first connection: the draining alone is measured


@dataclass(slots=True)
class Gate:
    """Lets one robot after the other connect, `per_s` a second."""

    per_s: float
    clock: Callable[[], float]
    _next_s: float = 0.0

    async def __call__(self) -> None:
        now_s = self.clock()
        self._next_s = max(self._next_s, now_s) + 1 / self.per_s
        if self._next_s > now_s:
            await asyncio.sleep(self._next_s - now_s)


def robots(orders: Orders) -> list[Robot]:
    """The robots of a fleet, scenes in turn. The same orders give the same robots."""
    scenes = [SCENES[key] for key in orders.scenes]
    rhythm = Rhythm(orders.window_s, orders.live_window_s, orders.end_s if orders.live else None)
    try:
        zone = ZoneInfo(orders.timezone)
    except (KeyError, ValueError) as error:
        raise PlanError(f"there is no time zone {orders.timezone}: write one like Europe/Berlin") from error
    made = []
    for number in range(orders.robots):
        scene = scenes[number % len(scenes)]
        name = f"{orders.prefix}-{scene.short}-{number // len(scenes) + 1:04d}"
        own = number < orders.skills
        days = OwnDays(scene.key, name, orders.seed, unsuited(scene.model)) if own else None
        made.append(Robot(name, scene, orders.seed, zone, orders.start_s, rhythm, days))
    return made


def clones(orders: Orders, living: Sequence[Robot]) -> list[Robot]:
    """Robots that run on a copy of another's card: same name, a life and a file of their own."""
    return [
        Robot(robot.name, robot.scene, orders.seed + 1_000_003, robot.zone, robot.start_s, robot.rhythm)
        for robot in living[: orders.faults.cloned]
    ]


def epoch_of(orders: Orders, robot: Robot) -> str:
    """The outbox's identity: one history, one epoch. Lived twice (without `salt`), it is the same history."""
    span = f"{robot.start_s}/{orders.end_s}/{robot.rhythm}"
    life = f"{robot.seed}/{robot.name}/{span}/{robot.zone.key}/{robot.scene.key}/{orders.salt}"
    if robot.days is not None:
        life += "".join(f"/{key} {version}" for key, version in robot.days.skills)
    return blake2b(life.encode(), digest_size=8).hexdigest()


@dataclass(slots=True)
class Fleet:
    """Build it, `run` it, read `tally` and the robots' `counted`."""

    orders: Orders
    dial: Dial
    clock: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    crew: Sequence[Robot] = ()  # robots with a story of their own, in place of those that the orders make
    tally: WireTally = field(default_factory=WireTally)
    uplinks: list[Uplink] = field(init=False)
    began_s: float = 0.0
    took_s: float = 0.0
    history_s: float | None = None  # how long it took until the history was acked to the last record
    told: asyncio.Event = field(default_factory=asyncio.Event)  # set when it is
    _stop: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        plan = self.orders.faults
        if plan != Plan():
            self.dial = RoughDial(self.dial, plan)
        gate = Gate(self.orders.connects_per_s, self.clock)
        living = list(self.crew) or robots(self.orders)
        self.uplinks = [self._uplink(robot, gate) for robot in (*living, *clones(self.orders, living))]
        late = Random(f"clocks/{plan.seed}")  # noqa: S311 - repeatable on purpose
        for uplink in self.uplinks:
            if late.random() < plan.clock_1970:
                uplink.clock_off_s = self.orders.start_s

    def _uplink(self, robot: Robot, gate: Gate) -> Uplink:
        plan = self.orders.faults
        return Uplink(
            robot=robot,
            outbox=Outbox(robot.name, epoch_of(self.orders, robot), robot.zone, plan.capacity or None),
            sender=Sender(records=self.orders.batch, ack_timeout_s=plan.ack_timeout_s or ACK_TIMEOUT_S),
            dial=self.dial,
            clock=self.clock,
            wall=lambda: int(self.wall()),
            tally=self.tally,
            rng=Random(f"jitter/{robot.name}"),  # noqa: S311 - spreads reconnects, guards nothing
            gate=gate,
            backoff_s=(self.orders.backoff_first_s, self.orders.backoff_max_s),
            history_s=self.orders.end_s,
            ends=not self.orders.live,
            repeats=not self.orders.salt,
        )

    def stop(self) -> None:
        """Count no further; deliver what was counted, at most `drain_s` long."""
        self._stop.set()

    async def run(self, progress: Callable[["Fleet"], None] | None = None) -> None:
        """Lives, drains, leaves. Returns when everything is acked or refused, or `drain_s` after `stop`."""
        if self.orders.prepare:
            for uplink in self.uplinks:
                uplink.live_until(self.orders.end_s)
                uplink.through = uplink.outbox.newest
        self.began_s = self.clock()
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(u.keep_connected(), name=u.robot.name) for u in self.uplinks]
            if progress:
                tasks.append(group.create_task(self._report(progress), name="progress"))
            mishaps = Mishaps(self.orders.faults, self.clock)
            crashes = [uplink.crash for uplink in self.uplinks]
            tasks.append(group.create_task(mishaps.run(crashes, self.storm), name="mishaps"))
            await self._live()
            await self._drain()
            for uplink in self.uplinks:
                uplink.hang_up()
            for task in tasks:
                task.cancel()
        self.took_s = self.clock() - self.began_s
        await asyncio.sleep(0.1)  # the last DISCONNECTs leave the buffers
        if progress:
            progress(self)

    def storm(self) -> None:
        """All robots lose the broker at the same moment."""
        for uplink in self.uplinks:
            uplink.drop()

    def undelivered(self) -> int:
        """Records that were written and are not acked."""
        return sum(u.outbox.newest - u.sender.mark for u in self.uplinks)

    def in_doubt(self) -> int:
        """Of those, the ones that were sent: the collector may have them, its ack did not come."""
        return sum(max(0, u.outbox.sent_through - u.sender.mark) for u in self.uplinks)

    def counted(self) -> Iterator[tuple[str, dict[int, dict[str, int]]]]:
        """The truth per robot, without windows that never left it."""
        for uplink in self.uplinks:
            uplink.robot.forget(uplink.outbox.records(max(uplink.outbox.sent_through, uplink.sender.mark)))
        for name, same in groupby(sorted(self.uplinks, key=lambda u: u.robot.name), key=lambda u: u.robot.name):
            yield name, added(uplink.robot.counted for uplink in same)

    async def _live(self) -> None:
        orders = self.orders
        if orders.speed <= 0:
            for uplink in self.uplinks:
                uplink.until_s = orders.end_s
                uplink.pump()
            await self._until(lambda u: u.caught_up or bool(u.forbidden), None)
            for uplink in self.uplinks:
                uplink.until_s = None
        else:
            await self._uploads(orders.start_s, orders.speed, orders.upload_s, orders.end_s)
            await self._until(lambda u: u.caught_up or bool(u.forbidden), None)
        if self._stop.is_set():
            return
        self.history_s = self.clock() - self.began_s
        self.told.set()
        if orders.live:
            await self._uploads(self.wall(), 1.0, orders.live_upload_s, None)

    async def _uploads(self, from_s: float, speed: float, every_s: int, to_s: int | None) -> None:
        """Each robot records and uploads at its own moment of the rhythm, so that uploads spread."""
        turns = [(from_s + uplink.rng.uniform(0, every_s), n) for n, uplink in enumerate(self.uplinks)]
        heapq.heapify(turns)
        began_s = self.clock()
        while not self._stop.is_set():
            now_s = from_s + (self.clock() - began_s) * speed
            if to_s is not None and now_s >= to_s:
                break
            while turns[0][0] <= now_s:
                due_s, n = turns[0]
                heapq.heapreplace(turns, (max(due_s + every_s, now_s), n))
                self._upload(self.uplinks[n], int(now_s))
            await asyncio.sleep(TICK_S)
        else:
            return
        for uplink in self.uplinks:
            self._upload(uplink, to_s)

    def _upload(self, uplink: Uplink, now_s: int) -> None:
        uplink.live_until(now_s)
        uplink.upload()

    async def _drain(self) -> None:
        for uplink in self.uplinks:
            if self._stop.is_set() and not self.orders.live:
                uplink.interrupt()
            else:
                uplink.end()
        await self._until(lambda u: u.settled, self.orders.drain_s)

    async def _until(self, done: Callable[[Uplink], bool], after_stop_s: float | None) -> None:
        """Waits until `done` holds for all; a `stop` ends it at once, or `after_stop_s` later."""
        deadline_s: float | None = None
        waiting = list(self.uplinks)
        while waiting := [uplink for uplink in waiting if not done(uplink)]:
            if self._stop.is_set():
                deadline_s = deadline_s or self.clock() + (after_stop_s or 0.0)
                if self.clock() >= deadline_s:
                    return
            await asyncio.sleep(0.05)

    async def _report(self, progress: Callable[["Fleet"], None]) -> None:
        while True:
            await asyncio.sleep(1)
            progress(self)
