"""One account's failure is that account's: what is done for many is done for the others, and the failure is named.

A failure of everybody (the store is away, a closing is cut off, no memory) is raised as it is.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from collector.errors import CollectorError

REASON_MAX_CHARS = 300
T = TypeVar("T")
R = TypeVar("R")
Failed = dict[tuple[str, int], str]
"""("account" or "robot", its row) -> why."""


def each(accounts: Sequence[int], work: Callable[[Sequence[int]], None], failed: Failed) -> None:
    """Do the work for all of them at once; where that fails, for halves, down to the account whose failure it is."""
    try:
        work(accounts)
    except Exception as error:
        if is_everybodys(error):
            raise
        if len(accounts) == 1:
            failed["account", accounts[0]] = named(error)
            return
        middle = len(accounts) // 2
        each(accounts[:middle], work, failed)
        each(accounts[middle:], work, failed)


def every(items: Iterable[T], work: Callable[[T], R], failed: Callable[[T, str], None]) -> Iterator[R]:
    """What the work makes of each; `failed` gets one that it fails for, with the reason; the rest goes on."""
    for item in items:
        try:
            made = work(item)
        except Exception as error:
            if is_everybodys(error):
                raise
            failed(item, named(error))
            continue
        yield made


def alone(connection: Connection, work: Callable[[], None]) -> Exception | None:
    """Do it within a savepoint; what failed leaves no trace. Returns the failure."""
    try:
        with connection.begin_nested():
            work()
    except Exception as error:
        if is_everybodys(error):
            raise
        return error
    return None


def is_everybodys(error: Exception) -> bool:
    if isinstance(error, FileNotFoundError):  # a row that names what is not there
        return False
    return isinstance(error, CollectorError | MemoryError | OSError | OperationalError | InterfaceError)


def named(error: Exception) -> str:
    """`ValueError: it says`, in one line."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    said = (str(cause).strip() or "no text").splitlines()[0]
    said = "".join(sign if sign.isprintable() else "?" for sign in said)  # it is stored: no store takes every sign
    return f"{type(cause).__name__}: {said}"[:REASON_MAX_CHARS]
