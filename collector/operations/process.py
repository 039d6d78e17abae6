"""What a supervisor asks of this process."""

import sqlite3
from dataclasses import dataclass

import psycopg
from sqlalchemy import Connection, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from collector.access.caller import ADMINS
from collector.context import Context
from collector.fleet import ahead
from collector.fleet.ahead import Ahead
from collector.notifications import queue
from collector.operations.operation import operation
from collector.scores import failures, scores
from collector.store.refusals import absence_of
from collector.store.tables.fleet import account, store_fact
from collector.store.tables.success import cta
from collector.values.refusal import Refusal, Refused
from collector.values.sentence import Sentence
from collector.values.store_state import PortfolioFigures, StoreFigures, StoreState

CHECKED_S = 60.0  # so old a commit proves that the store takes the next one
CHECKED = "store_checked_s"


@dataclass(frozen=True, slots=True)
class StoreAnswer:
    """Robots that have delivered what this store does not hold, None: none; how many closings fail for."""

    ahead: Ahead | None
    closing_failures: int


@operation()
def ask_store(context: Context, _: None) -> StoreAnswer | Refused:
    """What a supervisor wants to know of the store, without names. Kept for who must not wait for it.

    Refuses when the store does not answer.
    """
    try:
        behind, failing, portfolio = context.read(_asked)
    except DBAPIError:
        raise
    except SQLAlchemyError as error:
        return Refused(
            Sentence("the store does not answer: {error}", error=type(error).__name__), "see /healthz", "unavailable"
        )
    watch = context.services.store_watch
    if watch is not None:
        watch.figures = StoreFigures(0 if behind is None else behind.robots, failing, portfolio, context.clock())
    return StoreAnswer(behind, failing)


def _asked(connection: Connection) -> tuple[Ahead | None, int, PortfolioFigures]:
    return ahead.read(connection), failures.count(connection), _portfolio(connection)


def _portfolio(connection: Connection) -> PortfolioFigures:
    scored = scores.newest_in_bands(connection, "arrived")
    accounts = connection.scalar(select(func.count()).select_from(account)) or 0
    calls = select(cta.c.state, func.count()).where(cta.c.state != "closed").group_by(cta.c.state)
    return PortfolioFigures(
        bands={} if scored is None else scored.bands,
        unscored=accounts - (0 if scored is None else sum(scored.bands.values())),
        closed_at_s=None if scored is None else scored.scored_at,
        calls={row[0]: row[1] for row in connection.execute(calls)},
        deliveries=queue.unsent(connection),
    )


@operation()
def store_figures(context: Context, _: None) -> StoreFigures | None:
    """What the store said when it answered last; None: it was not asked yet. Asks no database."""
    watch = context.services.store_watch
    return None if watch is None else watch.figures


@operation()
def store_state(context: Context, _: None) -> StoreState:
    """Whether the store answers, and takes what this process commits to it."""
    watch = context.services.store_watch
    try:
        context.read(lambda connection: connection.execute(text("SELECT 1")).scalar_one())
    except SQLAlchemyError as error:
        absent = absence_of(error)
        since_s = None if watch is None else watch.state.since_s
        return StoreState(False, absent.reason, str(absent.remedy), since_s)
    return StoreState(takes=True) if watch is None else watch.state


@operation()
def store_watched(context: Context, _: None) -> StoreState:
    """Whether the store took what this process committed last. Asks no database."""
    watch = context.services.store_watch
    return StoreState(takes=True) if watch is None else watch.state


@operation(roles=ADMINS, writes=True)
def probe_store(context: Context, _: None) -> StoreState | None:
    """Commit something small when nothing else was committed for a minute: a full disk shows in nothing else.

    None: this process watches no store.
    """
    watch = context.services.store_watch
    if watch is None:
        return None
    now_s = context.clock()
    if watch.holds_group and not watch.state.takes:
        return watch.state
    if watch.state.takes and watch.taken_at_s is not None and 0 <= now_s - watch.taken_at_s < CHECKED_S:
        return watch.state
    try:
        context.write(lambda connection: _mark(connection, int(now_s)))
    except (DBAPIError, sqlite3.Error, psycopg.Error, OSError) as error:
        watch.refused(error, now_s)
    except Refusal:  # another collector was faster: the store answers
        watch.probed(now_s)
    else:
        watch.probed(now_s)
    return watch.state


def _mark(connection: Connection, now_s: int) -> None:
    marked = update(store_fact).where(store_fact.c.name == CHECKED).values(value=str(now_s))
    if not connection.execute(marked).rowcount:
        connection.execute(insert(store_fact).values(name=CHECKED, value=str(now_s)))
