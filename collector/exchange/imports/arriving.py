"""A file from the border into a tray: the one way in for the command and the API."""

import hashlib
from collections.abc import Mapping
from typing import Any, BinaryIO
from zoneinfo import available_timezones

import orjson

from collector.accounts.ledger.kinds.registry import KINDS, Base, Kind
from collector.exchange.imports import rows
from collector.exchange.imports.facts import ReadingOptions, table_of
from collector.exchange.imports.layouts import layout_of
from collector.exchange.imports.tray import Tray

_CHUNK_BYTES = 1024 * 1024
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


def reading_of(base: Base, mapping: Mapping[str, str], timezone: str | None) -> ReadingOptions:
    """Raises ValueError with the remedy."""
    if timezone is not None and timezone not in available_timezones():
        raise ValueError(f"{timezone[:40]!r} is no time zone: write it as Asia/Shanghai")
    return ReadingOptions(base, mapping, timezone)


def fill(tray: Tray, file: BinaryIO, reading: ReadingOptions, sheet: str | None = None) -> str:
    """Everything that a seekable file says into the tray; the file's SHA-256. Raises BadTable."""
    digest = hashlib.sha256()
    while chunk := file.read(_CHUNK_BYTES):
        digest.update(chunk)
    file.seek(0)
    kind = tray.kind
    with rows.opened(file, layout_of(kind).sheets, sheet) as source:
        tray.take(table_of(kind, source, reading))
    return digest.hexdigest()
