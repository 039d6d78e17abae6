"""What a run of simulated robots says while it runs."""

from simulators.fleet import Fleet, Orders
from simulators.report import SILENT_S, progress_line


async def nobody(*_):
    raise AssertionError


def line(*, after_s, connects):
    fleet = Fleet(Orders(2, 1, 0, 900), nobody, clock=lambda: after_s)
    fleet.tally.connects = connects
    return progress_line(fleet, "127.0.0.1:1")


def test_a_broker_that_is_not_there_is_named_after_a_moment():
    assert line(after_s=SILENT_S, connects=0).startswith("0/2 robots connected")
    assert line(after_s=SILENT_S + 1, connects=0).startswith("no broker at 127.0.0.1:1; still trying")
    assert line(after_s=SILENT_S + 1, connects=1).startswith("0/2 robots connected")
