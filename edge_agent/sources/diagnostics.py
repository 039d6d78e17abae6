"""ROS 2 diagnostics as rosbridge delivers them -> conditions. Pure.

Levels are OK 0, WARN 1, ERROR 2, STALE 3, and arrive as numbers, as ASCII digits (48 to 50, from an old
Python updater), or as one-byte strings. Anything else is unknown: it neither opens nor closes a condition.
Of the aggregator's tree only leaves count: a parent repeats the worst of its children.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Literal

from edge_agent.counting.readings import Condition, Severity
from edge_agent.sources.names import shown
from protocol.limits import CODE_MAX_CHARS, DETAIL_MAX_CHARS

STATUSES_MAX = 2000
Level = Literal["ok", "warn", "error", "stale"]
LEVELS: tuple[Level, ...] = ("ok", "warn", "error", "stale")
SEVERITIES: Mapping[Level, Severity] = {"warn": "warning", "error": "critical", "stale": "urgent"}
_ASCII_ZERO = 48


class DiagnosticsRefused(ValueError):
    """The message is no DiagnosticArray."""


def read_level(raw: Any) -> Level | None:
    """The level, however it was written; None when it is none."""
    if isinstance(raw, str) and len(raw) == 1:
        raw = ord(raw)
    if not isinstance(raw, int) or isinstance(raw, bool):
        return None
    if _ASCII_ZERO <= raw <= _ASCII_ZERO + 2:
        raw -= _ASCII_ZERO
    return LEVELS[raw] if 0 <= raw < len(LEVELS) else None


@dataclass(frozen=True, slots=True)
class Findings:
    """The complete state of the tree, and what of it could not be read."""

    active: tuple[Condition, ...]
    refused: tuple[str, ...]


class Diagnostics:
    """Reads one DiagnosticArray after the other; remembers only what an unknown level leaves as it was."""

    def __init__(self, families: Iterable[tuple[str, str]], least: Level) -> None:
        self._families = tuple(families)
        self._counted = frozenset(LEVELS[LEVELS.index(least) :])
        self._active: dict[str, Condition] = {}

    def read(self, message: Any) -> Findings:
        """Raises DiagnosticsRefused."""
        statuses = message.get("status") if isinstance(message, Mapping) else None
        if not isinstance(statuses, list):
            raise DiagnosticsRefused("message is no DiagnosticArray: it has no status list")
        refused: list[str] = []
        if len(statuses) > STATUSES_MAX:
            refused.append(f"more than {STATUSES_MAX} statuses: the rest is passed over")
        named: dict[str, Mapping[str, Any]] = {}
        for status in statuses[:STATUSES_MAX]:
            name = status.get("name") if isinstance(status, Mapping) else None
            if isinstance(name, str) and name:
                named[name] = status
            else:
                refused.append("status has no name")
        parents = {name.rsplit("/", depth)[0] for name in named for depth in range(1, name.count("/") + 1)}
        before, self._active = self._active, {}
        for name in named.keys() - parents:
            condition = self._condition(name, named[name], before, refused)
            if condition is not None:
                self._active[name] = condition
        return Findings(tuple(self._active[name] for name in sorted(self._active)), tuple(refused))

    def _condition(
        self, name: str, status: Mapping[str, Any], before: Mapping[str, Condition], refused: list[str]
    ) -> Condition | None:
        level = read_level(status.get("level"))
        if level is None:
            refused.append(f"level {shown(status.get('level'))} is unknown: taken as no news")
            return before.get(name)
        if level not in self._counted or level == "ok":
            return None
        text, hardware = status.get("message"), status.get("hardware_id")
        return Condition(
            family=next((family for pattern, family in self._families if fnmatchcase(name.lower(), pattern)), "robot"),
            code=name[-CODE_MAX_CHARS:],  # the leaf says more than the root
            active=True,
            ref=hardware[:CODE_MAX_CHARS] if isinstance(hardware, str) else "",
            severity=SEVERITIES[level],
            detail=text[:DETAIL_MAX_CHARS] if isinstance(text, str) else "",
        )
