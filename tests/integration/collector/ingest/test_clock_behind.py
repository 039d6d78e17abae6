"""A collector whose clock is wrong does not overrule robots whose time is vouched for, nor one robot all others."""

import pytest

from collector.closing.clock_guard import judge
from collector.fleet import holes
from collector.fleet.completeness import Cause
from collector.ingest import apply, transaction
from collector.ingest.witnesses import STEADY_S, SWAY_S, Votes, Witnesses, latest_s, weigh
from collector.store.tables import fleet as t
from tests.batches import DAY, lifecycle, message, rows_of, totals, window
from tests.calendars import never_closed
from tests.groups import groups_of

HOUR_S, DAY_S = 3600, 86_400
FIRST = DAY * DAY_S
BEHIND_S = 3 * DAY_S


def hours_of_two_days(collector, robot="r1", behind_s=BEHIND_S):
    """48 hourly windows of one synchronised robot, delivered as they end."""
    for n in range(48):
        at = FIRST + n * HOUR_S
        row = window(n + 1, {"faces": 1}, at=at, span=HOUR_S, mono=n * HOUR_S)
        collector.commit({0: message(robot, [row])}, at + HOUR_S + 60 - behind_s)


@pytest.mark.parametrize("doubted", [False, True], ids=["believed", "control"])
def test_a_collector_three_days_behind_books_the_robots_days(store, monkeypatch, doubted):
    if doubted:
        monkeypatch.setattr(transaction, "latest_s", lambda _, received_s: received_s + DAY_S)
    collector = groups_of(store)
    hours_of_two_days(collector)
    right = {("r1", DAY, "faces"): 24, ("r1", DAY + 1, "faces"): 24}
    assert (totals(store) == right) is not doubted
    said = collector.witnesses.votes(FIRST + 2 * DAY_S - BEHIND_S)
    assert said.contradicts
    assert said.apart_s == pytest.approx(BEHIND_S, abs=120)


def live(collector, robots, from_s, for_s=2 * STEADY_S):
    """These robots deliver a window every five minutes."""
    for at in range(from_s, from_s + for_s, 300):
        seq = at // 300
        rows = {n: message(name, [window(seq, {}, at=at, mono=at - FIRST)], held=seq) for n, name in enumerate(robots)}
        collector.commit(rows, at + 300)


def test_a_robot_days_ahead_of_everybody_is_estimated_and_has_an_alarm(store):
    collector = groups_of(store)
    live(collector, ["r1", "r2"], FIRST)
    now_s = FIRST + 2 * STEADY_S
    row = window(1, {"faces": 1}, at=now_s + 5 * DAY_S, mono=1)
    collector.commit({0: message("ahead", [row])}, now_s)
    assert totals(store) == {("ahead", DAY, "faces"): 1}
    assert [row["kind"] for row in rows_of(store, t.alarm)] == ["clock_ahead"]
    assert not collector.witnesses.votes(now_s).contradicts


def test_one_stamp_of_one_robot_does_not_stop_the_clock_after_a_start(store):
    collector = groups_of(store)
    for n in range(4):
        collector.commit({0: message(f"r{n}", [window(1, {}, at=FIRST - 300, mono=1)])}, FIRST)
    collector.commit({0: message("ahead", [window(1, {}, at=FIRST + 2 * DAY_S, mono=1)])}, FIRST)
    said = collector.witnesses.votes(FIRST + 60)
    assert (said.near, said.agree, said.ahead, said.some) == (4, 0, 1, ("ahead",))
    assert not said.contradicts
    assert Votes(ahead=1).contradicts, "control: one robot that is steady, and nobody near"
    assert not Votes(ahead=1, sudden=1).contradicts


@pytest.mark.parametrize(("robots", "stops"), [(2, False), (3, True), (9, True)])
def test_robots_that_are_ahead_together_stop_the_clock_at_once(store, robots, stops):
    collector = groups_of(store)
    rows = {n: message(f"r{n}", [window(1, {}, at=FIRST + 3 * DAY_S, mono=1)]) for n in range(robots)}
    collector.commit(rows, FIRST)
    said = collector.witnesses.votes(FIRST)
    assert said.contradicts is stops
    state = judge(FIRST, FIRST, None, said, synchronised=True)
    assert state.follows is not stops
    assert ("r0, r1, r2" in state.reason) is stops
    assert ("and others" in state.reason) is (robots > 3)


def test_a_backlog_that_passes_the_collectors_wrong_clock_is_no_witness_for_it(store):
    """The centre was off for three days with a clock that stood still: robots bring those days, then the present."""
    collector = groups_of(store)
    for n in range(3):  # the backlog's beginning looks as if clocks agreed
        rows = [window(1, {}, at=FIRST + n, mono=1)]
        collector.commit({0: message(f"old-{n}", rows)}, FIRST + 60)
    hours_of_two_days(collector)
    assert totals(store) == {("r1", DAY, "faces"): 24, ("r1", DAY + 1, "faces"): 24}


def test_what_robots_say_is_weighed():
    heard = Witnesses()
    for robot in ("a", "b"):
        heard.hear(robot, FIRST - 60, FIRST)
    assert heard.votes(FIRST) == Votes(near=2), "nobody is known to be live yet"
    for robot in ("a", "b"):
        heard.hear(robot, FIRST + STEADY_S - 60, FIRST + STEADY_S)
    heard.hear("c", FIRST + 9 * DAY_S, FIRST + STEADY_S)
    said = heard.votes(FIRST + STEADY_S)
    assert (said.agree, said.ahead, said.behind, said.near) == (2, 1, 0, 2)
    assert said.overrules_robots
    assert latest_s(said, FIRST) == FIRST + DAY_S
    heard.hear("d", FIRST + 9 * DAY_S, FIRST + STEADY_S)
    heard.hear("e", FIRST + 9 * DAY_S, FIRST + STEADY_S)
    assert not heard.votes(FIRST + STEADY_S).overrules_robots
    assert heard.votes(FIRST + 3 * DAY_S) == Votes(), "what was heard days ago says nothing"


def test_live_robots_a_hundred_days_behind_contradict_and_a_backlog_does_not():
    ahead_s = 100 * DAY_S
    live_ones, backlog = Witnesses(), Witnesses()
    for n in range(4):
        now_s = FIRST + n * 300 + ahead_s
        live_ones.hear("a", FIRST + n * 300, now_s)
        backlog.hear("a", FIRST + n * DAY_S, now_s)
    assert live_ones.votes(now_s).behind == 1
    assert backlog.votes(now_s) == Votes()
    assert weigh({}, now_s) == Votes()


def new_robot(store, behind_s, silent_s=0, ahead_s=0):
    """Heard at FIRST and `silent_s` later with its first hour of data. Its completeness from three days before on."""
    collector, begins = groups_of(store), FIRST + silent_s
    collector.commit({0: message("r1", [], first=1, last=0)}, FIRST - behind_s)
    rows = [lifecycle(1, "start", at=begins + ahead_s)]
    rows += [window(n, {"faces": 1}, at=begins + ahead_s + (n - 2) * 300, mono=n * 300) for n in range(2, 14)]
    for row in rows:
        end_s = row["at"] - ahead_s + row.get("span", 0)
        collector.commit({0: message("r1", [row])}, end_s + 5 - behind_s)
    now_s = begins + HOUR_S + 60
    with store.read() as connection:
        return holes.of_days(connection, {1: "UTC"}, {1: (DAY - 3, now_s // DAY_S)}, now_s, never_closed)[1][0]


@pytest.mark.parametrize("behind_s", [0, 600, 5 * HOUR_S, BEHIND_S])
def test_a_new_robot_owes_nothing_from_before_its_first_data_by_a_clock_that_was_behind(store, behind_s):
    found = new_robot(store, behind_s)
    assert (found.arrived_s, found.holes.get(Cause.NEVER_ARRIVED, 0)) == (HOUR_S, 0)


def test_without_what_its_first_data_show_of_the_clock_it_would_owe_three_days(store, monkeypatch):
    """The control."""
    monkeypatch.setattr(apply, "vouched_end", lambda _: None)
    assert new_robot(store, BEHIND_S).holes[Cause.NEVER_ARRIVED] == BEHIND_S


@pytest.mark.parametrize("behind_s", [0, BEHIND_S])
def test_a_robot_that_was_heard_and_then_silent_for_two_days_owes_them(store, behind_s):
    found = new_robot(store, behind_s, silent_s=2 * DAY_S)
    assert found.holes[Cause.NEVER_ARRIVED] == pytest.approx(2 * DAY_S, abs=SWAY_S if behind_s else 0)


def test_a_robot_alone_ahead_of_others_does_not_move_its_first_contact(store):
    """Nobody believes its clock, so that it says nothing of ours."""
    collector = groups_of(store)
    live(collector, ["r1", "r2"], FIRST)
    now_s = FIRST + 2 * STEADY_S
    collector.commit({0: message("r3", [window(1, {}, at=now_s + 5 * DAY_S, mono=1)])}, now_s)
    [seen] = [row["first_seen_at"] for row in rows_of(store, t.robot) if row["name"] == "r3"]
    assert seen == now_s
