"""Shows and speaks adverts, one after the other.

An advert counts when it was shown to its end. What it does when the body fails: what cannot be spoken is shown only;
what cannot be shown is spoken only; with neither it is passed over, and a list of which nothing could be played has
failed.
"""

from opk_skills.runtime.robot import CouldNot
from opk_skills.runtime.skill import Intent, Skill, mission, on


class Advert(Skill):
    """One list at a time."""

    @mission("advert&play")
    async def play(self, _intent: Intent) -> None:
        """Raises CouldNot when nothing of the list could be played."""
        played = 0
        for item in self.settings["playlist"]:
            shown = await self._shown(item["page"])
            spoken_s = await self._spoken(item.get("words", ""))
            if not shown and not spoken_s:
                continue
            await self.robot.pause(item.get("seconds", 10))
            played += 1
            self.count("advert")
            self.count("advert.seconds", spoken_s + item.get("seconds", 10))
        if self.settings["playlist"] and not played:
            raise CouldNot("touch", "not_played", "neither screen nor voice")

    @on("advert&stop")
    async def stop(self, _intent: Intent) -> None:
        self.end_mission("asked")

    async def _shown(self, page: str) -> bool:
        try:
            await self.robot.show(page)
        except CouldNot:
            return False
        return True

    async def _spoken(self, words: str) -> float:
        """How many seconds it took; 0: it was not spoken."""
        if not words:
            return 0.0
        try:
            return await self.robot.speak(words)
        except CouldNot:
            return 0.0
