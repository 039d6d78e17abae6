"""Questions and small talk: what no other skill takes. A conversation ends when nobody says anything more.

Answers are what the customer has written: the first whose words are all in what was said. What somebody says that
another skill does is passed on. What it does when the body fails: when speech is not recognised it says so once and
ends; what cannot be spoken is shown.
"""

from collections.abc import Mapping

from opk_skills.runtime.robot import CouldNot
from opk_skills.runtime.skill import Intent, Skill, mission

OWN = "dialog&chat"


class Dialog(Skill):
    """One conversation at a time."""

    @mission("dialog&chat")
    async def chat(self, intent: Intent) -> None:
        """Begins with what was heard already, if anything was."""
        self.count("dialog.session")
        text = intent.slots.get("text", "")
        for _ in range(self.settings["most_turns"]):
            if text:
                await self._answer(text)
            text = await self._heard()
            if not text:
                break
        await self.say("bye")

    async def _heard(self) -> str:
        """What somebody says next; empty: the conversation is over."""
        try:
            heard = await self.robot.listen(for_s=self.settings["listen_s"])
        except CouldNot:
            await self.say("not_heard")
            return ""
        if not heard.text:
            return ""
        self.count("interaction")
        if heard.intent and heard.intent != OWN:
            await self.robot.want(heard.intent, heard.slots)
            return ""
        return heard.text

    async def _answer(self, text: str) -> None:
        self.count("dialog_turn")
        said = text.casefold()
        for known in self.settings["answers"]:
            if _fits(known, said):
                await self.tell(known["answer"])
                return
        self.count("dialog.unanswered")
        await self.say("unknown")


def _fits(known: Mapping[str, str], said: str) -> bool:
    words = known["words"].casefold().split()
    return bool(words) and all(word in said for word in words)
