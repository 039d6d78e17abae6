"""Notes, tags, fields of one's own and attachments of an account's page."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from collector.accounts.ledger.facts import Version
from collector.accounts.ledger.kinds.noted import ATTACHMENT_MAX_BYTES, CustomField
from collector.calendar import days
from collector.language import figures
from collector.language import noted as said
from collector.language.pages import Words
from collector.operations.names import Names
from collector.operations.noted import Noted

_KINDS_OF_INPUT = {"number": "number", "date": "date"}


def shown(found: Noted, words: Words, today: int, named: Names) -> dict[str, Any]:
    """Everything of the three panels, in the page's language; what people wrote as they wrote it."""
    return {
        "notes": [_note(one, words, today, named) for one in found.notes],
        "more_notes": found.more_notes,
        "tags": [
            {"key": one.said.id, "text": one.said.tag, "href": f"/accounts?tag={quote(one.said.tag, safe='')}"}
            for one in found.tags
        ],
        "fields": [_field(one, found.values, words, today) for one in found.fields],
        "attachments": [_attachment(one, words, today, named) for one in found.attachments],
        "attachment_most_bytes": ATTACHMENT_MAX_BYTES,
        "csms": [{"value": "", "text": words("mention_nobody")}]
        + [{"value": key, "text": name} for key, name in sorted(named.csms.items(), key=lambda one: one[1])],
    }


def _note(one: Version, words: Words, today: int, named: Names) -> dict[str, str]:
    return {
        "key": one.said.id,
        "day": _day(one.said.day, words.language, today),
        "at": days.iso(one.said.day),
        "text": one.said.text,
        "by": named.csm(one.said.by) or one.author,
    }


def _field(one: CustomField, values: Mapping[str, str], words: Words, today: int) -> dict[str, Any]:
    value = values.get(one.id, "")
    return {
        "id": one.id,
        "name": one.name,
        "value": value,
        "shown": _value(one, value, words.language, today),
        "kind": _KINDS_OF_INPUT.get(one.form, "text"),
        "options": None if one.form != "choice" else _options(one.chosen_from, words),
    }


def _options(choices: Sequence[str], words: Words) -> list[dict[str, str]]:
    return [{"value": "", "text": words("no_value")}, *({"value": one, "text": one} for one in choices)]


def _value(field: CustomField, value: str, language: str, today: int) -> str:
    """As people read it; a value of an older form stays as it was written."""
    if field.form == "date":
        try:
            return figures.short_day(days.iso(days.parse(value)), language, today)
        except ValueError:
            return value
    return value


def _attachment(one: Version, words: Words, today: int, named: Names) -> dict[str, str]:
    size = said.size(one.said.size_bytes, words.language)
    return {
        "key": one.said.id,
        "href": f"/attachments/{quote(one.said.id, safe='')}",
        "name": one.said.name,
        "day": _day(one.said.day, words.language, today),
        "note": " · ".join(part for part in (size, named.csm(one.said.by) or one.author) if part),
    }


def _day(day: int, language: str, today: int) -> str:
    return figures.short_day(days.iso(day), language, today)
