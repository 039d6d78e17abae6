"""A guided tour: from stop to stop, a narration at each, then what the guest has to say, and back.

What it does when the body fails. A stop that cannot be reached is said and passed over; two in a row end the tour. What
cannot be spoken is shown, and is no narration. When speech is not recognised it no longer asks. A face that cannot be
seen is no guest who has left. With too little charge it begins no tour and goes to its dock.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any

from opk_skills.runtime.robot import CouldNot
from opk_skills.runtime.skill import Given, Intent, Skill, mission, on

UNREACHABLE_MAX = 2  # stops in a row
UNSEEN_MAX = 2  # stops in a row at which nobody is there


class Guide(Skill):
    """One tour at a time."""

    def __init__(self, given: Given) -> None:
        super().__init__(given)
        self._step: asyncio.Task[Any] | None = None
        self._skipping = False
        self._listens = True
        self._unseen = 0

    @mission("guide&start")
    async def tour(self, intent: Intent) -> None:
        """The whole of it. Raises CouldNot when it cannot begin, or cannot go on."""
        await self.enough_charge(self.settings["least_charge"])
        first = int(intent.slots.get("from", "1")) if intent.slots.get("from", "1").isdigit() else 1
        if first == 1:
            self.count("guided_tour")  # one that goes on was counted when it began
        self._listens, self._unseen = self.settings["questions"], 0
        try:
            await self.say("welcome" if first == 1 else "goes_on")
            whole = await self._stops(first)
            await self.say("goodbye" if whole else "guest_left")
            if whole:
                self.count("guide.completed")
        finally:
            self.count("guide.seconds", max(0.0, self.robot.at_s - intent.at_s))
        await self._back()

    @on("guide&next")
    async def next_stop(self, _intent: Intent) -> None:
        """The guest has heard enough here."""
        if self._step is not None and not self._step.done():
            self._skipping = True
            self._step.cancel()

    @on("guide&stop")
    async def stop(self, _intent: Intent) -> None:
        self.end_mission("guest")

    async def on_stop(self, why: str) -> None:
        if why != "asked":
            await self.say("stopped")

    async def _stops(self, first: int) -> bool:
        """From stop number `first` on. Whether the guest was there to the end.

        Raises CouldNot when stop after stop cannot be reached.
        """
        unreachable = 0
        for number, stop in enumerate(self.settings["stops"][first - 1 :], first):
            self.resume = {"from": str(number)}
            try:
                await self.robot.go_to(stop["point"])
            except CouldNot:
                unreachable += 1
                if unreachable >= UNREACHABLE_MAX:
                    raise
                await self.say("unreachable", number=number)
                continue
            unreachable = 0
            if await self._guest_left():
                return False
            await self._unless_next(self._narrate(number, stop.get("narration", "")))
            await self._unless_next(self._questions())
        return True

    async def _narrate(self, number: int, narration: str) -> None:
        text = narration or self.text("stop", number=number)
        if await self.tell(text):
            self.count("narration")

    async def _questions(self) -> None:
        """Asks once at each stop, until speech is not recognised."""
        if not self._listens:
            return
        await self.say("questions")
        try:
            heard = await self.robot.listen()
        except CouldNot:
            self._listens = False
            return
        if heard.text:
            await self.say("noted" if heard.intent else "not_understood")

    async def _guest_left(self) -> bool:
        try:
            face = await self.robot.see()
        except CouldNot:
            return False  # it cannot see: that says nothing of the guest
        self._unseen = self._unseen + 1 if face is None else 0
        return self._unseen >= UNSEEN_MAX

    async def _unless_next(self, work: Coroutine[Any, Any, None]) -> None:
        """Does it, unless the guest wants to go on."""
        self._step = asyncio.create_task(work)
        try:
            await self._step
        except asyncio.CancelledError:
            if not self._skipping:
                raise
        finally:
            self._step, self._skipping = None, False

    async def _back(self) -> None:
        """To where it waits; a way that is blocked then is the next guest's, and no fault of this tour."""
        if self.settings["back_to"]:
            try:
                await self.robot.go_to(self.settings["back_to"])
            except CouldNot:
                await self.robot.show(self.text("goodbye"))
