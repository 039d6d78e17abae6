"""Speaks to people who pass, at most once in so many seconds, and wakes the robot for who stays.

A face is a detection, never a person: the same guest may be counted again. What it does when the body fails: without
sight it looks again after a while, and gives up when it has not seen for long; what cannot be spoken is shown, and is a
greeting all the same only when it was spoken.
"""

from opk_skills.runtime.robot import CouldNot
from opk_skills.runtime.skill import Intent, Skill, mission, on

LOOK_S = 20.0
STAYS_S = 4.0
BLIND_S, BLIND_MOST = 60.0, 10  # between looks that failed, and how many in a row end the mission


class Solicit(Skill):
    """Until it is stopped."""

    @mission("solicit&start")
    async def greet(self, _intent: Intent) -> None:
        """Raises CouldNot when it has not seen anything for too long."""
        greeted_s, blind = float("-inf"), 0
        while True:
            try:
                face = await self.robot.see(for_s=LOOK_S)
            except CouldNot:
                blind += 1
                if blind >= BLIND_MOST:
                    raise
                await self.robot.pause(BLIND_S)
                continue
            blind = 0
            if face is None:
                continue
            self.count("foot_traffic")
            if self.robot.at_s - greeted_s >= self.settings["every_s"]:
                greeted_s = self.robot.at_s
                if await self.say("greeting"):
                    self.count("solicitation")
                await self._wake_for_who_stays()

    @on("solicit&stop")
    async def stop(self, _intent: Intent) -> None:
        self.end_mission("asked")

    async def _wake_for_who_stays(self) -> None:
        try:
            stays = await self.robot.see(for_s=STAYS_S) is not None
        except CouldNot:
            return
        if stays:
            await self.robot.want("portal&wake")
