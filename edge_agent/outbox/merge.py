"""Windows merged into wider ones when the outbox is nearly full. Pure.

Totals stay, resolution falls: counts and spans are added, gauges keep their least and greatest value and
the span-weighted mean. A group never leaves its local hour (then day), its boot, or its clock state; only
the last stage joins boots. Other records are not touched here (outbox/episode_merge.py), and a group holds few of
them (OTHERS_MAX), because a batch must not be torn inside it; nor does it cross the bound of another record's
range. Salvaged windows keep their identity (`was`) and stay single. No group crosses the first number of a run,
where this file and a copy of it may part: what lies before it may be counted while the rest is not. The first window
of a run stays single as well, for it was open before and may be counted elsewhere.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from edge_agent.outbox.rows import Row
from protocol import counted
from protocol.limits import COUNT_MAX, WINDOW_MAX_COUNTERS, WINDOW_MAX_GAUGES, WINDOW_MAX_SPAN_S

OTHERS_MAX = 64  # records of other kinds inside one merged range
HOUR_S = 3600
DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Stage:
    """How wide groups may become, and whether a reboot ends one."""

    width_s: int
    across_boots: bool = False


STAGES = (Stage(HOUR_S), Stage(DAY_S), Stage(DAY_S, across_boots=True))

UtcOffset = Callable[[int], int]  # unix seconds -> seconds east of Greenwich, in the robot's time zone


@dataclass(frozen=True, slots=True)
class Merged:
    """`into` replaces its own row; the rows numbered `gone` are deleted."""

    into: Row
    gone: tuple[int, ...]


def plan(
    rows: Sequence[Row], stage: Stage, utc_offset: UtcOffset, firsts: Collection[int] = frozenset()
) -> list[Merged]:
    """What to merge of consecutive rows (all kinds, in order). `firsts`: the first number of each run."""
    return [_merge(group) for group in _groups(rows, stage, utc_offset, firsts) if len(group) > 1]


def _groups(
    rows: Sequence[Row], stage: Stage, utc_offset: UtcOffset, firsts: Collection[int]
) -> Iterator[list[tuple[Row, dict[str, Any]]]]:
    fences = _fences(rows, firsts)
    group: list[tuple[Row, dict[str, Any]]] = []
    key: object = None
    others = 0
    total: dict[str, Any] = {}
    for at, row in enumerate(rows):
        if group and at in fences:
            yield group
            group, others = [], 0
        if row.kind != "window":
            others += 1
            continue
        record = row.record
        bucket = None if "was" in record else _bucket(record, stage, utc_offset)
        inner = row.seq - row.begin + 1 - row.windows
        joined = _joined(total, record) if group and bucket is not None and bucket == key else None
        if joined is None or others + inner > OTHERS_MAX:
            if group:
                yield group
            group, key, others, joined = [], bucket, 0, record
        others += inner
        total = joined
        if bucket is not None:
            group.append((row, record))
    if group:
        yield group


def _fences(rows: Sequence[Row], firsts: Collection[int]) -> set[int]:
    """Positions before which a group ends: where a run begins, or the range of a record that is no window.

    And behind it: of a run, behind its first window, which was open in the file when the run began.
    """
    fences: set[int] = set()
    for first in _near(rows, firsts):
        begin = bisect_left(rows, first, key=lambda row: row.seq)
        fences |= {begin, _behind_first_window(rows, begin)}
    for at, row in enumerate(rows):
        if row.kind != "window" and row.first is not None:
            fences.add(at + 1)
            fences.add(next(begin for begin in range(at + 1) if rows[begin].seq >= row.first))
    return fences


def _near(rows: Sequence[Row], firsts: Collection[int]) -> list[int]:
    """Of these numbers those among the rows, and the last one before: its first window may be among them."""
    ordered = sorted(firsts)
    return ordered[max(bisect_right(ordered, rows[0].begin) - 1, 0) :] if rows else []


def _behind_first_window(rows: Sequence[Row], begin: int) -> int:
    """The position behind the first window from there on; it may be several records (span 0) of one beginning."""
    stamp = None
    for at in range(begin, len(rows)):
        if rows[at].kind == "window":
            record = rows[at].record
            more = (record["boot"], record["mono"], record["at"])
            if stamp is not None and (more != stamp or record["span"]):
                return at
            stamp = more
    return len(rows)


def _bucket(record: dict[str, Any], stage: Stage, utc_offset: UtcOffset) -> tuple[object, ...]:
    sync = record.get("sync", "synced")
    if sync == "unsynced":  # nobody vouches for `at`: the boot's own time is all there is
        return (sync, record["boot"], record["mono"] // stage.width_s)
    at = record["at"]
    boot = None if stage.across_boots else record["boot"]
    return (sync, boot, (at + utc_offset(at)) // stage.width_s)


def _joined(one: dict[str, Any], two: dict[str, Any]) -> dict[str, Any] | None:
    """Both windows as one, stamped like the first; None when the wire would not take it."""
    counts = dict(one["counts"])
    for key, value in two["counts"].items():
        counts[key] = counts.get(key, 0) + value
    gauges = _gauges(one, two)
    end = max(_end(one), _end(two))
    covers = max(end - one["at"], 0)
    span = one["span"] + two["span"]
    if (
        len(counts) > WINDOW_MAX_COUNTERS
        or len(gauges) > WINDOW_MAX_GAUGES
        or max(counts.values(), default=0) > COUNT_MAX
        or max(covers, span) > WINDOW_MAX_SPAN_S
    ):
        return None
    own = {"first", "gauges", "covers", "series", "anew", "untold", "pushed"}
    joined = {name: value for name, value in one.items() if name not in own}
    joined |= {"span": span, "counts": counts}
    if gauges:
        joined["gauges"] = gauges
    return joined | {"covers": covers} | _series(one, two)


def _series(one: dict[str, Any], two: dict[str, Any]) -> dict[str, Any]:
    """What both told of their series, as one window tells it."""
    pushed = {"pushed": True} if one.get("pushed") or two.get("pushed") else {}
    if two.get("untold") or (one.get("untold") and not two.get("anew")):
        return {"untold": True} | pushed
    if two.get("anew"):
        return {"anew": True, "series": two.get("series", {})} | pushed
    told = counted.merged(counted.read(one.get("series", {})), two["counts"], counted.read(two.get("series", {})))
    found: dict[str, Any] = {"anew": True} if one.get("anew") else {}
    return found | ({"series": counted.packed(told)} if told else {}) | pushed


def _end(record: dict[str, Any]) -> int:
    return int(record["at"]) + int(record.get("covers", record["span"]))


def _gauges(one: dict[str, Any], two: dict[str, Any]) -> dict[str, list[float]]:
    ours, theirs = one.get("gauges", {}), two.get("gauges", {})
    merged = {name: list(spread) for name, spread in ours.items()}
    here, there = max(one["span"], 1), max(two["span"], 1)
    for name, (least, mean, greatest) in theirs.items():
        if name not in merged:
            merged[name] = [least, mean, greatest]
            continue
        low, middle, high = merged[name]
        low, high = min(low, least), max(high, greatest)
        share = there / (here + there)
        merged[name] = [low, min(max(middle + (mean - middle) * share, low), high), high]
    return merged


def _merge(group: list[tuple[Row, dict[str, Any]]]) -> Merged:
    joined = group[0][1]
    for _, record in group[1:]:
        both = _joined(joined, record)
        if both is None:
            raise AssertionError("a group is made of windows that join")
        joined = both
    last, begin = group[-1][0], group[0][0].begin
    windows = sum(row.windows for row, _ in group)
    into = last.rewritten(joined | {"first": begin}, first=begin, windows=windows)
    return Merged(into, tuple(row.seq for row, _ in group[:-1]))
