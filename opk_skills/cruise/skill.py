"""Drives a round of points and comes back to where it began.

A round counts when at least one of its points was reached and it came to its end. What it does when the body fails: a
point that cannot be reached is passed over, a round without any reached point has failed. With too little charge it
goes to its dock before a round, or between two points.
"""

from opk_skills.runtime.robot import CouldNot
from opk_skills.runtime.skill import Intent, Skill, mission, on

NO_POINT = "no_point_reached"


class Cruise(Skill):
    """One round, or rounds until it is stopped."""

    _stayed_s = 0.0

    @mission("cruise&start")
    async def cruise(self, intent: Intent) -> None:
        """Raises CouldNot when the charge is low, or no point of a round was reached."""
        began_s, self._stayed_s = self.robot.at_s or intent.at_s, 0.0
        try:
            rounds = self.settings["rounds"]
            number = 0
            while not rounds or number < rounds:
                await self._round()
                number += 1
        finally:
            self.count("cruise.seconds", max(0.0, self.robot.at_s + self._stayed_s - began_s))

    @on("cruise&stop")
    async def stop(self, _intent: Intent) -> None:
        self.end_mission("asked")

    async def _round(self) -> None:
        reached = 0
        for point in self.settings["points"]:
            await self.enough_charge(self.settings["least_charge"])
            self._stayed_s = 0.0
            try:
                await self.robot.go_to(point)
            except CouldNot:
                continue
            reached += 1
            self.count("cruise.point_reached")
            if self.settings["announce"]:
                await self.tell(self.settings["announce"])
            await self.robot.pause(self.settings["stay_s"])
            self._stayed_s = self.settings["stay_s"]  # the body's clock is heard with its next answer
        if not reached:
            raise CouldNot("navigation", NO_POINT, "none of its points can be reached")
        self.count("cruise")
