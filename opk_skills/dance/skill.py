"""A performance: pages and lines in time with the music, on the spot.

Begun when its first number begins, completed when its last has ended. What it does when the body fails: a line that
cannot be spoken is shown; with too little charge there is no performance.
"""

from opk_skills.runtime.skill import Intent, Skill, mission, on


class Dance(Skill):
    """One performance at a time."""

    @mission("dance&start")
    async def perform(self, _intent: Intent) -> None:
        """Raises CouldNot when the charge is low."""
        await self.enough_charge(self.settings["least_charge"])
        self.count("dance")
        await self.say("begin")
        for number in self.settings["numbers"]:
            await self.robot.show(number["page"])
            if number.get("line"):
                await self.tell(number["line"])
            await self.robot.pause(number.get("seconds", 20))
        self.count("dance.completed")
        await self.say("end")

    @on("dance&stop")
    async def stop(self, _intent: Intent) -> None:
        self.end_mission("guest")
