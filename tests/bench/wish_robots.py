"""Idle robots on real connections that verify what is wished of them in this process, and report it as done at once.

python -m tests.bench.wish_robots PORT NUMBER PUBLIC_KEY.json     says `ready` when all are connected
"""

import asyncio
import sys
from pathlib import Path

from opk_skills.trust import documents
from opk_skills.trust.keys import PublicKey, load_public
from protocol import codec, topics
from protocol.skill_proof import FACTS, proof
from simulators.link import Link, Will
from simulators.mqtt import Dialer

AT_ONCE = 200  # connections that are being made


class IdleRobot:
    """One robot: its highest revision, and what it says of its skills."""

    def __init__(self, name: str, key: PublicKey) -> None:
        self.name, self.key, self.revision = name, key, 0
        self.link: Link | None = None

    def take(self, _topic: str, payload: bytes) -> None:
        sealed = codec.decode(payload)["sealed"]
        wish = documents.unseal(sealed, (self.key,), self.name, self.revision)
        self.revision = wish["revision"]
        skills = [{"skill": one["skill"], **dict.fromkeys(FACTS, one["sha256"])} for one in wish["skills"]]
        told = {"v": 1, "robot": self.name, "revision": self.revision, "skills": skills, "proof": proof(skills)}
        assert self.link is not None
        self.link.publish(topics.reported(self.name), codec.encode(told), qos=1, retain=True)


async def serve(port: int, number: int, key: PublicKey) -> None:
    """Until the process is ended."""
    dialer, places = Dialer("127.0.0.1", port, version=4), asyncio.Semaphore(AT_ONCE)

    async def connected(robot: IdleRobot) -> IdleRobot:
        async with places:
            will = Will("bench/will", b"")
            robot.link = await dialer.dial(robot.name, will, [topics.desired(robot.name)], robot.take, lambda: None)
        return robot

    robots = await asyncio.gather(*(connected(IdleRobot(name_of(n), key)) for n in range(number)))
    print("ready", flush=True)
    await asyncio.Event().wait()
    del robots


def name_of(n: int) -> str:
    """The n-th robot's."""
    return f"idle-{n:05d}"


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2]), load_public(Path(sys.argv[3]))))
