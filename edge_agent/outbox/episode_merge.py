"""Closed fault episodes merged into fewer when the outbox is nearly full, so that no count gives way to faults. Pure.

First the episodes of one fault within an hour become one, which carries how often it opened; then all of one
family within a day, with the code MERGED. A skill's state that a later one replaced goes as well. What is open
stays. Figures stay, detail falls; nothing is dropped.

The number of a row that goes is accounted for by the next row behind it that is no window: its range
(`first`..`seq`) reaches back to what it stands for, as a merged window's does. Ranges lie inside each other or
apart, and hold few rows (OTHERS_MAX), because a batch must not be torn inside one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from edge_agent.outbox.merge import DAY_S, HOUR_S, OTHERS_MAX, Merged, UtcOffset
from edge_agent.outbox.rows import Row
from edge_agent.outbox.values import MERGED
from protocol.limits import OPENINGS_MAX

GroupKey = tuple[object, ...]


@dataclass(slots=True)
class _Episodes:
    """Closed episodes that become one: the first open row and the last close stay."""

    opened: Row
    closed: Row
    openings: int
    gone: list[Row] = field(default_factory=list)

    def add(self, opened: Row, closed: Row, openings: int) -> None:
        self.gone += [opened, self.closed]
        self.closed, self.openings = closed, self.openings + openings


def plan_by_fault(rows: Sequence[Row], utc_offset: UtcOffset) -> list[Merged]:
    """The episodes of one fault within an hour."""

    def key(record: dict[str, Any]) -> GroupKey:
        named = (record["family"], record["code"], record.get("ref", ""))
        return (*named, *_when(record, HOUR_S, utc_offset))

    return _planned(rows, key, merged_code=False)


def plan_by_family(rows: Sequence[Row], utc_offset: UtcOffset) -> list[Merged]:
    """All episodes of one family within a day."""

    def key(record: dict[str, Any]) -> GroupKey:
        return (record["family"], *_when(record, DAY_S, utc_offset))

    return _planned(rows, key, merged_code=True)


def _when(record: dict[str, Any], width_s: int, utc_offset: UtcOffset) -> GroupKey:
    sync = record.get("sync", "synced")
    if sync == "unsynced":  # nobody vouches for `at`: the boot's own time is all there is
        return (sync, record["boot"], record["mono"] // width_s)
    return (sync, record["boot"], (record["at"] + utc_offset(record["at"])) // width_s)


def _planned(rows: Sequence[Row], key: Callable[[dict[str, Any]], GroupKey], *, merged_code: bool) -> list[Merged]:
    rows = rows[_after_older_ranges(rows) :]
    groups = [group for group in _groups(rows, key) if group.gone]
    gone = {row.seq for group in groups for row in group.gone} | {row.seq for row in _replaced_skills(rows)}
    if not gone:
        return []
    rewritten: dict[int, Row] = {}
    for group in groups:
        code = {"code": MERGED, "ref": "", "detail": ""} if merged_code else {}
        openings = {"opened": group.opened.seq, "openings": group.openings}
        rewritten[group.closed.seq] = _said(group.closed, code | openings)
        if merged_code:
            rewritten[group.opened.seq] = _said(group.opened, code)
    found = _accounted(rows, gone, rewritten)
    if found is None:  # a range would hold too many rows: fewer at once
        return _planned(rows[: len(rows) // 2], key, merged_code=merged_code)
    return found


def _after_older_ranges(rows: Sequence[Row]) -> int:
    """How many rows stand in a range that begins before the first of them."""
    return max((at + 1 for at, row in enumerate(rows) if row.begin < rows[0].seq), default=0)


def _accounted(rows: Sequence[Row], gone: set[int], rewritten: Mapping[int, Row]) -> list[Merged] | None:
    """What changes, with the numbers of the rows that go in the ranges of rows that stay; None: too many in one."""
    now = [rewritten.get(row.seq, row) for row in rows]
    changed = dict(rewritten)
    pending: list[int] = []  # positions of rows that go and that no row stands for yet
    for at, row in enumerate(now):
        if row.seq in gone:
            pending.append(at)
            continue
        if not pending or row.kind == "window":
            continue
        begin_at = _begin_at(now, pending[0], at)
        begin = min(each.begin for each in now[begin_at : at + 1])
        if any(begin < later.begin <= row.seq for later in now[at + 1 : at + 2 + OTHERS_MAX]):
            continue  # it stands inside another range, which begins after what goes
        if sum(each.seq not in gone for each in now[begin_at:at]) > OTHERS_MAX:
            return None
        stands_for = row.windows + sum(now[position].windows for position in pending)
        raised = row if row.seq in changed else row.rewritten(row.record)
        now[at] = changed[row.seq] = replace(raised, first=begin, windows=stands_for)
        pending = []
    if pending:
        return None
    found = [Merged(row, ()) for row in changed.values()]
    return [*found[:-1], Merged(found[-1].into, tuple(sorted(gone)))]


def _begin_at(rows: Sequence[Row], first_at: int, at: int) -> int:
    """Where a range over rows `first_at`..`at` begins, when it must not cut another."""
    while True:
        begin = min(row.begin for row in rows[first_at : at + 1])
        earlier = first_at
        while earlier > 0 and rows[earlier - 1].seq >= begin:
            earlier -= 1
        if earlier == first_at:
            return first_at
        first_at = earlier


def _groups(rows: Sequence[Row], key: Callable[[dict[str, Any]], GroupKey]) -> list[_Episodes]:
    opened: dict[int, Row] = {}
    groups: dict[GroupKey, _Episodes] = {}
    for row in rows:
        if row.kind != "fault":
            continue
        record = row.record
        if "was" in record:  # a salvaged record keeps its identity
            continue
        if record["state"] == "open":
            opened[row.seq] = row
            continue
        began = opened.pop(record.get("opened", 0), None)
        if began is None or "opened_epoch" in record:
            continue
        openings = record.get("openings", 1)
        named = key(began.record)
        if named in groups and groups[named].openings + openings <= OPENINGS_MAX:
            groups[named].add(began, row, openings)
        elif named not in groups:
            groups[named] = _Episodes(began, row, openings)
    return list(groups.values())


def _replaced_skills(rows: Sequence[Row]) -> list[Row]:
    """All but the last state of each skill."""
    newest: dict[str, Row] = {}
    replaced = []
    for row in rows:
        if row.kind != "skill" or "was" in (record := row.record):
            continue
        if record["skill"] in newest:
            replaced.append(newest[record["skill"]])
        newest[record["skill"]] = row
    return replaced


def _said(row: Row, changed: dict[str, Any]) -> Row:
    return row.rewritten({name: value for name, value in (row.record | changed).items() if value != ""})
