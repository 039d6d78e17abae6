"""How often flapping faults have opened, between two commits: a note that outlives the process and costs no flash.

A fault that opens and closes ten times a second cannot be written to the flash each time. Its episode's document is
stored with the next commit of the counts; until then this file holds it. It lies in the runtime folder, in memory
where a unit runs the agent, is replaced as a whole and never synced: it survives the end of the process by whatever
signal, and no power cut. After one the figures are those of the last commit, and are said to be unsure.

`ever` numbers the openings of one fault through its episodes, and an episode's document has the number of its first
one: so it does not matter whether the process ended before a commit, behind it or within it.
"""

import json
import logging
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from edge_agent.outbox.values import EpisodeKey, Flap, OpenEpisode
from protocol.limits import OPENINGS_MAX

NOTE = "flapping.json"
_EVER_MAX = 2**53  # no fault opens so often; beyond it JSON has no whole numbers

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FlapNote:
    """`run` wrote it, on top of number `newest` of this epoch's file."""

    run: str
    epoch: str
    newest: int
    flaps: Mapping[EpisodeKey, Flap]


class _Outbox(Protocol):
    @property
    def run(self) -> str: ...
    @property
    def runs(self) -> Collection[str]: ...
    @property
    def epoch(self) -> str: ...
    @property
    def newest(self) -> int: ...
    @property
    def clean(self) -> bool: ...


class Flapping:
    """The note in that folder, of the faults of this outbox."""

    def __init__(self, folder: Path, outbox: _Outbox) -> None:
        self._path, self._outbox = folder / NOTE, outbox
        self._is_kept = True

    def known(self, episodes: Iterable[OpenEpisode]) -> tuple[OpenEpisode, ...]:
        """The stored episodes as they stand now. Of a stop that was clean the outbox knows everything.

        The note is not believed where the outbox went back behind it, or is another one: then that stop was another.
        """
        note = read(self._path)
        is_ours = note is None or (
            note.run in self._outbox.runs and note.epoch == self._outbox.epoch and note.newest <= self._outbox.newest
        )
        if self._outbox.clean and is_ours:
            return tuple(episodes)
        note = note if is_ours else None
        return tuple(_known(episode, note) for episode in episodes)

    def keep(self, flaps: Mapping[EpisodeKey, Flap]) -> bool:
        """From now on they stand so; False: it cannot be noted, which is said once."""
        try:
            write(self._path, FlapNote(self._outbox.run, self._outbox.epoch, self._outbox.newest, flaps))
        except OSError as error:
            if self._is_kept:
                extra = {"action": "flapping_not_noted"}
                logger.warning("how often faults flap is not noted, each answer costs a commit: %s", error, extra=extra)
            _forget(self._path)
            self._is_kept = False
        else:
            self._is_kept = True
        return self._is_kept


def _known(episode: OpenEpisode, note: FlapNote | None) -> OpenEpisode:
    if not episode.flaps:
        return episode
    flap = note.flaps.get((episode.family, episode.code, episode.ref)) if note else None
    openings = 0 if flap is None else min(max(flap.ever - max(episode.begun, 1) + 1, 1), OPENINGS_MAX)
    if flap is None or flap.ever < episode.begun or openings < episode.openings:
        return replace(episode, unsure=True)  # each change is noted before it is stored: this note is an older one
    unsure = episode.unsure or flap.unsure
    held_sources = flap.held_sources or episode.held_sources  # an older agent notes none
    return replace(
        episode,
        openings=openings,
        holds=flap.holds,
        held_by=flap.held_by,
        unsure=unsure,
        held_sources=held_sources,
    )


def read(path: Path) -> FlapNote | None:
    """None where there is none, or nothing that is one."""
    try:
        if not path.is_file():  # what would have the start wait is no note
            return None
        said: dict[str, Any] = json.loads(path.read_bytes())
        sources = {(family, code, ref): s for family, code, ref, s in said.get("held_sources", ())}
        flaps = {
            (str(family), str(code), str(ref)): Flap(
                int(ever),
                bool(holds),
                tuple((f, c, r, s) for f, c, r, s in held_by),
                bool(unsure),
                tuple((f, c, r, str(sources[f, c, r])) for f, c, r, _ in held_by if (f, c, r) in sources),
            )
            for family, code, ref, ever, holds, held_by, unsure in said["flaps"]
        }
        if not all(0 <= flap.ever <= _EVER_MAX for flap in flaps.values()):
            return None
        return FlapNote(str(said["run"]), str(said["epoch"]), int(said["newest"]), flaps)
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None


def write(path: Path, note: FlapNote) -> None:
    """Not durable, and whole after any end of the process. Without flaps there is no file. Raises OSError."""
    if not note.flaps:
        path.unlink(missing_ok=True)
        return
    flaps = [[*key, flap.ever, flap.holds, flap.held_by, flap.unsure] for key, flap in note.flaps.items()]
    said = {"run": note.run, "epoch": note.epoch, "newest": note.newest, "flaps": flaps}
    if sources := [each for flap in note.flaps.values() for each in flap.held_sources]:
        said["held_sources"] = sources  # beside `flaps`, which older agents unpack as it is
    fresh = path.with_name(f"{path.name}.new")
    fresh.write_text(json.dumps(said, separators=(",", ":")))
    fresh.replace(path)


def _forget(path: Path) -> None:
    """Better none than an old one."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        logger.debug("an old note stays: %s", error, extra={"action": "flapping_not_noted"})
