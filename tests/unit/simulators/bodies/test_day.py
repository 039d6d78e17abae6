"""A day from behaviour: what scenes are known for comes of what visitors want, and fails as it would on a robot."""

import asyncio
import math
from functools import cache

import pytest

from opk_skills.catalogue import HERE, read
from opk_skills.workflows.shipped import scenes
from simulators.bodies.day import Circumstances, live
from simulators.bodies.scene_days import SCENE_DAYS
from simulators.bodies.witness import witnessed
from simulators.scenes import SCENES
from tests import ROOT

SEEDS = (1, 2, 3)
TOLD = {
    "guided tours": "guided_tour", "check-ins": "check_in", "leadings": "leading", "deliveries": "delivery",
    "dialog turns": "dialog_turn", "narrations": "narration", "interactions": "interaction",
}  # fmt: skip
DONE_FOR_PEOPLE = ("guided_tour", "leading", "directions", "check_in", "delivery", "dialog_turn", "wake_up", "dance")


@cache
def day(scene, seed):
    return live(scene, Circumstances(seed=seed))


def test_every_scene_has_a_day_and_a_workflow():
    assert sorted(SCENE_DAYS) == scenes()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_hall_tours_much_and_checks_in_little(seed):
    lived = day("exhibition_hall", seed)
    assert lived.n("guided_tour") >= 5 * max(1, lived.n("check_in"))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_ktv_delivers_much_and_talks_little(seed):
    lived = day("ktv", seed)
    assert lived.n("delivery") >= 5 * max(1, lived.n("interaction"))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_scenic_spot_talks_much_and_narrates_little(seed):
    lived = day("scenic_spot", seed)
    assert lived.n("dialog_turn") >= 5 * max(1, lived.n("narration"))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_conference_signs_in_and_leads_much_and_tours_little(seed):
    lived = day("conference", seed)
    assert min(lived.n("check_in"), lived.n("leading")) >= 5 * max(1, lived.n("guided_tour"))


def test_the_documents_table_of_a_day_is_what_was_counted():
    text = (ROOT / "docs" / "simulators.md").read_text()
    table = text[text.index("| what a day counted (seed 1)") :].partition("\n\n")[0]
    said = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]
    assert said[0][1:] == list(TOLD)
    assert {row[0].casefold(): [int(cell) for cell in row[1:]] for row in said[2:]} == {
        SCENES[scene].en.casefold(): [day(scene, 1).n(counter) for counter in TOLD.values()] for scene in SCENE_DAYS
    }


@pytest.mark.parametrize("scene", sorted(SCENE_DAYS))
def test_what_each_skill_counted_of_its_acts_is_what_the_body_saw_of_that_skill(scene):
    lived = day(scene, 1)
    compared = 0
    for key, counted in lived.by_skill.items():
        seen = witnessed(row for row in lived.log if row.get("by") == key)
        declared = read(HERE / key).counts
        for counter, n in seen.items():
            if counter in declared:
                compared += 1
                assert counted.get(counter, 0) == math.floor(n + 1e-6), (key, counter)
    assert compared >= 15


def test_a_days_hours_add_up_to_what_was_counted():
    lived = day("conference", 1)
    total = {}
    for hour in lived.hours:
        for counter, n in hour.items():
            total[counter] = total.get(counter, 0) + n
    assert total == {counter: n for counter, n in lived.counted.items() if n}


def test_the_same_seed_is_the_same_day_and_another_is_another():
    again = live("conference", Circumstances(seed=1, hours=2))
    assert again.log == live("conference", Circumstances(seed=1, hours=2)).log
    assert again.log != live("conference", Circumstances(seed=2, hours=2)).log


def test_without_the_guide_there_are_no_tours_and_guests_are_told_so():
    lived = live("exhibition_hall", Circumstances(without=frozenset({"guide"}), hours=4))
    assert lived.wanted["guide&start"] > 0
    assert lived.n("guided_tour") == lived.n("narration") == 0
    assert "I am sorry, I cannot do that now." in spoken(lived)


async def away(robot):
    """The orchestrator is gone for an hour and more."""
    await asyncio.sleep(2 * 3600 - 900)
    await robot.crash("workflow")
    await asyncio.sleep(3600 + 1800)
    robot.start("workflow")


@pytest.mark.parametrize("scene", sorted(SCENE_DAYS))
def test_an_hour_without_the_orchestrator_is_a_hole_in_everything_that_is_done_for_people(scene):
    lived = live(scene, Circumstances(happens=(away,), hours=5))
    hole, after = lived.hours[2], lived.hours[4]
    assert [counter for counter in DONE_FOR_PEOPLE if hole.get(counter)] == []
    assert any(after.get(counter) for counter in DONE_FOR_PEOPLE)
    assert lived.n("workflow.crash") == 1


@pytest.mark.parametrize("scene", sorted(SCENE_DAYS))
def test_the_same_hour_with_the_orchestrator_is_none(scene):
    """The control of the hole."""
    assert any(day(scene, 1).hours[2].get(counter) for counter in DONE_FOR_PEOPLE)


def test_a_body_that_hears_nothing_counts_what_it_could_not_and_goes_by_touch():
    deaf = live("exhibition_hall", Circumstances(ails={"asr": "api_disconnected"}, frailty=0.0, hours=6))
    assert deaf.n("asr_not_recognised") == deaf.n("utterances") >= 20
    assert deaf.n("queries") == 0
    assert deaf.n("guided_tour") > 0
    hearing = live("exhibition_hall", Circumstances(frailty=0.0, hours=6))
    assert hearing.n("asr_not_recognised") == 0
    assert hearing.n("queries") > 0


def spoken(lived):
    return {row["with"]["text"] for row in lived.log if row.get("do") == "speak" and row["ok"]}
