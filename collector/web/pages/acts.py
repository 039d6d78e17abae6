"""What is done from a page: forms that are posted, with an undo in what they answer.

With htmx the answer is the toast (and the list where it changed); without script it is a redirection to the page that
the form came from, whose address says what was done, so that its undo is there too.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal, get_args
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from aiohttp import web
from multidict import MultiMapping

from collector.access.caller import WRITERS
from collector.accounts.ledger.facts import NOW
from collector.accounts.ledger.kinds.registry import KINDS
from collector.accounts.ledger.kinds.relations import Channel
from collector.accounts.ledger.reading import FactFilter
from collector.calendar import days
from collector.language import calls as words_of_calls
from collector.language import cta_evidence, figures
from collector.language.pages import Words
from collector.language.refusals import RefusalShown
from collector.operations import account_handover, account_page, ctas, promises, touches
from collector.operations.ledger import ListFacts, WithdrawFact, list_facts, withdraw_fact
from collector.operations.names import NamesOf, names_of
from collector.operations.touches import LogTouch
from collector.values.refusal import Refused
from collector.values.sentence import Sentence
from collector.web.api.routing import NUMBER_MAX_DIGITS, Call
from collector.web.errors import BadRequest, Forbidden, Problem, Unprocessable, problem_of
from collector.web.pages import shell, told
from collector.web.pages.call_rows import step_text
from collector.web.pages.forms import sent
from collector.web.pages.rendering import refusal, render, visit
from collector.web.pages.told import Toast, Told, Undo

Kind = Literal["done", "snoozed", "not_useful", "touch", "kept", "handed_over", "taken_back"]
Form = MultiMapping[Any]
KINDS_OF_ACT: tuple[Kind, ...] = get_args(Kind)
CHANNELS: tuple[Channel, ...] = get_args(Channel)
ANSWERS = ("yes", "no")
_NAME_MAX = 200
_UNDOES = {"touch": ("/acts/touches/take-back", "touch"), "kept": ("/acts/promises/reopen", "promise"),
           "handed_over": ("/acts/handovers", "account")}  # fmt: skip
_CONTACTS = 100
_UNTYPED = {
    "contact": "", "channel": "phone", "answered": "yes", "summary": "", "follow_up": "", "follow_up_day": "",
}  # fmt: skip
_TYPED = {*_UNTYPED, "day"}
_CARRIED = {"cta", "step", "back", "whose"}  # beside what somebody types


@dataclass(frozen=True, slots=True)
class Happened:
    """What was done, as an address can say it. `undo`: what is posted to take it back; empty: nothing can be."""

    kind: Kind
    name: str
    day: str = ""
    undo: str = ""


async def call_done(request: web.Request) -> web.StreamResponse:
    return await _act(request, _close)


async def call_snoozed(request: web.Request) -> web.StreamResponse:
    return await _act(request, _snooze)


async def call_not_useful(request: web.Request) -> web.StreamResponse:
    return await _act(request, _not_useful)


async def calls_taken_back(request: web.Request) -> web.StreamResponse:
    return await _act(request, _take_back_calls, swaps_list=True)


async def touch_logged(request: web.Request) -> web.StreamResponse:
    """The form comes back with what was typed where it is refused."""
    call, csrf, form = await _posted(request)
    wanted, words = _touch(form), shell.words_of(request)
    wrong = _wrong(wanted)
    if wrong:
        return await _refused(call, csrf, form, Unprocessable(words(wrong), words(f"{wrong}_remedy"), in_words=True))
    answer = await call.parts.do(touches.log_touch, call.context, wanted)
    if isinstance(answer, Refused):
        return await _refused(call, csrf, form, problem_of(answer))
    return await _answer(call, csrf, form, Happened("touch", _name(form), undo=answer["id"]), swaps_list=True)


def _wrong(wanted: LogTouch) -> str:
    """The word of what a person forgets in this form, before the operation says it in its own words; "": nothing."""
    said = wanted.fields
    if said["answered"] == "yes" and said["contact"] is None and not said["summary"]:
        return "touch_says_nothing"
    return "follow_up_needs_day" if wanted.follow_up and wanted.follow_up_day is None else ""


async def _refused(call: Call, csrf: str, form: Form, problem: Problem) -> web.StreamResponse:
    """The complaint in the open form; without script the form again, with everything that was typed."""
    if "HX-Request" in call.request.headers:
        raise problem
    words = shell.words_of(call.request)
    call.request[shell.PAGE] = _page_of_touch(form)
    given = await touch_figures(call, words, form, refusal(problem, words, call.caller))
    return render(call.request, "touch.html", words, problem.status, caller=call.caller, csrf=csrf, **given)


def _page_of_touch(form: Form) -> str:
    """The form's own page, with what was typed as far as an address takes it."""
    page = f"/accounts/{quote(_said(form, 'account'), safe='')}/touch"
    typed = urlencode([(name, value) for name, value in form.items() if name in _TYPED or name in _CARRIED])
    return f"{page}?{typed}" if len(typed) <= shell.ADDRESS_MAX_CHARS else page


async def touch_taken_back(request: web.Request) -> web.StreamResponse:
    return await _act(request, _take_back_touch, swaps_list=True)


async def touch_page(request: web.Request) -> web.StreamResponse:
    """The form of a touch: a page of its own, or the sheet of a dialog."""
    if (back := shell.chosen(request)) is not None:
        return back
    call, csrf = await visit(request, inside=True)
    if not call.caller.may(WRITERS):
        raise Forbidden("you may read this, not write it", "ask for a role that writes")
    words = shell.words_of(request)
    given = await touch_figures(call, words, request.query, None)
    template = "touch_sheet.html" if "HX-Request" in request.headers else "touch.html"
    return render(request, template, words, caller=call.caller, csrf=csrf, **given)


async def touch_figures(call: Call, words: Words, typed: Form, refused: RefusalShown | None) -> dict[str, Any]:
    """What the form shows: who can have been spoken with, and what was typed already."""
    account = call.request.match_info.get("account") or str(typed.get("account", ""))
    named = await call.do(account_page.named_account, account)
    wanted = ListFacts(kind=KINDS["contact"], account=account, chosen=FactFilter(), knowledge=NOW, limit=_CONTACTS)
    contacts = (await call.do(list_facts, wanted)).items
    today = days.iso(named.today)
    cta, step = _whole(typed.get("cta")), _whole(typed.get("step"))
    step_named = await _step_named(call, words, cta, step)
    here = [one for one in contacts if not one["left_day"] or one["left_day"] > today]
    return {
        "account": account,
        "name": named.name,
        "contacts": [
            {"value": "", "text": words("nobody_named")},
            *({"value": one["id"], "text": _person(one, words.language)} for one in here),
        ],
        "channels": [{"value": key, "text": cta_evidence.channel(key, words.language)} for key in CHANNELS],
        "cta": cta,
        "step": step if step_named else None,
        "step_named": step_named,
        "typed": _UNTYPED | {"day": today} | {name: value for name, value in typed.items() if name in _TYPED},
        "refused": refused,
        "back": _back(typed, account),
        "whose_now": str(typed.get("whose", "")),
        "today": today,
    }  # fmt: skip


def toast_of(call: Call, words: Words, whose: str, back: str) -> Toast | None:
    """What an address says was done, with its undo; None: it says nothing."""
    done = told.of(call)
    kind = next((one for one in KINDS_OF_ACT if one == done.get("said")), None)
    if kind is None:
        return None
    what = Happened(kind, done.get("name", ""), done.get("day", ""), done.get("undo", ""))
    return _toast(done, what, words, whose, back)


def _toast(done: Told, what: Happened, words: Words, whose: str, back: str) -> Toast | None:
    language = words.language
    said = {
        "done": words_of_calls.done(what.name, language),
        "snoozed": words_of_calls.snoozed(what.name, _day_in_words(what.day, language), language),
        "not_useful": words_of_calls.not_useful(what.name, language),
        "touch": words_of_calls.logged(what.name, language),
        "kept": words_of_calls.kept(what.name, language),
        "handed_over": words_of_calls.handed_over(what.name, language),
        "taken_back": words_of_calls.taken_back(what.name, language),
    }[what.kind]
    if not what.undo:
        return done.toast(said)
    href, field = _UNDOES.get(what.kind, ("/acts/calls/take-back", "ctas"))
    given = [(field, what.undo)]
    if what.kind == "handed_over":
        given = parse_qsl(what.undo, keep_blank_values=True)
    fields = [*given, ("name", what.name), ("whose", whose), ("back", back)]
    target = "#calls-list" if whose else ""  # a page without that list is loaded again
    return done.toast(said, Undo(href, fields, words("undo"), target))


def _day_in_words(day: str, language: str) -> str:
    try:
        days.parse(day)
    except ValueError:
        return day
    return figures.weekday(day, language)


async def _close(call: Call, form: Form) -> Happened:
    if "which" in form and "cta" not in form:
        words = shell.words_of(call.request)
        raise Unprocessable(words("nothing_ticked"), words("nothing_ticked_remedy"), in_words=True)
    ids = _ids(form)
    await call.do(ctas.close_calls, ctas.CloseCalls(ctas=ids, outcome="resolved", useful=True))
    return Happened("done", _name(form), undo=_joined(ids))


async def _snooze(call: Call, form: Form) -> Happened:
    ids, day = _ids(form), str(form.get("until", ""))
    try:
        until = days.parse(day)
    except ValueError as error:
        raise BadRequest(Sentence("{day!r} is no day", day=day[:20]), "choose one of the list") from error
    await call.do(ctas.snooze_calls, ctas.SnoozeCalls(ctas=ids, until_day=until))
    return Happened("snoozed", _name(form), day, _joined(ids))


async def _not_useful(call: Call, form: Form) -> Happened:
    """Of one reason: it is a rule that was not useful, not a customer."""
    one = _whole(form.get("cta"))
    if one is None:
        raise BadRequest("the form names no call to action", "send the page's own form")
    await call.do(ctas.close_calls, ctas.CloseCalls(ctas=(one,), outcome="not_so", useful=False))
    return Happened("not_useful", _name(form), undo=str(one))


async def _take_back_calls(call: Call, form: Form) -> Happened:
    await call.do(ctas.take_back_calls, _ids(form))
    return Happened("taken_back", _name(form))


async def _take_back_touch(call: Call, form: Form) -> Happened:
    """The touch is withdrawn as anybody may who writes facts, and what followed from it goes with it."""
    await call.do(withdraw_fact, WithdrawFact(kind=KINDS["touch"], key=str(form.get("touch", ""))))
    return Happened("taken_back", _name(form))


async def promise_kept(request: web.Request) -> web.StreamResponse:
    return await _act(request, _keep_promise)


async def promise_reopened(request: web.Request) -> web.StreamResponse:
    return await _act(request, _reopen_promise)


async def handed_over(request: web.Request) -> web.StreamResponse:
    return await _act(request, _hand_over)


async def _hand_over(call: Call, form: Form) -> Happened:
    """Undone by the same act with who had it before."""
    words = shell.words_of(call.request)
    account, csm = _said(form, "account"), _said(form, "csm")
    if not csm:
        raise Unprocessable(words("choose_csm"), words("hand_over_note"), in_words=True)
    along = None if "ctas" not in form else _ids(form) if form["ctas"] else ()  # those of the act that is undone
    wanted = account_handover.HandOver(account=account, csm=csm, calls=along)
    done = await call.do(account_handover.hand_over, wanted)
    named = await call.do(names_of, NamesOf())
    undo = urlencode([("account", account), ("csm", done.before), ("ctas", _joined(done.calls))]) if done.before else ""
    return Happened("handed_over", named.csm(csm)[:_NAME_MAX], undo=undo)


async def _keep_promise(call: Call, form: Form) -> Happened:
    promise = _said(form, "promise")
    await call.do(promises.keep_promise, promises.KeepPromise(promise=promise))
    return Happened("kept", _name(form), undo=promise)


async def _reopen_promise(call: Call, form: Form) -> Happened:
    await call.do(promises.reopen_promise, _said(form, "promise"))
    return Happened("taken_back", _name(form))


async def _act(
    request: web.Request, act: Callable[[Call, Form], Awaitable[Happened]], *, swaps_list: bool = False
) -> web.StreamResponse:
    call, csrf, form = await _posted(request)
    return await _answer(call, csrf, form, await act(call, form), swaps_list=swaps_list)


async def _posted(request: web.Request) -> tuple[Call, str, Form]:
    """The caller, the token of forms, and the form. Raises Forbidden without a good token."""
    call, form = await sent(request, inside=True)
    return call, call.csrf, form


async def _answer(call: Call, csrf: str, form: Form, what: Happened, *, swaps_list: bool) -> web.StreamResponse:
    request, words = call.request, shell.words_of(call.request)
    whose = str(form.get("whose", ""))
    back = _back(form, "")
    if "HX-Request" not in request.headers or (swaps_list and not whose):  # a page without a list of calls
        address = told.at(call, back, **_said_of(what))
        if "HX-Request" in request.headers:
            return web.Response(status=HTTPStatus.NO_CONTENT, headers={"HX-Redirect": address})
        raise web.HTTPSeeOther(address)
    from collector.web.pages.today import calls_of_today  # noqa: PLC0415 - which shows these acts

    given = await calls_of_today(call, words, whose)
    toast = _toast(told.now(call, _said_of(what)), what, words, whose, back)
    given |= {"toast": toast, "whose_now": whose, "account": _said(form, "account")}
    given["waiting"] = given["calls_waiting"]
    template = "calls_changed.html" if swaps_list else "call_changed.html"
    return render(request, template, words, caller=call.caller, csrf=csrf, **given)


def _said_of(what: Happened) -> dict[str, str]:
    return {"said": what.kind, "name": what.name, "day": what.day, "undo": what.undo}


def _back(form: Form, account: str) -> str:
    """Where the form came from: an address of ours, or the account's page."""
    back = str(form.get("back", ""))
    if back.startswith("/") and not back.startswith(("//", "/\\")):
        anchor = urlsplit(back).fragment
        return f"{told.without(back)}#{anchor}" if anchor else told.without(back)
    return f"/accounts/{quote(account, safe='')}" if account else "/"


def _touch(form: Form) -> LogTouch:
    """Raises BadRequest for a field that no form of ours has."""
    channel = next((one for one in CHANNELS if one == form.get("channel")), None)
    answered = next((one for one in ANSWERS if one == form.get("answered")), None)
    if channel is None or answered is None:
        raise BadRequest("the form names no channel, or not whether they answered", "send the page's own form")
    ticked = "step_done" in form
    fields = {
        "account": _said(form, "account"), "direction": "out", "channel": channel, "answered": answered,
        "day": _day(form, "day"), "contact": _said(form, "contact") or None, "summary": _said(form, "summary"),
    }  # fmt: skip
    return LogTouch(
        fields=fields, follow_up=_said(form, "follow_up"), follow_up_day=_day(form, "follow_up_day"),
        cta=_whole(form.get("cta")) if ticked else None, step=_whole(form.get("step")) if ticked else None,
    )  # fmt: skip


def _said(form: Form, field: str) -> str:
    return str(form.get(field, "")).strip()


def _day(form: Form, field: str) -> int | None:
    text = str(form.get(field, "")).strip()
    if not text:
        return None
    try:
        return days.parse(text)
    except ValueError as error:
        raise BadRequest(
            Sentence("{field}: {text!r} is no day", field=field, text=text[:20]), "write it as 2026-12-04"
        ) from error


def _person(contact: Mapping[str, Any], language: str) -> str:
    return cta_evidence.person(str(contact["name"]), str(contact["role"]), language)


async def _step_named(call: Call, words: Words, cta: int | None, step: int | None) -> str:
    """What the step of the playbook says; "" where there is none to tick off."""
    if cta is None or step is None:
        return ""
    found = await call.do(ctas.one_cta, cta)
    return next(
        (step_text(one, words.language) for one in found.tasks if one.step == step and one.done_day is None), ""
    )


def _ids(form: Form) -> tuple[int, ...]:
    """Those that were ticked, or that the button stands for."""
    parts = [part for part in str(form.get("ctas", "")).split(",") if part]
    parts += [str(one) for one in form.getall("cta", [])]
    found = tuple(one for one in map(_whole, parts) if one is not None)
    if not found or len(found) != len(parts):
        raise BadRequest("the form names no calls to action", "send the page's own form")
    return found


def _joined(ids: Sequence[int]) -> str:
    return ",".join(map(str, ids))


def _name(form: Form) -> str:
    return str(form.get("name", ""))[:_NAME_MAX]


def _whole(value: Any) -> int | None:
    text = str(value or "")
    return int(text) if text.isdecimal() and len(text) <= NUMBER_MAX_DIGITS else None
