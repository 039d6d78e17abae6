"""A robot whose clock was ahead once: what is stored of its end comes back with the next right record."""

import pytest

from collector.fleet import holes
from collector.fleet.completeness import Cause
from collector.ingest import apply
from collector.store.tables import fleet as t
from tests.batches import DAY, NOON, commit, lifecycle, message, rows_of, window
from tests.calendars import never_closed

HOUR_S, DAY_S = 3600, 86_400
MIDNIGHT = DAY * DAY_S


def a_day_with_one_hour_of_data(store):
    """One window 20 h ahead, right ones from the next on, a clean stop after an hour. What the next midnight says."""
    ahead = window(1, {"faces": 1}, at=MIDNIGHT + 20 * HOUR_S, mono=40_000)
    right = [window(n, {"faces": 1}, at=MIDNIGHT + (n - 2) * 300, mono=40_000 + n * 300) for n in range(2, 14)]
    stop = lifecycle(14, "stop", {}, at=MIDNIGHT + HOUR_S)
    for row in (ahead, *right, stop):
        commit(store, message("r1", [row], held=1), received_s=MIDNIGHT + HOUR_S)
    with store.write() as connection:
        connection.execute(t.robot.update().values(first_seen_at=MIDNIGHT))
    with store.read() as connection:
        return holes.of_days(connection, {1: "UTC"}, {1: (DAY, DAY)}, MIDNIGHT + DAY_S, never_closed)[1][0]


@pytest.mark.parametrize("comes_back", [True, False], ids=["comes back", "control"])
def test_a_clean_stop_after_a_clock_that_was_ahead_once_is_off_and_complete(store, monkeypatch, comes_back):
    if not comes_back:
        monkeypatch.setattr(apply, "newest_end", lambda before, end, **_: max(before or 0, end))
    found = a_day_with_one_hour_of_data(store)
    assert (found.ratio == 1.0) is comes_back
    assert (Cause.NEVER_ARRIVED not in found.holes) is comes_back
    [stream] = rows_of(store, t.stream)
    assert (stream["last_end"] == MIDNIGHT + HOUR_S) is comes_back


def test_a_clock_that_is_put_right_by_less_than_an_hour_does_not_move_the_end_back(store):
    rows = [window(1, {"faces": 1}, at=NOON, mono=100), window(2, {"faces": 1}, at=NOON - 600, mono=400)]
    commit(store, message("r1", rows))
    assert rows_of(store, t.stream)[0]["last_end"] == NOON + 300


def test_what_is_salvaged_from_an_older_file_does_not_move_the_end_back():
    assert apply.newest_end(NOON, NOON - DAY_S, salvaged=True) == NOON
    assert apply.newest_end(NOON, NOON - DAY_S, salvaged=False) == NOON - DAY_S
