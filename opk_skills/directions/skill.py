"""Says where a place is, and offers to lead there.

A place is found by its name in what was asked. What it does when the body fails: where it cannot hear it shows the
places to be touched; what cannot be spoken is shown; a guest who cannot be asked is not led.
"""

from collections.abc import Mapping
from typing import Any

from opk_skills.runtime.robot import CouldNot
from opk_skills.runtime.skill import Intent, Skill, mission
from opk_skills.runtime.words import says

ANSWER_S = 10.0


class Directions(Skill):
    """One question at a time."""

    @mission("directions&ask")
    async def ask(self, intent: Intent) -> None:
        """Ends where nobody says what they look for."""
        asked = intent.slots.get("place", "") or await self._asked()
        if not asked:
            return
        self.count("directions.asked")
        place = self._place(asked)
        if place is None:
            self.count("directions.unknown_place")
            await self.say("unknown")
            return
        await self.tell(place.get("way") or self.text("way", place=place["name"]))
        self.count("directions")
        if self.settings["offer_to_lead"] and place.get("point"):
            await self._offer(place)

    async def _asked(self) -> str:
        await self.say("where")
        try:
            heard = await self.robot.listen(for_s=ANSWER_S)
        except CouldNot:
            return await self._touched([place["name"] for place in self.settings["places"]][:12])
        if heard.text:
            self.count("interaction")
        return heard.slots.get("place", "") or heard.text

    def _place(self, asked: str) -> Mapping[str, Any] | None:
        return next((p for p in self.settings["places"] if says(asked, p["name"])), None)

    async def _offer(self, place: Mapping[str, Any]) -> None:
        await self.say("shall_i")
        if await self._touched([self.text("yes"), self.text("no")]) == self.text("yes"):
            await self.robot.want("lead&start", {"point": place["point"]})

    async def _touched(self, buttons: list[str]) -> str:
        try:
            button = await self.robot.touch(buttons, for_s=ANSWER_S) if buttons else ""
        except CouldNot:
            return ""
        if button:
            self.count("interaction")
        return button
