"""The guide in a body: what it does, what it counts, and what it does when each of the seven families fails."""

import asyncio

import pytest

from opk_skills.guide.skill import Guide
from simulators import virtual_time
from simulators.bodies.guests import Guests
from simulators.bodies.host import Ended
from simulators.bodies.people import Habit
from tests.bodies import beside, floor, rows, spoken, standard

GOODBYE = "That was our tour. Thank you for coming."
STOPS = [{"point": f"stop-{n}", "narration": f"Narration {n}."} for n in (1, 2, 3, 4, 5)]


def toured(*, before=None, during=None, **given):
    """One tour, and everything it left."""

    async def tour():
        life = beside(Guide, "guide", **{"stops": STOPS, **given})
        if before:
            before(life.host.body)
        mission = life.host.ask("guide&start")
        if during:
            await during(life)
        return life, await mission

    return virtual_time.run(tour())


def own(life):
    """What the body's log says of the tours: missions begun, narrations spoken, farewells that were not cut short."""
    begun = {row["mission"] for row in rows(life, state="begun")}
    tours = {row["mission"] for row in rows(life, intent="guide&start")} & begun
    narrations = {stop["narration"] for stop in life.running.skill.settings["stops"] if stop.get("narration")}
    farewells = [row for row in rows(life, do="speak") if row["with"]["text"] == GOODBYE and not row.get("cancelled")]
    said = [text for text in spoken(life) if text in narrations]
    return {"guided_tour": len(tours), "narration": len(said), "guide.completed": len(farewells)}


def test_a_tour_goes_from_stop_to_stop_and_back_and_counts_what_the_body_saw():
    life, ended = toured()
    assert ended == Ended("done")
    assert [row["with"]["point"] for row in rows(life, do="go_to")] == [s["point"] for s in STOPS] + ["entrance"]
    assert own(life) == {"guided_tour": 1, "narration": 5, "guide.completed": 1}
    assert life.counted.totals == {
        **own(life), **standard(life), "guide.seconds": floor(rows(life, do="speak")[-1]["at_s"]),
    }  # fmt: skip


@pytest.mark.parametrize("frailty", [0.0, 1.0, 15.0])
@pytest.mark.parametrize("seed", range(6))
def test_whatever_fails_the_counters_are_what_the_body_saw(seed, frailty):
    """The standard ones from the witness, the tour's own from the missions and the words that were spoken."""

    async def day():
        life = beside(Guide, "guide", seed=seed, frailty=frailty, stops=STOPS, habit=Habit(speaks=0.5, shows=0.7))
        guests = Guests(life.host, ["guide&start", "guide&next", "guide&stop"], life.host.body._rng)
        await guests.come(12)
        await life.running.idle.wait()
        return life

    life = virtual_time.run(day())
    counted = dict(life.counted.totals)
    seconds = counted.pop("guide.seconds", 0)
    told = own(life)
    assert counted == {key: n for key, n in {**told, **standard(life)}.items() if n}
    assert 0 < seconds <= life.host.body.log[-1]["at_s"]
    assert told["guided_tour"] == 12


def test_the_same_seed_is_the_same_day():
    assert toured(seed=3, frailty=15.0)[0].host.body.log == toured(seed=3, frailty=15.0)[0].host.body.log
    assert toured(seed=3, frailty=15.0)[0].host.body.log != toured(seed=4, frailty=15.0)[0].host.body.log


def test_in_chinese_it_says_the_same():
    life, _ = toured(language="zh", stops=[{"point": "stop-1"}])
    assert "这里是第 1 站。" in spoken(life)
    assert life.counted.totals["narration"] == 1


def test_navigation_a_stop_that_cannot_be_reached_is_said_and_passed_over():
    async def heal(life):
        await asyncio.sleep(14)
        life.host.body.heal("navigation")

    life, ended = toured(before=lambda body: body.ail("navigation", "-32620006"), during=heal)
    assert ended.state == "done"
    assert "We cannot get to stop 1 now. Let us go on." in spoken(life)
    assert life.counted.totals["narration"] == 4
    assert life.counted.totals["navigation_aborted"] == 1


def test_navigation_two_stops_in_a_row_end_the_tour():
    life, ended = toured(before=lambda body: body.ail("navigation", "-32620001"))
    assert ended.state == "failed"
    assert "-32620001" in ended.why
    assert life.counted.totals["navigation_not_started"] == 2
    assert "guide.completed" not in life.counted.totals
    assert "narration" not in life.counted.totals


def test_tts_what_cannot_be_spoken_is_shown_and_is_no_narration():
    life, ended = toured(before=lambda body: body.ail("tts", "on_error"))
    assert ended.state == "done"
    shown = [row["with"]["page"] for row in rows(life, do="show")]
    assert "Narration 1." in shown
    assert "narration" not in life.counted.totals
    assert life.counted.totals["tts_not_played"] == life.counted.totals["plays"] == len(shown)


@pytest.mark.parametrize(("family", "counted"), [("asr", 1), ("network", None)])
def test_asr_and_network_it_stops_asking_what_it_cannot_hear(family, counted):
    life, ended = toured(before=lambda body: body.ail(family, "6"))
    assert ended.state == "done"
    assert len(rows(life, do="listen")) == 1
    assert life.counted.totals.get("asr_not_recognised") == counted
    assert life.counted.totals["narration"] == 5


def test_nlp_what_it_does_not_understand_it_says_so():
    life, ended = toured(before=lambda body: body.ail("nlp", "other"))
    assert ended.state == "done"
    assert spoken(life).count("I am sorry, I do not know that yet.") == 5
    assert life.counted.totals["nlp_not_handled"] == life.counted.totals["queries"] == 5


def test_vision_a_guest_it_cannot_see_has_not_left():
    life, ended = toured(before=lambda body: body.ail("vision", "-32600004"))
    assert (ended.state, life.counted.totals["narration"]) == ("done", 5)


def test_touch_it_needs_no_touch():
    life, ended = toured(before=lambda body: body.ail("touch", "no_response"))
    assert (ended.state, life.counted.totals["narration"]) == ("done", 5)


def test_a_guest_who_has_left_ends_the_tour():
    life, ended = toured(habit=Habit(speaks=0, shows=0))
    assert ended.state == "done"
    assert life.counted.totals["narration"] == 1
    assert "guide.completed" not in life.counted.totals


def test_with_too_little_charge_it_begins_no_tour_and_docks():
    life, ended = toured(before=lambda body: setattr(body, "battery", 0.1))
    assert "battery_low" in ended.why
    assert rows(life, do="dock", ok=True)
    assert "guided_tour" not in life.counted.totals


def test_a_guest_who_wants_the_next_stop_gets_it():
    async def next_stop(life):
        await asyncio.sleep(26)
        assert (await life.host.ask("guide&next")).state == "taken"

    long = [{"point": "stop-1", "narration": "a" * 900}, {"point": "stop-2", "narration": "b"}]
    life, ended = toured(during=next_stop, stops=long)
    assert ended.state == "done"
    assert [row["cancelled"] for row in rows(life, do="speak", ok=False)] == [True]
    assert life.counted.totals["narration"] == 1
    assert life.counted.totals["plays"] == len(spoken(life))


def test_a_guest_who_says_stop_ends_it_and_the_robot_stands_within_a_second():
    async def stop(life):
        await asyncio.sleep(8)
        assert (await life.host.ask("guide&stop")).state == "taken"

    life, ended = toured(during=stop)
    assert (ended.state, ended.why) == ("stopped", "guest")
    (driven,) = rows(life, do="go_to")
    assert driven["cancelled"]
    assert driven["at_s"] - 8 <= 1.0


def test_a_mission_of_higher_priority_interrupts_it():
    async def interrupt(life):
        await asyncio.sleep(8)
        life.host.interrupt("priority")

    life, ended = toured(during=interrupt)
    assert ended == Ended("stopped", "priority", {"from": "1"})
    assert life.counted.totals["guided_tour"] == 1
    assert life.counted.totals["guide.seconds"] >= 8


def test_a_second_tour_is_refused_while_one_is_on():
    async def again(life):
        assert await life.host.ask("guide&start") == Ended("refused", "busy")
        assert await life.host.ask("dance&start") == Ended("refused", "unknown_intent")

    assert toured(during=again)[1].state == "done"


def test_a_person_who_corrects_it_is_counted_only_where_it_is_declared():
    async def corrected(life):
        life.running.corrected("asr")

    assert "asr_wrong" not in toured(during=corrected)[0].counted.totals
