"""What is wrong with a policy file, in one line that names the section, the entry and the remedy. Pure."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from collector.values import complaints
from collector.values.sentence import Sentence


def _number(at: str) -> str:
    return Sentence("{at} is a number, not negative", at=at)


_TEXTS: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {
        "float_type": _number,
        "int_type": _number,
        "finite_number": _number,
        "greater_than_equal": _number,
        "bool_type": lambda at: Sentence("{at} is true or false", at=at),
        "string_type": lambda at: Sentence("{at} is a text", at=at),
        "tuple_type": lambda at: Sentence("{at} is a list of texts", at=at),
        "dict_type": lambda at: Sentence("{at} is a table of numbers", at=at),
        "model_type": lambda at: Sentence("{at}: its value is a table", at=at),
        "share": lambda at: Sentence("{at} is a share: between 0 and 1", at=at),
        "whole_number": lambda at: Sentence("{at} is a whole number", at=at),
        "not_empty": lambda at: Sentence("{at} is not empty", at=at),
    }
)
_ENTRY = 2  # parts of a place that name an entry: section, name


def of_entries(error: ValidationError) -> str:
    """What is wrong with the form of the entries, whatever their sections are."""
    one = error.errors(include_url=False)[0]
    section, *rest = one["loc"]
    if not rest:
        return Sentence("{name} stands in no section: put it below one, such as [clock]", name=section)
    at = f"[{section}] {rest[0]}"
    if one["type"] == "share":
        return _TEXTS["share"](at)
    if one["type"] in ("string_type", "not_empty"):
        return Sentence("{at}: unit, reason and source are texts, none of them empty", at=at)
    return Sentence('{at}: write {{ value = …, unit = "…", reason = "…", source = "…" }}', at=at)


def of_values(error: ValidationError, sections: type[BaseModel]) -> str:
    """What is wrong with the values. A name that does not exist comes before the one that is missing for it."""
    one = min(error.errors(include_url=False), key=lambda each: each["type"] != "extra_forbidden")
    place = [part for part in one["loc"] if isinstance(part, str)]
    *above, name = place
    within = ".".join(above)
    if one["type"] == "extra_forbidden":
        known = ", ".join(_model(sections, above).model_fields)
        return Sentence("[{section}] has no {name}: its entries are {names}", section=within, name=name, names=known)
    if one["type"] == "missing":
        if not above:
            return Sentence("there must be a section [{name}]: add it", name=name)
        return Sentence("[{section}] lacks {name}: every entry must be there", section=within, name=name)
    return _of_value(one, _at(sections, place), place)


def _of_value(one: ErrorDetails, at: str, place: Sequence[str]) -> str:
    if one["type"] == "value_error":
        why = one["ctx"]["error"].args[0]
        return Sentence("{at} {why}", at=at, why=why) if len(place) < _ENTRY else _colon(at, why)
    is_element = one["type"] == "string_type" and place != list(one["loc"])  # of a list
    said = _TEXTS.get("tuple_type" if is_element else one["type"])
    return _colon(at, complaints.sentence_of(one)) if said is None else said(at)


def _colon(at: str, why: str) -> str:
    return Sentence("{at}: {why}", at=at, why=why)


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
