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
from collector.values.sentence import Sentence

_CHOICE = re.compile(r"'([^']*)'")
_OF_LIBRARY = frozenset(get_args(ErrorType))
_SHOWN_CHARS = 40
_NOT_FILLED = Sentence("it is missing"), Sentence("fill it")
Words = tuple[str, str]


def words_of(error: ErrorDetails) -> Words:
    """The reason, and what to write instead."""
    raised = error.get("ctx", {}).get("error")
    if isinstance(raised, ValueError) and raised.args and isinstance(raised.args[0], Sentence):
        return raised.args[0], ""
    said = _WORDS.get(error["type"])
    if said is not None:
        return said(error["input"], error.get("ctx", {}))
    if error["type"] == "value_error" or error["type"] not in _OF_LIBRARY:  # our own, raised by a rule of ours
        reason, _, remedy = error["msg"].removeprefix("Value error, ").partition("; ")
        return reason, remedy
    return Sentence("{value} is not taken here", value=_shown(error["input"])), Sentence("see its documentation")


def sentence_of(error: ErrorDetails) -> str:
    """Both in one sentence."""
    reason, remedy = words_of(error)
    return Sentence("{reason}: {remedy}", reason=reason, remedy=remedy) if remedy else reason


def _shown(value: Any) -> str:
    return repr(value)[:_SHOWN_CHARS] if isinstance(value, str | int | float | bool) else "what was sent"


def _no_number(value: Any, _: Mapping[str, Any]) -> Words:
    return Sentence("{value} is no number", value=_shown(value)), Sentence("write it in digits: 12.5")


def _whole(value: Any, _: Mapping[str, Any]) -> Words:
    return texts.no_number(str(value))


def _range(value: Any, bounds: Mapping[str, Any]) -> Words:
    return texts.out_of_range(float(value), bounds.get("ge"), bounds.get("le"))


def _outside(value: Any) -> str:
    return Sentence("{value:.15g} is out of range", value=float(value))


def _neither(value: Any) -> Words:
    return Sentence("{value} is neither true nor false", value=_shown(value)), Sentence("write one of them")


def _above(value: Any, bounds: Mapping[str, Any]) -> Words:
    return _outside(value), Sentence("write a number above {least:.15g}", least=bounds["gt"])


def _below(value: Any, bounds: Mapping[str, Any]) -> Words:
    return _outside(value), Sentence("write a number below {most:.15g}", most=bounds["lt"])


def _choices(value: Any, bounds: Mapping[str, Any]) -> Words:
    return texts.none_of(str(value), _CHOICE.findall(bounds["expected"]))


def _long(value: Any, bounds: Mapping[str, Any]) -> Words:
    return (
        Sentence("{count} characters are more than {most}", count=len(value), most=bounds["max_length"]),
        Sentence("shorten it"),
    )


def _few(_: Any, bounds: Mapping[str, Any]) -> Words:
    return Sentence("there are too few"), Sentence("name at least {least}", least=bounds["min_length"])


def _many(_: Any, bounds: Mapping[str, Any]) -> Words:
    return Sentence("there are too many"), Sentence("name at most {most}", most=bounds["max_length"])


_NO_OBJECT = Sentence("it is no object"), Sentence('write it as {{"name": value}}')
_WORDS: Mapping[str, Callable[[Any, Mapping[str, Any]], Words]] = MappingProxyType(
    {
        "missing": lambda *_: _NOT_FILLED,
        "extra_forbidden": lambda *_: (Sentence("this is not known here"), ""),
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
        "bool_parsing": lambda value, _: _neither(value),
        "bool_type": lambda value, _: _neither(value),
        "string_type": lambda value, _: (
            Sentence("{value} is no text", value=_shown(value)),
            Sentence('write it in quotation marks: "text"'),
        ),
        "string_too_long": _long,
        "string_too_short": lambda *_: (Sentence("it is empty"), Sentence("fill it")),
        "string_pattern_mismatch": lambda value, _: (
            Sentence("{value} has characters that it may not have", value=_shown(value)),
            "",
        ),
        "string_unicode": lambda *_: (Sentence("it holds bytes that are no text"), Sentence("send UTF-8")),
        "list_type": lambda *_: (Sentence("it is no list"), Sentence("write it as […]")),
        "dict_type": lambda *_: _NO_OBJECT,
        "model_type": lambda *_: _NO_OBJECT,
        "model_attributes_type": lambda *_: _NO_OBJECT,
        "too_short": _few,
        "too_long": _many,
    }
)
