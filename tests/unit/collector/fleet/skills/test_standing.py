"""How a skill stands: the first thing between wish and what runs, since when, and whose turn it is."""

import pytest

from collector.fleet.skills.standing import (
    STEPS,
    EventRow,
    FactRow,
    Histories,
    WishRow,
    tracked,
    turn_of,
)
from edge_agent.skills.host import WHY

NEW, OLD = "b" * 64, "a" * 64


def fact(at, *, desired="", verified="", installed="", active="", code="", reason="", revision=1):
    return FactRow(at, revision, desired, verified, verified, installed, active, code, reason)


def whole(at, package, **more):
    return fact(at, desired=package, verified=package, installed=package, active=package, **more)


WISH = WishRow(100, 1, "2.0", NEW)


def stands(*facts, wishes=(WISH,), events=(), answered=1, is_online=True):
    return tracked("guide", Histories(wishes, facts, events), answered=answered, is_online=is_online)


def test_a_fact_stands_since_it_is_as_it_is_without_a_break():
    found = stands(
        whole(110, NEW), fact(120, desired=NEW, verified=NEW, installed=NEW), whole(130, NEW), whole(140, NEW)
    )
    assert [one.since for one in found.facts] == ["1970-01-01T00:01:50Z"] * 3 + ["1970-01-01T00:02:10Z"]
    assert found.code == found.turn == ""


def test_what_runs_may_be_an_older_version_than_what_is_wished():
    events = (EventRow(50, "1.0", OLD, "active", ""),)
    found = stands(
        fact(110, desired=NEW, verified=NEW, installed=OLD, active=OLD, code="waits", reason="waits: on a tour"),
        events=events,
    )
    assert [one.as_wished for one in found.facts] == [True, True, False, False]
    assert [one.version for one in found.facts] == ["2.0", "2.0", "1.0", "1.0"]
    assert (found.code, found.reason, found.turn) == ("waits", "on a tour", "robot")


@pytest.mark.parametrize(("is_online", "code", "turn"), [(True, "not_told", "robot"), (False, "not_heard", "site")])
def test_a_robot_that_has_not_answered_the_newest_wish(is_online, code, turn):
    found = stands(whole(90, OLD), answered=0, is_online=is_online)
    assert (found.code, found.turn) == (code, turn)


def test_what_is_neither_wished_nor_there_is_not_told_of():
    gone = WishRow(200, 2, "", "")
    assert stands(whole(110, NEW), fact(210), wishes=(WISH, gone), answered=2) is None
    assert stands(whole(110, NEW), wishes=(WISH, gone), answered=2).wished_package == ""


def test_a_robot_that_gets_no_wishes_is_told_of_by_its_states_alone():
    found = tracked("guide", Histories(events=[EventRow(50, "1.0", "", "active", "")]), answered=-1, is_online=True)
    assert (found.state, found.state_version, found.code) == ("active", "1.0", "")
    assert [one.step for one in found.facts if one.package] == []
    assert len(found.facts) == len(STEPS)


@pytest.mark.parametrize("code", sorted(WHY))
def test_every_word_of_the_robot_has_somebody_whose_turn_it_is(code):
    known = {"not_installed"}  # between two looks; whoever stays there has told of something else
    assert turn_of(code) != "engineer" or code in {"no_body", "not_started"} | known
