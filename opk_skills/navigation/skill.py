"""Drives to a point of the map for whoever asks: the staff, a schedule, a colleague.

What it does when the body fails: it tries again; a robot that is stuck asks a person to move it, and a person who says
that it is done has intervened. A point that is not on the map is refused at once.
"""

from opk_skills.runtime.robot import CouldNot
from opk_skills.runtime.skill import Intent, Skill, mission, on

NO_SUCH_POINT = "-32620007"
STUCK = frozenset({"-32620008", "-124", "-32620014"})  # a person has to help


class Navigation(Skill):
    """One task at a time."""

    @mission("navigation&go")
    async def go(self, intent: Intent) -> None:
        """Raises CouldNot when it does not get there."""
        point = intent.slots.get("point", "")
        if not point:
            raise CouldNot("", "not_told", "nobody said where to go")
        tries = self.settings["tries"]
        for number in range(1, tries + 1):
            try:
                await self.robot.go_to(point)
            except CouldNot as fault:
                if number == tries or fault.code == NO_SUCH_POINT:
                    raise
                if fault.code in STUCK and not await self._helped():
                    raise
            else:
                self.count("navigation.arrived")
                return

    @on("navigation&stop")
    async def stop(self, _intent: Intent) -> None:
        self.end_mission("asked")

    async def _helped(self) -> bool:
        """Whether somebody has moved it, and said so."""
        await self.say("help")
        try:
            helped = await self.robot.touch([self.text("moved")], for_s=self.settings["help_s"]) != ""
        except CouldNot:
            return False
        if helped:
            self.count("intervention")
        return helped
