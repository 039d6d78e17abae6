"""What the database's refusal of a statement means to whoever asked for it, alike on SQLite and PostgreSQL.

A rule of the schema that a statement broke, a value that no column holds, a store that does not answer: each is named
as what it is. What is none of these is a bug, and stays an exception.
"""

import sqlite3

import psycopg
from psycopg import errors as pg
from sqlalchemy.exc import DataError, IntegrityError, OperationalError

from collector.values.refusal import Refused

_AT_ONCE = Refused("somebody else wrote this at the same moment", "read it again, then repeat it", "conflict")
_NAMED = Refused(
    "this names something that is gone, or something else names this", "read it again, then repeat it", "conflict"
)
_CHARACTERS = Refused("a text holds characters that cannot be stored", "leave them away", "invalid")
_TOO_LONG = Refused("a text is longer than the store can hold", "shorten it", "invalid")
_OUT_OF_RANGE = Refused("a number is larger or smaller than the store can hold", "correct the number", "invalid")
_BAD_DAY = Refused("a day or a moment is none that the store can hold", "correct it", "invalid")

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
    if isinstance(error, OperationalError):
        if getattr(error.orig, "sqlite_errorname", "") == "SQLITE_ERROR":
            return None  # a wrong statement: SQLite has no class of its own for it
        return Refused("the store does not answer", "try again in a moment", "unavailable")
    if not isinstance(error, IntegrityError | DataError):
        return None
    return _of_sqlite(error.orig) if isinstance(error.orig, sqlite3.Error) else _of_postgresql(error.orig)


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
    return Refused(f"a value is missing that the store needs: {column}", "give it", "unprocessable")


def _broken(rule: str) -> Refused:
    return Refused(f"a value breaks a rule of the store: {rule}", "correct the value", "unprocessable")


def _unnamed(cause: BaseException | None) -> Refused:
    return Refused(f"the store does not take this: {str(cause).splitlines()[0]}", "correct it", "unprocessable")
