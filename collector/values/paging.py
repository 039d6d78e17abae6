"""Cursors: where a page ended, as opaque text. Pure; every list of the API is paged by key, never by offset."""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import orjson

from collector.values.sentence import Sentence

T = TypeVar("T")
R = TypeVar("R")
LIMIT_DEFAULT = 100
LIMIT_MAX = 1000


INTEGER_MAX = 2**63 - 1  # what both databases can compare with


NOT_OURS = Sentence("cursor: take `next` of this list's previous page as it is, or leave cursor away")


class BadCursor(ValueError):
    """A cursor that this list has not made: `NOT_OURS`."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page. Ask for the next one with `cursor` = `next`; null: this was the last."""

    items: list[T]
    next: str | None = None


def write_cursor(*key: int | str) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(key)).decode().rstrip("=")


def read_cursor(text: str | None, *shape: type) -> tuple[Any, ...] | None:
    """The key a page ended at. Raises BadCursor."""
    if text is None:
        return None
    try:
        key = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, binascii.Error):  # JSONDecodeError is a ValueError
        key = None
    sound = isinstance(key, list) and [type(part) for part in key] == list(shape)
    if not sound or any(isinstance(part, int) and abs(part) > INTEGER_MAX for part in key):
        raise BadCursor(NOT_OURS)
    return tuple(key)


def page_of(rows: Sequence[R], limit: int, key: Callable[[R], tuple[int | str, ...]]) -> tuple[Sequence[R], str | None]:
    """Cut `limit` rows from a query that asked for limit + 1, with the cursor of the next page."""
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], write_cursor(*key(rows[limit - 1]))
