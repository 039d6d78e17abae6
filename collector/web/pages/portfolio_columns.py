"""Columns of the accounts' list: which its address asks for, and which may be chosen."""

from typing import Any

from collector.language.pages import Words
from collector.success.portfolio import COLUMNS_SHOWN
from collector.success.saved_views import COLUMNS_MAX, FIELD
from collector.web.api.routing import Call


def chosen_columns(call: Call) -> tuple[str, ...]:
    """Names of the chosen columns in their order. A form without script sends each by itself."""
    asked = ",".join(call.request.query.getall("columns", [])).replace("\x00", "")
    given = tuple(dict.fromkeys(one for one in asked.split(",") if one))[:COLUMNS_MAX]
    return tuple(one for one in given if one in COLUMNS_SHOWN or one.startswith(FIELD)) or COLUMNS_SHOWN


def fields_of(columns: tuple[str, ...]) -> list[str]:
    """Ids of the fields of one's own among these columns."""
    return [one.removeprefix(FIELD) for one in columns if one.startswith(FIELD)]


def column_choices(columns: tuple[str, ...], fields: dict[str, str], words: Words) -> list[dict[str, Any]]:
    """Every column that may be shown, those of `fields` ({id: name}) last."""
    labels = {
        "change": "change_28", "why": "why", "arr": "arr", "due": "renews", "contact": "contact", "csm": "csm",
        "robots": "robots",
    }  # fmt: skip
    named = [(one, words(labels[one])) for one in COLUMNS_SHOWN] + [(FIELD + key, name) for key, name in fields.items()]
    return [{"value": key, "text": text, "chosen": key in columns} for key, text in named]
