"""Repeated states become episodes: one record when a fault opens, one when it closes. Pure.

A VDA 5050 vehicle repeats every active error in each message, diagnostics republish once a second: what
counts is the change. Episodes are keyed by family, code and ref; the outbox keeps the open ones, so they
outlive the process, and fills in the `opened` number of a close. The record says nothing of how often the
state was repeated; `repeats` counts it for the status page.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from edge_agent.clock import Stamp
from edge_agent.counting.readings import Condition, Conditions
from edge_agent.outbox.values import EpisodeKey, OpenEpisode
from protocol import records
from protocol.limits import CODE_MAX_CHARS, DETAIL_MAX_CHARS

OPEN_MAX = 256  # a source that invents codes cannot fill the outbox; beyond it, opening is refused and said
OWN_MAX = 64  # faults of the agent itself beside them: one of them says that others are refused
OWN = "agent"


@dataclass(slots=True)
class _Change:
    """A condition that differs from its episode, since when."""

    condition: Condition
    scope: str
    since_s: float


class EpisodeTracker:
    """Feed it conditions; it answers with the fault records to append.

    `raise_after_s` and `clear_after_s` hold back a change until it has lasted so long; `due` then
    brings it out. Both 0: every change counts at once.
    """

    def __init__(
        self,
        open_: Iterable[OpenEpisode] = (),
        *,
        raise_after_s: float = 0.0,
        clear_after_s: float = 0.0,
        open_max: int = OPEN_MAX,
    ) -> None:
        self._open: dict[EpisodeKey, Condition] = {}
        self.scopes: dict[EpisodeKey, str] = {}  # who watches each open episode; goes along with `append`
        self.refused = 0  # conditions that were malformed or one too many
        self.repeats = 0  # conditions that said what was known
        self._waiting: dict[EpisodeKey, _Change] = {}
        self._raise_after_s = raise_after_s
        self._clear_after_s = clear_after_s
        self._open_max = open_max
        for episode in open_:
            key = (episode.family, episode.code, episode.ref)
            condition = Condition(episode.family, episode.code, active=True, ref=episode.ref)
            self._open[key] = replace(condition, did=episode.did, severity=episode.severity)
            self.scopes[key] = episode.scope

    @property
    def open_faults(self) -> int:
        return len(self._open)

    def open_conditions(self) -> list[Condition]:
        """For the status page."""
        return list(self._open.values())

    def refusal(self, condition: Condition) -> str | None:
        """Why `observe` would not take this condition; a word of counting/refused.py."""
        trimmed = self._trimmed(condition)
        if trimmed is None:
            return "malformed_fault"
        return "too_many_faults" if trimmed.active and not self._has_room(_key(trimmed)) else None

    def observe(self, reading: Condition | Conditions, now: Stamp) -> list[records.Record]:
        """The records that this reading makes."""
        if isinstance(reading, Condition):
            return self._one(reading, "", now)
        named = [self._trimmed(condition) for condition in reading.active if condition.active]
        present = {_key(condition) for condition in named if condition}
        found = []
        for key, scope in list(self.scopes.items()):
            if scope == reading.scope and key not in present:
                found += self._one(replace(self._open[key], active=False), scope, now)
        for key, change in list(self._waiting.items()):
            if change.scope == reading.scope and change.condition.active and key not in present:
                del self._waiting[key]
        for condition in reading.active:
            found += self._one(condition, reading.scope, now)
        return found

    def due(self, now: Stamp) -> list[records.Record]:
        """Changes that have lasted long enough by now."""
        found = []
        for key, change in list(self._waiting.items()):
            hold_s = self._raise_after_s if change.condition.active else self._clear_after_s
            if now.mono_s - change.since_s >= hold_s:
                del self._waiting[key]
                found += self._changed(key, change.condition, change.scope, now)
        return found

    def _one(self, condition: Condition, scope: str, now: Stamp) -> list[records.Record]:
        trimmed = self._trimmed(condition)
        if trimmed is None:
            self.refused += 1
            return []
        key = _key(trimmed)
        if trimmed.active == (key in self._open):
            self._waiting.pop(key, None)
            self.repeats += 1
            return []
        hold_s = self._raise_after_s if trimmed.active else self._clear_after_s
        if hold_s > 0:
            self._waiting.setdefault(key, _Change(trimmed, scope, now.mono_s))
            return self.due(now)
        return self._changed(key, trimmed, scope, now)

    def _changed(self, key: EpisodeKey, condition: Condition, scope: str, now: Stamp) -> list[records.Record]:
        if condition.active and not self._has_room(key):
            self.refused += 1
            return []
        if condition.active:
            self._open[key] = condition
            self.scopes[key] = scope
        else:
            opened = self._open.pop(key)
            self.scopes.pop(key, None)
            condition = replace(condition, did=opened.did, severity=opened.severity)
        return [
            records.fault(
                boot=now.boot,
                mono=now.mono,
                at=now.at,
                sync=now.sync,
                state="open" if condition.active else "close",
                family=condition.family,
                code=condition.code,
                ref=condition.ref,
                did=condition.did,
                severity=condition.severity,
                detail=condition.detail,
            )
        ]

    def _has_room(self, key: EpisodeKey) -> bool:
        own = key[0] == OWN
        taken = sum((family == OWN) == own for family, _, _ in self._open)
        return key in self._open or taken < (OWN_MAX if own else self._open_max)

    @staticmethod
    def _trimmed(condition: Condition) -> Condition | None:
        """The condition as the wire takes it; None when it names nothing."""
        if not condition.family or not condition.code:
            return None
        return replace(
            condition,
            family=condition.family[:CODE_MAX_CHARS],
            code=condition.code[:CODE_MAX_CHARS],
            ref=condition.ref[:CODE_MAX_CHARS],
            detail=condition.detail[:DETAIL_MAX_CHARS],
        )


def _key(condition: Condition) -> EpisodeKey:
    return (condition.family, condition.code, condition.ref)
