"""Closing follows the clock while it goes on, and stops when it jumps or robots contradict it; on both databases."""

from dataclasses import dataclass, field

import pytest

from collector.closing.clock_guard import FOLLOWS, JUMP_S, ClockGuard, confirm, judge
from collector.ingest.witnesses import Votes
from collector.scores import closed_days
from collector.store.engine import Store
from collector.values.refusal import told
from tests import batches
from tests import portfolio as p
from tests.groups import groups_of
from tests.policies import a_closing
from tests.portfolio import DAY_S, HOUR_S, NOON, T

NOBODY = Votes()


@dataclass
class Site:
    """A collector's clocks, turned by hand, and what its rounds closed."""

    store: Store
    wall_s: float = NOON
    mono_s: float = 1000.0
    robots: Votes = NOBODY
    synchronised: bool = False
    guard: ClockGuard = field(init=False)

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """A new process."""
        self.mono_s = 10.0
        self.guard = ClockGuard(
            self.store, lambda: self.wall_s, lambda: self.mono_s, lambda _: self.robots, lambda: self.synchronised
        )
        self.guard.begin()

    def passes(self, seconds: float) -> None:
        self.wall_s += seconds
        self.mono_s += seconds

    def round(self) -> list[int]:
        """What the job does, but for the scores: the days that it closed."""
        if not self.guard.follows():
            return []
        due = a_closing(store=self.store).due(int(self.wall_s))
        with self.store.write() as connection:
            for day in due:
                closed_days.mark_closed(connection, day)
        return due


@pytest.fixture
def site(store):
    p.add_account(store, "ACME", ["r1"])
    p.use(store, "r1", range(T - 9, T + 1))
    return Site(store)


def test_an_installation_whose_robots_are_silent_for_three_weeks_closes_every_day(site):
    closed = site.round()
    for _ in range(21):
        site.passes(DAY_S)
        closed += site.round()
    assert closed == list(range(T, T + 22))


def test_an_installation_without_robots_closes_every_day_also_over_short_stops(store):
    p.add_account(store, "ACME", [])
    site = Site(store)
    closed = site.round()
    for _ in range(5):
        site.wall_s += DAY_S - HOUR_S  # off for most of a day
        site.start()
        site.passes(HOUR_S)
        closed += site.round()
    assert closed == list(range(T, T + 6))


@pytest.mark.parametrize("guarded", [True, False], ids=["guarded", "control"])
def test_a_clock_that_jumps_a_hundred_days_ahead_closes_nothing_and_goes_on_when_it_is_right_again(
    site, monkeypatch, guarded
):
    if not guarded:
        monkeypatch.setattr(site.guard, "follows", lambda: True)
    assert site.round() == [T]
    site.passes(DAY_S)
    site.wall_s += 100 * DAY_S
    closed = site.round()
    assert (closed == []) is guarded
    if guarded:
        assert site.guard.state.stop == "jumped"
        assert site.guard.state.apart_s == 100 * DAY_S
        assert "collector clock confirm" in told(site.guard.state.remedy, "command")
    site.wall_s -= 100 * DAY_S
    site.passes(12)
    assert (site.round() == [T + 1]) is guarded
    if guarded:
        assert site.guard.state == FOLLOWS


@pytest.mark.parametrize("ahead_days", [100, 900, -3])
def test_a_process_that_starts_with_a_wrong_clock_stops_until_something_vouches_for_it(site, ahead_days):
    site.round()
    site.wall_s += ahead_days * DAY_S
    site.start()
    assert site.round() == []
    assert site.guard.state.stop == "jumped"
    site.synchronised = True  # it was off for so long, and a time server says so
    site.round()
    assert site.guard.state.stop != "jumped"


def test_robots_of_the_last_day_vouch_for_a_collector_that_was_off_for_a_week(site):
    site.round()
    site.wall_s += 7 * DAY_S
    site.start()
    assert site.round() == []
    site.robots = Votes(near=1)
    assert site.round() == list(range(T + 1, T + 8))


def test_robots_that_contradict_the_clock_stop_it_also_where_nothing_jumped(site):
    site.round()
    site.passes(DAY_S)
    site.robots = Votes(behind=3, apart_s=-100 * DAY_S)
    site.synchronised = True
    assert site.round() == []
    assert site.guard.state.stop == "robots"
    assert "100.0 days ahead of what 3 robots say" in site.guard.state.reason
    site.robots = Votes(agree=3, near=3, behind=1, apart_s=-100 * DAY_S)
    assert site.round() == [T + 1], "one robot with a wrong clock stops nobody"


def test_a_person_confirms_the_clock_and_days_are_closed_by_it(site):
    site.round()
    site.wall_s += 20 * DAY_S
    site.start()
    assert site.round() == []
    with site.store.write() as connection:
        confirm(connection, int(site.wall_s))
    assert site.round() == list(range(T + 14, T + 21))


def test_a_confirmation_also_reaches_a_process_that_saw_the_jump(site):
    site.round()
    site.wall_s += 20 * DAY_S
    assert site.round() == []
    with site.store.write() as connection:
        confirm(connection, int(site.wall_s))
    assert site.round() != []


def test_days_that_are_closed_in_the_future_are_said(site):
    site.round()
    with site.store.write() as connection:
        closed_days.mark_closed(connection, T + 100)
    assert site.round() == []
    assert site.guard.state.stop == "closed_ahead"


def test_what_an_older_release_stored_last_is_where_the_clock_should_be(site):
    """No clock was noted then: the newest roll-up or batch says when."""
    site.wall_s += 100 * DAY_S
    site.start()
    assert site.round() == []


def test_live_robots_stop_a_new_installation_whose_clock_is_ahead(store):
    p.add_account(store, "ACME", ["r1"])
    collector = groups_of(store)
    ahead_s = 100 * DAY_S
    for n in range(4):
        at = T * DAY_S + n * 300
        rows = [batches.window(n + 1, {"interaction": 1}, at=at, mono=n * 300)]
        collector.commit({0: batches.message("r1", rows)}, at + 300 + ahead_s)
    site = Site(store, wall_s=T * DAY_S + 1200 + ahead_s)
    site.robots = collector.witnesses.votes(int(site.wall_s))
    assert site.round() == []
    assert site.guard.state.stop == "robots"


@pytest.mark.parametrize(
    ("now", "expected", "robots", "synchronised", "stop"),
    [
        (NOON, None, NOBODY, False, None),
        (NOON, NOON - DAY_S, NOBODY, False, None),
        (NOON, NOON - DAY_S - 1, NOBODY, False, "jumped"),
        (NOON, NOON + DAY_S + 1, NOBODY, False, "jumped"),
        (NOON, NOON - 9 * DAY_S, NOBODY, True, None),
        (NOON, NOON - 9 * DAY_S, Votes(near=1), False, None),
        (NOON, NOON, Votes(ahead=1, apart_s=3 * DAY_S), True, "robots"),
        (NOON, NOON, Votes(agree=1, near=1, ahead=1, apart_s=3 * DAY_S), False, None),
    ],
)
def test_what_is_decided(now, expected, robots, synchronised, stop):
    assert judge(now, expected, None, robots, synchronised=synchronised).stop == stop


def test_a_closed_day_that_ends_a_jump_from_now_is_followed_and_one_second_later_is_not():
    at = NOON + JUMP_S
    assert judge(NOON, NOON, at, NOBODY, synchronised=True) == FOLLOWS
    assert judge(NOON, NOON, at + 1, NOBODY, synchronised=True).stop == "closed_ahead"
