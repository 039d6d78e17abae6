"""The runs of an outbox file: each process on it, from the first number that it may have written. Pure.

Two notes in the file hold them, each for one epoch. `runs` are the last ones, as a hello says them; `since` are
those that no hello of was answered yet, with what they counted first (edge_agent.outbox.series). `lineage` is the
first epoch whose totals this file goes on from: what a source knows of an outbox holds through all of its files.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from edge_agent.outbox.series import FirstStep
from protocol.counted import RUNS_MAX

RUNS, SINCE, TOLD, LINEAGE = "runs", "since", "told", "lineage"  # names of notes
UNANSWERED_MAX = 32

Note = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Run:
    """One process on this file while no hello was answered. `window`: one was open when the process before it ended."""

    run: str
    first: int
    window: bool = False
    steps: tuple[FirstStep, ...] = ()

    def packed(self) -> list[Any]:
        return [self.run, self.first, self.window, [step.packed() for step in self.steps]]


def begun(note: Note | None, epoch: str, run: str, newest: int, *, made: bool, new: bool) -> dict[str, Any]:
    """The note of the runs with this one at its end. `made`: this process made the file, `new`: from nothing."""
    if note is not None and note["epoch"] == epoch:
        runs = [*note["runs"], [run, newest + 1]][-RUNS_MAX:]
        return {"epoch": epoch, "runs": runs, "new": bool(note.get("new"))}
    return {"epoch": epoch, "runs": [[run, 1 if made else newest + 1]], "new": new}


def lineage(note: Note | None, epoch: str) -> str:
    """Which outbox this is, whatever epoch it has come to."""
    return epoch if note is None else str(note["epoch"])


def unanswered(note: Note | None, epoch: str) -> list[Run]:
    """The runs before this one that nobody answered."""
    if note is None or note["epoch"] != epoch:
        return []
    return [
        Run(run, first, window, tuple(FirstStep(*step) for step in steps)) for run, first, window, steps in note["runs"]
    ]


def firsts(notes: Iterable[Note], epoch: str) -> set[int]:
    """The first numbers of the runs that these notes hold of the epoch."""
    return {run[1] for note in notes if note["epoch"] == epoch for run in note["runs"]}


def since_note(epoch: str, runs: Sequence[Run]) -> dict[str, Any]:
    """Of too many the first and the last are kept: what the first counted from is what matters."""
    if len(runs) > UNANSWERED_MAX:
        runs = [*runs[: UNANSWERED_MAX - 1], runs[-1]]
    return {"epoch": epoch, "runs": [run.packed() for run in runs]}
