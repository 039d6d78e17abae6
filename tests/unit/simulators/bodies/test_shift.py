"""Fleet robots that live days of their own: the truth is what skills and body counted, and what happens shows."""

import asyncio
from collections import Counter
from dataclasses import replace
from functools import cache

import pytest

from opk_skills.catalogue import catalogue
from simulators.bodies.ensemble import ORCHESTRATOR, Ensemble
from simulators.bodies.shift import OwnDays
from simulators.bodies.wishes import unsuited
from simulators.fleet import Orders, robots
from simulators.robot import Robot
from simulators.scenes import SCENES

DAY = 1_799_971_200
ORDERS = {"robots": 1, "seed": 3, "start_s": DAY, "end_s": DAY + 86_400}
DONE_FOR_PEOPLE = ("guided_tour", "leading", "directions", "check_in", "delivery", "dialog_turn", "wake_up")


def lived(scene, steps=1, **more):
    """(counted over the day, every record) of a robot that is released in so many steps."""
    [robot] = robots(Orders(**ORDERS, scenes=(scene,), skills=1))
    robot = Robot(robot.name, robot.scene, robot.seed, robot.zone, robot.start_s, days=replace(robot.days, **more))
    records = []

    def append(record):
        records.append(record)
        return len(records)

    for step in range(1, steps + 1):
        robot.release(DAY + 86_400 * step // steps, append)
    total = {}
    for counts in robot.counted.values():
        for key, n in counts.items():
            total[key] = total.get(key, 0) + n
    return {key: n for key, n in total.items() if n}, records


@cache
def usual(scene):
    return lived(scene)


@pytest.mark.parametrize(
    ("scene", "wanted", "own"),
    [("exhibition_hall", "guided_tour", "guide.completed"), ("ktv", "delivery", "delivery.task")],
)
def test_what_the_skills_counted_is_in_the_windows_and_in_the_truth(scene, wanted, own):
    counted, records = usual(scene)
    assert counted[own] > 0
    assert counted[wanted] > 0
    held = {}
    for record in records:
        for counter, n in record.get("counts", {}).items():
            held[counter] = held.get(counter, 0) + n
    assert {counter: n for counter, n in held.items() if n} == counted
    told = {one["skill"] for one in records if one["kind"] == "skill"}
    assert told == {one.key for one in catalogue()} - unsuited(SCENES[scene].model)


def test_the_same_seed_is_the_same_day_in_whatever_steps():
    assert usual("exhibition_hall") == lived("exhibition_hall", steps=7)


def test_without_the_guide_tours_are_zero_and_it_is_not_told_of():
    counted, records = lived("exhibition_hall", without=frozenset({"guide"}))
    assert usual("exhibition_hall")[0]["guided_tour"] > 0
    assert "guided_tour" not in counted
    assert counted["directions"] > 0
    assert "guide" not in {one["skill"] for one in records if one["kind"] == "skill"}


async def away(robot: Ensemble) -> None:
    """The orchestrator is gone for an hour and more."""
    await asyncio.sleep(2 * 3600 - 900)
    await robot.crash(ORCHESTRATOR)
    await asyncio.sleep(3600 + 1800)
    robot.start(ORCHESTRATOR)


def test_an_hours_crash_of_the_orchestrator_is_a_hole_in_all_that_is_done_for_people():
    def by_hour(records):
        rows = Counter()
        for record in records:
            if record["kind"] == "window":
                rows[(record["at"] // 3600 + 8) % 24] += sum(record["counts"].get(key, 0) for key in DONE_FOR_PEOPLE)
        return rows

    hole = SCENES["conference"].opens_h() + 2
    whole, crashed = by_hour(usual("conference")[1]), by_hour(lived("conference", happens=(away,))[1])
    assert whole[hole] > 0
    assert crashed[hole] == 0
    assert crashed[hole + 2] > 0


def test_a_body_that_hears_nothing_counts_what_it_could_not_and_no_zeros():
    counted, _ = lived("scenic_spot", ails={"asr": "api_disconnected"})
    hearing = usual("scenic_spot")[0]
    assert (
        counted["asr_not_recognised"] / counted["utterances"]
        > 5 * hearing["asr_not_recognised"] / hearing["utterances"]
    )
    assert counted["asr_not_recognised"] > 10
    assert counted["wake_up"] > 10


def test_robots_that_take_days_from_the_table_tell_of_no_skills():
    [robot] = robots(Orders(**ORDERS, scenes=("exhibition_hall",)))
    records = []
    robot.release(DAY + 86_400, lambda record: records.append(record) or len(records))
    assert any(counts.get("guided_tour") for counts in robot.counted.values())
    assert not [one for one in records if one["kind"] == "skill"]
    assert isinstance(robots(Orders(**ORDERS, skills=1))[0].days, OwnDays)
