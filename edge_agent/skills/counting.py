"""Where one skill counts: a socket of its own, and nothing but what its manifest declares, within its plausible rate.

The socket is the identity: it lies in a folder that is mounted into this skill alone. What one skill says reaches no
other skill's counts or faults, and cannot speak for the agent. A counter may grow, since it last did, by what its rate
gives that time and at most an hour saved up; what is above is refused, named, and may be said again later.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from edge_agent.counting.readings import Condition, Ended, Increment, Reading, Refusal, Supports, Take, Total
from edge_agent.outbox.values import Key, SourceTotal
from edge_agent.skills.allowed import Allowed
from edge_agent.sources.local import Local, Options
from edge_agent.sources.refusals import Refusals
from edge_agent.sources.sharing import Peer
from edge_agent.sources.surroundings import Surroundings
from protocol.limits import CODE_MAX_CHARS

HOUR_S = 3600.0
SOCKET_MODE = "0666"  # who may connect is decided by the folder it lies in
CONNECTIONS = 16
PROCESSES = 24  # places for the totals of its processes: one that restarts gets a new one before the old one is retired
FAULTS_MAX = 8  # open at a time, of one skill
LINES_A_S, LINES_SAVED = 20.0, 200.0
COMMITS_A_S, COMMITS_SAVED = 0.2, 20.0  # each is a write to the robot's flash


def source_name(key: str) -> str:
    """What the outbox knows the skill's counts by."""
    return f"skill-{key}"


@dataclass(slots=True)
class Budget:
    """What one counter may still grow by. `saved_s` is time that was not used up; `at_s` when it last grew."""

    at_s: float
    saved_s: float


@dataclass(slots=True)
class Gate:
    """Lets through what this skill may say. `known`: the totals as they are counted now; `refuse` names a refusal."""

    allowed: Allowed
    known: Callable[[], Mapping[Key, SourceTotal]]
    refuse: Callable[[str, str], None]
    now_s: Callable[[], float] = time.monotonic
    away_s: float = 0.0  # for how long nobody listened before
    _budgets: dict[str, Budget] = field(default_factory=dict)
    _began_s: float = field(init=False)
    _faults: set[tuple[str, str, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._began_s = self.now_s()

    def let(self, take: Take) -> Take:
        """The same `take`, for this skill."""

        def taken(reading: Reading) -> str | None:
            if isinstance(reading, Total | Increment):
                return self._counted(reading, take)
            if isinstance(reading, Condition):
                return self._fault(reading, take)
            if isinstance(reading, Refusal | Ended):  # of the endpoint itself, not of the skill
                return take(reading)
            self.refuse(type(reading).__name__.lower(), "not_a_skills")
            return "not_a_skills"

        return taken

    def supports(self) -> Supports:
        """What is zero, not unknown, as long as this skill counts nothing of it."""
        return Supports(tuple(sorted(self.allowed.most_per_h)))

    def _counted(self, reading: Total | Increment, take: Take) -> str | None:
        rate = self.allowed.most_per_h.get(reading.counter)
        if rate is None:
            self.refuse(reading.counter, "undeclared")
            return "undeclared"
        now_s = self.now_s()
        budget = self._budgets.get(reading.counter) or Budget(self._began_s - self.away_s, HOUR_S)
        amount = reading.amount if isinstance(reading, Increment) else self._step(reading)
        left_s = budget.saved_s + now_s - budget.at_s - amount * HOUR_S / rate
        if left_s < 0:
            self.refuse(reading.counter, "too_fast")
            return "too_fast"
        reason = take(reading)
        if reason is None and amount:
            self._budgets[reading.counter] = Budget(now_s, min(left_s, HOUR_S))
        return reason

    def _step(self, reading: Total) -> float:
        """By how much this counts more, at most: all of it where nobody knows its life; of a fall nothing."""
        known = self.known().get((source_name(self.allowed.key), f"{reading.counter}|{reading.series}"))
        before = known.value if known is not None and known.epoch == reading.epoch else 0.0
        return max(0.0, reading.value - before)

    def _fault(self, reading: Condition, take: Take) -> str | None:
        """A fault is told under the skill's own name, so that it neither opens nor heals another's."""
        if reading.family == "agent":
            self.refuse("fault", "not_a_skills")
            return "not_a_skills"
        ref = f"{self.allowed.key} {reading.ref}".strip()[:CODE_MAX_CHARS]
        episode = (reading.family, reading.code, ref)
        if reading.active and episode not in self._faults and len(self._faults) >= FAULTS_MAX:
            self.refuse("fault", "too_many_faults")
            return "too_many_faults"
        reason = take(replace(reading, ref=ref))
        if reading.active and reason is None:
            self._faults.add(episode)
        elif not reading.active:
            self._faults.discard(episode)
        return reason


@dataclass(slots=True)
class Pace:
    """So many a second on average, and a number saved up. Whoever is faster waits: the agent has others to hear."""

    a_s: float
    saved: float
    left: float = field(init=False)
    at_s: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.left = self.saved

    def wait_s(self, now_s: float) -> float:
        """Take one; how long to wait for it."""
        self.left = min(self.saved, self.left + (now_s - self.at_s) * self.a_s) - 1
        self.at_s = now_s
        return max(0.0, -self.left / self.a_s)


class SkillCounter(Local):
    """The counting endpoint of one skill. `retire` says that nothing of it is left."""

    def __init__(self, gate: Gate, folder_socket: Options, around: Surroundings) -> None:
        super().__init__(source_name(gate.allowed.key), folder_socket, around)
        self.gate = gate
        self._pace = Pace(LINES_A_S, LINES_SAVED)
        self._commits = Pace(COMMITS_A_S, COMMITS_SAVED)

    async def run(self, take: Take) -> None:
        """Raises SourceError."""
        take(self.gate.supports())
        await super().run(self.gate.let(take))

    async def _take_line(self, data: bytes, peer: Peer, take: Take, refusals: Refusals) -> bytes:
        now_s = time.monotonic()
        wait_s = self._pace.wait_s(now_s)
        if b'"durable"' in data or b'"count"' in data:
            wait_s = max(wait_s, self._commits.wait_s(now_s))
        if wait_s:
            await asyncio.sleep(wait_s)
        return await super()._take_line(data, peer, take, refusals)
