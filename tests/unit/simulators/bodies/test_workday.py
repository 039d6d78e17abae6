"""What a body saw of its guide, worked out apart from what the guide counted: the two are equal, whatever fails."""

import asyncio
import json
from random import Random

import pytest

from opk_skills import catalogue
from opk_skills.guide.skill import Guide
from simulators import virtual_time
from simulators.bodies.body import SimulatedBody
from simulators.bodies.direct import start
from simulators.bodies.guests import Guests
from simulators.bodies.people import Bystanders
from simulators.bodies.place import PLACES
from simulators.bodies.workday import seen_of

FOLDER = catalogue.HERE / "guide"
TEXTS = json.loads((FOLDER / "texts.json").read_text())["en"]


def day(seed, frailty, guests, battery=1.0):
    """(what the guide counted, what the body saw)."""
    manifest = catalogue.read(FOLDER)

    async def lived():
        body = SimulatedBody(PLACES["hall"], Bystanders(Random(seed)), seed, frailty, battery=battery)
        life = start(Guide, manifest, body, TEXTS)
        await Guests(life.host, manifest.intents, Random(seed)).come(guests)
        last = life.host.ask(manifest.intents[0])  # whom the end of the day finds on a tour
        await asyncio.sleep(Random(seed).uniform(0, 30))
        life.host.ask(manifest.intents[-1])
        await last
        return life.counted.totals, seen_of(manifest, body.log)

    return virtual_time.run(lived())


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("frailty", [0.0, 1.0, 20.0])
def test_what_the_body_saw_is_what_the_guide_counted(seed, frailty):
    counted, seen = day(seed, frailty, 5)
    assert seen["guided_tour"] > 0
    assert {counter: counted.get(counter, 0) for counter in seen} == seen


def test_a_guest_who_is_sent_away_for_want_of_charge_had_no_tour():
    counted, seen = day(1, 0.0, 1, battery=0.1)
    assert "guided_tour" not in counted
    assert seen["guided_tour"] == 0
    assert seen["plays"] == counted["plays"] > 0
