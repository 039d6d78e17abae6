"""How much of what a robot should have told has arrived, and why the rest has not. Pure.

Time is divided without remainder. For every bucket (an hour, or a day whose hours are no longer kept)

    elapsed = arrived + Σ holes,   each hole with one cause;
    expected = elapsed - excused (off, before the robot was there, not due yet);   expected = arrived + Σ missing.

A robot that was switched off cleanly owes nothing; a robot that is dark does. Days are counted as health counts them:
on a day on which its place is closed nothing is expected, and of an open day that is over something is, so that a
robot that was off, or never connected, all of it owes it. A day that windows vouch for more seconds of than it has is
told wrongly, and nothing of it has arrived for certain.

The stream is in order, so a hole in its middle is one of the gaps that ingest wrote down (off, crash, lost, never
arrived); what lies after the newest arrived record is not due yet (an online robot that keeps its rhythm sends it
with its next uploads), still on the robot (it is online and late), off (it stopped) or dark.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import pairwise


class Cause(StrEnum):
    """Why a second did not arrive, most certain first: where two apply, the first one counts."""

    TOO_MUCH = "too_much"  # more seconds were vouched for than the day has: nobody knows which
    BEFORE = "before_deployment"  # excused: the robot was not there yet
    CLOSED = "place_closed"  # excused: its place is closed that day
    FILE = "file"  # excused: only a file tells of that day, and no file vouches for time
    LOST = "lost"  # the robot itself reported the loss (corruption, factory reset)
    OFF = "off"  # excused: stopped cleanly
    OFF_ALL_DAY = "off_all_day"  # stopped cleanly, and of an open day that is over nothing arrived
    CRASH = "crash"  # power cut or crash: it came back without having stopped
    NOT_DUE = "not_due"  # excused: younger than the robot's rhythm of sending
    ON_ROBOT = "on_robot"  # online, not yet sent: it will arrive
    DARK = "dark"  # not connected since; it may still hold its data
    NEVER_HEARD = "never_heard"  # deployed, and nothing ever told of it until then
    NEVER_ARRIVED = "never_arrived"  # nothing explains it


EXCUSED = frozenset({Cause.BEFORE, Cause.CLOSED, Cause.FILE, Cause.OFF, Cause.NOT_DUE})


class Sort(StrEnum):
    """What sort of day a bucket is of."""

    USUAL = "usual"
    CLOSED = "closed"  # its place is closed
    FILE = "file"  # only a file tells of it
    SILENT = "silent"  # over, open, with a deployment, and nothing arrived
    TOO_MUCH = "too_much"  # more seconds are vouched for than it has


_CAUSE_ON: Mapping[Sort, Mapping[Cause, Cause]] = {
    Sort.USUAL: {},
    Sort.CLOSED: dict.fromkeys(Cause, Cause.CLOSED) | {Cause.BEFORE: Cause.BEFORE},
    Sort.FILE: dict.fromkeys(Cause, Cause.FILE),
    Sort.SILENT: {Cause.OFF: Cause.OFF_ALL_DAY, Cause.BEFORE: Cause.NEVER_HEARD},
    Sort.TOO_MUCH: dict.fromkeys(Cause, Cause.TOO_MUCH),
}


def sort_of(*, overfull: bool, vouched_s: int, closed: bool, told: bool, owed: bool) -> Sort:
    """The sort of a day. `overfull`: more than it has is vouched for; `told`: a file tells of it; `owed`: it is over
    and the robot was deployed.
    """
    if overfull:
        return Sort.TOO_MUCH
    if closed:
        return Sort.CLOSED
    if vouched_s:
        return Sort.USUAL
    if told:
        return Sort.FILE
    return Sort.SILENT if owed else Sort.USUAL


_RANK = {cause: rank for rank, cause in enumerate(Cause)}


@dataclass(frozen=True, slots=True)
class Bucket:
    """A stretch of time, the seconds of it that arrived, and what sort of day it is of."""

    from_s: int
    to_s: int
    arrived_s: int
    sort: Sort = Sort.USUAL


@dataclass(frozen=True, slots=True)
class Span:
    from_s: int
    to_s: int
    cause: Cause


@dataclass(frozen=True, slots=True)
class RobotFacts:
    """What is known of one robot.

    `since_s`: it is expected from then on. `state`: its presence, online | stopped | offline, "" when it never
    spoke. `data_to_s`: where its newest record ends; `stopped`: that record is a clean stop. `heard_s`: when its
    newest batch came; `rhythm_s`: how old a record may be before it is late (0: it is late at once).
    """

    since_s: int | None
    state: str = ""
    data_to_s: int | None = None
    stopped: bool = False
    gaps: Sequence[Span] = ()
    heard_s: int | None = None
    rhythm_s: int = 0


@dataclass(frozen=True, slots=True)
class Hole:
    """`missing_s` seconds that did not arrive somewhere in from_s..to_s: the stretch its cause has there."""

    from_s: int
    to_s: int
    cause: Cause
    missing_s: int


@dataclass(frozen=True, slots=True)
class Completeness:
    """Seconds; the two equations of the module's head hold exactly."""

    arrived_s: int = 0
    holes: Mapping[Cause, int] = field(default_factory=dict)

    @property
    def elapsed_s(self) -> int:
        return self.arrived_s + sum(self.holes.values())

    @property
    def expected_s(self) -> int:
        return self.arrived_s + sum(s for cause, s in self.holes.items() if cause not in EXCUSED)

    @property
    def ratio(self) -> float | None:
        """Arrived of expected; None when nothing was expected (which is not 0 %)."""
        return self.arrived_s / self.expected_s if self.expected_s else None

    def __add__(self, other: "Completeness") -> "Completeness":
        holes = dict(self.holes)
        for cause, seconds in other.holes.items():
            holes[cause] = holes.get(cause, 0) + seconds
        return Completeness(self.arrived_s + other.arrived_s, holes)


def by_hours(starts: Sequence[int], covered: Sequence[int], sort: Sort, *, join_empty: bool = False) -> list[Bucket]:
    """A day's hours as buckets. Hours that arrived whole and follow each other are one: nothing is missing there.

    With `join_empty` so are hours of which nothing arrived: each of their seconds has its cause all the same, but a
    hole is no longer told hour by hour.
    """
    made: list[Bucket] = []
    from_hour, kind = 0, ""  # of the hours that wait to be one: "whole", "empty", or "" where none waits
    for hour, here_s in enumerate(covered):
        own = "whole" if here_s == starts[hour + 1] - starts[hour] else "empty" if join_empty and not here_s else ""
        if own and own == kind:
            continue
        if kind:
            made.append(_joined(starts, from_hour, hour, kind, sort))
        from_hour, kind = hour, own
        if not own:
            made.append(Bucket(starts[hour], starts[hour + 1], here_s, sort))
    if kind:
        made.append(_joined(starts, from_hour, len(covered), kind, sort))
    return made


def _joined(starts: Sequence[int], from_hour: int, to_hour: int, kind: str, sort: Sort) -> Bucket:
    from_s, to_s = starts[from_hour], starts[to_hour]
    return Bucket(from_s, to_s, to_s - from_s if kind == "whole" else 0, sort)


def judge(facts: RobotFacts, buckets: Sequence[Bucket], now_s: int) -> tuple[Completeness, list[Hole]]:
    """Divide the buckets (in order of time) into arrived and holes. Nothing after `now_s` is asked for."""
    past = [
        b if b.to_s <= now_s else Bucket(b.from_s, now_s, b.arrived_s, b.sort)
        for b in buckets
        if b.from_s < b.to_s and b.from_s < now_s
    ]
    misses = any(b.sort is Sort.TOO_MUCH or b.arrived_s < b.to_s - b.from_s for b in past)
    timeline = _disjoint(spans(facts, past[0].from_s, now_s)) if misses else []
    arrived_s, totals, holes = 0, dict[Cause, int](), list[Hole]()
    nearest = 0  # the timeline is in order: what ended before this bucket ended before the next ones
    for bucket in past:
        while nearest < len(timeline) and timeline[nearest].to_s <= bucket.from_s:
            nearest += 1
        got_s = 0 if bucket.sort is Sort.TOO_MUCH else min(bucket.arrived_s, bucket.to_s - bucket.from_s)
        arrived_s += got_s
        for hole in _on_day(bucket.sort, _shares(bucket, got_s, timeline, nearest)):
            totals[hole.cause] = totals.get(hole.cause, 0) + hole.missing_s
            _extend(holes, hole)
    return Completeness(arrived_s, totals), holes


def spans(facts: RobotFacts, begin_s: int, now_s: int) -> list[Span]:
    """Every stretch that has an explanation. They may overlap; the more certain cause counts."""
    if facts.since_s is None:
        return [*facts.gaps, Span(begin_s, now_s, Cause.BEFORE)]
    if facts.state == "online":
        tail = Cause.ON_ROBOT
    else:
        tail = Cause.OFF if facts.stopped or facts.state == "stopped" else Cause.DARK
    tail_from_s = facts.since_s if facts.data_to_s is None else facts.data_to_s
    heard_s = facts.since_s if facts.heard_s is None else facts.heard_s
    keeps_rhythm = tail is Cause.ON_ROBOT and now_s - heard_s <= facts.rhythm_s
    due_to_s = now_s - facts.rhythm_s if keeps_rhythm else now_s
    return [
        *facts.gaps,
        Span(begin_s, facts.since_s, Cause.BEFORE),
        Span(max(begin_s, tail_from_s), now_s, tail),
        Span(max(begin_s, tail_from_s, due_to_s), now_s, Cause.NOT_DUE),
    ]


def _disjoint(overlapping: Iterable[Span]) -> list[Span]:
    """The same stretches cut so that each second has one cause, the most certain one."""
    sound = [span for span in overlapping if span.from_s < span.to_s]
    cuts = sorted({edge for span in sound for edge in (span.from_s, span.to_s)})
    waiting = sorted(sound, key=lambda span: span.from_s)
    active: list[Span] = []
    result: list[Span] = []
    for from_s, to_s in pairwise(cuts):
        while waiting and waiting[0].from_s <= from_s:
            active.append(waiting.pop(0))
        active = [span for span in active if span.to_s > from_s]
        if active:
            result.append(Span(from_s, to_s, min((span.cause for span in active), key=_RANK.__getitem__)))
    return result


def _shares(bucket: Bucket, got_s: int, timeline: Sequence[Span], nearest: int) -> Iterable[Hole]:
    """The bucket's missing seconds by cause, the most certain ones served first."""
    missing_s = bucket.to_s - bucket.from_s - got_s
    if missing_s == 0:
        return
    room: dict[Cause, Hole] = {}  # the first and last moment of each cause in the bucket, and its seconds
    for span in timeline[nearest:]:
        if span.from_s >= bucket.to_s:
            break
        from_s, to_s = max(span.from_s, bucket.from_s), min(span.to_s, bucket.to_s)
        before = room.get(span.cause, Hole(from_s, to_s, span.cause, 0))
        room[span.cause] = Hole(before.from_s, to_s, span.cause, before.missing_s + to_s - from_s)
    for cause in sorted(room, key=_RANK.__getitem__):
        share_s = min(room[cause].missing_s, missing_s)
        missing_s -= share_s
        if share_s:
            yield replace(room[cause], missing_s=share_s)
    if missing_s:
        yield Hole(bucket.from_s, bucket.to_s, Cause.NEVER_ARRIVED, missing_s)


def _on_day(sort: Sort, holes: Iterable[Hole]) -> Iterable[Hole]:
    """The holes with the causes that they have on such a day, one for each cause."""
    if sort is Sort.USUAL:
        yield from holes
        return
    named: dict[Cause, Hole] = {}
    for hole in holes:
        cause = _CAUSE_ON[sort].get(hole.cause, hole.cause)
        before = named.get(cause, Hole(hole.from_s, hole.to_s, cause, 0))
        from_s, to_s = min(before.from_s, hole.from_s), max(before.to_s, hole.to_s)
        named[cause] = Hole(from_s, to_s, cause, before.missing_s + hole.missing_s)
    yield from named.values()


def _extend(holes: list[Hole], hole: Hole) -> None:
    """Join a hole to the one before it when the same cause simply went on."""
    for i in range(len(holes) - 1, max(-1, len(holes) - 1 - len(Cause)), -1):
        if holes[i].cause is hole.cause and holes[i].to_s == hole.from_s:
            before = holes.pop(i)
            holes.append(Hole(before.from_s, hole.to_s, hole.cause, before.missing_s + hole.missing_s))
            return
    holes.append(hole)
