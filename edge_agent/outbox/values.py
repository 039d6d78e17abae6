"""Values that the outbox takes and gives."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from edge_agent.counting.readings import Did, Severity
from protocol.counted import State

Key = tuple[str, str]  # (source, series)
EpisodeKey = tuple[str, str, str]  # (family, code, ref)

MERGED = "other_faults"  # the code of an episode that counts the openings of several faults of its family
APPEND_MAX_RECORDS = 500  # one transaction; salvage skips more numbers than that after a torn one


@dataclass(frozen=True, slots=True)
class OutboxSettings:
    """`robot` and `timezone` go into every envelope; `timezone` decides where a merged day begins."""

    robot: str
    timezone: str = "UTC"
    max_bytes: int = 64 * 1024 * 1024  # half a year of 5-minute windows; then windows are merged
    reserve_bytes: int = 1024 * 1024  # given up on a full disk so that deleting and reporting still work
    keep_damaged: int = 3  # damaged files set aside for a person to look at
    batch_bytes: int = 256 * 1024  # envelope before compression; a quarter of what the collector unpacks


@dataclass(frozen=True, slots=True)
class SourceTotal:
    """The last value of a cumulative series. `carried` is the fraction left over from lives before `epoch`."""

    counter: str
    value: float
    epoch: str
    carried: float = 0.0


@dataclass(frozen=True, slots=True)
class Openings:
    """How often an episode that is held open has opened by now, and whether its fault holds at this moment."""

    times: int
    holds: bool


@dataclass(frozen=True, slots=True)
class OpenEpisode:
    """A fault that was opened and not closed, as its open record said it. `holds`: see `Openings`."""

    family: str
    code: str
    ref: str
    did: Did
    severity: Severity
    opened: int
    opened_epoch: str
    scope: str = ""
    openings: int = 1
    holds: bool = True


@dataclass(frozen=True, slots=True)
class Restored:
    """What the sampler and the episode tracker go on from after a start."""

    totals: Mapping[Key, SourceTotal]
    window: Mapping[str, Any] | None
    episodes: tuple[OpenEpisode, ...]
    told: bool = False  # the windows of this file have told every series


@dataclass(frozen=True, slots=True)
class Back:
    """The file lacks something, says the collector: docs/wire-format.md, section 6. `counted` None: it cannot know.

    `ended`: the robot's last word was a stop that arrived. A collector that does not say it is believed in the rest.
    `latest`: the stream that sent last, where it is another one, and its mark.
    """

    to: int | None
    mark: int
    counted: State | None = None
    windows: bool = True
    lost: bool = True
    ended: bool = True
    latest: tuple[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A batch ready for compression. `records` is how many it holds (a merged range counts as one)."""

    first: int
    last: int
    held: int
    records: int
    text: bytes


@dataclass(frozen=True, slots=True)
class Figures:
    """The outbox about itself, for status and the agent's own counters."""

    epoch: str
    boot: int
    newest: int
    held: int
    sent_through: int
    backlog: int
    oldest_at: int | None
    bytes_on_disk: int
    max_bytes: int
    bytes_written: int | None  # by this process since it began, as the kernel counts it; None where it does not
    commits: int
    merged: int
    dropped: int
    full: bool
    sqlite: str
