"""Amounts that no robot can plausibly have counted: list them, release one, refuse one."""

from dataclasses import dataclass

from sqlalchemy import Connection

from collector.access.caller import ENGINEERS, SEES_FLEET
from collector.context import Context
from collector.fleet import parked_counts
from collector.fleet.parked_counts import ParkedCount, ParkedState
from collector.ingest import judging
from collector.ingest.judging import PersonsDecision
from collector.operations import filters
from collector.operations.operation import operation
from collector.store.tables.fleet import robot
from collector.values import texts
from collector.values.keep import Keep, oldest_hours_day
from collector.values.paging import Page
from collector.values.refusal import Refusal, Refused, Remedy
from collector.values.sentence import Sentence

_LIST = Remedy("list them", "parked list", "GET /api/v1/parked-counts")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListParkedCounts:
    """`robot` and `state` None: all."""

    robot: str | None = None
    state: ParkedState | None = None
    limit: int
    cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideParkedCount:
    """`why` is kept with the amount, beside who decided and when."""

    parked: int
    why: str


@operation(roles=SEES_FLEET)
def list_parked_counts(context: Context, wanted: ListParkedCounts) -> Page[ParkedCount]:
    """The newest first, also those that are decided."""
    texts.bounded("robot", wanted.robot, texts.ROBOT_MAX_CHARS)

    def read(connection: Connection) -> Page[ParkedCount]:
        filters.robot_of(connection, wanted.robot, robot.c.name)
        return parked_counts.page(
            connection, robot_name=wanted.robot, state=wanted.state, limit=wanted.limit, cursor=wanted.cursor
        )

    return context.read(read)


@operation(roles=SEES_FLEET)
def one_parked_count(context: Context, parked: int) -> ParkedCount | Refused:
    """One of them."""
    found = context.read(lambda connection: parked_counts.one(connection, parked))
    return _unknown(parked) if found is None else found


@operation(roles=ENGINEERS, writes=True)
def release_parked_count(context: Context, wanted: DecideParkedCount) -> ParkedCount:
    """Count the amount after all: it is added to its robot-day, once, and its account-day follows.

    Refuses one that is decided already, one without a reason, and one that is more than a robot-day holds.
    """
    decided = _decision(context, wanted)
    oldest = oldest_hours_day(Keep(hours_days=context.settings.hours_keep_days), decided.now_s)

    def change(connection: Connection) -> ParkedCount | Refused:
        done = judging.release(connection, wanted.parked, decided, oldest)
        if done == "day_full":
            reason = Sentence("the amount of {parked} is more than a robot-day may hold", parked=wanted.parked)
            return Refused(reason, "refuse it", "unprocessable")
        return _after(connection, wanted.parked, done=done == "released")

    return context.write(change)


@operation(roles=ENGINEERS, writes=True)
def refuse_parked_count(context: Context, wanted: DecideParkedCount) -> ParkedCount:
    """Say that the amount was never counted: it stays visible as refused, and its counter stays not known there.

    Refuses one that is decided already, and one without a reason.
    """
    decided = _decision(context, wanted)

    def change(connection: Connection) -> ParkedCount | Refused:
        done = judging.refuse(connection, wanted.parked, decided)
        return _after(connection, wanted.parked, done=done)

    return context.write(change)


def _decision(context: Context, wanted: DecideParkedCount) -> PersonsDecision:
    """Raises Refusal without a reason, or with one that is no note."""
    if not wanted.why.strip():
        raise Refusal("a decision needs a reason", "say why, in a few words", "invalid")
    why = texts.taken("why", wanted.why, texts.WHY_MAX_CHARS)
    return PersonsDecision(by=context.caller.name, why=why, now_s=context.now_s())


def _after(connection: Connection, parked: int, *, done: bool) -> ParkedCount | Refused:
    found = parked_counts.one(connection, parked)
    if found is None:
        return _unknown(parked)
    if done:
        return found
    said = Sentence(
        "{parked} was {state} by {decided_by} at {decided_at}",
        parked=parked,
        state=found.state,
        decided_by=found.decided_by,
        decided_at=found.decided_at,
    )
    return Refused(said, "a decision stands; nothing was changed", "conflict")


def _unknown(parked: int) -> Refused:
    return Refused(Sentence("there is no parked amount {parked}", parked=parked), _LIST, "not_found")
