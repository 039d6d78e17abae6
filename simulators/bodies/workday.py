"""A robot's body at work, for the demo: `python -m simulators.bodies.workday --socket FILE --seen FILE SKILL…`.

The agent relays skills to its socket. Guests come one after another, as fast as the clock goes, and want the first
skill. On SIGTERM the guest who is there leaves, and what the body itself saw is written to `--seen`: by counter, what
each skill must have counted.
"""

import argparse
import asyncio
import json
import math
import signal
from collections.abc import Iterable, Mapping
from pathlib import Path
from random import Random
from typing import Any

from opk_skills import catalogue
from opk_skills.manifest import Manifest
from opk_skills.settings.values import with_defaults
from simulators.bodies.body import SimulatedBody
from simulators.bodies.guests import BETWEEN_S
from simulators.bodies.people import Bystanders, Habit, Saying
from simulators.bodies.place import PLACES
from simulators.bodies.robot import RobotBody
from simulators.bodies.server import BodyServer
from simulators.bodies.witness import toured, witnessed

LEAVES_S = 30.0  # a mission that is told to stop has ended long before


def seen_of(manifest: Manifest, log: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """What the body saw of what the guide declares, in whole units, zeros too.

    What only the guide can know, which words were a narration and which tour was whole, is not among it.
    """
    rows, defaults = list(log), with_defaults(manifest.settings, {})
    seen = witnessed(rows) | {"guided_tour": toured(rows, defaults["least_charge"])}
    return {counter: math.floor(seen.get(counter, 0) + 1e-9) for counter in manifest.counts if counter != "narration"}


async def work(given: argparse.Namespace) -> None:
    """Until SIGTERM."""
    over = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, over.set)
    manifests = [catalogue.read(catalogue.HERE / key) for key in given.skills]
    first = manifests[0]
    rng = Random(f"people/{given.seed}")  # noqa: S311 - a simulation, repeatable on purpose
    people = Bystanders(rng, Habit(sayings=[*(Saying(intent, intent) for intent in first.intents), Saying("mm")]))
    robot = RobotBody(SimulatedBody(PLACES["hall"], people, given.seed, given.frailty), manifests)
    given.socket.unlink(missing_ok=True)
    serving = await robot.listen(given.socket)
    visits = asyncio.create_task(_visits(robot.servers[first.key], first, over, given.seed), name="visits")
    await over.wait()
    async with asyncio.timeout(LEAVES_S):
        await visits
    serving.close()
    given.seen.write_text(json.dumps(seen_of(first, robot.body.log)), encoding="utf-8")


async def _visits(server: BodyServer, manifest: Manifest, over: asyncio.Event, seed: int) -> None:
    """One guest after another while the skill is there; the last one leaves when the day is over."""
    rng = Random(f"guests/{seed}")  # noqa: S311 - as above
    while not await _over(over, server.connected.wait()):
        mission = server.host.ask(manifest.intents[0])
        if await _over(over, asyncio.shield(mission)):
            if not mission.done():
                server.host.ask(manifest.intents[-1])
                await mission
            return
        if await _over(over, asyncio.sleep(rng.expovariate(1 / BETWEEN_S))):
            return


async def _over(over: asyncio.Event, other: Any) -> bool:
    """Waits for one of both. Whether the day is over."""
    ways = [asyncio.ensure_future(over.wait()), asyncio.ensure_future(other)]
    await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    for way in ways:
        way.cancel()
    return over.is_set()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m simulators.bodies.workday", description=__doc__)
    parser.add_argument("skills", nargs="+", metavar="SKILL")
    parser.add_argument("--socket", type=Path, required=True)
    parser.add_argument("--seen", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--frailty", type=float, default=1.0)
    return parser.parse_args()


if __name__ == "__main__":
    asyncio.run(work(_arguments()))
