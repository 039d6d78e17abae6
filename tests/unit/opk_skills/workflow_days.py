"""A robot with an orchestrator and skills, in virtual time."""

import asyncio
from random import Random

from simulators import virtual_time
from simulators.bodies.body import SimulatedBody
from simulators.bodies.ensemble import Ensemble
from simulators.bodies.people import Bystanders, Habit
from simulators.bodies.place import PLACES

NOBODY = Habit(speaks=0.0, shows=0.0, touches=0.0)
STAYING = Habit(speaks=0.0, shows=1.0, touches=0.0)


def lived(*skills, during, settings=None, habit=NOBODY, seed=1, frailty=0.0, charge=1.0):
    """A robot whose people do what `during(robot)` says; the robot afterwards."""

    async def day():
        body = SimulatedBody(
            PLACES["hall"], Bystanders(Random(f"people/{seed}"), habit), seed, frailty, battery=charge
        )  # fmt: skip
        robot = Ensemble(body, "en", settings or {})
        robot.begin(["workflow", "portal", *skills])
        await asyncio.sleep(1)
        await during(robot)
        await robot.stop()
        return robot

    return virtual_time.run(day())


def begun(robot, *skills):
    """Intents of the missions that began, in order, without being at home."""
    asked = {}
    found = []
    for row in robot.body.log:
        if "intent" in row and row.get("state") == "asked" and not row["intent"].startswith("workflow&"):
            asked.setdefault((row["intent"], row["mission"]), row)
            if row["intent"] != "portal&home":
                found.append(row["intent"])
    return [intent for intent in found if not skills or intent.partition("&")[0] in skills]
