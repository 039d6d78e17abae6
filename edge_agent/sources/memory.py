"""A small JSON file that a source finds again after a restart, a crash or a power cut.

For sources that interpret a stream which has no cumulative counters of its own. They write their
totals and their state here *before* they hand the totals on: what the outbox has committed is then
never ahead of this file, and after a restart the difference is counted, once.
"""

import json
import uuid
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edge_agent import whole_file
from edge_agent.counting.readings import WENT_BACK, Take, Total
from edge_agent.sources.surroundings import Surroundings

BYTES_MAX = 256 * 1024  # a damaged file is not read into memory whatever its size


class Memory:
    """One file, replaced as a whole and synced: it is the old one or the new one, never half."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> dict[str, Any] | None:
        """What was saved last; None when there is nothing readable. The caller then starts a new epoch."""
        try:
            if self._path.stat().st_size > BYTES_MAX:
                return None
            kept = json.loads(self._path.read_bytes())
        except (OSError, ValueError, RecursionError):
            return None
        return kept if isinstance(kept, dict) else None

    def save(self, kept: dict[str, Any]) -> None:
        """Durable when it returns. Raises OSError; the old file is then still whole."""
        whole_file.write(self._path, json.dumps(kept, separators=(",", ":")).encode(), None)


@dataclass(slots=True)
class KeptLife:
    """The life of the totals in such a file. `from_zero`: the outbox as it is now saw it begin; `newer`: the file is
    of a process that the outbox does not remember; `older`: of one that ran before the last one.

    Two copies of a file go on from the same totals: a copy that is behind what was counted begins a life of its own,
    so that each life only ever grows, whichever copy is put back.
    """

    epoch: str
    from_zero: bool = True
    newer: bool = False
    older: bool = False
    run: str = ""  # whose file it was
    _said: dict[str, float] = field(default_factory=dict)

    @classmethod
    def recalled(cls, kept: Mapping[str, Any], around: Surroundings) -> "KeptLife":
        """As `kept` described it. Raises KeyError."""
        run = str(kept.get("run", ""))
        newer, older = bool(run) and run not in around.runs, run in tuple(around.runs)[:-2]
        seen = kept["outbox"] == around.outbox
        return cls(str(kept["epoch"]), from_zero=seen, newer=newer, older=older, run=run)

    def kept(self, around: Surroundings) -> dict[str, Any]:
        """What the file says of it."""
        run = self.run if self.newer and not around.answered() else around.run
        return {"epoch": self.epoch, "outbox": around.outbox if self.from_zero else "", "run": run}

    def say(self, totals: MutableMapping[str, float], take: Take) -> bool:
        """Hand the totals on. False: the file is behind; a new life holds what was not said: save, and say again."""
        life, behind = self.epoch, False
        for counter, value in totals.items():
            behind |= take(Total(counter, value, life, self.from_zero, life, fall="never", kept=True)) == WENT_BACK
        if behind:
            for counter, value in totals.items():
                totals[counter] = value - self._said.get(counter, value)
            self.epoch, self.from_zero, self._said = new_epoch(), True, {}
            return False
        self._said = dict(totals)
        return True


def new_epoch() -> str:
    """Names a beginning: totals of this epoch started at zero."""
    return uuid.uuid4().hex[:16]
