"""One group of messages in one transaction: read the states, apply, write, commit; then say what to answer.

Synchronous and without a socket: the ingest loop runs it in the thread that suits the database. Either all of
a group is committed or nothing is. What a failure is decides who pays for it:

the database refuses one message for what it says   `store`: parked, and its robot gives the record up
applying one message finds a bug of ours            `bug`: parked, nobody answers, the robot keeps its data
anything else (the database is away, full, read-only, its schema or our rights are not what we expect,
no memory)                                          Transient: everybody waits, nobody loses anything
"""

import logging
import sqlite3
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

import psycopg
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from collector.calendar import days
from collector.calendar.days import DAY_S
from collector.ingest.apply import apply_batch, epochs_of, vouched_end
from collector.ingest.bounds import Bounds
from collector.ingest.decode import Message, ParkedMessage, ReadBatch
from collector.ingest.quiet import Quiet
from collector.ingest.rows import parked as parking
from collector.ingest.rows.base import StateRows
from collector.ingest.rows.on_connection import rows_on
from collector.ingest.state import Greeting, ParkedRow, RobotState, UnitOfWork, clean, packed
from collector.ingest.witnesses import APART_S, Witnesses, latest_s
from collector.store.engine import Store
from collector.values.keep import Keep, oldest_hours_day
from protocol import codec
from protocol.messages import Ask, Presence, Reported
from protocol.stream import BatchVerdict

log = logging.getLogger(__name__)

KNOWN_MAX = 200_000  # names kept in memory so that a known robot costs no registration; then forgotten at once
_NOT_AS_EXPECTED = ("42", "3D", "3F")  # sqlstates: what we name is not there, or not for us
# A statement or a value of ours that can never work.
_OURS = (
    sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.InterfaceError,
    psycopg.IntegrityError, psycopg.ProgrammingError, psycopg.DataError,
)  # fmt: skip
EPOCHS_A_DAY = 100  # outbox files of one robot: a broken disk makes one at each start; a mistake makes thousands
UNREGISTERED = "not registered, and register_unknown_robots is off: add it, then its data is taken from the start"
RECENT_MAX = 10_000  # refused payloads remembered: a robot that sends one again is counted, not parked again
_NO_ROBOTS = (Ask, ParkedMessage)  # messages that make no robot known


@dataclass(slots=True)
class Answer:
    """What the robot is told of one stream after the commit."""

    mark: int = 0
    gap: bool = False
    hello: bool = False
    greet: bool = False
    greeting: Greeting | None = None
    describe: bool = False
    alarm: str = ""


@dataclass(slots=True)
class GroupResult:
    """A committed group. Keys of `refused` and members of `early` are places in the group.

    early: batches that came before the one they follow; they were not judged.
    """

    answers: dict[tuple[str, str], Answer] = field(default_factory=dict)
    asked: dict[str, str] = field(default_factory=dict)  # robot that asked whether it is heard -> its alarm
    refused: dict[int, ParkedMessage] = field(default_factory=dict)
    early: set[int] = field(default_factory=set)
    verdicts: Counter[str] = field(default_factory=Counter)
    parked: Counter[tuple[str, str]] = field(default_factory=Counter)  # (robot, reason)
    parked_now: set[tuple[str, str]] = field(default_factory=set)  # (robot, digest) whose bytes were stored
    records: int = 0
    windows: int = 0
    ahead: set[str] = field(default_factory=set)  # robots that had acknowledgements which this store does not know


class Transient(Exception):
    """The database did not take the group now; the same group may be tried again.

    `fault`: waiting alone will hardly cure it (schema, rights, a read-only database): a person has to look.
    """

    def __init__(self, text: str, *, fault: bool = False) -> None:
        super().__init__(text)
        self.fault = fault


class Failure(Enum):
    """Whose matter a failed transaction is. FAULT is waited for like AWAY, and told more loudly."""

    AWAY = "away"
    FAULT = "fault"
    MESSAGE = "store"
    BUG = "bug"


@dataclass
class Groups:
    """Commits groups into one store. `at_step` is told each step by name (the fault tests' hook)."""

    store: Store
    register_unknown: bool
    keep: Keep
    bounds: Bounds
    refused_per_h: int
    epochs_a_day: int = EPOCHS_A_DAY
    at_step: Callable[[str], None] = lambda _: None
    witnesses: Witnesses = field(default_factory=Witnesses)
    quiet: Quiet = field(default_factory=Quiet)
    _known: set[str] = field(default_factory=set)
    _recent: OrderedDict[tuple[str, str], None] = field(default_factory=OrderedDict)
    _parked_since_check: int = 0

    def commit(
        self, group: Mapping[int, Message], received_s: int, patient: frozenset[int] = frozenset()
    ) -> GroupResult:
        """Store a group, in the order of its places. Places in `patient` are handed back as early when they gap.

        Raises Transient, and nothing else. A message that cannot be stored is parked; the others are stored
        without it, in halves of halves, so that it does not cost each of them a commit of its own.
        """
        try:
            return self._in_one_transaction(group, received_s, patient)
        except Exception as error:
            failure = failure_of(error)
            if failure in {Failure.AWAY, Failure.FAULT}:
                if failure is Failure.FAULT and self.store.dialect != "sqlite":
                    self.store.writer.dispose()  # after a failover they lead to a server that only reads now
                raise Transient(_named(error), fault=failure is Failure.FAULT) from error
            if len(group) == 1:
                return self._park_alone(group, received_s, error, failure)
        whole, places = GroupResult(), list(group)
        for half in (places[: len(places) // 2], places[len(places) // 2 :]):
            _join(whole, self.commit({place: group[place] for place in half}, received_s, patient))
        return whole

    def _in_one_transaction(
        self, group: Mapping[int, Message], received_s: int, patient: frozenset[int]
    ) -> GroupResult:
        wanted = _wanted(group.values())
        strangers = {m.robot for m in group.values() if not isinstance(m, _NO_ROBOTS)} - self._known
        self._register(strangers, received_s)
        outcome = GroupResult()
        with self.store.write() as connection:
            rows = rows_on(connection)
            work = UnitOfWork(
                received_s, make_twin=rows.make_twin, opened_since=rows.opened_since, bounds=self.bounds,
                counted=rows.counted, refused_per_h=self.refused_per_h,
            )  # fmt: skip
            robots = rows.read_states(wanted) if wanted else {}
            self.at_step("standing")
            believed_to_s = self._believed_to(group.values(), received_s)
            for place, message in group.items():
                self._apply(place, message, robots, work, outcome, received_s, believed_to_s, patient)
            oldest_day = oldest_hours_day(self.keep, received_s)
            rows.write(robots.values(), work, oldest_day)
            outcome.parked.update((p.robot, p.reason) for p in work.parked)
            if outcome.parked:
                self._tally(rows, outcome.parked, len(work.parked), received_s)
            for message in group.values():
                if isinstance(message, Presence):
                    self.quiet.hear(message)
            quiet = _write_states(rows, robots, group.values(), received_s)
            rows.close_in_holes({*quiet, *work.ahead})
            passed = self.quiet.passed(robots)
            rows.close_by_presence(list(passed.values()))
            for (robot, _), answer in outcome.answers.items():
                answer.alarm = rows.alarm_of(robots[robot].id) if answer.hello else ""
            outcome.asked = self._alarms_of_asking(rows, robots, group.values())
            outcome.ahead = _named_of(work.ahead, robots.values())
            self.at_step("written")
        outcome.records, outcome.windows = work.records, work.windows
        self.at_step("committed")
        self.quiet.settled(passed)
        self._remember(outcome.parked_now)
        return outcome

    def _alarms_of_asking(
        self, rows: StateRows, robots: Mapping[str, RobotState], group: Iterable[Message]
    ) -> dict[str, str]:
        """By robot that asks whether it is heard, what a person should look at. A stranger stays one."""
        stranger = "" if self.register_unknown else f"unknown_robot: {UNREGISTERED}"
        asking = {message.robot for message in group if isinstance(message, Ask)}
        return {name: rows.alarm_of(robots[name].id) if name in robots else stranger for name in asking}

    def _remember(self, parked: Iterable[tuple[str, str]]) -> None:
        self._recent.update(dict.fromkeys(parked))
        while len(self._recent) > RECENT_MAX:
            self._recent.popitem(last=False)

    def _apply(
        self, place: int, message: Message, robots: Mapping[str, RobotState], work: UnitOfWork, outcome: GroupResult,
        received_s: int, believed_to_s: int, patient: frozenset[int],
    ) -> None:  # fmt: skip
        if isinstance(message, Ask):
            return
        if isinstance(message, ParkedMessage):
            self._refuse(place, message, work, outcome, received_s)
        elif message.robot not in robots:
            payload = message.payload if isinstance(message, ReadBatch) else b""
            refused = ParkedMessage("", message.robot, "unknown_robot", UNREGISTERED, payload)
            self._refuse(place, refused, work, outcome, received_s)
        elif isinstance(message, ReadBatch) and self._opens_too_many(robots[message.robot], message, work, received_s):
            text = f"more than {self.epochs_a_day} new outbox files in a day: see the robot's state_dir"
            refused = ParkedMessage(message.topic, message.robot, "epochs", text, message.payload)
            self._refuse(place, refused, work, outcome, received_s)
        elif isinstance(message, ReadBatch):
            decision = apply_batch(work, robots[message.robot], message, received_s, believed_to_s)
            if decision.verdict is BatchVerdict.GAP and place in patient:
                outcome.early.add(place)
                return
            if decision.verdict is BatchVerdict.COMMIT:
                self._heard(message, robots[message.robot], work, received_s, believed_to_s)
            outcome.verdicts[decision.verdict.value] += 1
            answer = outcome.answers.setdefault((message.robot, message.epoch), Answer())
            answer.mark = max(answer.mark, decision.mark)
            in_part = decision.verdict is BatchVerdict.COMMIT and decision.mark < message.last
            answer.gap = decision.verdict is BatchVerdict.GAP or in_part
            answer.greet |= decision.verdict is BatchVerdict.FOREIGN
            answer.describe = (message.robot, message.epoch) in work.describe
            if message.last < message.first:
                answer.hello = True
                answer.greeting = work.greetings.get((message.robot, message.epoch))

    def _believed_to(self, group: Iterable[Message], received_s: int) -> int:
        """The latest moment that robots' synchronised clocks are believed in this group.

        Only where one of them is a day ahead does it depend on what all robots say.
        """
        ahead = False
        for message in group:
            end_s = vouched_end(message) if isinstance(message, ReadBatch) else None
            if end_s is not None and end_s > received_s + APART_S:
                self.witnesses.hear(message.robot, end_s, received_s)
                ahead = True
        return latest_s(self.witnesses.votes(received_s), received_s) if ahead else received_s + APART_S

    def _heard(
        self, batch: ReadBatch, robot: RobotState, work: UnitOfWork, received_s: int, believed_to_s: int
    ) -> None:
        """What a committed batch says of the clocks, its robot's and ours."""
        end_s = vouched_end(batch)
        if end_s is None:
            return
        if end_s <= received_s + APART_S:
            self.witnesses.hear(batch.robot, end_s, received_s)
        elif end_s > believed_to_s:
            said = f"{(end_s - received_s) // DAY_S} days ahead of this collector, which other robots agree with"
            work.alarm(robot, "clock_ahead", received_s, f"its clock is {said}; its times are estimated")

    def _refuse(
        self, place: int, refused: ParkedMessage, work: UnitOfWork, outcome: GroupResult, received_s: int
    ) -> None:
        """Park it with its bytes, or only count it when the same bytes are parked already."""
        outcome.refused[place] = refused
        key = (refused.robot, codec.digest(refused.payload))
        if key in self._recent or key in outcome.parked_now:
            outcome.parked[refused.robot, refused.reason] += 1
            return
        outcome.parked_now.add(key)
        work.parked.append(_row(refused, received_s))

    def _opens_too_many(self, robot: RobotState, batch: ReadBatch, work: UnitOfWork, received_s: int) -> bool:
        """Would it take more new outbox files than a robot may have in a day? Then it waits, and a person is told."""
        opens = {epoch for epoch in epochs_of(batch) if epoch not in robot.streams or not robot.streams[epoch].known}
        if not opens or batch.last < batch.first or work.opened_since is None:
            return False
        begun = {epoch for epoch, stream in robot.streams.items() if not stream.known and stream.changed}
        if not opens - begun:
            return False
        opened = work.opened_since(robot.id, received_s - DAY_S) + len(begun | opens)
        if opened <= self.epochs_a_day:
            return False
        text = (
            f"{opened} outbox files in a day, more than {self.epochs_a_day}: further ones wait. Is its state_dir kept?"
        )
        work.alarm(robot, "epochs", received_s, text)
        return True

    def _register(self, unknown: set[str], received_s: int) -> None:
        """In a transaction of its own: an insert may wait for another collector's, and must hold no lock then."""
        if not unknown or not self.register_unknown:
            return
        with self.store.write() as connection:
            rows_on(connection).register(unknown, received_s)
        if len(self._known) + len(unknown) > KNOWN_MAX:
            self._known.clear()
        self._known |= unknown

    def _tally(self, rows: StateRows, parked: Counter[tuple[str, str]], stored: int, received_s: int) -> None:
        parking.count(rows, parked, received_s)
        self._parked_since_check += stored
        if self._parked_since_check >= parking.CHECK_EVERY_ROWS:
            parking.bound_total(rows)
            self._parked_since_check = 0

    def _park_alone(
        self, group: Mapping[int, Message], received_s: int, error: Exception, failure: Failure
    ) -> GroupResult:  # fmt: skip
        """Park the message; when not even that works, its robot keeps it and sends it again."""
        ((place, message),) = group.items()
        payload = (
            message.payload if isinstance(message, ReadBatch | ParkedMessage) else packed(message.model_dump()).encode()
        )
        if failure is Failure.BUG:
            extra = {"action": "booking_bug", "robot": message.robot}
            log.error("a message found a bug; its robot keeps it", extra=extra, exc_info=error)
        refused = ParkedMessage("", message.robot, failure.value, _named(error)[:300], payload)
        parked = Counter({(message.robot, failure.value): 1})
        key = (message.robot, codec.digest(payload))
        try:
            with self.store.write() as connection:
                rows = rows_on(connection)
                if key not in self._recent:
                    parking.park(rows, [_row(refused, received_s)])
                parking.count(rows, parked, received_s)
        except Exception as second:
            raise Transient(_named(second), fault=True) from second
        self._remember([key])
        return GroupResult(refused={place: refused}, parked=parked)


def failure_of(error: Exception) -> Failure:
    """Only what the database says about the values themselves is the message's fault; in doubt nobody loses data."""
    cause = _cause(error)
    sqlstate = getattr(cause, "sqlstate", None) or ""
    match cause:
        case sqlite3.OperationalError() | psycopg.OperationalError() | psycopg.InterfaceError() | OSError():
            return Failure.AWAY
        case sqlite3.DataError():
            return Failure.MESSAGE
        case psycopg.DataError() if sqlstate:  # without one: the driver's own word, before the database saw it
            return Failure.MESSAGE
        case psycopg.ProgrammingError() if sqlstate.startswith(_NOT_AS_EXPECTED):
            return Failure.FAULT
        case sqlite3.Error() | psycopg.Error() | SQLAlchemyError() | MemoryError() if not isinstance(cause, _OURS):
            return Failure.FAULT
    return Failure.BUG


def _cause(error: Exception) -> BaseException:
    """The driver's own error."""
    return error.orig if isinstance(error, DBAPIError) and error.orig is not None else error


def _wanted(group: Iterable[Message]) -> dict[str, set[str]]:
    wanted: dict[str, set[str]] = {}
    for message in group:
        if isinstance(message, ReadBatch):
            wanted.setdefault(message.robot, set()).update(epochs_of(message))
        elif not isinstance(message, ParkedMessage):
            wanted.setdefault(message.robot, set())
    return wanted


def _named_of(ids: Iterable[int], robots: Iterable[RobotState]) -> set[str]:
    names = {one.id: one.name for robot in robots for one in (robot, *robot.twins.values())}
    return {names[robot_id] for robot_id in ids}


def _write_states(
    rows: StateRows, robots: Mapping[str, RobotState], group: Iterable[Message], received_s: int
) -> list[int]:
    """Returns the robots that say that they are online and nothing is wrong."""
    presence, reported = [], []
    for message in group:
        if isinstance(message, Presence) and message.robot in robots:
            row = message.model_dump(exclude={"v", "robot"})
            row |= {"agent": clean(message.agent), "robot_id": robots[message.robot].id, "received_at": received_s}
            presence.append(row)
        elif isinstance(message, Reported) and message.robot in robots:
            document, robot = packed(message.model_dump()), robots[message.robot]
            row = {"robot_id": robot.id, "revision": message.revision, "document": document, "proof": message.proof}
            row["skills"] = message.skills
            reported.append(row | {"received_at": received_s, "day": days.of(received_s, robot.timezone)})
    if presence:
        rows.presence(presence)
    if reported:
        rows.reported(reported)
    return [row["robot_id"] for row in presence if row["state"] == "online" and not row["open_faults"]]


def _join(whole: GroupResult, one: GroupResult) -> None:
    whole.answers |= one.answers
    whole.asked |= one.asked
    whole.refused |= one.refused
    whole.early |= one.early
    whole.verdicts += one.verdicts
    whole.parked += one.parked
    whole.records += one.records
    whole.windows += one.windows
    whole.ahead |= one.ahead


def _row(refused: ParkedMessage, received_s: int) -> ParkedRow:
    topic, text = clean(refused.topic), clean(refused.text)
    return ParkedRow(received_s, topic, refused.robot, refused.reason, text, None, None, refused.payload)


def _named(error: Exception) -> str:
    """`UndefinedColumn: column x does not exist`."""
    cause = _cause(error)
    return f"{type(cause).__name__}: {(str(cause).strip() or 'no text').splitlines()[0]}"
