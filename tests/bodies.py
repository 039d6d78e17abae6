"""Skills beside simulated bodies in virtual time, and what the body's log says that they should have counted."""

import json
import math
from random import Random

from opk_skills.catalogue import HERE, read
from simulators.bodies.body import SimulatedBody
from simulators.bodies.direct import start
from simulators.bodies.people import Bystanders, Habit, Saying
from simulators.bodies.place import PLACES
from simulators.bodies.witness import witnessed

SPEAKING = Habit(speaks=1.0, shows=1.0, touches=1.0, sayings=[Saying("nice", "dialog&chat")])


def beside(kind, key, *, place="hall", habit=SPEAKING, seed=1, frailty=0.0, language="en", **settings):
    """A skill that ships, alive beside a body; call it inside a running loop."""
    texts = json.loads((HERE / key / "texts.json").read_text(encoding="utf-8"))[language]
    body = SimulatedBody(PLACES[place], Bystanders(Random(f"people/{seed}"), habit), seed, frailty)
    return start(kind, read(HERE / key), body, texts, settings)


def rows(life, **wanted):
    return [row for row in life.host.body.log if all(row.get(key) == value for key, value in wanted.items())]


def spoken(life):
    return [row["with"]["text"] for row in rows(life, do="speak", ok=True)]


def standard(life):
    """What the body has seen of the standard counters that the skill declares, in whole units."""
    declared = life.running.skill.tally.declared
    return {key: whole for key, n in witnessed(life.host.body.log).items() if key in declared and (whole := floor(n))}


def floor(n):
    return math.floor(n + 1e-9)
