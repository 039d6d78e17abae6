"""A delivery: from the kitchen to the points whose trays are loaded, and back.

A point is *served* when somebody says, by touch or by voice, that they have taken what was for them: nothing else is
counted as a delivery. What it does when the body fails. A point that cannot be reached is tried once more and then
passed over; what was not taken comes back, and is said to the staff. What cannot be spoken is shown. When the screen
does not answer, a voice does (`delivery&taken`), for as long as it would have waited.
"""

import asyncio

from opk_skills.runtime.robot import CouldNot
from opk_skills.runtime.skill import Given, Intent, Skill, mission, on

TRIES = 2  # to reach a point
LOADING_S = 120.0  # the staff has this long to choose the next point


class Delivery(Skill):
    """One task at a time."""

    def __init__(self, given: Given) -> None:
        super().__init__(given)
        self._taken = asyncio.Event()
        self._loaded: set[str] = set()

    @mission("delivery&start")
    async def task(self, intent: Intent) -> None:
        """The whole of it. Raises CouldNot when it is not told where to go, or no point could be reached."""
        points = [point for point in intent.slots.get("points", "").split(",") if point in self.settings["points"]]
        points = points[: self.settings["trays"]] or await self._chosen()
        if not points:
            raise CouldNot("", "not_told", "nobody said where to go")
        self.count("delivery.task")
        self._loaded, unreachable = set(points), []
        for point in points:
            if not await self._reached(point):
                unreachable.append(point)
            elif await self._handed_over():
                self._loaded.discard(point)
                self.count("delivery")
                await self.say("enjoy")
        await self._home(unreachable)
        if len(unreachable) == len(points):
            raise CouldNot("navigation", "no_point_reached", ", ".join(unreachable))

    @on("delivery&taken")
    async def taken(self, _intent: Intent) -> None:
        """Somebody says it instead of touching the screen."""
        self._taken.set()

    @on("delivery&stop")
    async def stop(self, _intent: Intent) -> None:
        self.end_mission("staff")

    async def _chosen(self) -> list[str]:
        """What the staff touches while they load, one point for each tray, until they touch Start."""
        await self.say("load")
        chosen: list[str] = []
        start = self.text("start")
        while len(chosen) < self.settings["trays"]:
            left = [point for point in self.settings["points"] if point not in chosen]
            button = await self.robot.touch([start, *left] if chosen else left, for_s=LOADING_S)
            if button not in left:
                break
            chosen.append(button)
        return chosen

    async def _reached(self, point: str) -> bool:
        for _ in range(TRIES):
            try:
                await self._drive(point)
            except CouldNot as fault:
                if fault.code == "-32620007":  # no such point: it will not appear
                    return False
            else:
                return True
        return False

    async def _drive(self, point: str) -> None:
        """Drives; the way is a way with a load while there is something on a tray. Raises CouldNot."""
        loaded, before_m = bool(self._loaded), self.robot.driven_m
        try:
            await self.robot.go_to(point)
        finally:
            if loaded:
                self.count("delivery.metres", self.robot.driven_m - before_m)

    async def _handed_over(self) -> bool:
        """Whether somebody has taken it, and said so."""
        self._taken.clear()
        await self.say("arrived")
        for reminder in range(1 + self.settings["reminders"]):
            if reminder:
                await self.say("remind")
            if self._taken.is_set() or await self._confirmed(self.settings["wait_s"]):
                return True
        return False

    async def _confirmed(self, for_s: float) -> bool:
        try:
            button = await self.robot.touch([self.text("taken")], for_s=for_s)
        except CouldNot:
            for _ in range(int(for_s)):  # the screen does not answer: a voice may
                if self._taken.is_set():
                    return True
                await self.robot.pause(1.0)
            return self._taken.is_set()
        return button == self.text("taken") or self._taken.is_set()

    async def _home(self, unreachable: list[str]) -> None:
        """Back to the staff, who are told what comes back; to the dock when it needs to charge."""
        try:
            await self._drive(self.settings["home"])
            if await self.robot.battery() < self.settings["least_charge"]:
                await self.robot.dock()
        except CouldNot:
            await self.robot.show(self.text("left_over", points=", ".join(sorted(self._loaded))))
        if unreachable:
            await self.say("unreachable", points=", ".join(unreachable))
        elif self._loaded:
            await self.say("left_over", points=", ".join(sorted(self._loaded)))
