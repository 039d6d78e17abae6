"""One body as a process, for `opk run` and for tests: `python -m simulators.bodies --package FILE --sockets FOLDER`.

It says `ready` on a line of its own when its sockets are there, lets guests come, says `gone` when the last has gone,
and when its input ends writes what it counted and saw as one line of JSON.
"""

import argparse
import asyncio
import json
import sys
from pathlib import Path
from random import Random

from opk_skills.package import read
from simulators.bodies.body import SimulatedBody
from simulators.bodies.counting import CountingDesk
from simulators.bodies.counting import serve as serve_counts
from simulators.bodies.guests import Guests
from simulators.bodies.host import Host
from simulators.bodies.people import Bystanders, Habit, Saying
from simulators.bodies.place import PLACES
from simulators.bodies.server import BodyServer
from simulators.bodies.witness import witnessed


def _arguments(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m simulators.bodies", description=__doc__)
    parser.add_argument("--package", type=Path, required=True)
    parser.add_argument("--sockets", type=Path, required=True, help="folder in which body.sock and count.sock are made")
    parser.add_argument("--place", choices=sorted(PLACES), default="hall")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--speed", type=float, default=1.0, help="times the clock")
    parser.add_argument("--frailty", type=float, default=0.0, help="0: nothing fails; 1: as robots do; 20: a bad day")
    parser.add_argument("--guests", type=int, default=3)
    parser.add_argument(
        "--say", action="append", default=[], help="an intent that guests have; else those of the skill"
    )
    parser.add_argument("--slot", action="append", default=[], metavar="NAME=VALUE", help="what they say more exactly")
    return parser.parse_args(words)


async def live(given: argparse.Namespace) -> None:
    """Serves until its input ends."""
    with given.package.open("rb") as file:
        manifest = read(file).manifest
    rng = Random(f"people/{given.seed}")  # noqa: S311 - a simulation, repeatable on purpose
    people = Bystanders(rng, Habit(sayings=[Saying(intent, intent) for intent in manifest.intents] or [Saying("mm")]))
    place = PLACES[given.place]
    body = SimulatedBody(place, people, given.seed, given.frailty, given.speed)
    host = Host(body, manifest.permissions)
    server, desk = BodyServer(host, manifest), CountingDesk(manifest.rates(), body.now_s)
    serving = await server.listen(given.sockets / "body.sock")
    counting = await serve_counts(given.sockets / "count.sock", desk)
    print("ready", flush=True)
    rng = Random(f"guests/{given.seed}")  # noqa: S311 - as above
    slots = dict(slot.partition("=")[::2] for slot in given.slot)
    guests = Guests(host, given.say or manifest.intents, rng, slots)
    coming = asyncio.create_task(_guests(guests, server, given.guests), name="guests")
    await asyncio.to_thread(sys.stdin.read)
    coming.cancel()
    serving.close()
    counting.close()
    said = {"counted": desk.counted, "refused": desk.refused, "witnessed": witnessed(body.log), "log": body.log}
    print(json.dumps(said, ensure_ascii=False), flush=True)


async def _guests(guests: Guests, server: BodyServer, number: int) -> None:
    await server.connected.wait()
    await guests.come(number)
    print("gone", flush=True)


if __name__ == "__main__":
    asyncio.run(live(_arguments(sys.argv[1:])))
