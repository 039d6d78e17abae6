"""What a supervisor asks of this process."""

import sqlite3

import psycopg
from sqlalchemy import Connection, insert, text, update
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from collector.access.caller import ADMINS
from collector.context import Context
from collector.fleet import ahead
from collector.fleet.ahead import Ahead
from collector.operations.operation import operation
from collector.store.refusals import absence_of
from collector.store.tables.fleet import store_fact
from collector.values.refusal import Refusal, Refused
from collector.values.store_state import StoreState

CHECKED_S = 60.0  # so old a commit proves that the store takes the next one
CHECKED = "store_checked_s"


@operation()
def store_behind(context: Context, _: None) -> Ahead | Refused | None:
    """Robots that have delivered what this store does not hold; None: none. Refuses when the store does not answer."""
    try:
        return context.read(ahead.read)
    except SQLAlchemyError as error:
        return Refused(f"the store does not answer: {type(error).__name__}", "see /healthz", "unavailable")


@operation()
def store_state(context: Context, _: None) -> StoreState:
    """Whether the store answers, and takes what this process commits to it."""
    watch = context.services.store_watch
    try:
        context.read(lambda connection: connection.execute(text("SELECT 1")).scalar_one())
    except SQLAlchemyError as error:
        absent = absence_of(error)
        since_s = None if watch is None else watch.state.since_s
        return StoreState(False, absent.reason, absent.remedy, since_s)
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
    if watch.state.takes and watch.taken_at_s is not None and 0 <= now_s - watch.taken_at_s < CHECKED_S:
        return watch.state
    try:
        context.write(lambda connection: _mark(connection, int(now_s)))
    except (DBAPIError, sqlite3.Error, psycopg.Error, OSError) as error:
        watch.refused(error, now_s)
    except Refusal:  # another collector was faster: the store answers
        watch.took(now_s)
    else:
        watch.took(now_s)
    return watch.state


def _mark(connection: Connection, now_s: int) -> None:
    marked = update(store_fact).where(store_fact.c.name == CHECKED).values(value=str(now_s))
    if not connection.execute(marked).rowcount:
        connection.execute(insert(store_fact).values(name=CHECKED, value=str(now_s)))
