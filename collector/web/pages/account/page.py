"""One customer on one page: who it is, what to do, health with its reasons, use, robots, people, money, time."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from collector.accounts.ledger.view import AccountLedger
from collector.calendar import days
from collector.language import account as said
from collector.language import figures, lifecycle, names
from collector.language.cta import in_language
from collector.language.pages import Words
from collector.operations import account_page as of_account
from collector.operations import briefs, calls, entitlements
from collector.operations import lifecycle as of_lifecycle
from collector.operations import noted as of_noted
from collector.operations.account_page import AccountSheet, first_day
from collector.operations.lifecycle import ClockShown
from collector.operations.names import Names, NamesOf, names_of
from collector.web.api.routing import Call
from collector.web.pages import acts, call_rows, noted_acts
from collector.web.pages.account import health, noted, relations, use
from collector.web.pages.skill_store import licences

CLOCK_DAYS = 60
CLOCKS = 4
_LOOK_OF_STEP = {"done": "good", "late": "bad", "overdue": "bad"}
_FILTERS = (("", "all"), ("touches", "only_touches"), ("robots", "only_robots"))


async def account_page(call: Call, words: Words) -> dict[str, Any]:
    account, language = call.request.match_info["account"], words.language
    sheet = await call.do(of_account.account_sheet, of_account.AccountSheetOf(account=account, language=language))
    today = sheet.today
    open_calls = await call.do(calls.calls_of_account, account)
    clocks = await call.do(
        of_lifecycle.activation_clocks,
        of_lifecycle.ListClocks(account=account, days=CLOCK_DAYS, language=language, limit=CLOCKS),
    )
    named = await call.do(names_of, NamesOf())
    entitled = await call.do(entitlements.entitlements_of_account, account)
    query = call.request.query
    only = query.get("show", "") if query.get("show", "") in {key for key, _ in _FILTERS} else ""
    kept = await call.do(of_noted.account_noted, of_noted.NotedOf(account=account, older="notes" in query))
    entries, more = relations.timeline(sheet, kept, words, today, only, older="older" in query)
    explained = None if sheet.explained is None else sheet.explained.explanation
    band = "grey" if explained is None else explained.band
    here = f"/accounts/{quote(account, safe='')}"
    return {
        "account": account,
        "here": here,
        "name": sheet.name,
        "band": band,
        "band_word": names.band_word(band, language),
        "score": "–" if explained is None or explained.final is None else figures.score(explained.final, language),
        "tags": _tags(sheet, language),
        "facts": _facts(sheet, words, today, named),
        "health": health.health(sheet, words, today),
        "why_not": sheet.why_not,
        "completeness": health.completeness(sheet, words),
        "usage": use.usage(sheet, words, today),
        "robots": use.robots(sheet, words),
        "robots_fact": words.counter(sheet.counter),
        "more_robots": sheet.more_robots,
        "faults": use.faults(sheet, words, today),
        "skills": use.skills(sheet, words),
        "todo": _todo(open_calls, words, today, here, _people(sheet)),
        "people": [] if sheet.ledger is None else relations.people(sheet.ledger, words, today),
        "portal": relations.portal(sheet, words, today),
        "contract": relations.contract(sheet, words, today),
        "licences": licences.block(entitled, words, today),
        "plan": relations.plan(sheet, words, today),
        "promises": [] if sheet.ledger is None else relations.promises(sheet.ledger, words, today),
        "clocks": _clocks(sheet, clocks.items, words, today),
        "kept": noted.shown(kept, words, today, named),
        "entries": entries,
        "more_entries": more,
        "filters": [
            {"href": f"{here}?show={key}#time" if key else f"{here}#time", "text": words(word), "current": key == only}
            for key, word in _FILTERS
        ],
        "printed": said.printed(
            sheet.name, figures.iso_day(days.iso(today), language),
            "–" if explained is None else figures.iso_day(explained.day, language),
            "–" if explained is None else explained.policy[:8], language,
        ),
        "toast": noted_acts.toast_of(call, words) or acts.toast_of(call, words, "", here),
    }  # fmt: skip


async def brief_page(call: Call, words: Words) -> dict[str, Any]:
    """Before a call: what changed since the customer last spoke, what was promised, what to ask."""
    account, language = call.request.match_info["account"], words.language
    named = await call.do(of_account.named_account, account)
    name, today = named.name, named.today
    found = await call.do(briefs.brief, briefs.AccountOnDay(account=account))
    here = f"/accounts/{quote(account, safe='')}"

    def points(of: Any) -> list[dict[str, str]]:
        return [
            {
                "day": "" if one.day is None else figures.short_day(one.day, language, today),
                "text": in_language(one.text, language),
            }
            for one in of
        ]

    return {
        "name": name,
        "here": here,
        "since": figures.short_day(found.since_day, language, today),
        "changed": points(found.changed),
        "promised": points(found.promised),
        "ask": points(found.ask),
    }


def _tags(sheet: AccountSheet, language: str) -> list[dict[str, str]]:
    tags = []
    if sheet.stages:
        tags.append({"text": lifecycle.stage(sheet.stages[-1].stage, language), "kind": "info"})
    if sheet.ledger is not None:
        of = sheet.ledger.account
        where = " · ".join(part for part in (names.scene(of.scene or of.industry or "", language), of.region) if part)
        if where:
            tags.append({"text": where, "kind": ""})
    return tags


def _facts(sheet: AccountSheet, words: Words, today: int, named: Names) -> list[tuple[str, str]]:
    """On one line: who looks after it, what it is worth, when it is due, what it has, when it last spoke."""
    language, ledger = words.language, sheet.ledger

    def on(day: int) -> str:
        return figures.short_day(days.iso(day), language, today)

    found = [(words("csm"), "–" if ledger is None or not ledger.account.csm else named.csm(ledger.account.csm))]
    if sheet.stood is not None:
        stood, currency = sheet.stood
        found.append((words("arr"), figures.arr(stood.arr, stood.due_day, currency, language) or "–"))
        if stood.due_day is not None:
            found.append((words("renews"), said.in_days(on(stood.due_day), stood.due_day - today, language)))
            if stood.notice_day is not None and not stood.auto_renews:
                found.append((words("notice_until"), on(stood.notice_day)))
    many = said.robots(Counter(one.robot.model for one in sheet.robots), language) or figures.number(0, language)
    found.append((words("robots"), f"{many} +" if sheet.more_robots else many))
    found.append((words("last_contact"), _last_contact(ledger, words, today)))
    since = first_day(sheet)
    if since is not None:
        found.append((words("customer_since"), figures.short_day(since, language, today)))
    return found


def _last_contact(ledger: AccountLedger | None, words: Words, today: int) -> str:
    spoken = None if ledger is None else relations.spoken_day([ledger], today)
    if spoken is None:
        return words("never_spoke")
    day = figures.short_day(days.iso(spoken), words.language, today)
    return said.ago(day, today - spoken, words.language)


def _clocks(sheet: AccountSheet, found: Sequence[ClockShown], words: Words, today: int) -> list[dict[str, Any]]:
    """Of robots that are still there, while a step is open."""
    stays = () if sheet.ledger is None else sheet.ledger.deployments
    here = {one.robot for one in stays if one.to_day is None or one.to_day >= today}
    return [
        {
            "robot": one.robot,
            "steps": [
                {
                    "name": step.name, "who": _who(step.who, words), "due": _moment(step.due_at, words, today),
                    "state": words(f"step_{step.state}"), "kind": _LOOK_OF_STEP.get(step.state, ""),
                }
                for step in one.steps
            ],
        }
        for one in found
        if one.robot in here and any(step.state in {"waiting", "due", "overdue"} for step in one.steps)
    ]  # fmt: skip


def _who(key: str, words: Words) -> str:
    """Who has to act; somebody whom an installation named itself, as it wrote it."""
    known = f"who_{key.replace(' ', '_')}"
    word = words.either(known)
    return key.replace("_", " ") if word == known else word


def _moment(text: str, words: Words, today: int) -> str:
    """`21 Nov 17:00`, of a moment as the API writes it."""
    day = figures.short_day(text[:10], words.language, today)
    return f"{day} {text[11:16]}" if len(text) > 10 else day  # noqa: PLR2004 - an ISO day


def _people(sheet: AccountSheet) -> dict[str, str]:
    return {} if sheet.ledger is None else {one.id: one.name for one in sheet.ledger.contacts}


def _todo(
    open_calls: list[Any], words: Words, today: int, here: str, people: Mapping[str, str]
) -> list[dict[str, Any]]:
    language = words.language
    shown = []
    for of in open_calls:
        for one in of.ctas:
            step = next((task for task in of.tasks[one.id] if task.done_day is None), None)
            query = f"cta={one.id}" + ("" if step is None else f"&step={step.step}")
            shown.append(
                {
                    "id": one.id,
                    "title": (reason := call_rows.said(one, language, today, people)).title,
                    "why": reason.why,
                    "step": call_rows.step_text(step, language),
                    "href": f"{here}/touch?{query}&back={here}",
                    "due": "" if one.due_day is None else figures.short_day(one.due_day, language, today),
                    "late": one.due_day is not None and days.parse(one.due_day) < today,
                }
            )
    return shown
