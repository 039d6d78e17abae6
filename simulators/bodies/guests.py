"""Guests who come one after another, want something of a skill, and sometimes change their mind. From a seed."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from simulators.bodies.host import Ended, Host

BETWEEN_S = 5.0  # mean time from one guest's going to the next one's coming
MIND_CHANGES = 0.25  # share of guests who say something else of the skill while it is busy with them
MIND_CHANGES_AFTER_S = 15.0
PATIENCE_S = 3600.0


@dataclass(slots=True)
class Guests:
    """`intents`: the first begins a mission; the others are said while one is on."""

    host: Host
    intents: Sequence[str]
    rng: Random
    slots: Mapping[str, str] = field(default_factory=dict)  # of the first

    async def come(self, number: int) -> list[Ended]:
        """So many guests, one at a time; returns how it ended with each."""
        ended = []
        for _ in range(number if self.intents else 0):
            await self._pause(self.rng.expovariate(1 / BETWEEN_S))
            mission = self.host.ask(self.intents[0], self.slots)
            if len(self.intents) > 1 and self.rng.random() < MIND_CHANGES:
                await self._pause(self.rng.expovariate(1 / MIND_CHANGES_AFTER_S))
                if not mission.done():
                    self.host.ask(self.rng.choice(self.intents[1:]))
            async with asyncio.timeout(PATIENCE_S / self.host.body.speed):
                ended.append(await mission)
        return ended

    async def _pause(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self.host.body.speed)
