"""Each cause of a hole, told as a short story of one robot. Hours are counted from a quiet midnight."""

from dataclasses import replace

import pytest

from collector.fleet.completeness import Bucket, Cause, Completeness, RobotFacts, Sort, Span, judge, sort_of

H = 3600


def day(*arrived_minutes: int) -> list[Bucket]:
    return [Bucket(i * H, (i + 1) * H, minutes * 60) for i, minutes in enumerate(arrived_minutes)]


def holes_in_minutes(robot: RobotFacts, buckets: list[Bucket], now_s: int) -> dict[str, int]:
    return {str(cause): seconds // 60 for cause, seconds in judge(robot, buckets, now_s)[0].holes.items()}


def test_a_robot_switched_off_cleanly_owes_nothing():
    robot = RobotFacts(0, "online", 4 * H, gaps=[Span(H + 1800, 3 * H, Cause.OFF)])
    figures, holes = judge(robot, day(60, 30, 0, 60), 4 * H)
    assert figures.holes == {Cause.OFF: 5400}
    assert figures.ratio == 1.0
    assert [(hole.from_s, hole.to_s) for hole in holes] == [(H + 1800, 3 * H)]


def test_a_power_cut_keeps_its_cause():
    robot = RobotFacts(0, "online", 6 * H, gaps=[Span(H + 1200, 4 * H + 1800, Cause.CRASH)])
    assert holes_in_minutes(robot, day(60, 20, 0, 0, 30, 60), 6 * H) == {"crash": 40 + 120 + 30}


def test_a_dark_robot_is_dark_since_its_last_data():
    figures, _ = judge(RobotFacts(0, "offline", H + 900), day(60, 15, 0, 0), 4 * H)
    assert figures.holes == {Cause.DARK: 45 * 60 + 2 * H}
    assert figures.ratio == pytest.approx(75 / 240)


def test_what_an_online_robot_has_not_sent_yet_is_still_on_it():
    assert holes_in_minutes(RobotFacts(0, "online", H + 2400), day(60, 40, 0), 3 * H) == {"on_robot": 80}


def test_what_an_online_robot_cannot_have_sent_yet_is_not_asked_for():
    robot = RobotFacts(0, "online", 3 * H - 1200, heard_s=3 * H - 700, rhythm_s=2100)
    figures, holes = judge(robot, day(60, 60, 40), 3 * H)
    assert figures == Completeness(3 * H - 1200, {Cause.NOT_DUE: 1200})
    assert figures.ratio == 1.0
    assert [(hole.from_s, hole.to_s) for hole in holes] == [(3 * H - 1200, 3 * H)]


def test_the_backlog_of_an_online_robot_is_owed_up_to_its_rhythm():
    robot = RobotFacts(0, "online", H, heard_s=3 * H - 10, rhythm_s=1800)
    assert holes_in_minutes(robot, day(60, 0, 0), 3 * H) == {"on_robot": 90, "not_due": 30}


def test_a_robot_that_missed_its_rhythm_or_is_away_owes_everything():
    for state, heard_s, cause in (("online", 2 * H, "on_robot"), ("offline", 3 * H - 1200, "dark")):
        robot = RobotFacts(0, state, 3 * H - 1200, heard_s=heard_s, rhythm_s=1800)
        assert holes_in_minutes(robot, day(60, 60, 40), 3 * H) == {cause: 20}


def test_what_the_robot_reports_as_lost_is_lost_and_the_rest_unexplained():
    robot = RobotFacts(0, "online", 4 * H, gaps=[Span(2 * H, 2 * H + 1200, Cause.LOST)])
    assert holes_in_minutes(robot, day(60, 60, 10, 60), 4 * H) == {"lost": 20, "never_arrived": 30}


def test_the_time_before_the_robot_was_there_is_excused():
    figures, _ = judge(RobotFacts(2 * H, "online", 4 * H), day(0, 0, 60, 60), 4 * H)
    assert figures.holes == {Cause.BEFORE: 2 * H}
    assert figures.expected_s == 2 * H


def test_a_robot_never_seen_has_no_ratio_instead_of_zero_percent():
    figures, _ = judge(RobotFacts(None), day(0, 0), 2 * H)
    assert figures.ratio is None


def test_a_robot_that_stopped_and_came_back_online_owes_its_backlog():
    assert holes_in_minutes(RobotFacts(0, "online", H, stopped=True), day(60, 0), 2 * H) == {"on_robot": 60}


def test_a_robot_that_stopped_and_stays_away_is_off():
    assert holes_in_minutes(RobotFacts(0, "offline", H, stopped=True), day(60, 0), 2 * H) == {"off": 60}


def test_a_robot_known_only_by_name_is_dark_from_the_day_it_is_expected():
    assert holes_in_minutes(RobotFacts(H), day(0, 0), 2 * H) == {"before_deployment": 60, "dark": 60}


def test_more_data_than_time_counts_as_the_time_only():
    assert judge(RobotFacts(0, "online"), day(75), H)[0] == Completeness(H, {})


def test_the_future_is_not_asked_for():
    figures, _ = judge(RobotFacts(0, "online"), day(60, 30, 0, 0), H + 1800)
    assert figures == Completeness(H + 1800, {})


def test_figures_of_robots_add_up():
    total = Completeness(10, {Cause.DARK: 5}) + Completeness(20, {Cause.DARK: 1, Cause.OFF: 4})
    assert total == Completeness(30, {Cause.DARK: 6, Cause.OFF: 4})
    assert total.expected_s == 36


def a_day_of(sort: Sort, *arrived_minutes: int) -> list[Bucket]:
    return [replace(bucket, sort=sort) for bucket in day(*arrived_minutes)]


@pytest.mark.parametrize(
    ("sort", "owes"),
    [(Sort.USUAL, {"off": 240}), (Sort.SILENT, {"off_all_day": 240}), (Sort.CLOSED, {"place_closed": 240})],
)
def test_a_robot_that_is_off_all_of_an_open_day_owes_it(sort, owes):
    """A usual day is the control: it is not over, or nobody has the robot."""
    robot = RobotFacts(0, "stopped", 0, stopped=True)
    assert holes_in_minutes(robot, a_day_of(sort, 0, 0, 0, 0), 4 * H) == owes
    assert judge(robot, a_day_of(sort, 0, 0, 0, 0), 4 * H)[0].ratio == (0.0 if sort is Sort.SILENT else None)


def test_a_robot_that_is_dark_where_nobody_opens_owes_nothing():
    figures, _ = judge(RobotFacts(0, "offline", 0), a_day_of(Sort.CLOSED, 0, 0), 2 * H)
    assert (figures.expected_s, figures.ratio) == (0, None)
    assert judge(RobotFacts(0, "offline", 0), day(0, 0), 2 * H)[0].ratio == 0.0


def test_a_day_with_more_than_it_has_is_never_whole():
    figures, _ = judge(RobotFacts(0, "online", 4 * H), a_day_of(Sort.TOO_MUCH, 180, 180, 60, 60), 4 * H)
    assert figures == Completeness(0, {Cause.TOO_MUCH: 4 * H})
    assert figures.ratio == 0.0


def test_a_deployed_robot_that_never_connected_owes_its_open_days_unless_a_file_tells_of_them():
    buckets = [*a_day_of(Sort.SILENT, 0), *a_day_of(Sort.FILE, 0), *day(0)]
    shifted = [Bucket(i * H, (i + 1) * H, 0, one.sort) for i, one in enumerate(buckets)]
    assert holes_in_minutes(RobotFacts(None), shifted, 3 * H) == {
        "never_heard": 60, "file": 60, "before_deployment": 60,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "sort"),
    [
        ({}, Sort.USUAL),
        ({"owed": True}, Sort.SILENT),
        ({"owed": True, "vouched_s": 60}, Sort.USUAL),
        ({"owed": True, "told": True}, Sort.FILE),
        ({"owed": True, "closed": True}, Sort.CLOSED),
        ({"closed": True, "overfull": True}, Sort.TOO_MUCH),
    ],
)
def test_the_sort_of_a_day(given, sort):
    usual = {"overfull": False, "vouched_s": 0, "closed": False, "told": False, "owed": False}
    assert sort_of(**usual | given) is sort


def test_a_silent_day_weighs_its_whole_day_and_a_heard_one_the_hours_the_robot_was_on():
    """The number of docs/adr/0044: on for ten hours a day, and 7 of 13 days came."""
    heard = [[60] * 10 + [0] * 14] * 7
    buckets = [
        Bucket((24 * n + hour) * H, (24 * n + hour + 1) * H, minutes * 60)
        for n, of_day in enumerate(heard) for hour, minutes in enumerate(of_day)
    ]  # fmt: skip
    buckets += [Bucket(24 * n * H, 24 * (n + 1) * H, 0, Sort.SILENT) for n in range(7, 13)]
    off = [Span((24 * n + 10) * H, 24 * (n + 1) * H, Cause.OFF) for n in range(7)]
    figures, _ = judge(RobotFacts(0, "stopped", 6 * 24 * H + 10 * H, stopped=True, gaps=off), buckets, 13 * 24 * H)
    assert figures.arrived_s == 70 * H
    assert figures.expected_s == 70 * H + 6 * 24 * H
    assert round(figures.ratio or 0, 3) == 0.327
    assert figures.holes == {Cause.OFF: 7 * 14 * H, Cause.OFF_ALL_DAY: 6 * 24 * H}
