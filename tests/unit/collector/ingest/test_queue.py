"""Robots take turns, in their own order, within bounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.ingest import queue
from collector.ingest.queue import TURNS, Arrival, FairQueue


def arrival(robot, number, size=1):
    return Arrival(f"fw/1/up/00/{robot}", b"x" * size, 0.0, number)


def taken(waiting, most=10**6, max_bytes=10**9):
    return [(one.robot, one.token) for one in waiting.take(most, max_bytes)]


@given(st.lists(st.sampled_from("abc"), max_size=60), st.integers(1, 20))
def test_each_robots_order_is_kept_and_nobody_gets_more_than_a_turn_ahead(sent, most):
    waiting = FairQueue()
    for number, robot in enumerate(sent):
        assert waiting.push(arrival(robot, number)) == []
    out = []
    while len(waiting):
        left = {robot: sum(1 for one in waiting._lines[robot].waiting) for robot in waiting._lines}
        group = taken(waiting, most)
        counts = {robot: sum(name == robot for name, _ in group) for robot in left}
        assert 0 < len(group) <= most
        assert max(counts.values()) <= TURNS
        spare = [robot for robot in left if counts[robot] < left[robot]]
        assert not spare or max(counts.values()) - min(counts[robot] for robot in spare) <= 1
        out += group
    assert waiting.bytes == 0
    for robot in set(sent):
        assert [n for name, n in out if name == robot] == [n for n, name in enumerate(sent) if name == robot]


def test_a_robot_that_sends_alone_gets_its_turns_in_each_group():
    waiting = FairQueue()
    for number in range(TURNS + 1):
        waiting.push(arrival("a", number))
    assert [len(taken(waiting)), len(taken(waiting)), len(taken(waiting))] == [TURNS, 1, 0]


@pytest.mark.parametrize("bound", ["ROBOT_MESSAGES", "ROBOT_BYTES"])
@pytest.mark.parametrize(("newest_wins", "gone"), [(True, [0, 1]), (False, [8, 9])])
def test_a_full_line_has_no_room_and_other_lines_have(monkeypatch, bound, newest_wins, gone):
    monkeypatch.setattr(queue, bound, 8)
    waiting = FairQueue(newest_wins)
    waiting.push(arrival("b", 99))
    dropped = [one.token for number in range(10) for one in waiting.push(arrival("a", number))]
    assert dropped == gone
    assert (len(waiting), waiting.bytes) == (9, 9)
    assert waiting.floods("a", 0.75)
    assert not waiting.floods("b", 0.75)


def test_a_group_ends_at_its_bytes():
    waiting = FairQueue()
    for robot in "abcd":
        waiting.push(arrival(robot, 0, size=100))
    assert taken(waiting, max_bytes=150) == [("a", 0), ("b", 0)]
    assert taken(waiting, max_bytes=150) == [("c", 0), ("d", 0)]
