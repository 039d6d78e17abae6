"""Reads YAML 1.2 from a stranger: bounded, without aliases, tags and double keys, and with the place of every value.

A value that is not written as a number, as true or false or as null is a text: a time, a day and `no` stay what they
are. What is wrong is a Problem with line and column, and reading stops at it only where nothing more can be understood.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent, DocumentStartEvent, NodeEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from opk_skills.problems import Problem, deferred

BYTES_MAX = 64 * 1024
DEPTH_MAX = 8
NODES_MAX = 4000
DIGITS_MAX = 400
Path = tuple[str | int, ...]
_INT, _FLOAT, _BOOL, _NULL = (f"tag:yaml.org,2002:{name}" for name in ("int", "float", "bool", "null"))


@dataclass(slots=True)
class Written:
    """What a text says. `places`: line and column, from 1, of each value by its path."""

    value: Any = None
    places: dict[Path, tuple[int, int]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def problem(self, path: Path, message: str, slots: Mapping[str, object] | None = None) -> None:
        """At the value, or at the nearest one around it that is there."""
        near = path
        while near and near not in self.places:
            near = near[:-1]
        line, column = self.places.get(near, (0, 0))
        self.problems.append(Problem(named(path), message, slots or {}, line, column))


def named(path: Path) -> str:
    """`skills.guide.stops 2`."""
    text = ""
    for part in path:
        text += f" {part}" if isinstance(part, int) else f".{part}" if text else part
    return text


def read(data: bytes) -> Written:
    """The text of a file; with problems, what could be understood of it."""
    written = Written()
    if len(data) > BYTES_MAX:
        written.problem((), deferred("longer than {limit} bytes: split it"), {"limit": BYTES_MAX})
        return written
    try:
        text = data.decode("utf-8")
        refusal = _refused(text)
        if refusal is not None:
            written.problems.append(refusal)
            return written
        node = YAML(typ="safe", pure=True).compose(text)
    except UnicodeDecodeError:
        written.problem((), deferred("not UTF-8: save it as UTF-8"))
    except (YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        slots = {"error": getattr(error, "problem", None) or type(error).__name__}
        line, column = (mark.line + 1, mark.column + 1) if mark is not None else (0, 0)
        written.problems.append(Problem("", deferred("is no YAML: {error}"), slots, line, column))
    else:
        written.value = _value(node, (), written) if node is not None else None
    return written


def _refused(text: str) -> Problem | None:
    """What may not be in it, seen before anything is built of it."""
    depth = nodes = documents = 0
    for event in YAML(typ="safe", pure=True).parse(text):
        mark = event.start_mark
        line, column = (mark.line + 1, mark.column + 1) if mark is not None else (0, 0)
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        nodes += isinstance(event, NodeEvent)
        documents += isinstance(event, DocumentStartEvent)
        if isinstance(event, AliasEvent) or getattr(event, "anchor", None):
            return Problem("", deferred("an alias or anchor: write the value where it is needed"), {}, line, column)
        if str(getattr(event, "tag", None) or "!") != "!":
            return Problem("", deferred("a tag: write the value without it"), {}, line, column)
        if depth > DEPTH_MAX:
            return Problem("", deferred("nested deeper than {limit}: flatten it"), {"limit": DEPTH_MAX}, line, column)
        if nodes > NODES_MAX or documents > 1:
            message = deferred("more than {limit} values, or a second document: make it shorter")
            return Problem("", message, {"limit": NODES_MAX}, line, column)
    return None


def _value(node: Node, path: Path, written: Written) -> Any:
    written.places.setdefault(path, (node.start_mark.line + 1, node.start_mark.column + 1))
    if isinstance(node, MappingNode):
        return _table(node, path, written)
    if isinstance(node, SequenceNode):
        return [_value(each, (*path, number), written) for number, each in enumerate(node.value, 1)]
    assert isinstance(node, ScalarNode)
    return _scalar(node, path, written)


def _table(node: MappingNode, path: Path, written: Written) -> dict[str, Any]:
    table: dict[str, Any] = {}
    for key, each in node.value:
        name = str(key.value) if isinstance(key, ScalarNode) else ""
        inside = (*path, name)
        again = inside in written.places
        written.places[inside] = (key.start_mark.line + 1, key.start_mark.column + 1)
        if not name or again:
            written.problem(inside, deferred("is there twice, or is no name: keep one"))
            continue
        table[name] = _value(each, inside, written)
    return table


def _scalar(node: ScalarNode, path: Path, written: Written) -> Any:
    text: str = node.value
    if node.style is not None or str(node.tag) not in {_INT, _FLOAT, _BOOL, _NULL} or "_" in text:
        return text
    if str(node.tag) == _BOOL:
        return text.casefold() == "true"
    if str(node.tag) == _NULL:
        return None
    try:
        number = int(text, 0) if str(node.tag) == _INT else float(text)
    except ValueError:
        if str(node.tag) != _INT or len(text) < DIGITS_MAX:
            return text
        number = math.inf  # more digits than Python reads
    if (isinstance(number, float) and not math.isfinite(number)) or abs(number) > 2**53:
        written.problem(path, deferred("is no number that can be counted with: write another"))
    return number
