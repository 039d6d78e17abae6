"""One skill that lives: intents in, mission states out, interruption, settings, drain, stop.

The same in a process of its own and as a coroutine of a simulated fleet; what differs is who calls it.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from opk_skills.runtime.robot import CouldNot
from opk_skills.runtime.skill import Intent, Skill, handlers

FAREWELL_S = 5.0
STUCK_S = 5.0  # a mission that goes on after it was interrupted is not waited for any longer
OTHERS_MAX = 32  # intents that are done at once, at a time
# mission's number; begun, taken, refused, done, failed or stopped; why; slots with which it goes on where it was
Report = Callable[[int, str, str, Mapping[str, str]], None]


class Running:
    """`broken` is set with the exception that ends the skill: a fault of its own, never one of the robot."""

    def __init__(self, skill: Skill, report: Report) -> None:
        self.skill = skill
        self.broken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.idle = asyncio.Event()
        self.idle.set()
        self._report = report
        self._handlers = handlers(type(skill))
        self._mission: asyncio.Task[None] | None = None
        self._why = ""
        self._entered = False  # the mission has had its first step
        self._draining = False
        self._others: set[asyncio.Task[None]] = set()
        skill.end_mission = self.interrupt

    def intent(self, number: int, name: str, slots: dict[str, str], at_s: float) -> None:
        """A person wants something; the answer is reported, and later how the mission ended."""
        method, starts = self._handlers.get(name, ("", False))
        refusal = self._refusal(method, starts=starts)
        if refusal:
            self._report(number, "refused", refusal, {})
            return
        self.skill.robot.at_s = max(self.skill.robot.at_s, at_s)
        handler = getattr(self.skill, method)(Intent(name, slots, at_s))
        self._report(number, "begun" if starts else "taken", "", {})
        if starts:
            self.skill.resume = {}
            self._why, self._entered = "", False
            self.idle.clear()
            self._mission = asyncio.create_task(self._carried_out(number, handler), name=f"mission {number} {name}")
        else:
            other = asyncio.create_task(self._guarded(handler), name=f"intent {number} {name}")
            self._others.add(other)
            other.add_done_callback(self._others.discard)

    def _refusal(self, method: str, *, starts: bool) -> str:
        if not method:
            return "unknown_intent"
        if self.broken.done():
            return "broken"
        if starts and self._draining:
            return "draining"
        return "busy" if (self._mission is not None if starts else len(self._others) >= OTHERS_MAX) else ""

    def interrupt(self, why: str) -> None:
        """The mission ends now, the body stops within a second; without a mission nothing happens."""
        if self._mission is not None and not self._why:
            self._why = why or "interrupted"
            if self._entered:  # a task that is cancelled before its first step would never report
                self._mission.cancel()

    def drain(self) -> None:
        """No new mission begins; `idle` is set when the last one has ended."""
        self._draining = True

    def corrected(self, family: str) -> None:
        self.skill.tally.corrected(family)

    def settings(self, values: dict[str, Any]) -> None:
        """The skill has these from now on, and is told."""
        self.skill.settings = values
        other = asyncio.create_task(self._guarded(self.skill.on_settings()), name="settings")
        self._others.add(other)
        other.add_done_callback(self._others.discard)

    async def stop(self, why: str) -> bool:
        """Interrupts the mission, lets the skill say farewell, and ends what it began. False: the mission goes on."""
        self.drain()
        self.interrupt(why)
        try:
            async with asyncio.timeout(STUCK_S):
                await self.idle.wait()
        except TimeoutError:
            return False
        try:
            async with asyncio.timeout(FAREWELL_S):
                await self.skill.on_stop(why)
        except (TimeoutError, CouldNot):
            self._why = why  # it had its five seconds, or the body cannot say it
        for other in list(self._others):
            other.cancel()
        return True

    async def _carried_out(self, number: int, handler: Any) -> None:
        state, why = "done", ""
        self._entered = True
        try:
            if self._why:
                handler.close()
                raise asyncio.CancelledError  # noqa: TRY301 - the end is told in one place
            await handler
        except asyncio.CancelledError:
            state, why = "stopped", self._why or "cancelled"
        except CouldNot as fault:
            state, why = "failed", str(fault)
        except Exception as error:  # noqa: BLE001 - whatever it is, the host must hear that the mission is over
            state, why = "failed", f"{type(error).__name__}: {error}"
            self._break(error)
        finally:
            self._mission = None
            self._why = ""
            self._report(number, state, why, dict(self.skill.resume) if state == "stopped" else {})
            self.idle.set()

    async def _guarded(self, handler: Any) -> None:
        try:
            await handler
        except CouldNot as fault:
            self._report(0, "failed", str(fault), {})
        except Exception as error:  # noqa: BLE001 - as above
            self._break(error)

    def crash(self) -> None:
        """For simulations: everything stops where it is, as a process that is killed."""
        for task in (self._mission, *self._others):
            if task is not None:
                task.cancel()
        self._break(RuntimeError("killed"))
        self.broken.exception()  # it is known

    def _break(self, error: Exception) -> None:
        if not self.broken.done():
            self.broken.set_exception(error)
