"""What keeps a file, or one row of it, from being read. The message names the remedy."""

from dataclasses import dataclass

from collector.exchange.errors import BadFile
from collector.values.sentence import Sentence

BAD_MAX = 10_000  # so many rows are bad by one mistake, which the first of them name; no more are read then


class BadTable(BadFile):
    """It is no table that can be understood; a single bad row is a BadRow instead."""


class FileTooLarge(BadTable):
    """It has more bytes than are read."""


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be taken: what is wrong, and what to write. `row` is its number as a spreadsheet shows it."""

    row: int
    text: str

    def __str__(self) -> str:
        return str(self.sentence)

    @property
    def sentence(self) -> Sentence:
        return Sentence("row {row}: {text}", row=self.row, text=self.text)


def not_read(bad: int) -> str:
    """What is said of the row at which reading ends, because so many before it are bad."""
    return Sentence(
        "this row and those below it were not read, since {bad:,} rows above it are bad; "
        "correct what the first of them say in the whole file, and import it again",
        bad=bad,
    )
