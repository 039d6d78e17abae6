"""Greets a guest and asks how they are: a skill to begin with."""

from opk_skills.runtime.skill import Intent, Skill, mission, on


class Greeter(Skill):
    """One guest at a time."""

    @mission("greeter&start")
    async def greet(self, _intent: Intent) -> None:
        """What the guest asked for. It ends here, or is interrupted at any `await`."""
        await self.say("hello")  # what cannot be spoken is shown
        self.count("greeter.greeting")
        if not self.settings["ask"]:
            return
        button = await self.robot.touch([self.text("well"), self.text("not_well")])
        if button == self.text("well"):
            self.count("greeter.happy")
        if button:
            await self.say("glad" if button == self.text("well") else "sorry")

    @on("greeter&stop")
    async def stop(self, _intent: Intent) -> None:
        """The guest has had enough."""
        self.end_mission("guest")
