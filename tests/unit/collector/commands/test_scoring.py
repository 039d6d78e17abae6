"""What `collector score --url` asks of the collector: all that was given, also what it will refuse."""

import pytest

from collector.calendar import days
from collector.closing.runs import Run
from collector.commands.scoring import Shown, _remote_run
from collector.operations.closing import CloseDays

DAY = days.parse("2026-11-20")


class FarSide:
    """Keeps what it was asked."""

    def __init__(self):
        self.bodies = []

    def ask(self, _method, _path, body=None):
        self.bodies.append(body)
        return {"state": "done"}


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (DAY, None, {"from": "2026-11-20"}),
        (None, DAY, {"to": "2026-11-20"}),
        (DAY, DAY + 1, {"from": "2026-11-20", "to": "2026-11-21"}),
        (None, None, {}),
    ],
)
def test_one_end_of_the_days_is_not_dropped_on_the_way(first, last, said):
    there = FarSide()
    wanted = CloseDays(
        first=first, last=last, basis="arrived", account=None, again=False, progress=lambda _: None
    )  # fmt: skip
    _remote_run(there, wanted)
    [body] = there.bodies
    assert {name: body[name] for name in ("from", "to") if name in body} == said


@pytest.mark.parametrize(("done", "shown"), [(0, "(1/2)"), (1, "(2/2)"), (2, "(2/2)")])
@pytest.mark.parametrize("terminal", [True, False])
def test_the_last_day_is_not_followed_by_one_more(capsys, done, shown, terminal):
    """Late data of earlier days is scored after the last day, with all days done."""
    progress = Shown()
    progress._is_terminal = terminal
    progress(Run(state="running", day="2026-11-20", step="score", days_done=done, days_of=2))
    assert shown in capsys.readouterr().err
