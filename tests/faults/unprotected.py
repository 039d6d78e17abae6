"""The protections that a robot whose state goes back rests on, each to be taken away: then the same runs must fail."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from collector.ingest import apply, went_back
from edge_agent.counting import count_task
from edge_agent.counting.series import SeriesTable
from edge_agent.outbox import Outbox
from edge_agent.outbox.recovery import parted
from tests import rolled_days

Patch = Callable[[Any, str, Any], None]
UNEQUAL, UNSAID, UNTRUE = "stored, not expected: {'", "lost and not said", "said, and not lost"
hello, back = Outbox.hello, went_back._back


@dataclass(frozen=True)
class Control:
    """`breaks` is in the words of the failure."""

    name: str
    breaks: str
    off: Callable[[Patch], None]


def _no_runs(patch: Patch) -> None:
    """A hello of the release before: nobody sees that an outbox was restored."""
    told = ("runs", "newest", "new")
    patch(Outbox, "hello", lambda self, mark: {k: v for k, v in hello(self, mark).items() if k not in told})


CONTROLS = (
    Control("no_runs", UNEQUAL, _no_runs),
    Control("no_corrections", UNEQUAL, lambda patch: patch(parted, "corrections", lambda _steps, _back: {})),
    Control(
        "always_lost", UNTRUE, lambda patch: patch(went_back, "_back", lambda *given: back(*given) | {"lost": True})
    ),
    Control("no_holes", UNSAID, lambda patch: patch(apply, "_never_arrived", lambda *_: None)),
    Control("no_notes_of_days", "account-days unlike", rolled_days.unnoted),
    Control("no_lives_of_files", UNEQUAL, lambda patch: patch(SeriesTable, "is_behind", lambda *_: False)),
    Control("no_doubt_of_files", UNSAID, lambda patch: patch(parted, "untold_steps", lambda *_: False)),
    Control("no_base_of_new_lives", UNEQUAL, lambda patch: patch(count_task, "nowhere", lambda _: {})),
)
