"""What is wrong with a value that a model did not take, in words for people. Pure.

The validation library's own sentences name types and patterns of programs; none of them reaches anybody.
"""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, get_args

from pydantic_core import ErrorDetails
from pydantic_core.core_schema import ErrorType

from collector.values import texts

_CHOICE = re.compile(r"'([^']*)'")
_OF_LIBRARY = frozenset(get_args(ErrorType))
_SHOWN_CHARS = 40
_NOT_FILLED = ("it is missing", "fill it")
Words = tuple[str, str]


def words_of(error: ErrorDetails) -> Words:
    """The reason, and what to write instead."""
    said = _WORDS.get(error["type"])
    if said is not None:
        return said(error["input"], error.get("ctx", {}))
    if error["type"] == "value_error" or error["type"] not in _OF_LIBRARY:  # our own, raised by a rule of ours
        reason, _, remedy = error["msg"].removeprefix("Value error, ").partition("; ")
        return reason, remedy
    return f"{_shown(error['input'])} is not taken here", "see its documentation"


def sentence_of(error: ErrorDetails) -> str:
    """Both in one sentence."""
    reason, remedy = words_of(error)
    return f"{reason}: {remedy}" if remedy else reason


def _shown(value: Any) -> str:
    return repr(value)[:_SHOWN_CHARS] if isinstance(value, str | int | float | bool) else "what was sent"


def _no_number(value: Any, _: Mapping[str, Any]) -> Words:
    return f"{_shown(value)} is no number", "write it in digits: 12.5"


def _whole(value: Any, _: Mapping[str, Any]) -> Words:
    return texts.no_number(str(value))


def _range(value: Any, bounds: Mapping[str, Any]) -> Words:
    return texts.out_of_range(float(value), bounds.get("ge"), bounds.get("le"))


def _above(value: Any, bounds: Mapping[str, Any]) -> Words:
    return f"{float(value):.15g} is out of range", f"write a number above {bounds['gt']:.15g}"


def _below(value: Any, bounds: Mapping[str, Any]) -> Words:
    return f"{float(value):.15g} is out of range", f"write a number below {bounds['lt']:.15g}"


def _choices(value: Any, bounds: Mapping[str, Any]) -> Words:
    return texts.none_of(str(value), _CHOICE.findall(bounds["expected"]))


def _long(value: Any, bounds: Mapping[str, Any]) -> Words:
    return f"{len(value)} characters are more than {bounds['max_length']}", "shorten it"


def _few(_: Any, bounds: Mapping[str, Any]) -> Words:
    return "there are too few", f"name at least {bounds['min_length']}"


def _many(_: Any, bounds: Mapping[str, Any]) -> Words:
    return "there are too many", f"name at most {bounds['max_length']}"


_WORDS: Mapping[str, Callable[[Any, Mapping[str, Any]], Words]] = MappingProxyType(
    {
        "missing": lambda *_: _NOT_FILLED,
        "extra_forbidden": lambda *_: ("this is not known here", ""),
        "literal_error": _choices,
        "enum": _choices,
        "greater_than_equal": _range,
        "less_than_equal": _range,
        "greater_than": _above,
        "less_than": _below,
        "int_parsing": _whole,
        "int_parsing_size": _whole,
        "int_type": _whole,
        "int_from_float": _whole,
        "float_parsing": _no_number,
        "float_type": _no_number,
        "finite_number": _no_number,
        "bool_parsing": lambda value, _: (f"{_shown(value)} is neither true nor false", "write one of them"),
        "bool_type": lambda value, _: (f"{_shown(value)} is neither true nor false", "write one of them"),
        "string_type": lambda value, _: (f"{_shown(value)} is no text", 'write it in quotation marks: "text"'),
        "string_too_long": _long,
        "string_too_short": lambda *_: ("it is empty", "fill it"),
        "string_pattern_mismatch": lambda value, _: (f"{_shown(value)} has characters that it may not have", ""),
        "string_unicode": lambda *_: ("it holds bytes that are no text", "send UTF-8"),
        "list_type": lambda *_: ("it is no list", "write it as […]"),
        "dict_type": lambda *_: ("it is no object", 'write it as {"name": value}'),
        "model_type": lambda *_: ("it is no object", 'write it as {"name": value}'),
        "model_attributes_type": lambda *_: ("it is no object", 'write it as {"name": value}'),
        "too_short": _few,
        "too_long": _many,
    }
)
