"""Columns of a terminal, where a Chinese character takes two."""

from collections.abc import Iterable, Sequence
from unicodedata import east_asian_width


def width(text: str) -> int:
    """Columns that the text takes."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def left(text: str, columns: int) -> str:
    """Filled with spaces up to that many columns."""
    return text + " " * (columns - width(text))


def right(text: str, columns: int) -> str:
    """The same with the text at the end."""
    return " " * (columns - width(text)) + text


def table(head: Sequence[str], rows: Iterable[Sequence[str]], ends: frozenset[int] = frozenset()) -> list[str]:
    """Lines with the columns under each other; those of `ends` end at one place."""
    cells = [list(head), *(list(row) for row in rows)]
    widths = [max(width(row[at]) for row in cells) for at in range(len(head))]
    return [
        "  ".join(
            right(cell, widths[at]) if at in ends else left(cell, widths[at]) for at, cell in enumerate(row)
        ).rstrip()
        for row in cells
    ]
