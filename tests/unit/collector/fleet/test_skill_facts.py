"""The four facts of a skill: what is as desired, what is under way, what is refused and why; a usual day."""

import pytest

from collector.fleet.counts import NOT_ARRIVED, Counted
from collector.fleet.desired import Document, SkillsOf
from collector.fleet.records import Skill
from collector.fleet.skill_facts import four_facts
from collector.fleet.usage import UsageDay
from collector.fleet.usual import usual_day

NEW, OLD = "a" * 64, "b" * 64
WISH = {"skills": [{"skill": "guide", "version": "2.1.0", "digest": NEW}]}


def of(**reported):
    fact = {"skill": "guide", "reason": "", **reported}
    wished = SkillsOf("r", Document(3, "", WISH), Document(3, "", {"skills": [fact]}))
    [found] = four_facts(wished, [])
    return found


def stored(sha256, active=""):
    return {"desired": NEW, "downloaded": sha256, "verified": sha256, "installed": sha256, "active": active}


@pytest.mark.parametrize(
    ("reported", "steps"),
    [
        (stored(NEW, NEW), ("yes", "yes", "yes", "yes")),
        (stored(NEW) | {"reason": "starting: it is starting"}, ("yes", "yes", "yes", "go")),
        (stored(NEW) | {"reason": "memory: too much"}, ("yes", "yes", "yes", "bad")),
        ({"desired": NEW, "reason": "core_too_old: x"}, ("yes", "bad", "no", "no")),
        ({"desired": NEW, "downloaded": NEW}, ("yes", "no", "no", "no")),  # fetched, and not verified
        (stored(NEW) | {"installed": OLD, "active": OLD, "reason": "waits: x"}, ("yes", "yes", "go", "no")),
    ],
)
def test_each_fact_is_as_desired_under_way_not_yet_so_or_refused(reported, steps):
    assert of(**reported).steps == steps


def test_why_not_is_said_only_where_something_differs_and_a_hash_is_a_version_where_it_is_known():
    assert (of(**stored(NEW, NEW), reason="exited: x").code, of(**stored(NEW), reason="exited: x").code) == (
        "",
        "exited",
    )
    mixed = of(**stored(NEW) | {"active": OLD}, reason="stopping: it is being stopped")
    assert mixed.versions == ("2.1.0", "2.1.0", "2.1.0", "bbbbbbbb")
    assert (mixed.code, mixed.detail) == ("stopping", "it is being stopped")


def test_a_wish_without_a_report_and_a_state_without_a_wish_both_have_their_row():
    states = [Skill("chat", "1.0", "active", "", "2026-05-01T00:00:00Z"), Skill("old", "0.9", "stopped", "x", "")]
    rows = {one.skill: one for one in four_facts(SkillsOf("r", Document(1, "", WISH), None), states)}
    assert rows["guide"].steps == ("yes", "no", "no", "no")
    assert (rows["chat"].steps[3], rows["chat"].versions[3]) == ("yes", "1.0")
    assert (rows["old"].steps[3], rows["old"].code) == ("no", "x")


def day(text, count):
    return UsageDay(text, 3600, 0, False, {"interaction": count}, [])


def test_a_usual_day_is_the_mean_of_the_known_days_of_the_same_weekday_before():
    usage = [day("2026-05-01", Counted(4)), day("2026-05-02", Counted(90)), day("2026-05-08", Counted(8))]
    assert usual_day([*usage, day("2026-05-15", Counted(1))], "interaction").mean == 6
    unknown = [day("2026-05-01", NOT_ARRIVED), day("2026-05-08", Counted(1))]
    assert (usual_day(unknown, "interaction").mean, usual_day(unknown, "interaction").days) == (None, 0)
    assert usual_day([], "interaction").mean is None
