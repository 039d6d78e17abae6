"""Signs guests in: by face, and where the face is not known by touching their name.

Who was signed in already is greeted, and not counted again until the list is replaced, also when the skill was started
again meanwhile: it keeps who was. What it does when the body fails: without sight it goes by touch; without a screen,
by sight alone; without both the mission has failed.
"""

import contextlib

from opk_skills.runtime.robot import CouldNot
from opk_skills.runtime.skill import Given, Intent, Skill, mission

OFFERED_MOST = 20


class Checkin(Skill):
    """One guest at a time."""

    def __init__(self, given: Given) -> None:
        super().__init__(given)
        self._kept = given.state
        signed = given.state.read().get("signed")
        self._signed = (
            {name for name in signed if name in self.settings["guests"]} if isinstance(signed, list) else set()
        )

    async def on_settings(self) -> None:
        self._signed &= set(self.settings["guests"])
        self._keep()

    @mission("checkin&start")
    async def sign_in(self, _intent: Intent) -> None:
        """Raises CouldNot when it can neither see nor be touched."""
        name = await self._seen()
        if name in self.settings["guests"]:
            self.count("checkin.face_recognised")
        else:
            name = await self._touched()
        if not name:
            await self.say("desk")
            return
        if name in self._signed:
            await self.say("again", name=name)
            return
        self._signed.add(name)
        self._keep()
        self.count("check_in")
        await self.say("welcome", name=name)

    def _keep(self) -> None:
        with contextlib.suppress(ValueError):  # more names than fit: who comes again after a crash counts again
            self._kept.write({"signed": sorted(self._signed)})

    async def _seen(self) -> str:
        try:
            return await self.robot.see(for_s=self.settings["look_s"]) or ""
        except CouldNot:
            return ""

    async def _touched(self) -> str:
        left = [guest for guest in self.settings["guests"] if guest not in self._signed][:OFFERED_MOST]
        if not left:
            return ""
        await self.say("touch_name")
        return await self.robot.touch(left)
