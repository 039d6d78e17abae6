"""The delivery in a body: what is served, what comes back, and what it does when each of the seven families fails."""

import asyncio

import pytest

from opk_skills.delivery.skill import Delivery
from simulators import virtual_time
from simulators.bodies.host import Ended
from simulators.bodies.people import Habit
from tests.bodies import beside, floor, rows, spoken, standard

TWO = {"points": "table-1,table-5"}
NOBODY = Habit(touches=0.0)


def delivered(slots=TWO, *, before=None, during=None, **given):
    async def task():
        life = beside(Delivery, "delivery", place="restaurant", **given)
        if before:
            before(life.host.body)
        mission = life.host.ask("delivery&start", slots)
        if during:
            await during(life)
        return life, await mission

    return virtual_time.run(task())


def test_each_point_is_served_and_what_is_counted_is_what_the_body_saw():
    life, ended = delivered()
    assert ended == Ended("done")
    assert [r["with"]["point"] for r in rows(life, do="go_to")] == ["table-1", "table-5", "kitchen"]
    metres = sum(r["metres"] for r in rows(life, do="go_to")[:2])
    assert life.counted.totals == {
        "delivery": len(rows(life, button="Taken")), "delivery.task": 1, "delivery.metres": floor(metres),
        **standard(life),
    }  # fmt: skip
    assert life.counted.totals["delivery"] == 2


@pytest.mark.parametrize("frailty", [0.0, 1.0, 15.0])
@pytest.mark.parametrize("seed", range(6))
def test_whatever_fails_the_counters_are_what_the_body_saw(seed, frailty):
    async def evening():
        life = beside(Delivery, "delivery", place="restaurant", seed=seed, frailty=frailty, habit=Habit(touches=0.6))
        for n in range(8):
            mission = life.host.ask("delivery&start", {"points": f"table-{1 + n % 6},table-{1 + (n + 2) % 6}"})
            if n == 5:
                await asyncio.sleep(9)
                life.host.interrupt("priority")
            await mission
        return life

    life = virtual_time.run(evening())
    counted = dict(life.counted.totals)
    assert counted.pop("delivery.task") == len(rows(life, state="begun")) == 8
    assert counted.pop("delivery.metres") <= counted["distance_m"] + 1
    assert counted.pop("delivery", 0) == len(rows(life, button="Taken"))
    assert counted == standard(life)


def test_without_a_word_where_to_go_the_staff_touches_it():
    async def staff(life):
        life.host.body.people.row_touches.extend(["table-3", "table-4", "Start"])

    life, ended = delivered({}, during=staff)
    assert ended.state == "done"
    assert [r["with"]["point"] for r in rows(life, do="go_to")] == ["table-3", "table-4", "kitchen"]


def test_a_point_that_is_none_of_its_own_is_not_driven_to():
    life, ended = delivered({"points": "vault"}, habit=NOBODY)
    assert ended.state == "failed"
    assert "not_told" in ended.why
    assert not rows(life, do="go_to")
    assert "delivery.task" not in life.counted.totals


def test_what_nobody_takes_comes_back_and_is_no_delivery():
    life, ended = delivered(habit=NOBODY)
    assert ended.state == "done"
    assert "delivery" not in life.counted.totals
    assert spoken(life).count("Your order is waiting on my tray.") == 4
    assert "These were not taken: table-1, table-5" in spoken(life)
    assert life.counted.totals["delivery.metres"] == floor(sum(r["metres"] for r in rows(life, do="go_to")))


def test_somebody_may_say_that_they_have_taken_it():
    async def say(life):
        for after_s in (40, 60):  # it stands at a table and its screen does not answer
            await asyncio.sleep(after_s)
            assert (await life.host.ask("delivery&taken")).state == "taken"

    life, _ = delivered(habit=NOBODY, before=lambda body: body.ail("touch", "no_response"), during=say)
    assert life.counted.totals["delivery"] == 2


def test_navigation_a_point_is_tried_once_more_and_then_passed_over():
    life, ended = delivered(before=lambda body: body.ail("navigation", "32610009"))
    assert ended.state == "failed"
    assert "no_point_reached" in ended.why
    assert life.counted.totals["navigation_not_started"] == 5
    assert "delivery" not in life.counted.totals


def test_navigation_one_point_less_does_not_end_the_task():
    life, ended = delivered({"points": "table-1,table-9"}, points=["table-1", "table-9"])
    assert ended.state == "done"
    assert life.counted.totals["delivery"] == 1
    assert len(rows(life, do="go_to", code="-32620007")) == 1
    assert "I could not get to: table-9" in spoken(life)


@pytest.mark.parametrize("family", ["tts", "asr", "nlp", "vision", "network"])
def test_what_it_does_not_need_does_not_stop_it(family):
    life, ended = delivered(before=lambda body: body.ail(family, "on_error"))
    assert (ended.state, life.counted.totals["delivery"]) == ("done", 2)
    if family == "tts":
        assert rows(life, do="show")
        assert life.counted.totals["tts_not_played"] == life.counted.totals["plays"]


def test_touch_a_screen_that_does_not_answer_serves_nobody_by_itself():
    life, ended = delivered(before=lambda body: body.ail("touch", "no_response"))
    assert ended.state == "done"
    assert "delivery" not in life.counted.totals
    assert life.counted.totals["touch_no_response"] == life.counted.totals["touches"] == 6


def test_with_little_charge_it_docks_after_the_task():
    life, ended = delivered(before=lambda body: setattr(body, "battery", 0.19))
    assert ended.state == "done"
    assert rows(life, do="dock", ok=True)


def test_an_interruption_counts_the_metres_until_it_stood():
    async def interrupt(life):
        await asyncio.sleep(5)
        life.host.interrupt("recall")

    life, ended = delivered(during=interrupt)
    assert ended == Ended("stopped", "recall")
    (driven,) = rows(life, do="go_to")
    assert driven["at_s"] <= 6.0
    assert life.counted.totals["delivery.metres"] == floor(driven["metres"])
