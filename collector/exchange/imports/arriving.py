"""A file from the border into trays: the one way in for the command and the API."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, BinaryIO

import orjson

from collector.accounts.ledger.kinds.registry import KINDS, Base, Kind
from collector.exchange.imports import rows
from collector.exchange.imports.columns import HEADING_ROWS_MAX, meaning, written_headings
from collector.exchange.imports.day_orders import DayOrder
from collector.exchange.imports.facts import ReadingOptions, table_of
from collector.exchange.imports.layouts import layout_of
from collector.exchange.imports.problems import BadTable
from collector.exchange.imports.tray import Tray
from collector.exchange.imports.usage_sheet import HISTORY
from collector.values import timezones
from collector.values.sentence import Sentence

_CHUNK_BYTES = 1024 * 1024
_USAGE = "usage"
_BY_WORD = {word: kind for kind in KINDS.values() for word in (kind.key, kind.path)}


def kind_of(word: str) -> Kind | None:
    """By its key or its path: `contract`, `contracts`."""
    return _BY_WORD.get(word)


def mapping_of(text: str) -> dict[str, str]:
    """A mapping from JSON. Raises ValueError with the remedy."""
    try:
        said: Any = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ValueError(f'the mapping is not JSON ({error}); write {{"heading": "field"}}') from error
    if not isinstance(said, dict) or not all(isinstance(field, str) for field in said.values()):
        raise ValueError('write the mapping as {"heading": "field"}; "" leaves a column out')
    return said


@dataclass(frozen=True, slots=True)
class BookSheets:
    """The sheets of a workbook that hold a table: kind -> title, in the order of import. `ignored`: the other ones."""

    of_kinds: Mapping[str, str]
    usage: str | None
    ignored: tuple[str, ...]


def sheets_of(file: BinaryIO) -> BookSheets:
    """By their names, hidden ones left out. Raises BadTable: no workbook, no such sheet, two for one kind."""
    names = {name.casefold(): kind.key for kind in KINDS.values() for name in layout_of(kind).sheets}
    names |= dict.fromkeys((name.casefold() for name in HISTORY.sheets), _USAGE)
    found: dict[str, str] = {}
    ignored = []
    for title in rows.shown_sheets(file):
        kind = names.get(title.strip().casefold())
        if kind is None:
            ignored.append(title)
        elif found.setdefault(kind, title) != title:
            raise BadTable(
                Sentence(
                    "the sheets {found!r} and {title!r} hold one table; import them one by one",
                    found=found[kind],
                    title=title,
                )
            )
    if not found:
        called = ", ".join(kind.path for kind in KINDS.values())
        raise BadTable(
            Sentence(
                "no sheet is called as a table ({names}); call them {called}, {usage}",
                names=", ".join(ignored[:20]),
                called=called,
                usage=_USAGE,
            )
        )
    usage = found.pop(_USAGE, None)
    return BookSheets({kind: found[kind] for kind in KINDS if kind in found}, usage, tuple(ignored))


def reading_of(
    base: Base, mapping: Mapping[str, str], timezone: str | None, decimal: str | None, day_order: DayOrder | None
) -> ReadingOptions:
    """Raises ValueError with the remedy."""
    if timezone is not None and timezone not in timezones.known():
        raise ValueError(f"{timezone[:40]!r} is no time zone: write it as Asia/Shanghai")
    if decimal not in {None, ",", "."}:
        raise ValueError(f"{decimal[:10]!r} is no decimal sign: write , or .")
    return ReadingOptions(base, mapping, timezone, decimal, day_order)


def headings_of(file: BinaryIO, kind: Kind) -> dict[str, str]:
    """Heading -> the field that it means by itself, "" for none. Raises BadTable."""
    file.seek(0)
    layout = layout_of(kind)
    with rows.opened(file, layout.sheets, None) as source:
        found = written_headings(list(islice(source.rows, HEADING_ROWS_MAX)))
    file.seek(0)
    return {heading: meaning(layout, heading) for heading in found}


def fill(
    tray: Tray, file: BinaryIO, reading: ReadingOptions, sheet: str | None = None, encoding: str | None = None
) -> str:
    """Everything that a seekable file says into the tray; the file's SHA-256. Raises BadTable."""
    digest = hashlib.sha256()
    file.seek(0)
    while chunk := file.read(_CHUNK_BYTES):
        digest.update(chunk)
    file.seek(0)
    kind = tray.kind
    with rows.opened(file, layout_of(kind).sheets, sheet, encoding=encoding) as source:
        tray.encoding, tray.sheet = source.encoding, source.sheet
        tray.take(table_of(kind, source, reading))
    return digest.hexdigest()
