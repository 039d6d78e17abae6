"""The home page: what a robot shows when nobody wants anything, and the first words when somebody does.

`portal&home` stays until something else begins: it shows what the robot can do, and asks for what is touched.
`portal&wake` says hello, listens once, and asks for what it heard; what no skill knows goes to small talk. What it does
when the body fails: where speech is gone it goes by touch, where the screen is gone it goes by voice, and where both
are gone the mission has failed.
"""

from opk_skills.runtime.robot import CouldNot, Heard
from opk_skills.runtime.skill import Intent, Skill, mission

AGAIN_S = 30.0  # until a screen that does not answer is tried again
SMALL_TALK = "dialog&chat"


class Portal(Skill):
    """Home, and waking up."""

    @mission("portal&home")
    async def home(self, _intent: Intent) -> None:
        """Until it is interrupted."""
        shown = False
        while True:
            try:
                if not shown:
                    await self.robot.show(self.text("home"))
                    self.count("portal.home_view")  # a screen that is dead shows nothing
                    shown = True
                await self._touched(self.settings["idle_s"])
            except CouldNot:
                await self.robot.pause(AGAIN_S)

    @mission("portal&wake")
    async def wake(self, _intent: Intent) -> None:
        """Raises CouldNot when it can neither hear nor be touched."""
        self.count("wake_up")
        await self.say("hello")
        try:
            heard = await self.robot.listen(for_s=self.settings["listen_s"])
        except CouldNot:
            await self._touched(self.settings["listen_s"])
            return
        if heard.text:
            self.count("interaction")
            await self._pass_on(heard)
        else:
            await self._touched(self.settings["listen_s"])

    async def _pass_on(self, heard: Heard) -> None:
        if heard.intent:
            await self.robot.want(heard.intent, heard.slots)
        else:
            await self.robot.want(SMALL_TALK, {"text": heard.text})

    async def _touched(self, for_s: float) -> None:
        """Waits for a touch, and asks for what it means."""
        offers = {offer["label"]: offer["intent"] for offer in self.settings["offers"]}
        button = await self.robot.touch(list(offers), for_s=for_s)
        if button in offers:
            self.count("interaction")
            await self.robot.want(offers[button])
