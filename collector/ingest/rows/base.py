"""What one ingest transaction reads and writes, in the SQL of both databases.

    robots = rows.read_states({robot: epochs})  locked until the end of the transaction (PostgreSQL)
    ...booking...
    rows.write(robots, work)

Below SQLAlchemy Core on purpose: the drivers' own executemany (SQLite) and arrays with unnest (PostgreSQL)
take a third of Core's time per row. The rows of a group's robots are locked in the order of their ids, so
several collectors on one PostgreSQL can neither take a batch twice nor wait for each other in a circle.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

import orjson

from collector.calendar.days import DAY_S, HOUR_S, day_hour, is_overfull, iso
from collector.ingest.bounds import CountedBefore
from collector.ingest.rows import daily, forgotten, parked, parked_counts, refused, skills, statements
from collector.ingest.state import RobotState, StreamPast, StreamState, UnitOfWork
from collector.store import pruned, rolled
from protocol.counters import ROBOT_DAY_MAX
from protocol.limits import DETAIL_MAX_CHARS

Row = Mapping[str, Any]
STREAM_COLUMNS = (
    "mark", "closed_at", "first_at", "received_at", "last_boot", "last_mono", "last_at", "last_end", "stopped",
    "books_to",
)  # fmt: skip
STREAM = ", ".join(STREAM_COLUMNS)
_HOURS = daily.COLUMNS.index("hours")
_COVERED_S = daily.COLUMNS.index("covered_s")
EPISODE_DAYS_MAX = 400  # after a fault: a clock that is years wrong does not note thousands of days
PAST = "runs, counted"
SET_STREAM = ", ".join(f"{column} = excluded.{column}" for column in STREAM_COLUMNS)


class DayMarks(NamedTuple):
    """The newest day that a roll-up has begun to read; the day before which hours are gone. 0: none."""

    rolled_through: int
    hours_gone_before: int


class StateRows(ABC):
    """The rows of one transaction. `execute_many` runs one statement for each row, in order."""

    @abstractmethod
    def execute_many(self, sql: str, rows: Sequence[Row]) -> int:
        """Returns how many rows were changed; named parameters are written `:name`."""

    @abstractmethod
    def query(self, sql: str, values: Row) -> list[Any]: ...

    @abstractmethod
    def read_states(self, wanted: Mapping[str, set[str]]) -> dict[str, RobotState]:
        """The known ones of these robots, with the streams of the epochs asked for and of the one that sent last."""

    @abstractmethod
    def days(self, keys: Sequence[tuple[int, int]]) -> dict[tuple[int, int], daily.StoredDay]:
        """The stored robot-days among (day, robot id)."""

    @abstractmethod
    def save_days(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert or replace: daily.COLUMNS."""

    @abstractmethod
    def save_late(self, keys: Sequence[tuple[int, int]]) -> None:
        """Note robot-days (day, robot id) that are to be rolled up again; noting one again changes nothing."""

    @abstractmethod
    def day_marks(self) -> DayMarks:
        """How far roll-ups and retention have come.

        A roll-up that begins after this waits until the transaction has ended (PostgreSQL): it then reads what this
        one writes. That is why it is asked last, right before the rows are written.
        """

    @abstractmethod
    def save_pasts(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert or replace: robot_id, epoch, runs, counted."""

    @abstractmethod
    def save_streams(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert or replace: robot_id, epoch, STREAM_COLUMNS."""

    def register(self, names: Iterable[str], now_s: int) -> None:
        """Make the robots known that are not. In its own transaction, so that it waits for nobody's locks."""
        sql = "INSERT INTO robot (name, first_seen_at) VALUES (:name, :now) ON CONFLICT (name) DO NOTHING"
        self.execute_many(sql, [{"name": name, "now": now_s} for name in sorted(names)])

    def make_twin(self, robot: RobotState, epoch: str, now_s: int) -> tuple[int, str] | None:
        """A robot for one epoch of another, whose row is locked; its name is none that could be on the wire."""
        for digits in (4, 8, 16):
            name = f"{robot.name}~{epoch[:digits]}"
            twin = {"id": robot.id, "name": name, "timezone": robot.timezone, "now": now_s}
            if made := self.query(statements.MAKE_TWIN, twin):
                return made[0][0], name
        return None

    def add_twins(self, robots: Iterable[RobotState]) -> None:
        """Read the twins that streams book to. Only who holds the lock of the robot they come from writes them."""
        for robot in robots:
            for robot_id in sorted({s.books_to for s in robot.streams.values() if s.books_to is not None}):
                [row] = self.query(statements.TWIN, {"id": robot_id})
                robot.twin(robot_id, *row)

    def write(self, robots: Iterable[RobotState], work: UnitOfWork, oldest_hours_day: int = 0) -> None:
        """Store everything that the unit of work adds; days before `oldest_hours_day` without their hours.

        A robot-day that a roll-up may have read already is noted: what came for it reaches its account-day. The store
        says which these are, never a clock: clocks, time zones and policies differ between those who would ask them.
        """
        streams, pasts, changed, zones, names = [], [], [], {}, {}
        for robot in robots:
            for one in (robot, *robot.twins.values()):
                zones[one.id], names[one.id] = one.timezone, one.name
                if one.changes:
                    changed.append(one)
            streams += [stream_row(robot.id, s) for s in robot.streams.values() if s.changed]
            pasts += [(robot.id, s.epoch, *s.past.texts()) for s in robot.streams.values() if s.past.changed]
        if work.days or work.episodes:
            marks = self.day_marks()
            oldest_hours_day = min(oldest_hours_day, marks.hours_gone_before)  # a clock that is ahead takes no hours
            if late := late_days(work, zones, marks.rolled_through):
                self.save_late(sorted(late))
        self.save_streams(streams)
        if pasts:
            self.save_pasts(pasts)
        if work.days:
            self._add_days(work, oldest_hours_day, names, zones)
        for robot in changed:
            columns = ", ".join(f"{column} = :{column}" for column in robot.changes)
            self.execute_many(f"UPDATE robot SET {columns} WHERE id = :id", [{"id": robot.id, **robot.changes}])  # noqa: S608 - column names are ours
        if later := [{"id": robot.id, "by_s": robot.seen_later_s} for robot in changed if robot.seen_later_s]:
            self.execute_many(statements.SEEN_LATER, later)
        self._write_rare(work)

    def counted(self, robot_id: int, first: int, last: int) -> dict[int, CountedBefore]:
        """What is stored of a robot's days, for the bound on an amount that is out of the usual."""
        return parked_counts.counted_days(self, robot_id, first, last)

    def _add_days(
        self, work: UnitOfWork, oldest_hours_day: int, names: Mapping[int, str], zones: Mapping[int, str]
    ) -> None:
        stored = self.days(list(work.days))
        rows = []
        key, more = (0, 0), dict[int, dict[str, int]]()

        def spilled(counter: str, hour: int, n: int) -> None:
            work.park_amount((*key, counter), hour, n, ROBOT_DAY_MAX, "day_full")

        def crowded(counter: str, hour: int, n: int) -> None:
            more.setdefault(hour, {})[counter] = n

        for key, day in work.days.items():
            if more:
                more = {}
            row = daily.added(key, stored.get(key), day, oldest_hours_day, spilled, crowded)
            rows.append(row)
            if row[_COVERED_S] > DAY_S and is_overfull(key[0], zones[key[1]], row[_COVERED_S]):
                work.alarms.append(_overfull(key, row[_COVERED_S], work.received_s))
            if more:
                work.parked.append(parked.names_beyond(names[key[1]], key[0], more, daily.NAMES_MAX, work.received_s))
            if over := refused.passed(day, row[_HOURS], work.refused_per_h):
                work.refusing[key[1]] = max((key[0], *over), work.refusing.get(key[1], (0, 0, 0)))
        self.save_days(rows)

    def presence(self, rows: Sequence[Row]) -> None:
        """A message of an older session changes nothing: it is the late will of a connection long replaced."""
        self.execute_many(statements.PRESENCE, rows)

    def reported(self, rows: Sequence[Row]) -> None:
        """What robots report that they run; of each row, `skills` are their facts."""
        self.execute_many(statements.REPORTED, rows)
        skills.tell(self, rows)

    def close_in_holes(self, robot_ids: Iterable[int]) -> None:
        """End the faults that opened before a hole, of robots whose presence says that nothing is open.

        Their closing was in the hole, else it would be here.
        """
        rows = [{"robot_id": robot_id} for robot_id in sorted(robot_ids)]
        if rows:
            self.execute_many(statements.CLOSED_IN_A_HOLE, rows)

    def close_by_presence(self, rows: Sequence[Row]) -> None:
        """End the faults of robots that said that nothing is open, and whose records go beyond that by now."""
        if rows:
            self.execute_many(statements.CLOSED_BY_PRESENCE, rows)

    def alarm_of(self, robot_id: int) -> str:
        """What a person should look at, as the robot is told it; "" when there is nothing."""
        found = self.query(statements.ALARMS_OF, {"id": robot_id})
        return f"{found[0][0]}: {found[0][1]}"[:DETAIL_MAX_CHARS] if found else ""

    def opened_since(self, robot_id: int, since_s: int) -> int:
        """How many outbox files of the robot sent their first batch since then."""
        return int(self.query(statements.OPENED_SINCE, {"id": robot_id, "since": since_s})[0][0])

    def _write_episodes(self, work: UnitOfWork) -> None:
        for state, episodes in groupby(work.episodes, key=lambda e: e["state"]):
            if state == "close_unnamed":
                for episode in episodes:
                    if not self.execute_many(statements.CLOSE_NEWEST, [episode]):
                        self.execute_many(statements.CLOSE, [episode])
            elif state == "forgotten":
                for forgets in episodes:
                    work.alarms += forgotten.close(self, forgets, work.received_s)
            else:
                self.execute_many(statements.OPEN if state == "open" else statements.CLOSE, list(episodes))

    def _write_rare(self, work: UnitOfWork) -> None:
        if work.parked_amounts:
            work.alarms += parked_counts.save(self, work.parked_amounts, work.received_s)
        self._write_episodes(work)
        if work.refusing:
            work.alarms += refused.alarms(self, work.refusing, work.refused_per_h, work.received_s)
        for sql, rows in _rare_rows(work):
            if rows:
                self.execute_many(sql, rows)
        if work.parked:
            parked.park(self, work.parked)


def _rare_rows(work: UnitOfWork) -> list[tuple[str, list[dict[str, Any]]]]:
    told, last, ended = _supports(work)
    gauges = [
        {"robot_id": robot_id, "at": at_s, "readings": orjson.dumps(readings).decode()}
        for robot_id, (at_s, readings) in sorted(work.gauges.items())
    ]
    return [
        (statements.EVENT, work.events),
        (statements.GAP, work.gaps),
        (statements.ALARM, work.alarms),
        (statements.NO_ALARM, work.over),
        (statements.AHEAD, [row for _, row in sorted(work.ahead.items())]),
        (statements.SKILL, [row for _, row in sorted(work.skills.items())]),
        (statements.SKILL_EVENT, work.skill_events),
        (statements.SUPPORT_ENDS, told),  # of what is stored, before it is replaced
        (statements.SUPPORT_PAST, ended),
        (statements.SUPPORT, last),
        (statements.GAUGE, gauges),
    ]


def _supports(work: UnitOfWork) -> tuple[list[dict[str, Any]], ...]:
    """What robots said of their counters: everything, the last word of each, and what was said and taken back."""
    told: list[dict[str, Any]] = []
    last: dict[tuple[int, str], dict[str, Any]] = {}
    ended: list[dict[str, Any]] = []
    for robot_id, counter, supported, at_s, first_at_s in work.supports:
        row = {"robot_id": robot_id, "counter": counter, "supported": supported, "at": at_s, "first_at": first_at_s}
        told.append(row)
        before = last.get((robot_id, counter))
        if before is not None and before["supported"] == supported:
            continue
        if before is not None and before["at"] < at_s:
            ended.append({**before, "since": before["at"], "until": at_s})
        last[robot_id, counter] = row
    return told, [row for _, row in sorted(last.items())], ended


def late_days(work: UnitOfWork, zones: Mapping[int, str], through_day: int) -> set[tuple[int, int]]:
    """(day, robot id) of the unit of work that a roll-up through `through_day` may have read.

    A fault that opens or closes also says of the days after it whether the robot was stuck.
    """
    late = {key for key in work.days if key[0] <= through_day}
    first: dict[int, int] = {}
    for episode in work.episodes:
        robot_id = episode["robot_id"]
        # what stands for several openings brings them to the day it began: at most a day before it closed
        from_s = episode["at"] - (DAY_S if episode["openings"] > 1 else 0)
        day = day_hour(from_s, zones[robot_id])[0]
        first[robot_id] = min(day, first.get(robot_id, day))
    for robot_id, day in first.items():
        late.update((later, robot_id) for later in range(day, min(through_day, day + EPISODE_DAYS_MAX) + 1))
    return late


def day_marks_of(rows: Iterable[Sequence[Any]]) -> DayMarks:
    """From the rows of `statements.DAY_MARKS`."""
    found = {name: int(value) for name, value in rows}
    return DayMarks(found.get(rolled.NAME, 0), found.get(pruned.HOURS, 0))


def stream_of(epoch: str, row: Sequence[Any]) -> StreamState:
    """From a row of STREAM_COLUMNS and PAST."""
    mark, closed_at, first_at, received_at, last_boot, last_mono, last_at, last_end, stopped, books_to = row[:10]
    return StreamState(
        epoch,
        mark,
        closed_at,
        first_at,
        received_at,
        last_boot,
        last_mono,
        last_at,
        last_end,
        bool(stopped),
        books_to,
        known=True,
        past=StreamPast(*row[10:]),
    )


def stream_row(robot_id: int, s: StreamState) -> tuple[Any, ...]:
    return (
        robot_id, s.epoch, s.mark, s.closed_at, s.first_at, s.received_at,
        s.last_boot, s.last_mono, s.last_at, s.last_end, s.stopped, s.books_to,
    )  # fmt: skip


def _overfull(key: tuple[int, int], vouched_s: int, at_s: int) -> dict[str, Any]:
    """The alarm of a robot-day that windows vouch for more of than it has."""
    day, robot_id = key
    told = f"{vouched_s / HOUR_S:.1f} h are vouched for on {iso(day)}: something is counted more than once"
    return {"robot_id": robot_id, "kind": "overfull_day", "at": at_s, "detail": told}
