"""Repeated states become episodes: one record when a fault opens, one when it closes. Pure.

A VDA 5050 vehicle repeats every active error in each message, diagnostics republish once a second: what
counts is the change. Episodes are keyed by family, code and ref; the outbox keeps the open ones, so they
outlive the process, and fills in the `opened` number of a close. The record says nothing of how often the
state was repeated; `repeats` counts it for the status page.

Records are bounded, figures are not. A fault that opens for the FLAP_OPENINGS-th time in an hour *flaps*: its
episode is held open, counts its openings, and closes with their number when it has been quiet for FLAP_QUIET_S
or with the hour. When all faults together have made OPENINGS_HOUR records of opening in an hour, further faults
are counted in one flapping episode of their family, with the code MERGED.

After a restart a fault goes on as its source said last, be it alone or in a merged episode: a scope that is heard
closes what it no longer names. What a flapping episode did since it was stored last, and nobody knows, is a fault
`agent.openings_unknown` until that episode closes (edge_agent.outbox.flapping).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from edge_agent.clock import Stamp
from edge_agent.counting.readings import Condition, Conditions
from edge_agent.outbox.values import MERGED, EpisodeKey, Flap, HeldBy, HeldSources, OpenEpisode, Openings
from protocol import records
from protocol.limits import CODE_MAX_CHARS, DETAIL_MAX_CHARS, FLAP_OPENINGS, OPENINGS_MAX

OPEN_MAX = 256  # a source that invents codes cannot fill the outbox; beyond it, opening is refused and said
OWN_MAX = 64  # faults of the agent itself beside them: one of them says that others are refused
OWN = "agent"
FLAP_QUIET_S = 300.0  # a flapping fault that has not opened for so long has closed
OPENINGS_HOUR = 300  # of all faults: with their closes 600 records, 0.2 MB, an hour
HOUR_S = 3600
_KEPT_HOUR = -1  # of an episode that was open when this process began: none of its own
UNSURE_SCOPE, UNSURE = "agent.openings", "openings_unknown"
UNSURE_DETAIL = (
    "it flapped when the agent ended: it may have opened more often than it says, and healed or opened since"
)


@dataclass(slots=True)
class _Change:
    """A condition that differs from its episode, since when."""

    condition: Condition
    scope: str
    since_s: float


@dataclass(slots=True)
class _Flapping:
    """An episode that is held open while its fault opens and closes."""

    hour: int
    openings: int
    holds: int  # how many conditions hold now: 0 or 1, of a merged episode several
    begun: int  # see Openings
    unsure: bool = False
    ended: Stamp | None = None  # when the last of them ended

    def is_over(self, now: Stamp) -> bool:
        if self.holds or self.ended is None:
            return False
        return self.hour != _hour(now) or now.mono_s - self.ended.mono_s >= FLAP_QUIET_S


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
        self.sources: dict[EpisodeKey, str] = {}  # which source said each that is open, likewise
        self._saying = ""
        self.refused = 0  # conditions that were malformed or one too many
        self._unsaid: dict[str, str] = {}  # of them those that nobody was told of yet, with the reason
        self.repeats = 0  # conditions that said what was known
        self._waiting: dict[EpisodeKey, _Change] = {}
        self._flapping: dict[EpisodeKey, _Flapping] = {}
        self._merged: dict[EpisodeKey, str] = {}  # faults counted in their family's episode, with their scope
        self._ever: dict[EpisodeKey, int] = {}  # openings of each fault, through its episodes, as long as one is open
        self._ended: set[EpisodeKey] = set()  # flapping episodes that have closed, and may not be stored as that
        self._doubted: list[EpisodeKey] = []  # episodes that may have opened more often
        self._hour = -1
        self._opened: dict[EpisodeKey, int] = {}  # openings told one by one in this hour
        self._told = 0  # of all faults together
        self._raise_after_s = raise_after_s
        self._clear_after_s = clear_after_s
        self._open_max = open_max
        self._kept: list[EpisodeKey] = []  # those that flapped when this process began
        for episode in open_:
            key = (episode.family, episode.code, episode.ref)
            condition = Condition(episode.family, episode.code, active=True, ref=episode.ref)
            self._open[key] = replace(condition, did=episode.did, severity=episode.severity)
            self.scopes[key] = episode.scope
            if source := _source_of(episode):
                self.sources[key] = source
            if episode.flaps:
                holds = len(episode.held_by) if episode.code == MERGED else int(episode.holds)
                begun = max(episode.begun, 1)
                self._kept.append(key)
                self._flapping[key] = _Flapping(_KEPT_HOUR, episode.openings, holds, begun, episode.unsure)
                self._ever[key] = begun + episode.openings - 1
                self._doubted += [key] if episode.unsure else []
                self._restore_merged(episode)

    @property
    def open_faults(self) -> int:
        return len(self._open)

    def open_conditions(self) -> list[Condition]:
        """For the status page."""
        return list(self._open.values())

    def openings(self) -> dict[EpisodeKey, Openings]:
        """Of each flapping episode what goes along with everything that is stored."""
        return {
            key: Openings(
                each.openings, each.holds > 0, each.begun, self._held_by(key), each.unsure, self._held_sources(key)
            )
            for key, each in self._flapping.items()
        }

    def flaps(self) -> dict[EpisodeKey, Flap]:
        """Of each fault whose flapping episode is open, or closed and perhaps not stored, how it stands now."""
        return {
            key: Flap(
                self._ever.get(key, 0),
                self._stands(key),
                self._held_by(key),
                self._is_unsure(key),
                self._held_sources(key),
            )
            for key in [*self._flapping, *sorted(self._ended - self._flapping.keys())]
        }

    def all_stored(self) -> None:
        """No record of a fault waits to be stored any more."""
        self._ended.clear()
        self._ever = {key: ever for key, ever in self._ever.items() if key in self._open}

    def unsure(self) -> Conditions:
        """What is to be said of openings that nobody knows: at least once, and as long as the episode is open."""
        doubted, self._doubted = self._doubted, [key for key in self._doubted if self._is_unsure(key)]
        return Conditions(
            UNSURE_SCOPE,
            tuple(
                Condition(OWN, UNSURE, True, f"{family}.{code} {ref}".strip()[:CODE_MAX_CHARS], detail=UNSURE_DETAIL)
                for family, code, ref in doubted
            ),
        )

    def doubt(self) -> None:
        """The outbox was put back from a copy: what flapped in the copy may have gone on in the part that is gone."""
        for key in self._kept:
            if (flapping := self._flapping.get(key)) and flapping.hour == _KEPT_HOUR:
                flapping.unsure = True
        self._doubted += [key for key in self._kept if key not in self._doubted]

    def refusals(self) -> dict[str, str]:
        """`family.code` of conditions that `observe` has not taken since it was asked last, each with its reason.

        A reason is a word of counting/refused.py.
        """
        unsaid, self._unsaid = self._unsaid, {}
        return unsaid

    def _held_by(self, key: EpisodeKey) -> HeldBy:
        if key[1] != MERGED:
            return ()
        return tuple((*held, scope) for held, scope in self._merged.items() if held[0] == key[0])

    def _held_sources(self, key: EpisodeKey) -> HeldSources:
        if key[1] != MERGED:
            return ()
        held = (fault for fault in self._merged if fault[0] == key[0])
        return tuple((*fault, self.sources[fault]) for fault in held if self.sources.get(fault))

    def _restore_merged(self, episode: OpenEpisode) -> None:
        """The faults that hold it, each with its scope, and its source as far as it is known."""
        said_by = {(family, code, ref): source for family, code, ref, source in episode.held_sources}
        for family, code, ref, scope in episode.held_by:
            fault = (family, code, ref)
            self._merged[fault] = scope
            if source := said_by.get(fault, scope):  # agents before noted no source; a scope has its name
                self.sources[fault] = source

    def _is_unsure(self, key: EpisodeKey) -> bool:
        flapping = self._flapping.get(key)
        return flapping is not None and flapping.unsure

    def _stands(self, key: EpisodeKey) -> bool:
        flapping = self._flapping.get(key)
        return key in self._open if flapping is None else flapping.holds > 0

    def observe(self, reading: Condition | Conditions, now: Stamp, source: str = "") -> list[records.Record]:
        """The records that this reading makes; `source` is the name of who says it."""
        self._saying = source
        return self._observed(reading, now)

    def end(self, is_gone: Callable[[str], bool], detail: str, now: Stamp) -> list[records.Record]:
        """Close what sources said of which nobody hears any more; the closing says why."""
        gone = [key for key, source in self.sources.items() if source and key[1] != MERGED and is_gone(source)]
        found = []
        for key in gone:
            if key in self._merged or key not in self._flapping:
                found += self._end(key, Condition(*key[:2], active=False, ref=key[2], detail=detail), now)
            else:
                self._flapping[key].ended = self._flapping[key].ended or now
                found.append(self._closed(key, detail, now))
        return found

    def _observed(self, reading: Condition | Conditions, now: Stamp) -> list[records.Record]:
        if isinstance(reading, Condition):
            return self._one(reading, "", now)
        named = [self._trimmed(condition) for condition in reading.active if condition.active]
        present = {_key(condition) for condition in named if condition}
        found = []
        for key, scope in [*self.scopes.items(), *self._merged.items()]:
            if scope == reading.scope and key not in present and key[1] != MERGED:
                closing = Condition(*key[:2], active=False, ref=key[2], detail=reading.why_closed(key[2]))
                found += self._one(closing, scope, now)
        for key, change in list(self._waiting.items()):
            if change.scope == reading.scope and change.condition.active and key not in present:
                del self._waiting[key]
        for condition in reading.active:
            found += self._one(condition, reading.scope, now)
        return found

    def due(self, now: Stamp) -> list[records.Record]:
        """Changes that have lasted long enough by now, and flapping episodes that are over."""
        found = []
        for key, change in list(self._waiting.items()):
            hold_s = self._raise_after_s if change.condition.active else self._clear_after_s
            if now.mono_s - change.since_s >= hold_s:
                del self._waiting[key]
                found += self._changed(key, change.condition, change.scope, now)
        for key, flapping in list(self._flapping.items()):
            if flapping.ended is None and not flapping.holds:  # restored
                flapping.ended = now
            if flapping.is_over(now):
                found.append(self._closed(key, "", now))
        return found

    def _one(self, condition: Condition, scope: str, now: Stamp) -> list[records.Record]:
        trimmed = self._trimmed(condition)
        if trimmed is None:
            self._refuse(condition, "malformed_fault")
            return []
        key = _key(trimmed)
        if trimmed.active == self._holds(key):
            self._waiting.pop(key, None)
            self.repeats += 1
            if trimmed.detail and key in self._open and not self._open[key].detail:
                self._open[key] = replace(self._open[key], detail=trimmed.detail)  # the outbox keeps none
            return []
        hold_s = self._raise_after_s if trimmed.active else self._clear_after_s
        if hold_s > 0:
            self._waiting.setdefault(key, _Change(trimmed, scope, now.mono_s))
            return self.due(now)
        return self._changed(key, trimmed, scope, now)

    def _holds(self, key: EpisodeKey) -> bool:
        return key in self._merged or self._stands(key)

    def _refuse(self, condition: Condition, reason: str) -> None:
        self.refused += 1
        self._unsaid[f"{condition.family}.{condition.code}"] = reason

    def _changed(self, key: EpisodeKey, condition: Condition, scope: str, now: Stamp) -> list[records.Record]:
        if not condition.active:
            return self._end(key, condition, now)
        if not self._has_room(key):
            self._refuse(condition, "too_many_faults")
            return []
        return self._begin(key, condition, scope, now)

    def _begin(self, key: EpisodeKey, condition: Condition, scope: str, now: Stamp) -> list[records.Record]:
        self._turn(now)
        self.sources[key] = self._saying
        if self._told >= OPENINGS_HOUR and key not in self._open and key[0] != OWN:
            self._merged[key] = scope
            key = (condition.family, MERGED, "")
            condition, scope = replace(condition, code=MERGED, ref="", detail=""), ""
        ever = self._ever[key] = self._ever.get(key, 0) + 1
        if flapping := self._flapping.get(key):
            flapping.openings = min(flapping.openings + 1, OPENINGS_MAX)
            flapping.holds += 1
            return []
        self._told += 1
        told = self._opened[key] = self._opened.get(key, 0) + 1
        if told > FLAP_OPENINGS or key[1] == MERGED:
            self._flapping[key] = _Flapping(_hour(now), 1, 1, ever)
        self._open[key] = condition
        self.scopes[key] = scope
        return [_record(condition, now)]

    def _end(self, key: EpisodeKey, condition: Condition, now: Stamp) -> list[records.Record]:
        if self._merged.pop(key, None) is not None:
            self.sources.pop(key, None)
            key = (key[0], MERGED, "")
        flapping = self._flapping.get(key)
        if flapping is None:
            return [self._closed(key, condition.detail, now)] if key in self._open else []
        flapping.holds = max(0, flapping.holds - 1)
        flapping.ended = now
        return [self._closed(key, condition.detail, now)] if flapping.is_over(now) else []

    def _closed(self, key: EpisodeKey, detail: str, now: Stamp) -> records.Record:
        opened = self._open.pop(key)
        self.scopes.pop(key, None)
        self.sources.pop(key, None)
        flapping = self._flapping.pop(key, None)
        if flapping is not None:
            self._turn(now)
            self._ended.add(key)
            self._opened[key] = FLAP_OPENINGS  # should it go on in this hour, it flaps again at once
        closing = replace(opened, active=False, detail=detail)
        if flapping is None:
            return _record(closing, now)
        return _record(closing, flapping.ended or now, flapping.openings)

    def _turn(self, now: Stamp) -> None:
        """Begin to count openings anew when the hour has changed; a fault that flapped in the last one flaps on."""
        if (hour := _hour(now)) != self._hour:
            self._hour, self._told = hour, 0
            self._opened = {key: FLAP_OPENINGS for key, told in self._opened.items() if told > FLAP_OPENINGS}

    def _has_room(self, key: EpisodeKey) -> bool:
        if key in self._open or key in self._merged:
            return True
        own = key[0] == OWN
        taken = sum((family == OWN) == own for family, code, _ in [*self._open, *self._merged] if code != MERGED)
        return taken < (OWN_MAX if own else self._open_max)

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


def _source_of(episode: OpenEpisode) -> str:
    """Who said it: "" is the agent itself. Agents before noted no source of others either; their scope has its name."""
    return episode.source or (episode.scope if episode.family != OWN else "")


def _hour(now: Stamp) -> int:
    """By the clock, so that an episode which stands for several lies within one hour of a day."""
    return int(now.at_s // HOUR_S)


def _record(condition: Condition, now: Stamp, openings: int = 1) -> records.Record:
    return records.fault(
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
        openings=openings,
        detail=condition.detail,
    )


def _key(condition: Condition) -> EpisodeKey:
    return (condition.family, condition.code, condition.ref)
