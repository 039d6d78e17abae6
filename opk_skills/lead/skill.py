"""Leads a guest to a point of the map, and looks whether they came along.

What it does when the body fails: a way that is blocked is tried once more, then the guest is told where to ask; a face
that cannot be seen is no guest who was lost; what cannot be spoken is shown. With too little charge it leads nobody.
"""

from opk_skills.runtime.robot import CouldNot
from opk_skills.runtime.skill import Intent, Skill, mission, on

TRIES = 2


class Lead(Skill):
    """One guest at a time."""

    @mission("lead&start")
    async def lead(self, intent: Intent) -> None:
        """Raises CouldNot when it is told no point, has too little charge, or does not get there."""
        point = intent.slots.get("point", "") or self.settings["usual_point"]
        if not point:
            await self.say("where")
            raise CouldNot("", "not_told", "nobody said where to go")
        await self.enough_charge(self.settings["least_charge"])
        self.count("leading")
        await self.say("follow")
        before_m, there = self.robot.driven_m, False
        try:
            await self._drive(point)
            there = True
        except CouldNot:
            await self.say("blocked")
            raise
        finally:
            self.count("lead.metres", self.robot.driven_m - before_m)
            if not there:
                self.count("lead.aborted")
        if await self._guest_lost():
            self.count("lead.guest_lost")
        else:
            self.count("lead.arrived")
            await self.say("here")

    @on("lead&stop")
    async def stop(self, _intent: Intent) -> None:
        self.end_mission("guest")

    async def _drive(self, point: str) -> None:
        for left in reversed(range(TRIES)):
            try:
                await self.robot.go_to(point)
            except CouldNot as fault:
                if not left or fault.code == "-32620007":  # no such point: it will not appear
                    raise
            else:
                return

    async def _guest_lost(self) -> bool:
        try:
            return await self.robot.see(for_s=self.settings["look_s"]) is None
        except CouldNot:
            return False  # it cannot see: that says nothing of the guest
