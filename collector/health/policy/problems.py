"""What is wrong with a policy file, in one line that names the section, the entry and the remedy. Pure."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from collector.values import complaints

_NUMBER = " is a number, not negative"
_TEXTS: Mapping[str, str] = MappingProxyType(
    {
        "float_type": _NUMBER,
        "int_type": _NUMBER,
        "finite_number": _NUMBER,
        "greater_than_equal": _NUMBER,
        "bool_type": " is true or false",
        "string_type": " is a text",
        "tuple_type": " is a list of texts",
        "dict_type": " is a table of numbers",
        "model_type": ": its value is a table",
    }
)
_ENTRY = 2  # parts of a place that name an entry: section, name


def of_entries(error: ValidationError) -> str:
    """What is wrong with the form of the entries, whatever their sections are."""
    one = error.errors(include_url=False)[0]
    section, *rest = one["loc"]
    if not rest:
        return f"{section} stands in no section: put it below one, such as [clock]"
    at = f"[{section}] {rest[0]}"
    if one["type"] == "share":
        return f"{at} {one['msg']}"  # our own words: sections.py
    if one["type"] in ("string_type", "not_empty"):
        return f"{at}: unit, reason and source are texts, none of them empty"
    return f'{at}: write {{ value = …, unit = "…", reason = "…", source = "…" }}'


def of_values(error: ValidationError, sections: type[BaseModel]) -> str:
    """What is wrong with the values. A name that does not exist comes before the one that is missing for it."""
    one = min(error.errors(include_url=False), key=lambda each: each["type"] != "extra_forbidden")
    place = [part for part in one["loc"] if isinstance(part, str)]
    *above, name = place
    if one["type"] == "extra_forbidden":
        known = ", ".join(_model(sections, above).model_fields)
        return f"[{'.'.join(above)}] has no {name}: its entries are {known}"
    if one["type"] == "missing":
        if not above:
            return f"there must be a section [{name}]: add it"
        return f"[{'.'.join(above)}] lacks {name}: every entry must be there"
    at = _at(sections, place)
    if one["type"] == "value_error":
        return f"{at}{' ' if len(place) < _ENTRY else ': '}{one['ctx']['error']}"
    if one["type"] == "string_type" and place != list(one["loc"]):  # an element of a list
        return f"{at}{_TEXTS['tuple_type']}"
    return at + _TEXTS.get(one["type"], f": {complaints.sentence_of(one)}")


def _at(sections: type[BaseModel], place: Sequence[str]) -> str:
    """`[clock] settle_h`, `[renewal] expected_days.tender`, `[scenes.hall] target`."""
    table = place[:_ENTRY] if len(place) > _ENTRY and _is_table_of_models(sections, place[0]) else place[:1]
    return " ".join(part for part in (f"[{'.'.join(table)}]", ".".join(place[len(table) :])) if part)


def _model(sections: type[BaseModel], place: Sequence[str]) -> type[BaseModel]:
    """The model at this place: a section's, or that of the tables in a section."""
    annotation: Any = sections.model_fields[place[0]].annotation
    found: type[BaseModel] = annotation if len(place) == 1 else get_args(annotation)[1]
    return found


def _is_table_of_models(sections: type[BaseModel], section: str) -> bool:
    annotation: Any = sections.model_fields[section].annotation
    return (
        get_origin(annotation) is Mapping
        and isinstance(get_args(annotation)[1], type)
        and issubclass(get_args(annotation)[1], BaseModel)
    )
