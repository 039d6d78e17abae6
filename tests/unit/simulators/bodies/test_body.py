"""The simulated body: each act takes its time, stops when it is told to, and fails in its family with its code."""

import asyncio
from random import Random

import pytest

from simulators import virtual_time
from simulators.bodies.body import FAMILY, SimulatedBody
from simulators.bodies.people import Bystanders, Habit, Saying
from simulators.bodies.place import PLACES
from simulators.body import AILMENTS

ACTS = {
    "go_to": {"point": "stop-2"},
    "dock": {},
    "speak": {"text": "a long sentence, said to nobody in particular"},
    "listen": {"for_s": 9},
    "see": {"for_s": 9},
    "touch": {"buttons": ["yes"], "for_s": 9},
    "show": {"page": "x"},
    "battery": {},
    "clock": {},
    "want": {"intent": "guide&start", "slots": {}},
}
OF_FAMILY = {"navigation": {"go_to", "dock"}, "tts": {"speak"}, "asr": {"listen"}, "vision": {"see"},
             "touch": {"touch", "show"}, "network": {"listen"}, "nlp": set()}  # fmt: skip
PRESENT = Habit(speaks=1.0, shows=1.0, touches=1.0, sayings=[Saying("hello", "dialog&chat")])


def body(habit=PRESENT, **more):
    return SimulatedBody(PLACES["hall"], Bystanders(Random(1), habit), seed=1, **more)


async def acted(here, do, stop=None):
    if do == "dock":
        here._at = (9.0, 9.0)
    return await here.act(do, ACTS[do], stop or asyncio.Event())


def test_there_is_an_act_for_every_capability_and_each_can_be_done():
    async def all_of_them():
        here = body()
        return {do: await acted(here, do) for do in ACTS}

    answers = virtual_time.run(all_of_them())
    assert set(answers) == set(FAMILY)
    assert all(answer["ok"] for answer in answers.values()), answers


@pytest.mark.parametrize("ailment", AILMENTS, ids=lambda a: f"{a.family} {a.code}")
def test_an_ailment_fails_the_acts_of_its_family_with_its_code_and_no_others(ailment):
    async def all_of_them():
        here = body()
        here.ail(ailment.family, ailment.code)
        answers = {do: await acted(here, do) for do in ACTS}
        here.heal(ailment.family)
        return here, answers, {do: await acted(here, do) for do in ACTS}

    here, ill, well = virtual_time.run(all_of_them())
    failed = {do for do, answer in ill.items() if not answer["ok"]}
    assert failed == OF_FAMILY[ailment.family]
    assert {(ill[do]["family"], ill[do]["code"]) for do in failed} <= {(ailment.family, ailment.code)}
    assert ailment.family != "nlp" or ill["listen"]["intent"] == ""
    assert all(answer["ok"] for answer in well.values())
    assert [row["episode"] for row in here.log if "episode" in row] == ["open", "close"]


@pytest.mark.parametrize("do", ["go_to", "dock", "speak", "listen", "see", "touch"])
def test_an_act_that_is_told_to_stop_answers_within_half_a_second(do):
    async def stopped():
        here, stop = body(Habit(speaks=0, shows=0, touches=0)), asyncio.Event()
        going = asyncio.create_task(acted(here, do, stop))
        await asyncio.sleep(2)
        stop.set()
        return here, await going

    here, answer = virtual_time.run(stopped())
    assert (answer["ok"], answer["cancelled"]) == (False, True)
    assert answer["at_s"] <= 2.5
    assert here.log[-1]["at_s"] == answer["at_s"]


def test_legs_refuse_a_second_drive_and_a_second_sentence_waits_while_both_go_on_at_once():
    async def together():
        here = body()
        return await asyncio.gather(*(acted(here, do) for do in ("go_to", "speak", "dock", "speak")))

    drive, speech, second, again = virtual_time.run(together())
    assert drive["ok"]
    assert speech["ok"]
    assert speech["at_s"] < drive["at_s"]
    assert second["detail"] == "busy"
    assert again["ok"]
    assert again["at_s"] > speech["at_s"]


def test_a_point_that_is_not_on_the_map_and_an_act_nobody_knows_are_refused():
    async def asked():
        here = body()
        return await here.act("go_to", {"point": "moon"}, asyncio.Event()), await here.act("fly", {}, asyncio.Event())

    nowhere, flown = virtual_time.run(asked())
    assert (nowhere["code"], nowhere["metres"]) == ("-32620007", 0.0)
    assert flown["code"] == "unknown"


def test_driving_takes_charge_and_the_dock_gives_it_back():
    async def day():
        here = body(battery=0.5)
        for _ in range(40):
            await here.act("go_to", {"point": "stop-3"}, asyncio.Event())
            await here.act("go_to", {"point": "entrance"}, asyncio.Event())
        tired = here.battery
        await here.act("dock", {}, asyncio.Event())
        await asyncio.sleep(3600)
        charged = (await here.act("battery", {}, asyncio.Event()))["charge"]
        here.battery = 0.01
        here._docked_s = None
        return tired, charged, await here.act("go_to", {"point": "stop-1"}, asyncio.Event())

    tired, charged, flat = virtual_time.run(day())
    assert tired < 0.5
    assert charged == pytest.approx(tired + 0.25, abs=0.01)
    assert flat["code"] == "battery_low"


def test_twice_the_speed_is_half_the_wait_and_the_same_clock():
    async def driven(speed):
        here = body(speed=speed)
        began = asyncio.get_running_loop().time()
        answer = await here.act("go_to", {"point": "stop-2"}, asyncio.Event())
        return asyncio.get_running_loop().time() - began, answer

    usual_s, usual = virtual_time.run(driven(1.0))
    fast_s, fast = virtual_time.run(driven(2.0))
    assert fast_s == pytest.approx(usual_s / 2)
    assert fast == usual
