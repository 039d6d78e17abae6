"""What the cells above the headings of columns say of the columns: which ones a cell is over, and what both say. Pure.

A cell is over its own column, and over those to its right that it is merged with. A workbook says which these are; in a
CSV they are empty, as one is above a heading that stands lower. So a unit goes to a neighbour only where it can be
meant of no other column, else the table is refused.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import Enum
from functools import cached_property

from collector.exchange.imports.heading_units import PLAIN_UNIT, Unit
from collector.exchange.imports.layouts import Layout
from collector.exchange.imports.problems import BadTable
from collector.exchange.imports.table import MergedCells, TableRow, written
from collector.exchange.imports.upper_texts import is_statement, said_over, stated_above
from collector.values.sentence import Sentence

_ONE = Decimal(1)
_COUNTED = frozenset({"amount", "number", "share", "count"})
_DAYS = frozenset({"day", "moment", "clock"})


class _Whose(Enum):
    """Whether a cell is over a column."""

    NOT, OVER, UNSURE, TITLE = range(4)


@dataclass(frozen=True)
class UpperCells:
    """The rows of a heading, the titles above it among them, and the fields that their cells mean.

    `meant`: of each row, column index -> field. `fields`: those that are read. `merged`: the ranges that the workbook
    merges, down to a row; nothing of a CSV.
    """

    layout: Layout
    rows: Sequence[TableRow]
    meant: Sequence[Mapping[int, str]]
    fields: Mapping[int, str]
    headings: Mapping[str, str]
    merged: Callable[[int], Iterable[MergedCells]]

    def with_units(self, units: Mapping[int, Unit]) -> dict[int, Unit]:
        """The units of the columns' own headings with what stands above them. Raises BadTable."""
        found = dict(units)
        titles: list[tuple[str, Unit, list[int]]] = []
        for index, name in self.fields.items():
            form = self.layout.field(name).form
            if form not in _COUNTED | _DAYS:
                continue
            for number in range(self._lowest[index]):
                text, whose, said = self._said(number, index, name, form)
                if said is None or whose is _Whose.NOT:
                    continue
                if whose is _Whose.TITLE and isinstance(said, Unit) and form == "amount":
                    titles.append((text, said, [index]))
                    continue
                found[index] = self._together(text, found[index], said, index, whose)
        for text, said, indexes in (*self._stated(found), *titles):
            for index in indexes:
                found[index] = self._together(text, found[index], said, index, _Whose.TITLE)
        return found

    def _together(self, text: str, own: Unit, said: Unit | str, index: int, whose: _Whose) -> Unit:
        """Raises BadTable where a text above is not understood, may be of another column, or contradicts."""
        name = self.fields[index]
        is_amount = self.layout.field(name).form == "amount"
        if whose is not _Whose.UNSURE and isinstance(said, str):
            raise _not_understood(text, said)
        together = None
        if isinstance(said, Unit) and whose is not _Whose.UNSURE and (is_amount or whose is not _Whose.TITLE):
            together = combined(own, said, is_title=whose is _Whose.TITLE)
        if together is None:
            raise BadTable(
                Sentence(
                    "{line!r} stands above {heading!r} and does not plainly say how the numbers of {field} are meant; "
                    "write the unit into the heading of the column itself, as Amount (kEUR), and remove it above",
                    line=text,
                    heading=self.headings.get(name, name),
                    field=name,
                )
            )
        return together

    def _said(self, number: int, index: int, name: str, form: str) -> tuple[str, _Whose, Unit | str | None]:
        """The text above a column in a row, whether it is over it, and what it says of it."""
        row = self.rows[number]
        at = next((at for at in range(min(index, len(row.cells) - 1), -1, -1) if written(row, at)), None)
        if at is None or (at != index and self._lowest.get(at) == number):  # nothing, or its own column's heading
            return "", _Whose.NOT, None
        text = written(row, at)
        is_title = self._is_title(number, at)
        if is_title and form in _DAYS:
            return text, _Whose.NOT, None
        if self._is_stated(number, at):  # of the whole table
            return text, _Whose.NOT, None
        said = said_over(text, name, form, is_title=is_title)
        if is_title:
            is_no_unit = form != "amount" and (not isinstance(said, Unit) or not (said.percent or said.factor != _ONE))
            return text, _Whose.NOT if is_no_unit else _Whose.TITLE, said
        return text, _Whose.NOT if said is None else self._whose(number, at, index), said

    def _whose(self, number: int, at: int, index: int) -> _Whose:
        """Of a cell that says something, and stands above a column or to the left of that."""
        if at == index:
            return _Whose.OVER
        blocks = [] if self._is_lone_first(number, at) else self._blocks
        row = self.rows[number].number
        if any(block.holds(row, index) for block in blocks):
            return (
                _Whose.OVER if any(block.holds(row, index) and block.holds(row, at) for block in blocks) else _Whose.NOT
            )
        if any(block.holds(row, at) for block in blocks):
            return _Whose.NOT
        if self._lowest.get(at, -1) < number:
            is_below = any(written(below, at) for below in self.rows[number + 1 :])
            return _Whose.UNSURE if is_below or self._is_lone_first(number, at) else _Whose.NOT
        between = [self.layout.field(self.fields[i]).form if i in self.fields else None for i in range(at, index)]
        is_money = self.layout.field(self.fields[index]).form == "amount"
        return _Whose.OVER if is_money and all(f is not None and f not in _COUNTED for f in between) else _Whose.UNSURE

    def _stated(self, units: Mapping[int, Unit]) -> list[tuple[str, Unit, list[int]]]:
        """What lines above the table say of all of its amounts."""
        amounts = [index for index in units if self.layout.field(self.fields[index]).form == "amount"]
        found = []
        for number, row in enumerate(self.rows):
            for index in range(len(row.cells)):
                if not amounts or not self._is_stated(number, index):
                    continue
                said = stated_above(written(row, index))
                if isinstance(said, Unit):
                    found.append((written(row, index), said, amounts))
                elif said is not None and any(units[one].factor == _ONE for one in amounts):
                    raise _not_understood(written(row, index), said)
        return found

    def _is_stated(self, number: int, index: int) -> bool:
        """A line above the table that says the unit of it all: it says nothing else, or is its title."""
        text = written(self.rows[number], index)
        if not text or self.meant[number]:
            return False
        if is_statement(text):
            return True
        stated = stated_above(text) if self._is_lone_first(number, index) else None
        if not isinstance(stated, str):
            return stated is not None
        in_brackets = said_over(text, "amount", "amount", is_title=self._is_title(number, index))
        return not isinstance(in_brackets, Unit)

    def _is_lone_first(self, number: int, index: int) -> bool:
        row = self.rows[number]
        return index == 0 and not self.meant[number] and not any(written(row, at) for at in range(1, len(row.cells)))

    def _is_title(self, number: int, index: int) -> bool:
        """It stands alone in the first cell of its row, above a column that no unit can be meant of."""
        if not self._is_lone_first(number, index):
            return False
        below = self.fields.get(0)
        return below is not None and self.layout.field(below).form not in _COUNTED

    @cached_property
    def _lowest(self) -> Mapping[int, int]:
        return {index: number for number, there in enumerate(self.meant) for index in there}

    @cached_property
    def _blocks(self) -> tuple[MergedCells, ...]:
        return tuple(self.merged(self.rows[-1].number))


def combined(own: Unit, said: Unit, *, is_title: bool) -> Unit | None:
    """What a heading and a text above it say as one. None: they contradict each other.

    A scale of the heading's own goes before a title's, which is said of the table as a whole.
    """
    if PLAIN_UNIT in {own, said} or own == said:
        return own if said == PLAIN_UNIT else said
    if own.percent != said.percent or (None not in {own.currency, said.currency} and own.currency != said.currency):
        return None
    if None not in {own.day_order, said.day_order} and own.day_order != said.day_order:
        return None
    factor = said.factor if own.factor == _ONE else own.factor
    is_twice = own.factor == _ONE != said.factor and own.currency is not None and own.currency == said.currency
    is_other = _ONE not in {own.factor, said.factor} and own.factor != said.factor and not is_title
    if is_twice or is_other:
        return None
    named = said if own.currency is None or (said.currency is not None and said.sure) else own
    return replace(
        own, factor=factor, currency=named.currency, sure=named.sure, day_order=own.day_order or said.day_order
    )


def _not_understood(line: str, said: str) -> BadTable:
    return BadTable(
        Sentence(
            "the line {line!r} above the table says the unit {said!r}, which is not understood here; "
            "write the amounts in full and remove it",
            line=line,
            said=said,
        )
    )
