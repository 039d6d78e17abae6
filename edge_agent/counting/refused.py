"""What was refused, by source and name, for those who can act: status, page, and faults of the agent. Pure.

A name that was refused is a fault `agent.reading_refused` (its `ref` the source and the name, its detail the
reason) until it has not been refused for QUIET_S, so that the collector's page of the robot shows it. Names come
from outside and may never end: NAMES_MAX are remembered, FAULTS_MAX become faults, the rest share one.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from edge_agent.counting.readings import Condition, Conditions
from protocol.limits import CODE_MAX_CHARS, DETAIL_MAX_CHARS
from protocol.refused import REFUSED_READINGS

NAMES_MAX = 64
FAULTS_MAX = 16
QUIET_S = 3600.0
SCOPE = "agent.refused"
CODE = "reading_refused"
OTHERS = "others"
QUIET = "nothing was refused under this name for an hour"

FOR_NOW = frozenset(
    {
        "too_many_counters", "too_many_series", "too_many_gauges", "too_many_faults", "too_large",
        "series_may_have_returned", "outbox_goes_back", "too_fast",
    }
)  # fmt: skip
"""Refusals that do not last: the same may be taken later, and is to be said again."""


def said(reason: str) -> str:
    """The reason as a sentence, its word in front."""
    return f"{reason}: {REFUSED_READINGS[reason]}" if reason in REFUSED_READINGS else reason


@dataclass(slots=True)
class RefusedName:
    """One name of one source, and why it was refused last."""

    source: str
    name: str
    reason: str
    times: int
    last_s: float


class RefusedReadings:
    """Kept in memory since the start of the process; `last_s` is monotonic."""

    def __init__(self) -> None:
        self._names: dict[tuple[str, str], RefusedName] = {}
        self._before: dict[str, float] = {}  # ref of a fault of an earlier process -> until when it may hold
        self._unnamed = RefusedName("", "", "", 0, 0.0)  # refusals of names that there was no room to remember

    def go_on(self, refs: Iterable[str], now_s: float) -> None:
        """Faults that were open when the process began stay so until they would have closed without a restart."""
        self._before = dict.fromkeys(refs, now_s + QUIET_S)

    def add(self, source: str, name: str, reason: str, times: int, now_s: float) -> None:
        """`times` readings were refused. Without a name there is nobody to name."""
        if not name:
            return
        name = "".join(character if character.isprintable() else "?" for character in str(name))[:CODE_MAX_CHARS]
        known = self._names.get((source, name))
        if known is None:
            if len(self._names) >= NAMES_MAX and not self._forget_quiet(now_s):
                kept = self._unnamed
                self._unnamed = RefusedName(source, name, reason, kept.times + times, now_s)
                return
            known = self._names[source, name] = RefusedName(source, name, reason, 0, now_s)
        known.reason, known.times, known.last_s = reason, known.times + times, now_s

    def shown(self) -> list[dict[str, Any]]:
        """For status and page, the latest first."""
        latest = sorted(self._names.values(), key=lambda each: -each.last_s)
        rows = [
            {"source": each.source, "name": each.name, "reason": said(each.reason), "times": each.times}
            for each in latest
        ]
        if self._unnamed.times:
            rows.append({"source": "", "name": "", "reason": said(self._unnamed.reason), "times": self._unnamed.times})
        return rows

    def conditions(self, now_s: float) -> Conditions:
        """The faults that hold now."""
        return Conditions(SCOPE, tuple(self._faults(now_s)), _why_closed)

    def _faults(self, now_s: float) -> Iterator[Condition]:
        yield from (_condition(ref, "") for ref, until_s in self._before.items() if now_s < until_s)
        current = [each for each in self._names.values() if now_s - each.last_s < QUIET_S]
        for each in current[:FAULTS_MAX]:
            yield _condition(f"{each.source} {each.name}", said(each.reason))
        others = current[FAULTS_MAX:]
        if not others and self._unnamed.times and now_s - self._unnamed.last_s < QUIET_S:
            others = [self._unnamed]
        if others:
            yield _condition(OTHERS, f"{others[0].source} {others[0].name}: {said(others[0].reason)}")

    def _forget_quiet(self, now_s: float) -> bool:
        """Make room; False: all of them are current."""
        quiet = [key for key, each in self._names.items() if now_s - each.last_s >= QUIET_S]
        for key in quiet:
            del self._names[key]
        return bool(quiet)


def _why_closed(ref: str) -> str:
    """Of the fault that others share it may be that they are named now."""
    return "" if ref == OTHERS else QUIET


def _condition(ref: str, detail: str) -> Condition:
    return Condition("agent", CODE, active=True, ref=ref[:CODE_MAX_CHARS], detail=detail[:DETAIL_MAX_CHARS])
