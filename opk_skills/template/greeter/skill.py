"""Greets a guest and asks how they are: a skill to begin with."""

from opk_skills.runtime.robot import CouldNot
from opk_skills.runtime.skill import Intent, Skill, mission, on


class Greeter(Skill):
    """One guest at a time."""

    @mission("greeter&start")
    async def greet(self, _intent: Intent) -> None:
        """What the guest asked for. It ends here, or is interrupted at any `await`."""
        await self._say(self.text("hello"))
        self.count("greeter.greeting")
        if not self.settings["ask"]:
            return
        button = await self.robot.touch([self.text("well"), self.text("not_well")])
        if button == self.text("well"):
            self.count("greeter.happy")
        if button:
            await self._say(self.text("glad") if button == self.text("well") else self.text("sorry"))

    @on("greeter&stop")
    async def stop(self, _intent: Intent) -> None:
        """The guest has had enough."""
        self.end_mission("guest")

    async def _say(self, text: str) -> None:
        """What cannot be spoken is shown: decide for every call what your skill does when the body fails."""
        try:
            await self.robot.speak(text)
        except CouldNot:
            await self.robot.show(text)
