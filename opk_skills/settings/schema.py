"""Which schemas a manifest may carry: a subset of JSON Schema in which a check is bounded by the schema's size. Pure.

    type                 object, array, string, integer, number, boolean
    object               properties, required, additionalProperties = false (must be said)
    array                items, maxItems (must be said), minItems
    string               maxLength (must be said) or enum; minLength; pattern without *, + and groups
    integer, number      minimum and maximum, or enum
    everywhere           title, description, default, enum, x-zh (the title in Chinese), x-zh-description

No $ref, no anyOf, no format: nothing is fetched, nothing branches, nothing runs for ever. A setting of the first level
carries both titles, and a default unless it is required: a skill runs as it was installed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from opk_skills.problems import deferred
from opk_skills.settings.values import misfits

DEPTH_MAX = 5
PROPERTIES_MAX = 64  # in the whole schema
LENGTH_MAX = 2000  # characters of a text; a long narration has some hundreds
ITEMS_MAX = 200
ENUM_MAX = 64
PATTERN_MAX_CHARS = 100
VARIABLE_MAX = 2  # of `?` and `{m,n}` in a pattern: backtracking stays below the square of the text
REPEAT_MAX = 256
_ANY = {"type", "title", "description", "default", "enum", "x-zh", "x-zh-description"}
_WORDS = {
    "object": {"properties", "required", "additionalProperties"},
    "array": {"items", "maxItems", "minItems"},
    "string": {"maxLength", "minLength", "pattern"},
    "integer": {"minimum", "maximum"},
    "number": {"minimum", "maximum"},
    "boolean": set(),
}
_ATOM = re.compile(r"\\[dwsDWS.^$*+?()\[\]{}|\\/-]|\[\^?(?:\\[dws\\\]\[^-]|[^\\\[\]])+\]|[^\\\[\](){}*+?|^$]")
_REPEAT = re.compile(r"\?|\{(\d{1,3})(?:,(\d{1,3}))?\}")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True, slots=True)
class SchemaFault:
    """What is outside the subset, and where in the schema."""

    path: tuple[str | int, ...]
    message: str
    slots: dict[str, object] = field(default_factory=dict)


def faults(schema: object) -> list[SchemaFault]:
    """Everything in a manifest's `settings` that may not be there; empty: the schema is safe."""
    if not isinstance(schema, dict) or schema.get("type") != "object":
        return [SchemaFault((), deferred('settings are a table: write type = "object" and properties'))]
    found = list(_walk(schema, (), DEPTH_MAX))
    count = sum(1 for _ in _properties(schema, DEPTH_MAX))
    if count > PROPERTIES_MAX:
        found.append(SchemaFault((), deferred("more than {limit} settings: fewer"), {"limit": PROPERTIES_MAX}))
    return found or list(_first_level(schema))


def _properties(schema: Any, depth: int) -> Iterator[str]:
    if not isinstance(schema, dict) or not depth:
        return
    inner = schema.get("properties")
    for name, each in inner.items() if isinstance(inner, dict) else ():
        yield name
        yield from _properties(each, depth - 1)
    yield from _properties(schema.get("items"), depth - 1)


def _first_level(schema: dict[str, Any]) -> Iterator[SchemaFault]:
    """A person sets these: two titles, and a value to begin with."""
    for name, each in schema.get("properties", {}).items():
        path = ("properties", name)
        if not each.get("title") or not each.get("x-zh"):
            yield SchemaFault(path, deferred("has no title in both languages: write title and x-zh"))
        if "default" not in each and name not in schema.get("required", []):
            yield SchemaFault(path, deferred("has no default: write one, or name it in required"))


def _walk(schema: Any, path: tuple[str | int, ...], depth: int) -> Iterator[SchemaFault]:
    if not isinstance(schema, dict):
        yield SchemaFault(path, deferred("a schema is a table"))
        return
    if depth == 0:
        yield SchemaFault(path, deferred("nested deeper than {limit}: flatten it"), {"limit": DEPTH_MAX})
        return
    kind = schema.get("type")
    if not isinstance(kind, str) or kind not in _WORDS:
        yield SchemaFault((*path, "type"), deferred("one of {allowed} is expected"), {"allowed": ", ".join(_WORDS)})
        return
    for word in sorted(map(str, schema.keys() - _ANY - _WORDS[kind])):
        yield SchemaFault(
            (*path, word),
            deferred("is not in the safe subset for {type}: {allowed}"),
            {"type": kind, "allowed": ", ".join(sorted(_ANY | _WORDS[kind]))},
        )
    yield from _said(schema, path)
    found = list({"object": _object, "array": _array, "string": _string}.get(kind, _number)(schema, path, depth))
    yield from found
    if not found and "default" in schema:
        for misfit in misfits(schema, schema["default"]):
            yield SchemaFault((*path, "default"), misfit.message, dict(misfit.slots))


def _said(schema: dict[str, Any], path: tuple[str | int, ...]) -> Iterator[SchemaFault]:
    for word in ("title", "description", "x-zh", "x-zh-description"):
        if word in schema and not (isinstance(schema[word], str) and 0 < len(schema[word]) <= LENGTH_MAX):
            yield SchemaFault((*path, word), deferred("a text is expected"))
    choices = schema.get("enum")
    if choices is not None and not (
        isinstance(choices, list)
        and 0 < len(choices) <= ENUM_MAX
        and all(isinstance(each, (str, int)) and not isinstance(each, bool) for each in choices)
    ):
        yield SchemaFault(
            (*path, "enum"),
            deferred("a list of at most {limit} texts or whole numbers is expected"),
            {"limit": ENUM_MAX},
        )


def _object(schema: dict[str, Any], path: tuple[str | int, ...], depth: int) -> Iterator[SchemaFault]:
    properties, required = schema.get("properties"), schema.get("required", [])
    if schema.get("additionalProperties") is not False:
        yield SchemaFault(path, deferred("is open: write additionalProperties = false"))
    if not isinstance(properties, dict) or not all(_NAME.fullmatch(str(name)) for name in properties):
        yield SchemaFault((*path, "properties"), deferred("a table of settings, named in lower case, is expected"))
        return
    if not isinstance(required, list) or not all(isinstance(name, str) and name in properties for name in required):
        yield SchemaFault((*path, "required"), deferred("a list of names in properties is expected"))
    for name, each in properties.items():
        yield from _walk(each, (*path, "properties", name), depth - 1)


def _array(schema: dict[str, Any], path: tuple[str | int, ...], depth: int) -> Iterator[SchemaFault]:
    yield from _bounded(schema, path, "minItems", "maxItems", ITEMS_MAX)
    yield from _walk(schema.get("items"), (*path, "items"), depth - 1)


def _string(schema: dict[str, Any], path: tuple[str | int, ...], _depth: int) -> Iterator[SchemaFault]:
    if "enum" not in schema or "maxLength" in schema or "minLength" in schema:
        yield from _bounded(schema, path, "minLength", "maxLength", LENGTH_MAX)
    if "pattern" in schema and not safe_pattern(schema["pattern"]):
        yield SchemaFault(
            (*path, "pattern"),
            deferred(
                "is not bounded: from ^ to $, characters and classes, at most {variable} of ? and {{m,n}}, and no"
                " group, *, + or |"
            ),
            {"variable": VARIABLE_MAX},
        )


def _bounded(
    schema: dict[str, Any], path: tuple[str | int, ...], low: str, high: str, limit: int
) -> Iterator[SchemaFault]:
    most, least = schema.get(high), schema.get(low, 0)
    if not (_whole(most) and _whole(least) and 0 <= least <= most <= limit):
        yield SchemaFault(
            path, deferred("is not bounded: write {word}, at most {limit}"), {"word": high, "limit": limit}
        )


def _number(schema: dict[str, Any], path: tuple[str | int, ...], _depth: int) -> Iterator[SchemaFault]:
    if schema["type"] == "boolean" or ("enum" in schema and "minimum" not in schema and "maximum" not in schema):
        return
    low, high = schema.get("minimum"), schema.get("maximum")
    if not (_real(low) and _real(high) and -(2**53) <= low <= high <= 2**53):
        yield SchemaFault(path, deferred("is not bounded: write minimum and maximum"))


def _whole(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _real(value: Any) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def safe_pattern(pattern: object) -> bool:
    """Whether a pattern is a bounded row of characters and classes: no input makes it slow."""
    if not isinstance(pattern, str) or len(pattern) > PATTERN_MAX_CHARS:
        return False
    if not (pattern.startswith("^") and pattern.endswith("$")):
        return False
    at, end, variable = 1, len(pattern) - 1, 0
    while at < end:
        atom = _ATOM.match(pattern, at, end)
        if atom is None:
            return False
        at = atom.end()
        repeat = _REPEAT.match(pattern, at, end)
        if repeat is not None:
            at = repeat.end()
            low, high = repeat[1], repeat[2]
            variable += low is None or high is not None
            if low is not None and not int(low) <= int(high or low) <= REPEAT_MAX:
                return False
    try:
        re.compile(pattern)
    except (re.error, OverflowError):
        return False
    return variable <= VARIABLE_MAX
