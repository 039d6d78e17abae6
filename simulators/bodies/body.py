"""A simulated body with every capability: acts take time, may be stopped, and fail in the seven families.

It lives on the event loop's clock, times `speed`: on a VirtualLoop an hour costs its work alone. The same seed, orders
and loop give the same log. `log` is the truth: one row for each act, mission, correction and episode, by its own clock.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from simulators.bodies.people import Nearby
from simulators.bodies.place import DOCK, FloorMap
from simulators.body import AILMENTS, FAILINGS, WORSE_WHILE_OPEN
from simulators.robot import CHARGED_PER_HOUR, HOUR_S, SPEED_M_PER_S

FAILS_AFTER_S = 0.5
TURN_S, TURN_LOOK_S = 20.0, 0.5  # how long somebody waits for the voice, and how often it looks
BRAKE_S = 0.4  # until it stands, after it was told to stop
SPEAK_CHARS_PER_S = 5.0
BATTERY_PER_DRIVEN_HOUR = 0.12
DAY_S = 86_400.0
FLAT = 0.05  # below this it drives nowhere but to its dock
FAMILY = {
    "go_to": "navigation", "dock": "navigation", "speak": "tts", "listen": "asr", "see": "vision", "touch": "touch",
    "show": "touch", "battery": "", "want": "", "clock": "",
}  # fmt: skip
NEEDS_NETWORK = frozenset({"listen"})  # its speech is recognised in the centre
BEFORE_DRIVING = frozenset({"32610009", "-32620001", "-32620007", "-32620002", "battery_low"})
BUSY = "-32600001"
_USUAL_CODE = {"vision": "-32600003", "touch": "no_response", "asr": "2", "tts": "on_error", "navigation": "-32620006"}
_SHARES = {failing.counter: failing for failing in FAILINGS}
_COULD_NOT = {
    "speak": "tts_not_played", "listen": "asr_not_recognised", "see": "vision_not_recognised",
    "touch": "touch_no_response",
}  # fmt: skip
_WRONG = {"speak": "tts_wrong", "listen": "asr_wrong", "see": "vision_wrong", "touch": "touch_wrong"}

Row = dict[str, Any]


@dataclass(slots=True)
class SimulatedBody:
    """`frailty` 0: fails only as it is told by `ail`; 1: as robots do; more: worse."""

    place: FloorMap
    people: Nearby
    seed: int
    frailty: float = 0.0
    speed: float = 1.0
    model: str = "greetbot"
    core: str = "2.8.0"
    battery: float = 1.0
    woke_s: float = 9 * HOUR_S  # second of its own day at which it was switched on
    log: list[Row] = field(default_factory=list)
    on_correction: Callable[[str], None] = lambda _family: None
    on_drive: Callable[[], None] = lambda: None
    on_want: Callable[[str, Mapping[str, str]], None] = lambda _intent, _slots: None
    _rng: Random = field(init=False)
    _at: tuple[float, float] = field(init=False)
    _began_s: float = field(init=False)
    _ailing: dict[str, str] = field(default_factory=dict)
    _busy: set[str] = field(default_factory=set)
    _docked_s: float | None = None

    def __post_init__(self) -> None:
        self._rng = Random(f"body/{self.seed}")  # noqa: S311 - a simulation, repeatable on purpose
        self._at = self.place.points[DOCK]
        self._began_s = asyncio.get_running_loop().time()

    def now_s(self) -> float:
        """Seconds of its own clock since it was made."""
        return round((asyncio.get_running_loop().time() - self._began_s) * self.speed, 3)

    @property
    def docked(self) -> bool:
        """Whether it stands at its charger, as it does at first."""
        return self._docked_s is not None or self._at == self.place.points[DOCK]

    @property
    def charge(self) -> float:
        """Of the battery, from 0 to 1."""
        return self._charged()

    def ail(self, family: str, code: str) -> None:
        """From now on every act of this family fails with this code."""
        self._ailing[family] = code
        self.note(episode="open", family=family, code=code)

    def heal(self, family: str) -> None:
        if code := self._ailing.pop(family, ""):
            self.note(episode="close", family=family, code=code)

    def note(self, **row: Any) -> None:
        self.log.append({"at_s": self.now_s(), **row})

    async def act(self, do: str, arguments: Mapping[str, Any], stop: asyncio.Event, *, by: str = "") -> Row:
        """Does it, until it is done, fails or `stop` is set. Returns the answer; never raises for what people ask.

        `by`: the skill that asks, for the log.
        """
        acts: dict[str, Callable[[Mapping[str, Any], asyncio.Event], Any]] = {
            "go_to": self._go_to, "dock": self._dock, "speak": self._speak, "listen": self._listen, "see": self._see,
            "touch": self._touch, "show": self._show, "battery": self._charge, "want": self._want,
            "clock": self._clock,
        }  # fmt: skip
        if do not in acts:
            return self._logged(do, arguments, _failed("", "unknown", "no such capability"), by)
        family = FAMILY[do]
        if do == "speak" and family in self._busy and not await self._voice_free(stop):
            return self._logged(do, arguments, _failed("tts", "stopped") | {"cancelled": True}, by)
        if family in self._busy:
            return self._logged(do, arguments, _failed(family, BUSY, "busy"), by)
        self._busy.add(family)
        try:
            code = self._fault(do) if do not in {"go_to", "dock"} else None  # a drive asks by itself
            if code:
                await self._spend(FAILS_AFTER_S, stop)
                answer = _failed(*code)
            else:
                answer = await acts[do](arguments, stop)
        finally:
            self._busy.discard(family)
        answer = self._logged(do, arguments, answer, by)
        if answer["ok"] and self._chance(_WRONG.get(do, "")):
            self.note(corrected=family, **({"by": by} if by else {}))
            self.on_correction(family)
        return answer

    async def _voice_free(self, stop: asyncio.Event) -> bool:
        """Whoever speaks is let finish, for a while. False: it is not to be said any more."""
        for _ in range(int(TURN_S / TURN_LOOK_S)):
            if "tts" not in self._busy:
                break
            if (await self._spend(TURN_LOOK_S, stop))[1]:
                return False
        return True

    def _logged(self, do: str, arguments: Mapping[str, Any], answer: Row, by: str) -> Row:
        answer = {**answer, "at_s": self.now_s()}
        self.log.append({**answer, "do": do, "with": dict(arguments), **({"by": by} if by else {})})
        return answer

    def _fault(self, do: str) -> tuple[str, str, str] | None:
        """The fault that stops this act: an open one of its family or of the network, or one by chance."""
        for family in ("network", FAMILY[do]) if do in NEEDS_NETWORK else (FAMILY[do],):
            if code := self._ailing.get(family):
                detail = next((a.detail for a in AILMENTS if (a.family, a.code) == (family, code)), "")
                return family, code, detail
        if do in {"go_to", "dock"}:
            for counter, code in (("navigation_not_started", "32610009"), ("navigation_aborted", "-32620006")):
                if self._chance(counter):
                    return "navigation", code, ""
            return None
        family = FAMILY[do]
        return (family, _USUAL_CODE[family], "") if self._chance(_COULD_NOT.get(do, "")) else None

    def _chance(self, counter: str) -> bool:
        failing = _SHARES.get(counter)
        if failing is None or not self.frailty:
            return False
        worse = WORSE_WHILE_OPEN if failing.family in self._ailing else 1.0
        return self._rng.random() < min(0.9, failing.share * self.frailty * worse)

    async def _spend(self, seconds: float, stop: asyncio.Event) -> tuple[float, bool]:
        """Lets up to so many seconds pass. Returns how many did, and whether it was stopped."""
        began_s = self.now_s()
        try:
            async with asyncio.timeout(seconds / self.speed):
                await stop.wait()
        except TimeoutError:
            return seconds, False
        return min(seconds, self.now_s() - began_s), True

    async def _drive(self, there: tuple[float, float], fault: tuple[str, str, str] | None, stop: asyncio.Event) -> Row:
        """As far as it gets. A fault before driving costs two seconds and no metre; another stops it half way."""
        if fault and fault[1] in BEFORE_DRIVING:
            await self._spend(2.0, stop)
            return _failed(*fault) | {"metres": 0.0, "seconds": 0.0}
        self._undock()
        whole_m = self.place.metres(self._at, there)
        fault = fault if whole_m else None  # it is there already
        self.on_drive()
        due_s = whole_m * (0.5 if fault else 1.0) / SPEED_M_PER_S
        spent_s, stopped = await self._spend(due_s, stop)
        if stopped:
            await asyncio.sleep(BRAKE_S / self.speed)
        share = spent_s / (whole_m / SPEED_M_PER_S) if whole_m else 1.0
        here = self._at
        self._at = (here[0] + (there[0] - here[0]) * share, here[1] + (there[1] - here[1]) * share)
        driven = {"metres": round(spent_s * SPEED_M_PER_S, 2), "seconds": round(spent_s, 2)}
        self.battery = max(0.0, self.battery - spent_s / HOUR_S * BATTERY_PER_DRIVEN_HOUR)
        if stopped:
            return _failed("navigation", "stopped") | driven | {"cancelled": True}
        return (_failed(*fault) if fault else {"ok": True}) | driven

    async def _go_to(self, arguments: Mapping[str, Any], stop: asyncio.Event) -> Row:
        there = self.place.points.get(str(arguments.get("point", "")))
        fault = self._fault("go_to")
        if there is None:
            fault = ("navigation", "-32620007", "no such point on the map")
        elif self._charged() < FLAT:
            fault = ("navigation", "battery_low", "the battery is almost empty")
        return await self._drive(there or self._at, fault, stop)

    async def _dock(self, _arguments: Mapping[str, Any], stop: asyncio.Event) -> Row:
        answer = await self._drive(self.place.points[DOCK], self._fault("dock"), stop)
        if answer["ok"]:
            self._docked_s = self.now_s()
        return answer

    async def _speak(self, arguments: Mapping[str, Any], stop: asyncio.Event) -> Row:
        seconds, stopped = await self._spend(max(0.5, len(str(arguments.get("text", ""))) / SPEAK_CHARS_PER_S), stop)
        if not stopped:
            self.people.hear()
        ended = _failed("tts", "stopped") | {"cancelled": True} if stopped else {"ok": True}
        return ended | {"seconds": round(seconds, 2)}

    async def _listen(self, arguments: Mapping[str, Any], stop: asyncio.Event) -> Row:
        saying, after_s = self.people.say()
        for_s = _seconds(arguments)
        _, stopped = await self._spend(min(after_s, for_s) if saying else for_s, stop)
        if stopped:
            return _failed("asr", "4", "cancelled") | {"cancelled": True}
        if saying is None or after_s > for_s:
            return {"ok": True, "text": "", "intent": ""}
        known = saying.intent if "nlp" not in self._ailing and not self._chance("nlp_not_handled") else ""
        return {"ok": True, "text": saying.text, "intent": known, "slots": saying.slots if known else {}}

    async def _see(self, arguments: Mapping[str, Any], stop: asyncio.Event) -> Row:
        face, after_s = self.people.show_face()
        return await self._until("vision", "face", face, after_s, _seconds(arguments), stop)

    async def _touch(self, arguments: Mapping[str, Any], stop: asyncio.Event) -> Row:
        buttons = [str(button) for button in arguments.get("buttons", [])][:20]
        button, after_s = self.people.touch(buttons)
        return await self._until("touch", "button", button, after_s, _seconds(arguments), stop)

    async def _until(
        self, family: str, word: str, value: str | None, after_s: float, for_s: float, stop: asyncio.Event
    ) -> Row:
        came = value is not None and after_s <= for_s
        _, stopped = await self._spend(after_s if came else for_s, stop)
        if stopped:
            return _failed(family, "stopped") | {"cancelled": True}
        return {"ok": True, word: value if came else None}

    async def _show(self, _arguments: Mapping[str, Any], _stop: asyncio.Event) -> Row:
        return {"ok": True}

    async def _clock(self, _arguments: Mapping[str, Any], _stop: asyncio.Event) -> Row:
        return {"ok": True, "day_s": (self.woke_s + self.now_s()) % DAY_S}

    async def _want(self, arguments: Mapping[str, Any], _stop: asyncio.Event) -> Row:
        slots = arguments.get("slots")
        self.on_want(str(arguments.get("intent", "")), slots if isinstance(slots, dict) else {})
        return {"ok": True}

    async def _charge(self, _arguments: Mapping[str, Any], _stop: asyncio.Event) -> Row:
        return {"ok": True, "charge": round(self._charged(), 3)}

    def _charged(self) -> float:
        """The battery now, with what the dock has given so far."""
        if self._docked_s is not None:
            now_s = self.now_s()
            self.battery = min(1.0, self.battery + CHARGED_PER_HOUR * (now_s - self._docked_s) / HOUR_S)
            self._docked_s = now_s
        return self.battery

    def _undock(self) -> None:
        self._charged()
        self._docked_s = None


def _seconds(arguments: Mapping[str, Any]) -> float:
    """How long it is asked to wait, at most ten minutes."""
    said = arguments.get("for_s", 5.0)
    return min(600.0, max(0.0, float(said))) if isinstance(said, (int, float)) else 5.0


def _failed(family: str, code: str, detail: str = "") -> Row:
    return {"ok": False, "family": family, "code": code, "detail": detail}
