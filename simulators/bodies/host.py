"""Gives intents to one skill and keeps how its missions ended: what a robot's orchestrator does, for one skill."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from opk_skills.manifest.manifest import CONDUCTING
from simulators.bodies.body import SimulatedBody

ENDED = frozenset({"done", "failed", "stopped", "refused", "taken"})
GONE = "the skill has gone"
ANSWER_S = 5.0  # a skill says within this whether it takes an intent


@dataclass(frozen=True, slots=True)
class Ended:
    """How a mission ended, and why."""

    state: str
    why: str = ""
    resume: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Host:
    """`send` gives an event to the skill; `permissions` are what its manifest asks for."""

    body: SimulatedBody
    permissions: Collection[str]
    send: Callable[[dict[str, Any]], None] = lambda _event: None
    conduct: Callable[[str, Mapping[str, Any]], Awaitable[dict[str, Any]]] | None = None
    key: str = ""  # of the skill, in the body's log
    number: int = 0
    acting: int = 0  # how much the body does for this skill now
    _answered: dict[int, asyncio.Event] = field(default_factory=dict)
    _open: "dict[int, asyncio.Future[Ended]]" = field(default_factory=dict)

    async def act(self, do: str, arguments: Mapping[str, Any], stop: asyncio.Event) -> dict[str, Any]:
        """As the body does it, if the skill may ask for it."""
        if do not in self.permissions:
            self.body.note(do=do, ok=False, code="not_permitted")
            detail = f"{do} is not in the permissions of its manifest"
            return {"ok": False, "family": "", "code": "not_permitted", "detail": detail, "at_s": self.body.now_s()}
        if do in CONDUCTING and self.conduct is not None:
            return {**await self.conduct(do, arguments), "at_s": self.body.now_s()}
        self.acting += 1
        try:
            return await self.body.act(do, arguments, stop, by=self.key)
        finally:
            self.acting -= 1

    def ask(self, intent: str, slots: Mapping[str, str] | None = None) -> "asyncio.Future[Ended]":
        """A person wants this; the future says how it ended."""
        self.number += 1
        ended: asyncio.Future[Ended] = asyncio.get_running_loop().create_future()
        self._open[self.number] = ended
        self._answered[self.number] = asyncio.Event()
        self.body.note(mission=self.number, intent=intent, state="asked", **self._by())
        self.send({"event": "intent", "mission": self.number, "intent": intent, "slots": dict(slots or {}),
                   "at_s": self.body.now_s()})  # fmt: skip
        return ended

    def interrupt(self, why: str) -> None:
        self.body.note(interrupt=why)
        self.send({"event": "interrupt", "why": why})

    async def answered(self, number: int) -> None:
        """Until the skill has said whether it takes an intent."""
        if (answered := self._answered.get(number)) is not None:
            await answered.wait()

    def reported(self, number: int, state: str, why: str, resume: Mapping[str, str]) -> None:
        """The skill says how far a mission is."""
        more = {"resume": dict(resume)} if resume else {}
        self.body.note(mission=number, state=state, why=why, **more, **self._by())
        if (answered := self._answered.pop(number, None)) is not None:
            answered.set()
        if state in ENDED and (ended := self._open.pop(number, None)) is not None and not ended.done():
            ended.set_result(Ended(state, why, resume))

    def lost(self) -> None:
        """The skill has gone: no mission of it ends any more."""
        for number in list(self._open):
            self.reported(number, "failed", GONE, {})

    def _by(self) -> dict[str, str]:
        return {"by": self.key} if self.key else {}
