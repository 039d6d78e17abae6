"""One skill that lives: a mission that begins is always told how it ended."""

import asyncio

from opk_skills.runtime.running import Running
from opk_skills.runtime.skill import Given, Skill, Tally, mission
from opk_skills.runtime.state import StateInMemory
from simulators import virtual_time
from simulators.bodies.direct import Counted


class Waits(Skill):
    @mission("waits&start")
    async def wait(self, _intent):
        await asyncio.sleep(100)


class NoBody:
    speed = 1.0


def running(reports):
    given = Given(NoBody(), Tally(Counted(), frozenset()), {}, {}, StateInMemory())
    return Running(Waits(given), lambda *said: reports.append(said[:3]))


def test_a_mission_that_is_interrupted_before_its_first_step_is_told_as_stopped_and_the_next_one_begins():
    reports = []

    async def at_once():
        skill = running(reports)
        skill.intent(1, "waits&start", {}, 0.0)
        skill.interrupt("priority")
        await asyncio.sleep(1)
        skill.intent(2, "waits&start", {}, 0.0)
        await asyncio.sleep(1)
        return await skill.stop("asked")

    assert virtual_time.run(at_once()) is True
    assert reports == [
        (1, "begun", ""), (1, "stopped", "priority"), (2, "begun", ""), (2, "stopped", "asked"),
    ]  # fmt: skip
