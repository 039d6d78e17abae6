"""Rollouts: all of them, and one: the gate's answer, the two groups, waves, who waits for what, and the acts."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from collector.access.caller import WISHERS
from collector.language import figures
from collector.language import rollouts as sentences
from collector.language.pages import Words
from collector.operations import rollout_reads, rollouts
from collector.operations.rollout_reads import LookShown, RobotOfRollout, RobotsOfRollout, RolloutShown
from collector.operations.rollouts import BeginWave, ChangeRollout
from collector.skillstore.rollouts.looking import ArmSeen, ChangeSeen
from collector.values.sentence import Sentence
from collector.values.texts import WHY_MAX_CHARS
from collector.web.api.routing import Call
from collector.web.errors import BadRequest
from collector.web.pages import rollout_plan, told
from collector.web.pages.forms import fields_of_staff
from collector.web.pages.rendering import page
from collector.web.pages.told import Toast, Undo

ROBOTS_SHOWN = 50
ACTS = {
    "pause": rollouts.pause_rollout, "resume": rollouts.resume_rollout, "abort": rollouts.abort_rollout,
    "take-back": rollouts.take_back_rollout, "retry": rollouts.retry_rollout,
}  # fmt: skip
NEXT_WAVE = "next-wave"
_UNDO = {"pause": "resume", "resume": "pause"}
_ICONS = {"halt": "stop", "no_harm_seen": "check", "cannot_judge": "fault"}
_KIND = {"halt": "stop", "no_harm_seen": "go"}


def add_to(app: web.Application) -> None:
    """The pages and their acts."""
    app.router.add_get("/skills/rollouts", page("rollouts.html", rollouts_page, inside=True))
    rollout_plan.add_to(app)
    app.router.add_get("/skills/rollouts/{rollout}", page("rollout.html", rollout_page, inside=True))
    app.router.add_post("/acts/rollouts/{rollout}/{act}", rollout_changed)


async def rollouts_page(call: Call, words: Words) -> dict[str, Any]:
    """The newest first."""
    found = await call.do(rollout_reads.list_rollouts, None)
    language = words.language
    return {
        "r": _words(words), "may_plan": call.caller.may(WISHERS), "plan_address": rollout_plan.PLAN,
        "rows": [
            {
                "id": one.id, "skill": words.skill_name(one.skill), "version": one.version,
                "state": sentences.state(one.state, language),
                "reason": sentences.reason(one.reason, language) if one.reason else "",
                "wave": f"{one.wave} / {one.waves}", "done": words.number(one.done), "robots": words.number(one.robots),
                "gate": sentences.verdict(one.answer, (), None, None, language) if one.answer != "halt" else "",
                "made_at": one.made_at, "who": one.who,
            }
            for one in found
        ],
    }  # fmt: skip


async def rollout_page(call: Call, words: Words) -> dict[str, Any]:
    """Everything on one page; the robots of one state at a time."""
    number = call.number("rollout")
    state = call.request.query.get("state", "")
    state = state if state in sentences.STATES else ""
    one = await call.do(rollout_reads.one_rollout, number)
    looks = await call.do(rollout_reads.rollout_looks, number)
    cursor = call.request.query.get("cursor") or None
    asked = RobotsOfRollout(rollout=number, state=state, limit=ROBOTS_SHOWN, cursor=cursor)
    robots = await call.do(rollout_reads.rollout_robots, asked)
    language = words.language
    inside = sum(sum(wave.robots.values()) for wave in one.waves)
    done = sum(wave.robots.get("done", 0) for wave in one.waves)
    acts = set(one.may_become) if call.caller.may(WISHERS) else set()
    began = sum(wave.offered_at is not None for wave in one.waves)
    more = urlencode({key: value for key, value in (("state", state), ("cursor", robots.next)) if value})
    return {
        "r": _words(words), "one": one, "state": sentences.state(one.state, language),
        "reason": sentences.reason(one.reason, language) if one.reason else "",
        "sentence": sentences.sentence(one.state, inside, done, sum(one.left_out.values()), language),
        "gate": _gate(one, words), "arms": _arms(one.look, one, language), "waves": _waves(one, words),
        "left_out": [
            {"why": sentences.why(code, "", language), "n": words.number(n)} for code, n in one.left_out.items()
        ],
        "robots": [_robot(each, language) for each in robots.items], "state_now": state,
        "states": [(each, sentences.robot_state(each, language)) for each in sentences.STATES],
        "more": f"?{more}" if robots.next else "",
        "looks": [
            {
                "day": figures.weekday(each.day, language),
                "look": sentences.looks_so_far(each.look, each.looks, language),
                "answer": sentences.verdict(
                    each.answer, each.halted_by, each.until_day, each.needs_robots, language
                ),
                "reasons": figures.listed([sentences.reason(word, language) for word in each.reasons], language),
            }
            for each in looks
        ],
        "may": {
            "pause": "paused" in acts, "resume": one.state == "paused" and bool(acts), "abort": "aborted" in acts,
            "take_back": "taken_back" in acts, "retry": one.state == "running" and bool(acts),
            "next": began + 1 if one.state == "running" and acts and began < len(one.waves) else 0,
        },
        "toast": _toast(call, words, number),
    }  # fmt: skip


async def rollout_changed(request: web.Request) -> web.StreamResponse:
    """An act from the page; the answer is the page again, whose address says what was done."""
    call, form = await fields_of_staff(request)
    act = request.match_info["act"]
    if act not in ACTS and act != NEXT_WAVE:
        raise BadRequest(Sentence("there is no act {act!r}", act=act[:20]), "send the page's own form")
    number = call.number("rollout")
    why = form.get("why", "")[: WHY_MAX_CHARS + 1]
    if act == NEXT_WAVE:
        await call.do(rollouts.begin_next_wave, BeginWave(rollout=number, wave=_wave_of(form), why=why))
    else:
        await call.do(ACTS[act], ChangeRollout(rollout=number, why=why))
    raise web.HTTPSeeOther(told.at(call, f"/skills/rollouts/{number}", done=act))


def _wave_of(form: Mapping[str, Any]) -> int:
    """The wave that the page offered to begin."""
    text = str(form.get("wave", ""))
    if not (text.isascii() and text.isdecimal() and len(text) <= 2):  # noqa: PLR2004 - there are ten waves at most
        raise BadRequest(Sentence("there is no wave {text!r}", text=text[:20]), "send the page's own form")
    return int(text)


def _words(words: Words) -> Any:
    return lambda key: sentences.word(key, words.language)


def _toast(call: Call, words: Words, number: int) -> Toast | None:
    done = told.of(call)
    act = done.get("done", "")
    if act not in {*ACTS, NEXT_WAVE, "start"}:
        return None
    language, undo = words.language, _UNDO.get(act)
    back = Undo(f"/acts/rollouts/{number}/{undo}", (), sentences.word("undo", language)) if undo else None
    return done.toast(sentences.word(f"said_{act}", language), back)


def _gate(one: RolloutShown, words: Words) -> dict[str, Any]:
    look, language = one.look, words.language
    if look is None:
        verdict = sentences.verdict("", (), None, None, language)
        return {"icon": "clock", "kind": "wait", "verdict": verdict, "texts": [sentences.word("no_look", language)],
                "look": ""}  # fmt: skip
    said = [sentences.reason(word, language) for word in look.reasons]
    if look.answer == "halt" and look.robots:
        named = figures.listed(list(look.robots), language)
        carried = f"{sentences.word('carried_by', language)}: {named}"
        said.append(f"{carried} ({look.model})" if look.model else carried)
    elif look.faults is not None:
        fall = None if look.use is None else _percent(look.use.not_excluded, language)
        said.append(sentences.not_good(_percent(look.faults.not_excluded, language), fall, language))
    verdict = sentences.verdict(look.answer, look.halted_by, look.until_day, look.needs_robots, language)
    return {
        "icon": _ICONS.get(look.answer, "clock"), "kind": _KIND.get(look.answer, "wait"), "verdict": verdict,
        "texts": said, "look": sentences.looks_so_far(look.look, look.looks, language),
    }  # fmt: skip


def _arms(look: LookShown | None, one: RolloutShown, language: str) -> list[dict[str, str]]:
    """The two groups side by side, one line for each thing that is judged."""
    if look is None or look.updated is None or look.others is None:
        return []
    lines = [_line("faults", look.updated, look.others, look.faults, language)]
    if one.uses:
        lines += [_line("uses", look.updated, look.others, look.use, language)]
        lines += [_ratio(look.updated, look.others, language)]
    return [*lines, _line("activations", look.updated, look.others, None, language)]


def _line(
    field: str, updated: ArmSeen, others: ArmSeen, change: ChangeSeen | None, language: str
) -> dict[str, str]:  # fmt: skip
    head = {"faults": "faults", "uses": "use", "activations": "starts"}[field]
    span = worst = ""
    if change is not None:
        span = f"{_percent(change.low, language)} … {_percent(change.high, language)}"
        worst = _percent(change.not_excluded, language)
    elif field == "uses":
        span = sentences.word("too_few_accounts", language)
    return {
        "head": sentences.word(head, language), "unit": sentences.word("per_day", language),
        "updated": _rate(getattr(updated, field), updated.robot_days, language),
        "others": _rate(getattr(others, field), others.robot_days, language),
        "span": span, "worst": worst,
    }  # fmt: skip


def _ratio(updated: ArmSeen, others: ArmSeen, language: str) -> dict[str, str]:
    """A version that is used less breaks less often: faults by use say it."""
    return {
        "head": sentences.word("faults_per_use", language), "unit": "",
        "updated": _rate(100 * updated.faults, updated.uses, language),
        "others": _rate(100 * others.faults, others.uses, language), "span": "", "worst": "",
    }  # fmt: skip


def _rate(events: float, of: float, language: str) -> str:
    return figures.number(events / of, language, 2) if of else "–"


def _percent(value: float, language: str) -> str:
    sign = "+" if value > 0 else "−" if value < 0 else ""
    return f"{sign}{figures.number(abs(100 * value), language)} %"


def _waves(one: RolloutShown, words: Words) -> list[dict[str, Any]]:
    language = words.language
    return [
        {
            "wave": wave.wave, "offered_at": wave.offered_at, "judged": wave.judged,
            "robots": words.number(sum(wave.robots.values())), "of": sum(wave.robots.values()),
            "done": wave.robots.get("done", 0),
            "states": figures.listed(
                [f"{words.number(n)} {sentences.robot_state(state, language)}" for state, n in wave.robots.items()],
                language,
            ),
        }
        for wave in one.waves
    ]  # fmt: skip


def _robot(one: RobotOfRollout, language: str) -> dict[str, Any]:
    return {
        "robot": one.robot, "account": one.account, "account_name": one.account_name, "wave": one.wave,
        "state": sentences.robot_state(one.state, language), "why": sentences.why(one.code, one.detail, language),
        "turn": sentences.turn(one.turn, language), "offered_at": one.offered_at,
    }  # fmt: skip
