"""What a command prints, folded to the terminal. A line of a table goes on under its last column.

Into a file or a pipe lines go whole: a program reads them, or grep.
"""

import os
import re
import shutil
import sys
import unicodedata

COLUMNS_MIN = 40
_INDENT = 2
_LAST_CELL = 0.8  # of the columns: a cell that begins later would be folded letter by letter
_CELL = re.compile(r"\s{2,}(?=\S)")
_WIDE = r"\u2e80-\u9fff\uf900-\ufaff\uff00-\uff60"
_CLOSING = r"\uff0c\u3002\uff1b\uff1a\u3001\uff01\uff1f\uff09\u300d\u300f\u300b"  # marks that may not begin a line
_COMMAND = rf"[^\s{_WIDE}`]*`[^`]+`[^\s{_WIDE}]*[{_CLOSING}]*"
_PIECE = re.compile(rf"\s*(?:{_COMMAND}|[{_WIDE}][{_CLOSING}]*|[^\s{_WIDE}]+[{_CLOSING}]*)")
"""A word with the space before it, one Chinese character, or a command in backticks: somebody copies it."""


def columns() -> int | None:
    """Of the terminal, or as COLUMNS says; None: nobody looks at it."""
    if not sys.stdout.isatty() and "COLUMNS" not in os.environ:
        return None
    return max(COLUMNS_MIN, shutil.get_terminal_size().columns)


def width(text: str) -> int:
    """Columns that a terminal needs: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def folded(text: str, most: int | None) -> str:
    """The text with every line within `most` columns, but for what is longer: addresses, tokens, commands."""
    if most is None:
        return text
    return "\n".join(line if width(line) <= most else _fold(line, most) for line in text.split("\n"))


def _fold(line: str, most: int) -> str:
    indent = _indent(line, most)
    lines, now = list[str](), ""
    for piece in _PIECE.findall(line):
        if now.strip() and width(now + piece) > most:
            lines.append(now)
            now = " " * indent + piece.lstrip()
        else:
            now += piece
    return "\n".join([*lines, now])


def _indent(line: str, most: int) -> int:
    """Where the last cell begins that a line has room for; of a plain sentence a little more than its own."""
    own = width(line) - width(line.lstrip())
    cells = [width(line[: found.end()]) for found in _CELL.finditer(line, len(line) - len(line.lstrip()))]
    fitting = [at for at in cells if at <= most * _LAST_CELL]
    return fitting[-1] if fitting else own + _INDENT
