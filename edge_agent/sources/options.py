"""A source's table in the configuration file becomes its frozen options.

Each source declares a frozen dataclass; `says()` gives a field its help and range.
`parse` refuses unknown keys and wrong types with one line that says the remedy, so that a
misspelt rule never silently counts nothing. docs/sources.md is tested against these fields.
"""

import math
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, TypeVar, get_type_hints

from edge_agent.deferred import Sentence
from edge_agent.errors import ConfigError
from edge_agent.sources.names import NameRefused, counter_key

Options = TypeVar("Options")

Texts = tuple[str, ...]
Rules = Mapping[str, str]
"""Pattern -> word (a gauge's name, a fault family)."""

CounterRules = Annotated[Mapping[str, str], "counter"]
"""Pattern -> counter key. The keys are checked when the configuration is read."""


def says(help_: str, *, low: float = 0, high: float = math.inf) -> Mapping[str, Any]:
    """Metadata of one option. Bounds are inclusive and hold for numbers only."""
    return MappingProxyType({"help": help_, "low": low, "high": high})


def parse(kind: type[Options], table: Mapping[str, Any], where: str) -> Options:
    """The options of `kind` from one TOML table. Raises ConfigError."""
    hints = get_type_hints(kind, include_extras=True)
    known = {f.name: f for f in fields(kind)}  # type: ignore[arg-type]  # every `kind` is a dataclass; no typing bound says so
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in known:
            import difflib  # noqa: PLC0415  only a misspelt option needs it

            near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
            remedy = Sentence("choose from {names}", names=", ".join(sorted(known)))
            if near:
                remedy = Sentence("did you mean {name}?", name=near[0])
            raise ConfigError(
                "[{where}] {key} is not an option of this source: {remedy}", where=where, key=key, remedy=remedy
            )
        values[key] = _typed(hints[key], value, f"[{where}] {key}", known[key].metadata)
    return kind(**values)


def permissions(text: str, where: str) -> int:
    """The mode of a file, as chmod takes it. Raises ConfigError."""
    try:
        return int(text, 8)
    except ValueError as error:
        raise ConfigError("{where} = {text!r} is not octal: write 0660", where=where, text=text) from error


def _typed(type_: Any, value: Any, where: str, bounds: Mapping[str, Any]) -> Any:
    if type_ is bool:
        return _expect(isinstance(value, bool), value, where, Sentence("true or false"))
    if type_ in (int, float):
        number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
        _expect(
            number and (type_ is float or value == int(value)),
            value,
            where,
            Sentence("a whole number") if type_ is int else Sentence("a number"),
        )
        if not bounds["low"] <= value <= bounds["high"]:
            raise ConfigError(
                "{where} = {value:g} is outside {low:g} to {high:g}: choose within",
                where=where,
                value=value,
                low=bounds["low"],
                high=bounds["high"],
            )
        return type_(value)
    if type_ is Path:
        return Path(_expect(isinstance(value, str), value, where, Sentence("a path in quotes")))
    if type_ is str:
        return _expect(isinstance(value, str), value, where, Sentence("a text in quotes"))
    if type_ == Texts:
        texts = isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value)
        return tuple(_expect(texts, value, where, Sentence('a list of texts, like ["a", "b"]')))
    rules = isinstance(value, Mapping) and all(isinstance(word, str) for word in value.values())
    _expect(rules, value, where, Sentence('a table of rules, like "pattern" = "name"'))
    if type_ == CounterRules:
        for pattern, counter in value.items():
            try:
                counter_key(counter)
            except NameRefused as error:
                raise ConfigError(
                    "{where}: rule {pattern!r}: {detail}", where=where, pattern=pattern, detail=str(error)
                ) from error
    return MappingProxyType(dict(value))


def _expect(right: bool, value: Any, where: str, what: Sentence) -> Any:  # noqa: FBT001  read once, at its call sites above
    if not right:
        raise ConfigError("{where} = {value!r}: {what} is expected", where=where, value=value, what=what)
    return value
