"""Which column of a file is which field: by its heading, or as a mapping says. Pure.

A table may begin with title lines, and its heading may take several rows: a cell that is merged over rows or columns
stands in its first cell only, in a workbook as in the CSV made from it. So a column's heading is the lowest of its
cells in the heading rows that means a field. Of several columns for one field the one of the lowest rank is read
(layouts); two of one rank are refused.
"""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from collector.exchange.imports.heading_units import (
    PLAIN_UNIT,
    Unit,
    beside_mapped,
    unit_of,
)
from collector.exchange.imports.headings import folded, label
from collector.exchange.imports.layouts import Layout
from collector.exchange.imports.problems import BadRow, BadTable
from collector.exchange.imports.systems import NAME_PARTS
from collector.exchange.imports.table import Merged, TableRow, written
from collector.exchange.imports.upper_cells import UpperCells
from collector.values.sentence import Sentence

HEADING_ROWS_MAX = 10  # a heading begins among the first rows of a file
IGNORE = ""
"""In a mapping, a heading that means nothing."""


@dataclass(frozen=True, slots=True)
class Columns:
    """`fields`: column index -> field. `ignored`: headings that mean nothing here. `rows`: how many rows they take.

    `units`: column index -> what its heading says of its cells.
    """

    fields: Mapping[int, str]
    units: Mapping[int, Unit]
    headings: Mapping[str, str]  # field -> the heading as it is written
    ignored: tuple[str, ...]
    rows: int


def columns_of(
    layout: Layout, first: Sequence[TableRow | BadRow], mapping: Mapping[str, str], merged: Merged
) -> Columns:
    """The columns of a file that begins with these rows. Raises BadTable with the remedy.

    `mapping` is {heading: field}; it stands over what headings mean by themselves. `merged`: the file's.
    """
    named = _checked(layout, mapping)
    wide = [row for row in first[:HEADING_ROWS_MAX] if isinstance(row, TableRow)]
    if not any(written(row, i) for row in wide for i in range(len(row.cells))):
        raise BadTable(
            Sentence("the file is empty; its first row has to name the columns, e.g. {layout}", layout=_example(layout))
        )
    _all_there(wide, mapping)
    meant = [{i: field for i in range(len(row.cells)) if (field := _meant(layout, row, i, named))} for row in wide]
    best = max(range(len(wide)), key=lambda n: (len(meant[n]), -n))
    if not meant[best]:
        said = ", ".join(f"{text[:20]!r}" for i in range(len(wide[0].cells)) if (text := written(wide[0], i)))
        raise BadTable(
            Sentence(
                "no heading of a column is known; the first row has to name them, e.g. {layout}, and says {value}",
                layout=_example(layout),
                value=said[:120] or "nothing",
            )
        )
    last = best
    while last + 1 < len(wide) and _continues(wide, meant, last + 1):
        last += 1
    return _built(layout, wide[: last + 1], meant[: last + 1], named, merged)


def written_headings(first: Sequence[TableRow | BadRow]) -> list[str]:
    """The texts of the row that looks most like a heading, known or not: what a person can match by hand."""
    wide = [row for row in first[:HEADING_ROWS_MAX] if isinstance(row, TableRow)]
    said = [[text for i in range(len(row.cells)) if (text := written(row, i))] for row in wide]
    longest: list[str] = []
    for row in said:
        longest = row if len(row) > len(longest) else longest
    return list(dict.fromkeys(longest))


def fits(mapping: Mapping[str, str], headings: Sequence[str]) -> bool:
    """Whether a mapping was made for a file with these headings."""
    there = {folded(one) for one in headings}
    return all(folded(heading) in there for heading in mapping)


def meaning(layout: Layout, heading: str) -> str:
    """The field that a heading means by itself; "": none."""
    return layout.field_of(heading) or IGNORE


def _checked(layout: Layout, mapping: Mapping[str, str]) -> dict[str, str]:
    for heading, field in mapping.items():
        if field not in layout.fields and field != IGNORE:
            near = difflib.get_close_matches(field, layout.fields, n=1)
            hint = (
                Sentence("did you mean {names}?", names=near[0])
                if near
                else Sentence("fields: {names}", names=", ".join(layout.fields))
            )
            raise BadTable(
                Sentence(
                    "mapping: {heading!r} means {field!r}, which {name} do not have; {hint}",
                    heading=heading,
                    field=field,
                    name=layout.name,
                    hint=hint,
                )
            )
    return {folded(heading): field for heading, field in mapping.items()}


def _all_there(rows: Sequence[TableRow], mapping: Mapping[str, str]) -> None:
    there = {folded(said): said for row in rows for i in range(len(row.cells)) if (said := written(row, i))}
    for heading in mapping:
        if folded(heading) not in there:
            near = difflib.get_close_matches(folded(heading), there, n=1)
            hint = (
                Sentence("did you mean {names}?", names=repr(there[near[0]]))
                if near
                else Sentence("its headings: {names}", names=", ".join(list(there.values())[:20]))
            )
            raise BadTable(
                Sentence("mapping: the file has no heading {heading!r}; {hint}", heading=heading[:80], hint=hint)
            )


def _meant(layout: Layout, row: TableRow, index: int, named: Mapping[str, str]) -> str | None:
    cell = row.cells[index]
    if not isinstance(cell, str) or not cell.strip():
        return None
    if folded(cell) in named:
        return named[folded(cell)] or None
    return layout.field_of(cell)


def _continues(rows: Sequence[TableRow], meant: Sequence[Mapping[int, str]], number: int) -> bool:
    """The row still belongs to the heading: whatever stands in it is a heading, below a cell that is none."""
    filled = {i for i, cell in enumerate(rows[number].cells) if cell is not None and str(cell).strip()}
    return bool(filled) and filled == set(meant[number]) and filled.isdisjoint(meant[number - 1])


def _built(
    layout: Layout, rows: Sequence[TableRow], meant: Sequence[Mapping[int, str]], named: Mapping[str, str],
    merged: Merged,
) -> Columns:  # fmt: skip
    found: dict[str, list[tuple[_Rank, int, str]]] = {}
    units: dict[int, Unit | str] = {}
    ignored: dict[int, str] = {}
    for index in range(max(len(row.cells) for row in rows)):
        lowest = next((n for n in reversed(range(len(rows))) if index in meant[n]), None)
        if lowest is None:
            said = next((text for row in reversed(rows) if (text := written(row, index))), None)
            ignored.update({index: said} if said else {})
            continue
        heading = written(rows[lowest], index)
        units[index] = _unit(layout, meant[lowest][index], heading, named)
        rank = _rank(layout, heading, units[index], named)
        found.setdefault(meant[lowest][index], []).append((rank, index, heading))
    if "name" in found or not all(part in layout.fields for part in NAME_PARTS):
        parts = [column for part in NAME_PARTS for column in found.pop(part, [])]
        ignored.update({index: heading for _, index, heading in parts})
    fields: dict[int, str] = {}
    headings: dict[str, str] = {}
    for field, columns in found.items():
        (rank, index, heading), *others = sorted(columns)
        if isinstance(unit := units[index], str):
            raise _not_understood(field, heading, unit)
        if others and others[0][0] == rank:
            raise _both(field, heading, others[0][2])
        fields[index], headings[field] = field, heading
        ignored.update({index: heading for _, index, heading in others})
    if names := [headings.pop(part) for part in NAME_PARTS if part in headings]:
        headings["name"] = " + ".join(names)
    left = tuple(ignored[index] for index in sorted(ignored))
    missing = [name for name in layout.required if name not in headings]
    if missing:
        wanted = ", ".join(f"{name} ({label(name)[1]})" for name in missing)
        near = f"; headings that mean nothing here: {', '.join(left[:10])}" if left else ""
        raise BadTable(Sentence("no column {wanted}: name it so, or map one to it{near}", wanted=wanted, near=near))
    read = {index: unit for index in fields if isinstance(unit := units[index], Unit)}
    read = UpperCells(layout, rows, meant, fields, headings, merged).with_units(read)
    return Columns(dict(sorted(fields.items())), read, headings, left, rows[-1].number)


class _Rank(NamedTuple):
    """Of several columns for one field the least is read: one that is understood, and one whose name stands alone."""

    is_strange: bool
    of_its_name: int
    has_unit: bool


def _rank(layout: Layout, heading: str, unit: Unit | str, named: Mapping[str, str]) -> _Rank:
    if folded(heading) in named:
        return _Rank(False, 0, False)
    return _Rank(isinstance(unit, str), layout.rank(heading), unit != PLAIN_UNIT)


def _unit(layout: Layout, field: str, heading: str, named: Mapping[str, str]) -> Unit | str:
    """What a heading says of its cells, or what in it is not understood."""
    parts = layout.parts(heading)
    if folded(heading) in named and (parts is None or layout.named(parts.name) != field):
        parts = beside_mapped(heading)
    return PLAIN_UNIT if parts is None else unit_of(parts, field, layout.field(field).form, layout.named)


def _not_understood(field: str, heading: str, said: str) -> BadTable:
    return BadTable(
        Sentence(
            "the heading {heading!r} of {field} says {said!r}, which is not understood here, and what stands below may "
            "mean something else by it; write it in the plain unit and rename the heading, or leave the column out "
            'by the mapping {{"{heading}": ""}}',
            heading=heading,
            field=field,
            said=said,
        )
    )


def _both(field: str, first: str, second: str) -> BadTable:
    if folded(first) == folded(second):
        return BadTable(
            Sentence("two columns are called {second!r}; remove one of them, or give it another name", second=second)
        )
    return BadTable(
        Sentence(
            "the columns {first!r} and {second!r} both mean {field}; remove one, or say in the "
            'mapping what it means ({{"{second}": ""}} leaves it out)',
            first=first,
            second=second,
            field=field,
        )
    )


def _example(layout: Layout) -> str:
    return ", ".join(layout.required)
