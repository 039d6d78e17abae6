"""How much a part of a workbook asks of whoever reads it, counted before anybody does. Pure.

A few kilobytes may unpack to millions of elements, to rows numbered in the billions, or to one cell of gigabytes, and a
library that builds trees keeps something of each. What a spreadsheet program can have written stays far below these
limits. A document type, with which XML multiplies itself, is in no XLSX.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from xml.parsers import expat

from collector.values.sentence import Sentence

ROWS_MAX, COLUMNS_MAX = 1_048_576, 16_384  # of a sheet, as spreadsheet programs have it
ABSENT_MAX = 10_000_000  # cells of a sheet that are not written but stand before one that is: readers make them
DEPTH_MAX = 64
TOKEN_MAX_BYTES = 4 * 1024 * 1024  # a tag with its attributes, or a run of text
UNIT_MAX_ELEMENTS = 200_000  # a row of 16,384 cells, each with its value and its format
UNIT_MAX_CHARS = 4_000_000
OUTSIDE_MAX_ELEMENTS = 500_000  # merged cells, styles, links
OUTSIDE_MAX_CHARS = 16_000_000


class TooHeavy(ValueError):
    """What there is too much of."""


@dataclass(frozen=True, slots=True)
class Form:
    """What a part is made of: many of one element, its `unit`, which are read one after the other."""

    unit: str = ""
    units_max: int = 0


SHEET, STRINGS, OTHER = Form("row", ROWS_MAX), Form("si", 1_000_000), Form()


def weigh(chunks: Iterable[bytes], form: Form) -> None:
    """Read the whole part. Raises TooHeavy, or ExpatError where it is no XML."""
    scale = _Scale(form)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = scale.start
    parser.EndElementHandler = scale.end
    parser.CharacterDataHandler = scale.text
    parser.StartDoctypeDeclHandler = scale.doctype
    fed = 0
    for chunk in chunks:
        parser.Parse(chunk, False)
        fed += len(chunk)
        if fed - parser.CurrentByteIndex > TOKEN_MAX_BYTES:
            raise TooHeavy(Sentence("one tag of it has megabytes"))
    parser.Parse(b"", True)


class _Scale:
    """Counts what the parser tells it."""

    def __init__(self, form: Form) -> None:
        self._form = form
        self._depth = self._units = self._absent = 0
        self._unit_at = 0  # the depth of the unit that is being read; 0: none is
        self._elements = self._chars = 0  # of that unit
        self._outside_elements = self._outside_chars = 0
        self._row = self._column = self._written = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > DEPTH_MAX:
            raise TooHeavy(Sentence("its elements are nested too deeply"))
        if self._unit_at:
            self._elements += 1
            if self._elements > UNIT_MAX_ELEMENTS:
                raise TooHeavy(
                    Sentence(
                        "one {unit} has more than {unit_max_elements:,} elements",
                        unit=self._form.unit,
                        unit_max_elements=UNIT_MAX_ELEMENTS,
                    )
                )
            if self._form is SHEET and name.endswith(" c"):
                self._cell(attributes)
        elif self._form.unit and name.endswith(f" {self._form.unit}"):
            self._begin(attributes)
        else:
            self._outside_elements += 1
            if self._outside_elements > OUTSIDE_MAX_ELEMENTS:
                raise TooHeavy(
                    Sentence(
                        "it has more than {outside_max_elements:,} elements", outside_max_elements=OUTSIDE_MAX_ELEMENTS
                    )
                )

    def _begin(self, attributes: dict[str, str]) -> None:
        self._unit_at = self._depth
        self._elements = self._chars = self._column = self._written = 0
        self._units += 1
        if self._units > self._form.units_max:
            raise TooHeavy(
                Sentence(
                    "it has more than {units_max:,} of {unit}", units_max=self._form.units_max, unit=self._form.unit
                )
            )
        if self._form is SHEET:
            self._row = _number(attributes.get("r"), self._row + 1)
            if self._row > ROWS_MAX:
                raise TooHeavy(
                    Sentence("it numbers a row beyond {rows_max:,}, the last one of a sheet", rows_max=ROWS_MAX)
                )

    def _cell(self, attributes: dict[str, str]) -> None:
        reference = attributes.get("r")
        self._written += 1
        self._column = self._column + 1 if reference is None else _column(reference.rstrip("0123456789"))
        if self._column > COLUMNS_MAX:
            raise TooHeavy(
                Sentence("it names a column beyond {columns_max:,}, the last one of a sheet", columns_max=COLUMNS_MAX)
            )

    def end(self, _: str) -> None:
        if self._unit_at == self._depth:
            self._unit_at = 0
            self._absent += max(0, self._column - self._written)
            if self._absent > ABSENT_MAX:
                raise TooHeavy(Sentence("it has more than {absent_max:,} empty cells", absent_max=ABSENT_MAX))
        self._depth -= 1

    def text(self, said: str) -> None:
        if self._unit_at:
            self._chars += len(said)
            if self._chars > UNIT_MAX_CHARS:
                raise TooHeavy(
                    Sentence(
                        "one {unit} has more than {unit_max_chars:,} characters",
                        unit=self._form.unit,
                        unit_max_chars=UNIT_MAX_CHARS,
                    )
                )
        else:
            self._outside_chars += len(said)
            if self._outside_chars > OUTSIDE_MAX_CHARS:
                raise TooHeavy(
                    Sentence(
                        "it has more than {outside_max_chars:,} characters outside its cells",
                        outside_max_chars=OUTSIDE_MAX_CHARS,
                    )
                )

    @staticmethod
    def doctype(*_: object) -> None:
        raise TooHeavy(Sentence("it has a document type, which no XLSX has"))


def _number(text: str | None, otherwise: int) -> int:
    if text is None:
        return otherwise
    return int(text) if text.isdecimal() and len(text) < 10 else ROWS_MAX + 1  # noqa: PLR2004 - digits of a billion


@lru_cache(maxsize=COLUMNS_MAX)
def _column(letters: str) -> int:
    """A -> 1, XFD -> 16384."""
    number = 0
    for letter in letters[:8].upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number
