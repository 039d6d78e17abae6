"""Values that the outbox takes and gives."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from edge_agent.counting.readings import Did, Severity
from protocol.counted import State
from protocol.limits import OTHER_FAULTS

Key = tuple[str, str]  # (source, series)
EpisodeKey = tuple[str, str, str]  # (family, code, ref)
HeldBy = tuple[tuple[str, str, str, str], ...]  # (family, code, ref, scope) of faults
HeldSources = tuple[tuple[str, str, str, str], ...]  # (family, code, ref, source) of faults

MERGED = OTHER_FAULTS  # the code of an episode that counts the openings of several faults of its family
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
    """How often an episode that is held open has opened by now, and whether its fault holds at this moment.

    `begun`: which opening of its fault was the first of this episode, by a number that goes on through its episodes
    (edge_agent.outbox.flapping). `held_by`: of a merged episode the faults that hold, each with the scope that watches
    it. `held_sources`: the sources that said them, as far as they are known; in a field of
    its own, for older agents unpack `held_by` as four values. `unsure`: it may have opened more often.
    """

    times: int
    holds: bool
    begun: int = 1
    held_by: HeldBy = ()
    unsure: bool = False
    held_sources: HeldSources = ()


@dataclass(frozen=True, slots=True)
class Flap:
    """What is known of a flapping fault now: `ever`, its openings in all its episodes; the rest as `Openings`."""

    ever: int
    holds: bool
    held_by: HeldBy = ()
    unsure: bool = False
    held_sources: HeldSources = ()


@dataclass(frozen=True, slots=True)
class Watchers:
    """Of faults that open: the scope that watches each, and the source that said it."""

    scopes: Mapping[EpisodeKey, str]
    sources: Mapping[EpisodeKey, str]


@dataclass(frozen=True, slots=True)
class OpenEpisode:
    """A fault that was opened and not closed, as its open record said it. From `openings` on: see `Openings`."""

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
    begun: int = 0  # 0: it does not flap
    held_by: HeldBy = ()
    unsure: bool = False
    source: str = ""
    held_sources: HeldSources = ()

    @classmethod
    def stored(cls, body: str) -> "OpenEpisode":
        """As its document has it; fields of a newer agent are passed over."""
        known = {name: value for name, value in json.loads(body).items() if name in cls.__dataclass_fields__}
        held_by = tuple((str(f), str(c), str(r), str(s)) for f, c, r, s in known.pop("held_by", ()))
        held_sources = tuple((str(f), str(c), str(r), str(s)) for f, c, r, s in known.pop("held_sources", ()))
        return cls(**known, held_by=held_by, held_sources=held_sources)

    @property
    def flaps(self) -> bool:
        """Whether it is held open while its fault opens and closes."""
        return self.begun > 0 or self.openings > 1 or self.code == MERGED or not self.holds


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
