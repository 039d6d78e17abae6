"""What a skill asks of the robot's body: move to a point, speak, listen, see, touch, show, dock, battery, want.

Each call ends: done, or `CouldNot` with the family and the code of the fault, or after its time. A call that is
cancelled, since the mission is interrupted or its time is over, stops the body first: it stands still within a second.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

from opk_skills.runtime.outcomes import number

CARRIED_MOST_S = 86_400.0  # the orchestrator itself ends what takes too long
SAFE_STOP_S = 1.0  # the body stands still, or has fallen silent, this long after it was asked to stop


class CouldNot(Exception):
    """The body could not do it. `family` is one of the seven, or empty: the call itself was wrong or nobody answers."""

    def __init__(self, family: str, code: str, detail: str = "") -> None:
        super().__init__(f"{family or 'body'} {code}{': ' + detail if detail else ''}")
        self.family = family
        self.code = code
        self.detail = detail


class Act(Protocol):
    """One request on its way. `answer` is the body's line; `cancel` asks it to stop, and it answers."""

    answer: "asyncio.Future[dict[str, Any]]"

    def cancel(self) -> None: ...


class Link(Protocol):
    """How requests reach the body: a socket, or a call in a simulated fleet."""

    speed: float  # how many times faster than the clock the body lives; 1 on every real robot

    def begin(self, do: str, arguments: dict[str, Any]) -> Act:
        """Raises CouldNot when no body is there."""


class Drive(NamedTuple):
    """How far and how long."""

    metres: float
    seconds: float


class Heard(NamedTuple):
    """What somebody said; empty: nobody spoke. `intent`: what the robot takes it for, empty: it does not know."""

    text: str
    intent: str
    slots: dict[str, str]


class Outcome(NamedTuple):
    """How a mission ended that another skill carried out. `resume`: slots with which it goes on where it was."""

    state: str
    why: str
    resume: Mapping[str, str]


class Robot:
    """The body as a skill sees it. `noted` is told every act and its answer, also of one that was stopped."""

    def __init__(self, link: Link, noted: Callable[[str, dict[str, Any]], None]) -> None:
        self._link = link
        self._noted = noted
        self.at_s = 0.0  # the body's clock, when it last said something
        self.driven_m = 0.0  # since the skill began, also on ways that were not driven to the end

    async def go_to(self, point: str, *, timeout_s: float = 300.0) -> Drive:
        """Drives to a point of the map. A point that is not there is CouldNot with code -32620007."""
        answer = await self._ask("go_to", {"point": point}, timeout_s)
        return Drive(number(answer, "metres"), number(answer, "seconds"))

    async def speak(self, text: str, *, timeout_s: float = 60.0) -> float:
        """Says it to the end. Returns the seconds it took."""
        answer = await self._ask("speak", {"text": text}, timeout_s)
        return number(answer, "seconds")

    async def listen(self, *, for_s: float = 6.0) -> Heard:
        """What somebody says within `for_s`."""
        answer = await self._ask("listen", {"for_s": for_s}, for_s + 5.0)
        slots = answer.get("slots")
        return Heard(
            str(answer.get("text") or ""), str(answer.get("intent") or ""), slots if isinstance(slots, dict) else {}
        )

    async def see(self, *, for_s: float = 3.0) -> str | None:
        """The name of who is seen within `for_s`, "" for a stranger; None: nobody came."""
        face = (await self._ask("see", {"for_s": for_s}, for_s + 5.0)).get("face")
        return None if face is None else str(face)

    async def touch(self, buttons: list[str], *, for_s: float = 15.0) -> str:
        """Shows buttons and returns the one that is touched within `for_s`; empty: none was."""
        answer = await self._ask("touch", {"buttons": buttons, "for_s": for_s}, for_s + 5.0)
        return str(answer.get("button") or "")

    async def show(self, page: str) -> None:
        """Shows a page, or a text, until something else is shown."""
        await self._ask("show", {"page": page}, 5.0)

    async def dock(self, *, timeout_s: float = 600.0) -> None:
        """Drives to the charger and stays there."""
        await self._ask("dock", {}, timeout_s)

    async def battery(self) -> float:
        """Charge, from 0 to 1."""
        return _told(await self._ask("battery", {}, 5.0), "charge")

    async def want(self, intent: str, slots: Mapping[str, str] | None = None) -> None:
        """Asks the robot for something that another skill does; whether and when it begins is the robot's affair."""
        await self._ask("want", {"intent": intent, "slots": dict(slots or {})}, 5.0)

    async def clock(self) -> float:
        """Seconds of the robot's own day, from 0 to 86,400."""
        return _told(await self._ask("clock", {}, 5.0), "day_s")

    async def carry_out(self, skill: str, intent: str, slots: Mapping[str, str], *, again: bool = False) -> Outcome:
        """Has a skill do it and waits for the end; an orchestrator alone may. CouldNot: it does not answer.

        `again`: it may have been begun before; where the body knows of it, it is waited for, or its end is told.
        """
        asked = {"skill": skill, "intent": intent, "slots": dict(slots), **({"again": True} if again else {})}
        answer = await self._ask("carry_out", asked, CARRIED_MOST_S)
        resume = answer.get("resume")
        return Outcome(
            str(answer.get("state", "")), str(answer.get("why", "")), resume if isinstance(resume, dict) else {}
        )  # fmt: skip

    async def interrupt(self, skill: str, why: str) -> None:
        """Ends the mission of a skill; only an orchestrator may."""
        await self._ask("interrupt", {"skill": skill, "why": why}, 5.0)

    async def pause(self, seconds: float) -> None:
        """Waits as long on the body's clock."""
        await asyncio.sleep(seconds / self._link.speed)

    async def _ask(self, do: str, arguments: dict[str, Any], timeout_s: float) -> dict[str, Any]:
        act = self._link.begin(do, arguments)
        try:
            async with asyncio.timeout(timeout_s / self._link.speed):
                answer = await asyncio.shield(act.answer)
        except TimeoutError:
            answer = {"family": _FAMILY.get(do, ""), **await self._stopped(act), "ok": False, "code": "timeout"}
        except asyncio.CancelledError:
            self._take(do, await self._stopped(act))
            raise
        self._take(do, answer)
        if not answer.get("ok"):
            raise CouldNot(*(str(answer.get(word, "")) for word in ("family", "code", "detail")))
        return answer

    def _take(self, do: str, answer: dict[str, Any]) -> None:
        self.at_s = max(self.at_s, number(answer, "at_s"))
        self.driven_m += number(answer, "metres")
        self._noted(do, answer)

    async def _stopped(self, act: Act) -> dict[str, Any]:
        """The last answer of an act that is to stop; a body that says nothing within a second has no more to say."""
        act.cancel()
        done, _ = await asyncio.wait({act.answer}, timeout=SAFE_STOP_S)
        return act.answer.result() if done else {"ok": False, "code": "no_answer", "cancelled": True}


def _told(answer: dict[str, Any], field: str) -> float:
    """What was asked for. Raises CouldNot where the body does not say it: unknown is no zero."""
    said = answer.get(field)
    if isinstance(said, bool) or not isinstance(said, (int, float)) or said < 0:
        raise CouldNot("", "unknown", f"the body does not say {field}")
    return float(said)


_FAMILY = {
    "go_to": "navigation", "dock": "navigation", "speak": "tts", "listen": "asr", "see": "vision", "touch": "touch",
}  # fmt: skip
