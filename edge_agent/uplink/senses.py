"""What the uplink asks of the rest of the agent, and tells it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from edge_agent.outbox.values import Back
from protocol import records


@dataclass(frozen=True, slots=True)
class Senses:
    """What the uplink reads and tells: time, the number of open faults, the collector's time (ms), who the robot is."""

    monotonic_s: Callable[[], float]
    wall_s: Callable[[], float]
    mono_s: Callable[[], int]  # of the OS boot, as records carry it
    open_faults: Callable[[], int]
    collector_time: Callable[[int], Awaitable[None]]
    description: Callable[[], records.Record]  # protocol.records.description
    answered: Callable[[bool, bool, bool], Awaitable[None]] | None = None  # see Counting.answered
    went_back: Callable[[Back], Awaitable[None]] | None = None  # go on in a new epoch
    look: Callable[[], None] = lambda: None  # a desired document was kept, or the collector answered a hello
    settings_told: Callable[[int], list[records.Record] | None] | None = None  # of a revision; None: not known yet
    skills_told: Callable[[], list[records.Record]] | None = None  # None: this agent runs no skills
