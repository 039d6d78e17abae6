"""Receives visitors: knows who is invited by face or by name, and has them led to where they are expected.

What it does when the body fails: a face that is not recognised is asked for the name, by voice, then by touch; a
visitor whom nobody expects is sent to the desk, and was received all the same. What cannot be spoken is shown.
"""

from collections.abc import Mapping
from typing import Any

from opk_skills.runtime.robot import CouldNot
from opk_skills.runtime.skill import Intent, Skill, mission
from opk_skills.runtime.words import says

ANSWER_S = 12.0
OFFERED_MOST = 12


class Reception(Skill):
    """One visitor at a time."""

    @mission("reception&visit")
    async def receive(self, intent: Intent) -> None:
        """Ends where nobody is there."""
        invitation = await self._by_face()
        if invitation is None:
            await self.say("welcome")
            invitation = self._named(intent.slots.get("name", "") or await self._name())
        self.count("reception")
        if invitation is None:
            await self.say("desk")
            return
        self.count("reception.invitation_matched")
        await self.say("expected", name=invitation["name"])
        if invitation.get("point"):
            await self.robot.want("lead&start", {"point": invitation["point"]})

    async def _by_face(self) -> Mapping[str, Any] | None:
        try:
            face = await self.robot.see(for_s=ANSWER_S / 4)
        except CouldNot:
            return None
        return self._named(face) if face else None

    async def _name(self) -> str:
        try:
            heard = await self.robot.listen(for_s=ANSWER_S)
        except CouldNot:
            return await self._touched_name()
        if not heard.text:
            return await self._touched_name()
        return heard.slots.get("name", "") or heard.text

    async def _touched_name(self) -> str:
        names = [invitation["name"] for invitation in self.settings["invitations"]][:OFFERED_MOST]
        try:
            return await self.robot.touch(names, for_s=ANSWER_S) if names else ""
        except CouldNot:
            return ""

    def _named(self, said: str) -> Mapping[str, Any] | None:
        if not said:
            return None
        return next((i for i in self.settings["invitations"] if says(said, i["name"])), None)
