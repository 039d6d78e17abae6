"""The orchestrator: hears what is wanted, decides which skill does it, and takes the robot home in between.

It is a skill like the others with two acts more: it has a skill carry out an intent, and interrupts one. It never
starts or stops a process. What it is busy with is written down at every step: after a crash it goes on where it was,
also with a mission that has gone on meanwhile; one that has ended meanwhile is over. A skill that does not answer or
has crashed is passed over for the next best; where there is none, the guest is told. Before the robot goes home it asks
a guest, once, whether that helped. What cannot be spoken is shown.
"""

import asyncio
import contextlib
import logging
from collections.abc import Coroutine, Mapping
from typing import Any

from opk_skills.runtime.robot import CouldNot, Outcome
from opk_skills.runtime.skill import Given, Intent, Skill, mission, on

from .notes import Notes, noted, recalled
from .schedule import due, seconds_of, seconds_until_next, went_back
from .switching import Mission, Offer, Rules, Stage, Step, Wish, ended, leaves_nobody, offers_of, overdue, wished

OWN = ""  # what the orchestrator does itself: charging
CHARGE = "workflow&charge"
TICK_S = 60.0
LEAST_GAIN, NO_GAIN_MIN = 0.05, 30
SLOTS_MAX_CHARS = 4_000
ANSWER_S, ASK_AGAIN_S = 8.0, 60.0  # how long a guest may answer, and how long nobody is asked again
OF_GUESTS = frozenset({"voice", "touch", "person", "skill"})
PREFIX = "slot."
_LOG = logging.getLogger(__name__)


class Orchestrator(Skill):
    """One robot's day."""

    def __init__(self, given: Given) -> None:
        super().__init__(given)
        self.notes: Notes = Notes(given.state)
        self._stage = Stage()
        self._carried: asyncio.Task[None] | None = None
        self._schedule: list[Mapping[str, Any]] = []
        self._others: set[asyncio.Task[None]] = set()
        self._asked_s = float("-inf")
        self._asking: asyncio.Task[None] | None = None
        self._rules = self._read_rules()

    async def on_settings(self) -> None:
        self._rules = self._read_rules()

    @mission("workflow&run")
    async def run(self, intent: Intent) -> None:
        """Until the robot is switched off."""
        self._stage, crashed = recalled(self.notes, intent.at_s, self.settings["resume_s"])
        if crashed:
            self.count("workflow.crash")
        if self._stage.now is not None:
            self._begin(self._stage.now, again=True)
            if self._stage.next is not None:
                self._spawn(self._interrupt(self._stage.now))  # it may not have been told before the crash
        else:
            self._take(*ended(self._stage, "done", {}, self._rules, intent.at_s, gone=False))
        try:
            await self._watch()
        finally:
            for task in (self._carried, *self._others):
                if task is not None:
                    task.cancel()

    async def on_stop(self, _why: str) -> None:
        """What is on ends with it: the next one begins at home."""
        if self._stage.now is not None:
            await self._interrupt(self._stage.now)
        self.notes.closed()

    @on("workflow&wish")
    async def wish(self, intent: Intent) -> None:
        """What the body heard, what was touched, what a skill asks for, what a colleague wants."""
        slots = {name.removeprefix(PREFIX): value for name, value in intent.slots.items() if name.startswith(PREFIX)}
        if sum(len(name) + len(value) for name, value in slots.items()) > SLOTS_MAX_CHARS:
            _LOG.warning("a wish with more than %s characters is left out", SLOTS_MAX_CHARS)
            return
        source = intent.slots.get("source", "voice")
        await self._wished(Wish(intent.slots.get("intent", ""), slots, source, intent.at_s))

    async def _wished(self, wish: Wish) -> None:
        self._take(*wished(self._stage, wish, self._rules))
        await asyncio.sleep(0)

    def _take(self, stage: Stage, step: Step) -> None:
        """What was decided is written down before it is done."""
        self._stage = stage
        try:
            self.notes.write(noted(stage), self.robot.at_s)
        except ValueError as error:  # more than fits, or a text that is none: it costs its place after a crash
            _LOG.warning("the stage is not written down: %s", error)
        if step.do == "begin" and step.mission is not None:
            self._begin(step.mission)
        elif step.do == "interrupt" and step.mission is not None:
            self._spawn(self._interrupt(step.mission))
        elif step.do == "pass_on" and step.mission is not None:
            self._spawn(self._pass_on(step.mission))
        elif step.do == "refuse":
            self.count("workflow.switch_refused")
        elif step.do == "unhandled":
            self.count("workflow.unhandled_intent")
        if step.say:
            self._spawn(self._said(step.say))

    def _begin(self, what: Mission, *, again: bool = False) -> None:
        """`again`: it was begun before a crash, and may be on or over."""
        if not what.is_home and not again:
            self.count("workflow.skill_switch")
        self._carried = asyncio.create_task(self._carry_out(what, again=again), name=f"mission of {what.skill}")

    async def _carry_out(self, what: Mission, *, again: bool) -> None:
        """Has the skill do it, whatever comes of it, and decides what comes next."""
        gone = False
        try:
            if what.skill == OWN:
                outcome = await self._charge()
            else:
                outcome = await self.robot.carry_out(what.skill, what.wish.intent, what.wish.slots, again=again)
        except CouldNot as fault:
            outcome, gone = Outcome("failed", str(fault), {}), True
        if outcome.state == "done" and what.asks and what.wish.source in OF_GUESTS and leaves_nobody(self._stage):
            await self._asked()
        if what.is_home and outcome.state != "stopped":
            await self.robot.pause(TICK_S)  # a home that does not stay is not begun again and again
        self._take(*ended(self._stage, outcome.state, outcome.resume, self._rules, self.robot.at_s, gone=gone))

    async def _asked(self) -> None:
        """Asks, unless something more urgent comes."""
        self._asking = asyncio.create_task(self._ask(), name="question")
        try:
            await asyncio.wait({self._asking})
        finally:
            self._asking.cancel()

    async def _ask(self) -> None:
        """Whether it helped; a guest who does not say so has not been heard, and is no dissatisfied one."""
        if not self.settings["ask_guests"] or self.robot.at_s - self._asked_s < ASK_AGAIN_S:
            return
        self._asked_s = self.robot.at_s
        helped, not_helped = self.text("helped"), self.text("not_helped")
        await self.say("did_it_help")
        try:
            button = await self.robot.touch([helped, not_helped], for_s=ANSWER_S)
        except CouldNot as fault:
            _LOG.info("a guest could not be asked: %s", fault)
            return
        if button in {helped, not_helped}:
            self.count("guest.satisfied" if button == helped else "guest.dissatisfied")
            await self.say("thanks")

    async def _charge(self) -> Outcome:
        """On the dock until it is charged enough."""
        await self.robot.dock()
        most, minutes = 0.0, 0
        enough = max(self.settings["charged"], self.settings["charge_below"] + LEAST_GAIN)
        while (charge := await self.robot.battery()) < enough:
            minutes = 0 if charge > most else minutes + 1
            if minutes >= NO_GAIN_MIN:
                break  # it takes no more: a gauge need not reach 1
            most = max(most, charge)
            await self.robot.pause(TICK_S)
        return Outcome("done", "", {})

    async def _interrupt(self, what: Mission) -> None:
        if what.skill == OWN:
            return  # a robot that must charge is interrupted by nothing
        if self._asking is not None and not self._asking.done():
            self._asking.cancel()  # its mission is over
            return
        try:
            await self.robot.interrupt(what.skill, "priority")
        except CouldNot as fault:
            _LOG.warning("%s cannot be interrupted: %s", what.skill, fault)

    async def _pass_on(self, what: Mission) -> None:
        try:
            await self.robot.carry_out(what.skill, what.wish.intent, what.wish.slots)
        except CouldNot as fault:
            _LOG.warning("%s does not take %s: %s", what.skill, what.wish.intent, fault)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """What the decision does not wait for."""
        task = asyncio.create_task(work)
        self._others.add(task)
        task.add_done_callback(self._others.discard)

    async def _said(self, key: str) -> None:
        """Also while a skill is on: the body has one voice, and lets one finish before the next."""
        with contextlib.suppress(CouldNot):
            await self.say(key)

    async def _watch(self) -> None:
        """The clock, the battery, and missions that never end."""
        done_s: float | None = None
        while True:
            now_s = await self._clock()
            if done_s is None:
                done_s = now_s
            elif now_s is not None and not went_back(done_s, now_s):
                for entry in due(self._schedule, done_s, now_s):
                    await self._wished(Wish(entry["intent"], {}, "time", self.robot.at_s))
                done_s = now_s
            await self._look_at_battery()
            if overdue(self._stage, self._rules, self.robot.at_s) and self._stage.now is not None:
                _LOG.warning("%s takes too long", self._stage.now.skill)
                await self._interrupt(self._stage.now)
            wait_s = TICK_S if now_s is None else min(TICK_S, seconds_until_next(self._schedule, now_s))
            await self.robot.pause(wait_s)

    async def _clock(self) -> float | None:
        """None: the body does not say; what is due then waits."""
        try:
            return await self.robot.clock()
        except CouldNot as fault:
            _LOG.warning("the robot's clock is not known: %s", fault)
            return None

    async def _look_at_battery(self) -> None:
        try:
            charge = await self.robot.battery()
        except CouldNot:
            return
        charging = self._stage.now is not None and self._stage.now.skill == OWN
        if charge < self.settings["charge_below"] and not charging:
            await self._wished(Wish(CHARGE, {}, "battery", self.robot.at_s))

    def _read_rules(self) -> Rules:
        offers = [_offer(each) for each in self.settings["offers"]]
        by_intent, twice = offers_of([*offers, Offer(CHARGE, OWN, 0)])
        for intent, one, other in twice:
            _LOG.warning("%s and %s both take %s: %s has it", one, other, intent, one)
        self._schedule = [entry for entry in self.settings["schedule"] if _is_due_at(entry)]
        home = self.settings["home"]
        return Rules(
            by_intent,
            Offer(home["intent"], home["skill"], 9),
            queue=self.settings["queue"],
            wait_s=self.settings["wait_s"],
            resume_s=self.settings["resume_s"],
            mission_s=self.settings["mission_s"],
        )


def _is_due_at(entry: Mapping[str, Any]) -> bool:
    """Whether its times are times; one that has none is left out and named."""
    try:
        seconds_of(entry)
    except ValueError as error:
        _LOG.warning("what begins %s by the clock is left out: %s", entry.get("intent"), error)
        return False
    return True


def _offer(table: Mapping[str, Any]) -> Offer:
    flags = {flag: bool(table.get(flag)) for flag in ("at_once", "yields", "asks")}
    return Offer(table["intent"], table["skill"], table["priority"], **flags)
