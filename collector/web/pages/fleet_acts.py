"""What an engineer does from the fleet's pages: an alarm is seen to, a name goes to the other of two machines,
an amount that no robot can have counted is counted after all, or refused.

Each is a form without script: the answer is the page again, whose address says what was done.
"""

from http import HTTPStatus
from urllib.parse import quote

from aiohttp import web

from collector.fleet.parked_counts import ParkedCount
from collector.language.pages import Words
from collector.operations import fleet, parked_counts, robots
from collector.operations.fleet import ClearAlarm
from collector.operations.operation import Operation
from collector.operations.parked_counts import DecideParkedCount
from collector.values.texts import ROBOT_MAX_CHARS, WHY_MAX_CHARS
from collector.web.api.routing import NUMBER_MAX_DIGITS, Call
from collector.web.pages import told
from collector.web.pages.forms import fields_of_staff
from collector.web.pages.told import Toast, Undo

_NAME_MAX = 128
_DONE = {
    "cleared": "alarm_cleared", "swapped": "twins_swapped", "released": "count_released", "refused": "count_refused",
}  # fmt: skip
_FIELDS = {
    "csrf": _NAME_MAX, "kind": _NAME_MAX, "from": _NAME_MAX, "robot": ROBOT_MAX_CHARS, "parked": NUMBER_MAX_DIGITS,
    "why": WHY_MAX_CHARS + 1,  # longer is refused by the operation, not cut here
}  # fmt: skip


async def alarm_cleared(request: web.Request) -> web.StreamResponse:
    call, form = await _posted(request)
    robot = form["robot"]
    await call.do(fleet.clear_alarm, ClearAlarm(kind=form["kind"], robot=robot))
    place = f"/robots/{quote(robot, safe='')}" if form["from"] == "robot" else "/fleet"
    return _back(told.at(call, place, did="cleared", kind=form["kind"], of=robot))


async def alarm_held(request: web.Request) -> web.StreamResponse:
    call, form = await _posted(request)
    await call.do(fleet.hold_alarm, ClearAlarm(kind=form["kind"], robot=form["robot"]))
    return _back("/fleet")


def toast_of(call: Call, words: Words) -> Toast | None:
    """The toast of what an address says was done; an alarm has its undo, but that of the store itself has none."""
    done = told.of(call)
    if done.get("did") not in _DONE:
        return None
    robot, is_alarm = done.get("of", ""), done["did"] == "cleared"
    fields = [("kind", done.get("kind", "")), ("robot", robot), ("from", "fleet")]
    undo = Undo("/acts/alarms/hold", fields, words("undo")) if robot and is_alarm else None
    return done.toast(words(_DONE[done["did"]]), undo)


async def twins_swapped(request: web.Request) -> web.StreamResponse:
    call, form = await _posted(request)
    kept = await call.do(robots.swap_twins, form["robot"])
    return _back(told.at(call, f"/robots/{quote(kept.robot, safe='')}", did="swapped"))


async def parked_count_released(request: web.Request) -> web.StreamResponse:
    return await _decided(request, parked_counts.release_parked_count, "released")


async def parked_count_refused(request: web.Request) -> web.StreamResponse:
    return await _decided(request, parked_counts.refuse_parked_count, "refused")


async def _decided(
    request: web.Request, decide: Operation[DecideParkedCount, ParkedCount], done: str
) -> web.StreamResponse:
    call, form = await _posted(request)
    number = int(form["parked"]) if form["parked"].isdecimal() else 0  # no amount has the number 0
    found = await call.do(decide, DecideParkedCount(parked=number, why=form["why"]))
    return _back(told.at(call, f"/robots/{quote(found.robot, safe='')}#parked", did=done))


async def _posted(request: web.Request) -> tuple[Call, dict[str, str]]:
    """The caller's call and the form's fields. Raises Problem, for a form of another site too."""
    call, form = await fields_of_staff(request)
    return call, {name: form.get(name, "")[:most] for name, most in _FIELDS.items()}


def _back(address: str) -> web.Response:
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": address})
