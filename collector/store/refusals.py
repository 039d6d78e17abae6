"""What the database's refusal of a statement means to whoever asked for it, alike on SQLite and PostgreSQL.

A rule of the schema that a statement broke, a value that no column holds, a store that does not answer: each is named
as what it is. What is none of these is a bug, and stays an exception.
"""

import sqlite3

import psycopg
from psycopg import errors as pg
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, InterfaceError, InternalError, OperationalError

from collector.store import postgresql
from collector.values.refusal import Refused
from collector.values.sentence import Sentence


class StoreRefusal(Refused):
    """The store takes or answers nothing now, whoever asks; the same request works later."""


_AT_ONCE = Refused("somebody else wrote this at the same moment", "read it again, then repeat it", "outdated")
_NAMED = Refused(
    "this names something that is gone, or something else names this", "read it again, then repeat it", "conflict"
)
_CHARACTERS = Refused("a text holds characters that cannot be stored", "leave them away", "invalid")
_TOO_LONG = Refused("a text is longer than the store can hold", "shorten it", "invalid")
_OUT_OF_RANGE = Refused("a number is larger or smaller than the store can hold", "correct the number", "invalid")
_BAD_DAY = Refused("a day or a moment is none that the store can hold", "correct it", "invalid")

_TRY_AGAIN = "see that the database runs and can be reached; it is tried again"
_RIGHTS = "the log says why; check this user's rights, and that the schema and the collectors are of one release"
_ROOM = "make room there; what waits is committed then"
_MAY_WRITE = "let this user write the file and its folder; what waits is committed then"
_ABSENT = {  # by SQLite's code or PostgreSQL's sqlstate
    "SQLITE_FULL": ("the disk of the store is full", _ROOM),
    "SQLITE_READONLY": ("the store's file may not be written", _MAY_WRITE),
    "SQLITE_CANTOPEN": ("the store's file cannot be opened", _MAY_WRITE),
    "SQLITE_PERM": ("the store's file may not be written", _MAY_WRITE),
    "SQLITE_IOERR": ("the disk of the store fails or is full", "look at the disk and the system's log"),
    "SQLITE_BUSY": ("another process holds the store's file", "end it; what waits is committed then"),
    "SQLITE_CORRUPT": ("the store's file is damaged", "stop the collector and put back a backup"),
    "SQLITE_NOTADB": ("the store's file is damaged", "stop the collector and put back a backup"),
    "53100": ("the disk of PostgreSQL is full", _ROOM),
    "53300": ("PostgreSQL has no connection free", "raise its max_connections, or end what holds them"),
    "25006": (
        "PostgreSQL takes no changes: it is a standby, or set to read-only",
        "name the primary in `store`, or all hosts (docs/collector.md)",
    ),
}

_OF_SQLITE = {
    "SQLITE_CONSTRAINT_UNIQUE": _AT_ONCE,
    "SQLITE_CONSTRAINT_PRIMARYKEY": _AT_ONCE,
    "SQLITE_CONSTRAINT_ROWID": _AT_ONCE,
    "SQLITE_CONSTRAINT_FOREIGNKEY": _NAMED,
    "SQLITE_TOOBIG": _TOO_LONG,
}
_OF_POSTGRESQL: tuple[tuple[type[psycopg.Error], Refused], ...] = (
    (pg.UniqueViolation, _AT_ONCE),
    (pg.ExclusionViolation, _AT_ONCE),
    (pg.ForeignKeyViolation, _NAMED),
    (pg.RestrictViolation, _NAMED),
    (pg.NumericValueOutOfRange, _OUT_OF_RANGE),
    (pg.CharacterNotInRepertoire, _CHARACTERS),
    (pg.UntranslatableCharacter, _CHARACTERS),
    (pg.StringDataRightTruncation, _TOO_LONG),
    (pg.DatetimeFieldOverflow, _BAD_DAY),
    (pg.InvalidDatetimeFormat, _BAD_DAY),
)


def refusal_of(error: Exception) -> Refused | None:
    """The refusal that an error of the store is; None: it is a bug of ours."""
    if isinstance(error, OverflowError):  # SQLite's driver, before the statement is run
        return _OUT_OF_RANGE if "SQLite INTEGER" in str(error) else None
    if isinstance(error, UnicodeEncodeError):  # half a character, which no encoding has
        return _CHARACTERS if "surrogates" in error.reason else None
    if isinstance(error, OperationalError | InterfaceError | InternalError):
        return absence_of(error) if _is_absence(error) else None
    if not isinstance(error, IntegrityError | DataError):
        return None
    return _of_sqlite(error.orig) if isinstance(error.orig, sqlite3.Error) else _of_postgresql(error.orig)


def _is_absence(error: DBAPIError) -> bool:
    """Whether it is the store that fails, not the statement."""
    if isinstance(error, OperationalError):  # SQLite has no class of its own for a wrong statement
        return getattr(error.orig, "sqlite_errorname", "") != "SQLITE_ERROR"
    return postgresql.is_away(error.orig or error)


def absence_of(error: BaseException) -> StoreRefusal:
    """Why the store takes nothing now, and what a person can do. Names no host and no user: strangers may read it."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    name, state = getattr(cause, "sqlite_errorname", "") or "", getattr(cause, "sqlstate", None) or ""
    found = _ABSENT.get("_".join(name.split("_")[:2])) or _ABSENT.get(state)
    if found is not None:
        return StoreRefusal(*found, "unavailable")
    if isinstance(cause, psycopg.Error) and postgresql.is_away(cause):
        return StoreRefusal("the store does not answer", _TRY_AGAIN, "unavailable")
    if isinstance(cause, sqlite3.OperationalError | OSError):
        return StoreRefusal("the store does not answer", _TRY_AGAIN, "unavailable")
    return StoreRefusal(Sentence("the store refuses: {error}", error=type(cause).__name__), _RIGHTS, "unavailable")


def _of_sqlite(cause: sqlite3.Error) -> Refused:
    name, where = cause.sqlite_errorname, str(cause).partition(": ")[2]
    if name == "SQLITE_CONSTRAINT_NOTNULL":
        return _missing(where)
    if name == "SQLITE_CONSTRAINT_CHECK":
        return _broken(where)
    return _OF_SQLITE.get(name) or _unnamed(cause)


def _of_postgresql(cause: BaseException | None) -> Refused:
    if isinstance(cause, pg.NotNullViolation):
        return _missing(f"{cause.diag.table_name}.{cause.diag.column_name}")
    if isinstance(cause, pg.CheckViolation):
        return _broken(cause.diag.constraint_name or "")
    if isinstance(cause, psycopg.DataError) and "NUL" in str(cause):  # the driver's own, it has no class
        return _CHARACTERS
    return next((refused for of, refused in _OF_POSTGRESQL if isinstance(cause, of)), None) or _unnamed(cause)


def _missing(column: str) -> Refused:
    return Refused(
        Sentence("a value is missing that the store needs: {column}", column=column), "give it", "unprocessable"
    )


def _broken(rule: str) -> Refused:
    return Refused(
        Sentence("a value breaks a rule of the store: {rule}", rule=rule), "correct the value", "unprocessable"
    )


def _unnamed(cause: BaseException | None) -> Refused:
    return Refused(
        Sentence("the store does not take this: {cause}", cause=str(cause).splitlines()[0]),
        "correct it",
        "unprocessable",
    )
