"""Fleet robots whose skill really runs: the same seed counts the same, and the truth is what the windows hold."""

import pytest

from simulators.errors import PlanError
from simulators.fleet import Orders, robots

DAY = 1_799_971_200
ORDERS = {"robots": 1, "seed": 3, "start_s": DAY, "end_s": DAY + 86_400}


def lived(scene, steps=1, **more):
    """(counted over all days, every record) of a robot that is released in so many steps."""
    [robot] = robots(Orders(**ORDERS, scenes=(scene,), **more))
    records = []

    def append(record):
        records.append(record)
        return len(records)

    for step in range(1, steps + 1):
        robot.release(DAY + 86_400 * step // steps, append)
    if robot.skill is not None:
        robot.skill.close()
    total = {}
    for counts in robot.counted.values():
        for key, n in counts.items():
            total[key] = total.get(key, 0) + n
    return {key: n for key, n in total.items() if n}, records


@pytest.mark.parametrize(
    ("scene", "key", "wanted", "own"),
    [("exhibition_hall", "guide", "guided_tour", "guide.completed"), ("ktv", "delivery", "delivery", "delivery.task")],
)
def test_what_the_skill_counted_is_in_the_windows_and_in_the_truth(scene, key, wanted, own):
    counted, records = lived(scene, skills=True)
    assert counted[own] > 0
    assert counted[wanted] > 0
    held = {}
    for record in records:
        for counter, n in record.get("counts", {}).items():
            held[counter] = held.get(counter, 0) + n
    assert {counter: n for counter, n in held.items() if n} == counted
    assert [(one["skill"], one["state"]) for one in records if one["kind"] == "skill"][:1] == [(key, "active")]


def test_the_same_seed_is_the_same_day_in_whatever_steps():
    assert lived("exhibition_hall", skills=True) == lived("exhibition_hall", steps=7, skills=True)


def test_a_fleet_with_too_many_of_them_is_refused():
    with pytest.raises(PlanError, match="at most 250"):
        robots(Orders(**{**ORDERS, "robots": 251}, skills=True))


def test_without_skills_nothing_of_them_is_counted():
    counted, records = lived("exhibition_hall")
    assert counted["guided_tour"] > 0
    assert not [key for key in counted if "." in key]
    assert not [one for one in records if one["kind"] == "skill"]
