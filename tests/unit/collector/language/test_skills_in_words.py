"""The four facts of a skill as a page shows them: what is as desired, under way, not yet so, or refused."""

import pytest

from collector.fleet.skills.standing import EventRow, FactRow, Histories, WishRow, tracked
from collector.language.skills import steps, versions

NEW, OLD = "a" * 64, "b" * 64
WISH = WishRow(100, 3, "2.1.0", NEW)


def of(*, desired=NEW, verified="", installed="", active="", code=""):
    row = FactRow(110, 3, desired, verified, verified, installed, active, code, f"{code}: x")
    return tracked("guide", Histories([WISH], [row]), answered=3, is_online=True)


@pytest.mark.parametrize(
    ("reported", "shown"),
    [
        ({"verified": NEW, "installed": NEW, "active": NEW}, ["yes", "yes", "yes", "yes"]),
        ({"verified": NEW, "installed": NEW, "code": "starting"}, ["yes", "yes", "yes", "go"]),
        ({"verified": NEW, "installed": NEW, "code": "memory"}, ["yes", "yes", "yes", "bad"]),
        ({"code": "core_too_old"}, ["yes", "bad", "no", "no"]),
        ({"verified": NEW, "installed": OLD, "active": OLD, "code": "waits"}, ["yes", "yes", "go", "no"]),
    ],
)
def test_each_fact_is_as_desired_under_way_not_yet_so_or_refused(reported, shown):
    assert steps(of(**reported)) == shown


def test_a_package_is_called_by_its_version_where_that_is_known():
    mixed = of(verified=NEW, installed=NEW, active=OLD, code="stopping")
    assert versions(mixed) == ["2.1.0", "2.1.0", "2.1.0", "bbbbbbbb"]
    waits = tracked("guide", Histories([WISH]), answered=0, is_online=True)
    assert (versions(waits), waits.code) == (["2.1.0", "", "", ""], "not_told")


def test_a_robot_without_signed_skills_shows_what_its_states_say():
    found = tracked("chat", Histories(events=[EventRow(50, "1.0", "", "active", "")]), answered=-1, is_online=True)
    assert (steps(found), versions(found)) == (["no", "no", "no", "yes"], ["", "", "", "1.0"])
