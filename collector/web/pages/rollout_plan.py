"""The form that a rollout begins with: what would happen, and the start. Works without script; keeps what was typed."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from pydantic import ValidationError

from collector.access.caller import WISHERS
from collector.health.tasks import TASKS
from collector.language import figures, names
from collector.language import rollouts as sentences
from collector.language.pages import Words
from collector.operations import rollouts, skill_repository
from collector.operations.rollouts import RolloutPlan, RolloutWish
from collector.skillstore.rollouts.looking import ForecastShown
from collector.values.refusal import Refused
from collector.web.api.rollouts import RolloutBody
from collector.web.api.routing import Call
from collector.web.errors import Forbidden, Unprocessable, problem_of
from collector.web.pages import shell, told
from collector.web.pages.forms import Fields, posted
from collector.web.pages.rendering import page, refusal, render

PLAN = "/skills/rollouts/plan"
TYPED_MAX_CHARS = 20_000  # of one field; what is longer is refused, never cut
_SHOWN = 50
_HUNDRED = 100
_BETWEEN = re.compile("[\\s,\N{FULLWIDTH COMMA}\N{IDEOGRAPHIC COMMA}]+")
_NUMBERS = ("percents", "wave_days", "rise", "fall", "renewal_freeze_days")
_TYPED = ("package", *_NUMBERS, "uses", "accounts", "blackouts", "approval_days", "spares_escalated")
_IN_A_FORM = {"conflict", "invalid", "not_found", "unprocessable"}


def add_to(app: web.Application) -> None:
    """Before the pages of single rollouts, whose address would take `plan` for a number."""
    app.router.add_get(PLAN, page("rollout_plan.html", plan_page, inside=True))
    app.router.add_post("/acts/rollouts", posted(started))


async def plan_page(call: Call, words: Words) -> dict[str, Any]:
    """The form; with `try` in the address what such a rollout would do, which keeps nothing."""
    if not call.caller.may(WISHERS):
        raise Forbidden("you may not run rollouts", "ask an administrator for the role fleet engineer")
    query = call.request.query
    typed = {name: query[name] for name in _TYPED if name in query}
    plan, refused, wrong = None, None, ""
    if "try" in query:
        wish, wrong = _wish(typed)
        if wish is not None:
            answer = await call.parts.do(rollouts.plan_rollout, call.context, wish)
            plan, refused = _answer(answer)
    return await _figures(call, words, typed, plan, refused, wrong)


async def started(call: Call, fields: Fields) -> str | web.StreamResponse:
    """The rollout's page; what is refused comes back with the form."""
    typed = {name: fields[name] for name in _TYPED if name in fields}
    wish, wrong = _wish(typed)
    refused: Refused | None = None
    if wish is not None:
        answer = await call.parts.do(rollouts.start_rollout, call.context, wish)
        if not isinstance(answer, Refused):
            return told.at(call, f"/skills/rollouts/{answer.rollout}", done="start")
        _, refused = _answer(answer)
    words = shell.words_of(call.request)
    again = urlencode(typed)
    call.request[shell.PAGE] = f"{PLAN}?try=1&{again}" if len(again) <= shell.ADDRESS_MAX_CHARS else PLAN
    shown = await _figures(call, words, typed, None, refused, wrong)
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    return render(call.request, "rollout_plan.html", words, status, caller=call.caller, csrf=call.csrf, **shown)


def _answer(answer: RolloutPlan | Refused) -> tuple[RolloutPlan | None, Refused | None]:
    """What stands in the page: a plan, or why there is none. Raises the Problem that is nothing of the form's."""
    if not isinstance(answer, Refused):
        return answer, None
    if answer.kind not in _IN_A_FORM:
        raise problem_of(answer)
    return None, answer


def _wish(typed: Mapping[str, str]) -> tuple[RolloutWish | None, str]:
    """What was typed as the API's own form takes it, or the name of the field that cannot be read."""
    skill, _, digest = typed.get("package", "").partition(" ")
    if not digest:
        return None, "package"
    if too_long := next((name for name in _TYPED if len(typed.get(name, "")) > TYPED_MAX_CHARS), ""):
        return None, too_long
    given: dict[str, Any] = {"skill": skill, "digest": digest}
    given["spares_escalated"] = typed.get("spares_escalated", "yes") != "no"
    for name in ("uses", "accounts"):
        given[name] = _split(typed.get(name, ""))
    for name in (*_NUMBERS, "approval_days"):
        text = typed.get(name, "").strip()
        if not text:
            continue  # as the API has it
        try:
            given[name] = [float(one) for one in _split(text)] if name == "percents" else float(text)
        except ValueError:
            return None, name
    if "fall" in given:
        given["fall"] = 1 - given["fall"] / _HUNDRED
    pairs = [one.partition(":") for one in _split(typed.get("blackouts", ""))]
    given["blackouts"] = [(first, last or first) for first, _, last in pairs]
    try:
        return RolloutBody.model_validate(given).wish(), ""
    except ValidationError as error:
        return None, str(error.errors()[0]["loc"][0])
    except Unprocessable:
        return None, "blackouts"


def _split(text: str) -> list[str]:
    return [one for one in _BETWEEN.split(text) if one]


def _typed_or_usual(typed: Mapping[str, str], language: str) -> dict[str, str]:
    """What stands in the fields: as it was typed, or what the API takes where nothing is said."""
    usual = RolloutBody.model_validate({"skill": "", "digest": ""})
    says = {
        "percents": ", ".join(f"{one:g}" for one in usual.percents), "wave_days": str(usual.wave_days),
        "rise": figures.short(usual.rise, language), "fall": f"{_HUNDRED * (1 - usual.fall):.0f}",
        "renewal_freeze_days": str(usual.renewal_freeze_days), "spares_escalated": "yes",
    }  # fmt: skip
    return {name: typed.get(name, says.get(name, "")) for name in _TYPED}


async def _figures(
    call: Call, words: Words, typed: Mapping[str, str], plan: RolloutPlan | None, refused: Refused | None, wrong: str
) -> dict[str, Any]:  # fmt: skip
    language = words.language
    repository = await call.parts.do(skill_repository.show_repository, call.context, None)
    releases = [] if isinstance(repository, Refused) else repository.releases
    return {
        "r": lambda key: sentences.word(key, language), "wrong": wrong,
        "refused": None if refused is None else refusal(refused, words, call.caller),
        "typed": _typed_or_usual(typed, language), "action": "/acts/rollouts", "address": PLAN,
        "packages": [
            {"value": f"{one.skill} {one.sha256}", "text": f"{words.skill_name(one.skill)} {one.version}"}
            for one in reversed(releases)
        ],
        "counters": [{"key": key, "name": names.counter(key, language)} for key in sorted(TASKS)],
        "plan": None if plan is None else _plan(plan, words),
    }  # fmt: skip


def _plan(plan: RolloutPlan, words: Words) -> dict[str, Any]:
    language = words.language
    return {
        "sentence": sentences.planned(plan.robots, plan.accounts, sum(plan.left_out.values()), language),
        "any": plan.robots > 0,
        "waves": [
            {
                "wave": one.wave, "robots": words.number(one.robots), "accounts": words.number(one.accounts),
                "judged": one.judged,
            }
            for one in plan.waves
        ],
        "left_out": [
            {"why": sentences.why(code, "", language), "n": words.number(n)} for code, n in plan.left_out.items()
        ],
        "shown": [
            {"robot": one.robot, "account": one.account, "why": sentences.why(one.reason, "", language)}
            for one in plan.shown[:_SHOWN]
        ],
        "forecasts": [_forecast(one, language) for one in plan.forecasts],
    }  # fmt: skip


def _forecast(one: ForecastShown, language: str) -> dict[str, str]:
    return {
        "what": sentences.planted(one.test, one.factor, language),
        "power": figures.percent(one.power[-1], language) if one.power else "–",
        "enough": sentences.enough(one.enough_days, one.robots, language),
    }
