"""Fault plans: what goes wrong between and on the robots, when, and with which seed.

A plan is a TOML file of the fields of `Plan`, or the name of one of `PLANS`. Link faults wrap a `Dial`;
what happens to robots themselves (crash, storm, clone, clock, small outbox) is ordered by `Mishaps`.
The truth does not change: whatever happens, what was counted arrives once.
"""

import asyncio
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from random import Random
from types import MappingProxyType

from simulators.broker import Weather
from simulators.errors import LinkDown, PlanError
from simulators.link import Dial, Link, OnLost, OnMessage, Will


@dataclass(frozen=True, slots=True)
class Plan:
    """Shares are of messages or of robots (0 to 1); `_every_s` are means per robot in real seconds; 0: never."""

    seed: int = 1
    doubled: float = 0.0  # messages that arrive twice
    swallowed: float = 0.0  # messages the broker confirms and forgets
    delay_s: float = 0.0  # longest delay of a message; different delays reorder
    cut_every_s: float = 0.0  # the connection breaks
    partition_every_s: float = 0.0  # the connection stays open and nothing passes
    partition_s: float = 5.0
    crash_every_s: float = 0.0  # the agent is killed; its outbox survives
    storm_at_s: tuple[float, ...] = ()  # all robots lose the broker at once
    cloned: int = 0  # robots whose card was copied: two outboxes under one name
    clock_1970: float = 0.0  # robots that boot without a clock and learn the time from the collector
    capacity: int = 0  # records an outbox takes before it merges; 0: no bound
    ack_timeout_s: float = 0.0  # 0: the stream's own

    def __post_init__(self) -> None:
        for name in ("doubled", "swallowed", "clock_1970"):
            if not 0 <= getattr(self, name) < 1 and name != "clock_1970":
                raise PlanError(f"fault plan: {name} is a share, at least 0 and below 1")
        if self.capacity and self.capacity < 20:  # noqa: PLR2004 - below that even a robot's start does not fit
            raise PlanError("fault plan: capacity below 20 records leaves no room to merge in")


PLANS: Mapping[str, Plan] = MappingProxyType(
    {
        "rough": Plan(doubled=0.1, swallowed=0.1, delay_s=0.5, cut_every_s=20, partition_every_s=40, ack_timeout_s=3),
        "crash": Plan(crash_every_s=10, swallowed=0.05, ack_timeout_s=3),
        "storm": Plan(storm_at_s=(0.3, 2.0)),
        "clone": Plan(cloned=1, ack_timeout_s=3),
        "clock": Plan(clock_1970=0.5),
        "full": Plan(capacity=60, partition_every_s=10, partition_s=8, ack_timeout_s=3),
    }
)


def read(name_or_path: str) -> Plan:
    """A plan by name or from a TOML file. Raises PlanError."""
    if name_or_path in PLANS:
        return PLANS[name_or_path]
    path = Path(name_or_path)
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise PlanError(f"no fault plan {name_or_path!r}: name {', '.join(PLANS)} or a TOML file") from error
    except tomllib.TOMLDecodeError as error:
        raise PlanError(f"{path}: {error}") from error
    unknown = set(table) - {f.name for f in fields(Plan)}
    if unknown:
        known = ", ".join(f.name for f in fields(Plan))
        raise PlanError(f"{path}: {', '.join(sorted(unknown))}: not in a fault plan; there are {known}")
    if "storm_at_s" in table:
        table["storm_at_s"] = tuple(table["storm_at_s"])
    return Plan(**table)


@dataclass(slots=True)
class RoughLink:
    """A link in a plan's weather. What is published while it is cut off is gone."""

    inner: Link
    weather: Weather
    loop: asyncio.AbstractEventLoop
    open: bool = True
    cut_off: bool = False
    timers: list[asyncio.TimerHandle] = field(default_factory=list)

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None:
        if not self.open:
            raise LinkDown("not connected")
        if self.cut_off:
            return
        if retain:  # presence is what the fleet looks at, not what is counted
            self.inner.publish(topic, payload, qos=qos, retain=retain)
            return
        for delay_s in self.weather.fates(qos):
            self.loop.call_later(delay_s, self._pass_on, topic, payload, qos)

    def close(self, *, politely: bool = True) -> None:
        self.open = False
        for timer in self.timers:
            timer.cancel()
        self.inner.close(politely=politely)

    def _pass_on(self, topic: str, payload: bytes, qos: int) -> None:
        if self.open and not self.cut_off:
            try:
                self.inner.publish(topic, payload, qos=qos)
            except LinkDown:
                self.open = False  # the loss itself is told by the inner link


@dataclass(slots=True)
class RoughDial:
    """Dials through another dial and gives out links in bad weather, each robot's from its own seed."""

    inner: Dial
    plan: Plan
    calls: dict[str, int] = field(default_factory=dict)

    async def dial(
        self, client: str, will: Will, filters: Sequence[str], on_message: OnMessage, on_lost: OnLost
    ) -> Link:
        plan, loop = self.plan, asyncio.get_running_loop()
        self.calls[client] = self.calls.get(client, 0) + 1
        weather = Weather(plan.seed, 0.0, plan.swallowed, plan.doubled, plan.delay_s)
        rng = weather.rng = Random(f"{plan.seed}/{client}/{self.calls[client]}")  # noqa: S311 - repeatable on purpose
        rough: RoughLink | None = None

        def heard(topic: str, payload: bytes) -> None:
            if rough is None or rough.cut_off:
                return
            for delay_s in weather.fates(0):
                loop.call_later(delay_s, on_message, topic, payload)

        rough = RoughLink(await self.inner.dial(client, will, filters, heard, on_lost), weather, loop)

        def cut() -> None:
            if rough.open:
                rough.close(politely=False)
                on_lost()

        def partition() -> None:
            rough.cut_off = True
            rough.timers.append(loop.call_later(plan.partition_s, heal))

        def heal() -> None:
            rough.cut_off = False
            plan_next(plan.partition_every_s, partition)

        def plan_next(every_s: float, what: Callable[[], None]) -> None:
            if every_s:
                rough.timers.append(loop.call_later(rng.expovariate(1 / every_s), what))

        plan_next(plan.cut_every_s, cut)
        plan_next(plan.partition_every_s, partition)
        return rough


@dataclass(slots=True)
class Mishaps:
    """What happens to the robots themselves: `crash` and `storm` are called when the plan says so."""

    plan: Plan
    began: Callable[[], float]

    async def run(self, crashes: Sequence[Callable[[], None]], storm: Callable[[], None]) -> None:
        """For ever; cancel it to end the trouble."""
        rng = Random(f"mishaps/{self.plan.seed}")  # noqa: S311 - repeatable on purpose
        began_s = self.began()
        storms = sorted(self.plan.storm_at_s)
        rate = len(crashes) / self.plan.crash_every_s if self.plan.crash_every_s else 0.0
        crash_s = rng.expovariate(rate) if rate else float("inf")
        while True:
            next_s = min(crash_s, storms[0] if storms else float("inf"))
            if next_s == float("inf"):
                return
            await asyncio.sleep(max(0.0, began_s + next_s - self.began()))
            if storms and storms[0] == next_s:
                storms.pop(0)
                storm()
            else:
                rng.choice(crashes)()
                crash_s += rng.expovariate(rate)
