"""Whether values fit a schema of the safe subset, and the values a skill begins with. Pure.

The check walks the schema, which is bounded, and never the value further than the schema goes.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from opk_skills.problems import deferred

_TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}


@dataclass(frozen=True, slots=True)
class Misfit:
    """Why a value does not fit, and where it stands."""

    at: str
    message: str
    slots: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        told = self.message.format_map(self.slots)
        return f"{self.at}: {told}" if self.at else told


def with_defaults(schema: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The values a skill is given: what is set, and the default of what is not."""
    declared = schema.get("properties", {})
    defaults = {name: each["default"] for name, each in declared.items() if "default" in each}
    return {**defaults, **given}


def misfits(schema: Mapping[str, Any], value: object, at: str = "") -> list[Misfit]:
    """Everything in `value` that the schema does not allow; empty: it fits. The schema is in the safe subset."""
    return list(_misfits(schema, value, at))


def _misfits(schema: Mapping[str, Any], value: Any, at: str) -> Iterator[Misfit]:
    kind = schema["type"]
    whole = kind == "integer" and isinstance(value, float) and value.is_integer()  # JSON Schema: 2.0 is an integer
    if not (isinstance(value, _TYPES[kind]) or whole) or (isinstance(value, bool) and kind != "boolean"):
        yield Misfit(at, deferred("{type} is expected"), {"type": kind})
        return
    if "enum" in schema and not any(value == each for each in schema["enum"]):
        yield Misfit(at, deferred("one of {allowed} is expected"), {"allowed": ", ".join(map(str, schema["enum"]))})
    if kind == "object":
        yield from _object(schema, value, at)
    elif kind == "array":
        yield from _size(len(value), schema, at, "minItems", "maxItems")
        for number, each in enumerate(value[: schema["maxItems"]], 1):
            yield from _misfits(schema["items"], each, f"{at} {number}".strip())
    elif kind == "string":
        yield from _size(len(value), schema, at, "minLength", "maxLength")
        pattern, short = schema.get("pattern"), len(value) <= schema.get("maxLength", len(value))
        if pattern is not None and short and not re.fullmatch(pattern, value, re.ASCII):
            yield Misfit(at, deferred("does not have the form {pattern}"), {"pattern": pattern})
    elif kind in {"integer", "number"}:
        yield from _size(value, schema, at, "minimum", "maximum")


def _object(schema: Mapping[str, Any], value: Mapping[str, Any], at: str) -> Iterator[Misfit]:
    declared = schema["properties"]
    for name in schema.get("required", []):
        if name not in value:
            yield Misfit(_inside(at, name), deferred("is missing: set it"))
    for name in value:
        if name not in declared:
            yield Misfit(_inside(at, str(name)[:60]), deferred("is no setting of this skill: check its spelling"))
    for name, each in declared.items():
        if name in value:
            yield from _misfits(each, value[name], _inside(at, name))


def _size(size: float, schema: Mapping[str, Any], at: str, low: str, high: str) -> Iterator[Misfit]:
    least, most = schema.get(low), schema.get(high)
    if least is not None and not size >= least:
        yield Misfit(at, deferred("is below {limit}"), {"limit": least})
    if most is not None and not size <= most:
        yield Misfit(at, deferred("is above {limit}"), {"limit": most})


def _inside(at: str, name: str) -> str:
    return f"{at}.{name}" if at else name
