"""The rows of a table below its heading, and what their cells say. Pure.

A row with nothing but a first cell that begins with `#` is a note, as is a template's example; an empty row is
nothing. Ids may begin with `#` (#1001): such a row with other cells is one as every other. A cell of a merged block
below its first one is empty: the row says so. Everything wrong with a row is told at once.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import Any, TypeVar

from collector.exchange.imports.cells import value_of
from collector.exchange.imports.columns import HEADING_ROWS_MAX, Columns, columns_of
from collector.exchange.imports.day_orders import DayOrder, has_slashes, is_swappable, order_shown
from collector.exchange.imports.fields import Field
from collector.exchange.imports.layouts import Layout
from collector.exchange.imports.persons import joined
from collector.exchange.imports.problems import BadRow, BadTable
from collector.exchange.imports.separators import decimal_sign
from collector.exchange.imports.spelling import EMPTY_CELL, BadCell
from collector.exchange.imports.systems import FIRST_NAME, LAST_NAME, NAME_PARTS
from collector.exchange.imports.table import Cell, TableFile, TableRow
from collector.values.sentence import Sentence, one_after_the_other

NOTE = "#"
EXAMPLE = f"{NOTE} example 示例: "
"""Begins the row of a template that shows how to fill it in."""
_FORMER_EXAMPLES = frozenset({"#A-1001", "#C-1001"})
_FORMER_CELLS = frozenset({"C-1001", "City Museum 市博物馆", "EUR", "CNY"})
"""Templates of older releases: the first cell of their example, and what stood beside it."""
_TOTALS = (
    r"(?:(?:本\s*[页月年]\s*)?(?:合\s*计|总\s*计|小\s*计|共\s*计|累\s*计|汇\s*总|総\s*計|小\s*計|總\s*計)"
    r"|(?:(?:grand |sub[- ]?)?totals?(?: for)?|(?:grand )?sum|total général|sous-total|totale|total general|suma"
    r"|(?:gesamt|zwischen)?summe|gesamt)(?![a-zäöüéà]))"
)
_TOTAL = re.compile(rf"{_TOTALS}\s*([:：]|\([^)]*\)|（[^）]*）)?\s*", re.IGNORECASE)
_SUBTOTAL = re.compile(
    rf"{_TOTALS}\s*[:：]?\s*(?P<of>\S.*?)\s*[:：]?|(?P<group>\S.*?)\s*[-:：]?\s*{_TOTALS}\s*[:：]?", re.IGNORECASE
)
_FOOTER = re.compile(r"[:：]|^共\d+[条行项个家]")  # of a lone cell in the first column, whatever it holds
_WORDS = re.compile(r"\S\s\S")  # where ids are: none has a space
SHOWN_CHARS = 40  # of a text that is refused
COMPLAINTS_OF_A_ROW = 4
_FRACTIONS = frozenset({"amount", "number", "share"})
_DAYS = frozenset({"day", "moment"})
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class TableBody:
    """A table's columns, and its rows to come. `fields`: column index -> how its cells are read.

    `joins_names`: first and last name stand in columns of their own.
    """

    columns: Columns
    fields: Mapping[int, Field]
    rows: Iterator[TableRow | BadRow]
    since_1904: bool
    joins_names: bool

    def values(
        self, row: TableRow, timezone: str | None, timezone_of_days: str | None = None
    ) -> tuple[dict[str, Any], list[str]]:
        """What the row's cells say, by field, and what is wrong with them. An empty cell says nothing.

        `timezone` is that of moments which do not say theirs, `timezone_of_days` the one that a moment's day is of.
        """
        said: dict[str, Any] = {}
        wrong: list[str] = []
        for index, spec in self.fields.items():
            cell = row.cells[index] if index < len(row.cells) else None
            try:
                zone = timezone_of_days if spec.form == "day" else timezone
                value = value_of(cell, spec, timezone=zone, since_1904=self.since_1904)
            except BadCell as error:
                wrong.append(Sentence("{field}: {why}", field=spec.name, why=error.args[0]))
                continue
            if value is not None:
                said[spec.name] = value
            elif spec.required:
                wrong.append(Sentence("{field}: {why}", field=spec.name, why=EMPTY_CELL))
        if self.joins_names:
            name = joined(said.pop(FIRST_NAME, None), said.pop(LAST_NAME, None))
            if name is None:
                wrong.append(Sentence("{field}: {why}", field="name", why=EMPTY_CELL))
            said["name"] = name
        return said, wrong


def bad_row(row: TableRow, wrong: list[str]) -> BadRow:
    return BadRow(row.number, one_after_the_other(wrong[:COMPLAINTS_OF_A_ROW]))


def body_of(
    layout: Layout, source: TableFile, mapping: Mapping[str, str], decimal: str | None = None,
    day_order: DayOrder | None = None,
) -> TableBody:  # fmt: skip
    """Read the heading; the rows are read as they are asked for. Raises BadTable.

    `decimal`: the file's decimal sign, `day_order`: of its days with slashes. Where they are not said, columns of
    fractions, and those whose first rows have such days, are looked through first.
    """
    first = list(islice(source.rows, HEADING_ROWS_MAX))
    columns = columns_of(layout, first, mapping, source.merged)
    fields = {
        index: _field(layout.field(name), columns, index, decimal, day_order) for index, name in columns.fields.items()
    }
    rest: Iterator[TableRow | BadRow] = _below(columns, chain(first, source.rows))
    asked = {index for index, field in fields.items() if _is_unsaid(field) and _tells(index, field, first)}
    if asked:
        fields = _as_shown(fields, asked, rest)
        rest = _below(columns, source.again())
    width = None
    if source.separated:
        width = max(len(row.cells) for row in first if isinstance(row, TableRow) and row.number <= columns.rows)
    table = _without_totals(layout, fields, _rows(rest, width))
    joins_names = any(field.name in NAME_PARTS for field in fields.values())
    return TableBody(columns, fields, table, source.since_1904, joins_names)


def _field(field: Field, columns: Columns, index: int, decimal: str | None, day_order: DayOrder | None) -> Field:
    """A column's field as the file and its heading say it. Raises BadTable where the two contradict each other."""
    said = columns.units[index].day_order
    if None not in {said, day_order} and said != day_order:
        raise BadTable(
            Sentence(
                "the heading {heading!r} says {said}, and the file's days are said to be {order}; correct one of them",
                heading=columns.headings[field.name],
                said=str(said),
                order=str(day_order),
            )
        )
    return replace(field, decimal=decimal, day_order=day_order or said, unit=columns.units[index])


def _is_unsaid(field: Field) -> bool:
    """Its column may have to show how it writes decimals, or days."""
    if field.form in _FRACTIONS:
        return field.decimal is None
    return field.form in _DAYS and field.day_order is None


def _without_totals(
    layout: Layout, fields: Mapping[int, Field], rows: Iterator[TableRow | BadRow]
) -> Iterator[TableRow | BadRow]:
    """A row of totals and a heading among the rows are refused by their names."""
    newest: dict[int, str] = {}  # by column, what its newest row says
    for row in rows:
        why = None
        if isinstance(row, TableRow):
            why = _subtotal(fields, row.cells, newest) or _no_row(layout, fields, row.cells)
            if why is None:
                newest |= {
                    i: cell.strip() for i, cell in enumerate(row.cells) if isinstance(cell, str) and cell.strip()
                }
        yield (
            row
            if isinstance(row, BadRow) or why is None
            else BadRow(row.number, Sentence("{why}; remove the row", why=why))
        )


def _no_row(layout: Layout, fields: Mapping[int, Field], cells: tuple[Cell, ...]) -> str | None:
    first = next((index for index, cell in enumerate(cells) if _written(cell)), None)
    if first is None or not isinstance(cells[first], str):
        return None
    text = str(cells[first]).strip()
    is_id = first in fields and fields[first].name == "id"
    lacks = any(field.required and not _written(_at(cells, index)) for index, field in fields.items())
    if (is_id or lacks) and _TOTAL.fullmatch(text):
        return Sentence("{text!r} begins a row of totals", text=text)
    is_lone = first == 0 and lacks and sum(1 for cell in cells if _written(cell)) == 1
    if is_lone and (_FOOTER.search(text) or ((is_id or first not in fields) and _WORDS.search(text))):
        return Sentence("{text!r} stands alone in its row, as a footer or a title does", text=_short(text))
    said = [(cell, field.name) for index, field in fields.items() if _written(cell := _at(cells, index))]
    if len(said) > 1 and all(isinstance(cell, str) and layout.field_of(cell) == name for cell, name in said):
        return Sentence("it is a heading once more")
    return None


def _subtotal(fields: Mapping[int, Field], cells: tuple[Cell, ...], newest: Mapping[int, str]) -> str | None:
    """`Total C-1`, `C-1 小计` below rows of C-1. A customer may be called Total Energies: its row has other texts, or
    no row above it is of a customer called Energies.
    """
    filled = [index for index, cell in enumerate(cells) if _written(cell)]
    if not filled or not isinstance(cells[filled[0]], str):
        return None
    text = str(cells[filled[0]]).strip()
    found = _SUBTOTAL.fullmatch(text)
    if found is None or not set(newest.values()) & set(found.groupdict().values()):
        return None
    has_texts = any(index in fields and not _is_number(cells[index]) for index in filled[1:])
    return None if has_texts else Sentence("{text!r} begins a row of totals", text=text)


def _is_number(cell: Cell) -> bool:
    return not isinstance(cell, str) or (any(map(str.isdigit, cell)) and not any(map(str.isalpha, cell)))


def _short(text: str) -> str:
    return text if len(text) <= SHOWN_CHARS else f"{text[: SHOWN_CHARS - 1]}…"


def _at(cells: tuple[Cell, ...], index: int) -> Cell:
    return cells[index] if index < len(cells) else None


def _below(columns: Columns, rows: Iterator[TableRow | BadRow]) -> Iterator[TableRow | BadRow]:
    return (row for row in rows if (row.row if isinstance(row, BadRow) else row.number) > columns.rows)


def _tells(index: int, field: Field, first: Sequence[TableRow | BadRow]) -> bool:
    """Whether the column is looked through. One of days only where its first rows have slashes or real days."""
    cells = [_at(row.cells, index) for row in first if isinstance(row, TableRow)]
    return field.form in _FRACTIONS or has_slashes(cells) or any(map(is_swappable, cells))


def _as_shown(
    fields: Mapping[int, Field], asked: AbstractSet[int], rows: Iterator[TableRow | BadRow]
) -> dict[int, Field]:
    """The fields with the decimal sign, or the order of days, that their columns show."""
    signs: dict[int, set[str]] = {index: set() for index in asked if fields[index].form in _FRACTIONS}
    orders: dict[int, set[DayOrder]] = {index: set() for index in asked if fields[index].form in _DAYS}
    real: set[int] = set()
    for row in rows:
        if isinstance(row, BadRow):
            continue
        for index, seen in signs.items():
            if (sign := decimal_sign(row.cells[index : index + 1])) is not None:
                seen.add(sign)
        for index, found in orders.items():
            if (order := order_shown(_at(row.cells, index))) is not None:
                found.add(order)
            elif is_swappable(_at(row.cells, index)):
                real.add(index)
    shown = dict(fields)
    for index in asked:
        sign, order = _only(signs.get(index)), _only(orders.get(index))
        shown[index] = replace(
            fields[index],
            decimal=sign or fields[index].decimal,
            day_order=order or fields[index].day_order,
            mixed=index in real and bool(orders.get(index)),
        )
    return shown


def _only(seen: AbstractSet[T] | None) -> T | None:
    """What a column shows; None where nothing does, or two contradict each other."""
    return next(iter(seen)) if seen is not None and len(seen) == 1 else None


def _rows(rows: Iterator[TableRow | BadRow], width: int | None) -> Iterator[TableRow | BadRow]:
    """Without notes. A row with more cells than the heading has a separator inside a cell: 1,234.50 would be 1."""
    for row in rows:
        if isinstance(row, BadRow):
            yield row
            continue
        cells = row.cells
        if _is_note(cells):
            continue
        if width is not None and len(cells) > width and any(_written(cell) for cell in cells[width:]):
            said = Sentence("{count} cells where the heading has {width}", count=len(cells), width=width)
            yield BadRow(
                row.number,
                Sentence("{said}; put cells that hold a separator (1,234.50) into quotation marks", said=said),
            )
        else:
            yield row


def _is_note(cells: tuple[Cell, ...]) -> bool:
    """A note, the example of a template, or an empty row."""
    first = cells[0] if cells else None
    if isinstance(first, str) and (text := first.strip()):
        if not text.startswith(NOTE):
            return False
        if text.startswith(EXAMPLE.strip()) or (text in _FORMER_EXAMPLES and not _FORMER_CELLS.isdisjoint(cells[1:])):
            return True
        cells = cells[1:]
    return not any(_written(cell) for cell in cells)


def _written(cell: Cell) -> bool:
    return cell is not None and (not isinstance(cell, str) or bool(cell.strip()))
