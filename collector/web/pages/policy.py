"""The health policy as a form: other weights, borders and caps, what they would do to every account, and the file."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from aiohttp import web

from collector.closing.preview import AccountEffect, PolicyEffect
from collector.health.policy.editing import BORDERS, DraftProblem, PolicyDraft
from collector.language import figures, names
from collector.language import policy_page as sentences
from collector.language.pages import Words
from collector.operations import closing
from collector.operations.closing import DraftPolicy, PreviewPolicy
from collector.operations.names import NamesOf, names_of
from collector.values.refusal import Refused
from collector.web.api.routing import Call
from collector.web.errors import BadRequest, problem_of
from collector.web.pages import shell
from collector.web.pages.rendering import visit

_HUNDRED = 100.0
FILE = "policy.toml"


async def policy_page(call: Call, words: Words) -> dict[str, Any]:
    draft = await call.do(closing.draft_policy, DraftPolicy(typed=dict(call.request.query)))
    changes = draft.changes
    complaint = "" if draft.problem is None else _complaint(draft.problem, words)
    effect, refused = None, ""
    if changes and not complaint:
        answer = await call.parts.do(closing.preview_policy, call.context, PreviewPolicy(policy=draft.text))
        if isinstance(answer, Refused):
            if answer.kind not in {"invalid", "not_found"}:
                raise problem_of(answer)
            refused = words("nothing_scored" if answer.kind == "not_found" else "policy_refused")
        else:
            effect = await effect_of(call, answer, words)
    return {
        "groups": _groups(draft, call.request.query, words),
        "changes": [
            {"name": _name(key, words), "before": _written(before, words), "after": _written(changes[key], words)}
            for key, before in ((one.key, one.value) for one in draft.numbers)
            if key in changes
        ],
        "complaint": complaint or refused,
        "effect": effect,
        "saved_as": f"/portfolio/{FILE}?{urlencode(changes)}" if changes and not complaint else "",
        "hash": draft.hash[:8],
    }  # fmt: skip


async def policy_file(request: web.Request) -> web.StreamResponse:
    """The file with these numbers, for the setting `health_policy`."""
    call, _ = await visit(request, inside=True)
    draft = await call.do(closing.draft_policy, DraftPolicy(typed=dict(request.query)))
    if draft.problem is not None:
        raise BadRequest(_complaint(draft.problem, shell.words_of(request)), "correct the number")
    headers = {"Content-Disposition": f'attachment; filename="{FILE}"', "Cache-Control": "no-store"}
    return web.Response(text=draft.text, content_type="application/toml", headers=headers)


def _complaint(problem: DraftProblem, words: Words) -> str:
    """What has to be written otherwise, in words."""
    if problem.why == "no_number":
        return sentences.no_number(_name(problem.of, words), words.language)
    if problem.why == "no_hundred":
        return sentences.no_hundred(names.profile(problem.of, words.language), problem.total, words.language)
    return words("policy_refused")


def _groups(draft: PolicyDraft, query: Mapping[str, str], words: Words) -> list[dict[str, Any]]:
    return [
        {
            "head": words(f"policy_{of}"),
            "note": words(f"policy_{of}_note"),
            "fields": [
                {
                    "key": one.key, "label": _name(one.key, words), "now": _written(one.value, words),
                    "value": query.get(one.key) or f"{one.value:g}", "wrong": one.key in draft.wrong,
                    "changed": one.key in draft.changes,
                }
                for one in draft.numbers
                if one.of == of
            ],
        }
        for of in ("measures", "profiles", "borders", "caps")
    ]  # fmt: skip


def _name(key: str, words: Words) -> str:
    section, name, *inner = key.split(".")
    if section == "measures":
        return names.measure(name, words.language)
    if section == "profiles":
        return sentences.group_in(names.profile(name, words.language), words(f"group_{inner[0]}"), words.language)
    if key in BORDERS:
        return words(f"policy_{key.replace('.', '_')}")
    return sentences.cap(section, name, words.language)


def _written(value: float, words: Words) -> str:
    return figures.short(value, words.language, 2)


async def effect_of(call: Call, found: PolicyEffect, words: Words) -> dict[str, Any]:
    """What a policy would do to every account, for policy_effect.html."""
    language = words.language
    named = await call.do(names_of, NamesOf(accounts=tuple(one.account for one in found.accounts)))
    day = figures.short_day(found.day, language, call.context.today())
    ordered = sorted(found.accounts, key=lambda one: (one.band_before == one.band_after, -_moved(one), one.account))
    moved = sum(one.band_before != one.band_after for one in found.accounts)
    return {
        "sentence": sentences.effect(found.scored, len(found.accounts), moved, day, language),
        "bands": [
            {
                "key": band, "word": names.band_word(band, language),
                "before": figures.number(found.bands_before.get(band, 0), language),
                "after": figures.number(found.bands_after.get(band, 0), language),
            }
            for band in names.BANDS
        ],
        "rests_on": sentences.rests_on(found.basis, language),
        "waiting": sentences.waiting(found.waiting or 0, language),
        "calls": sentences.calls(sum(found.calls_opened.values()), sum(found.calls_closed.values()), language),
        "hours": "" if found.hours_opened is None or found.hours_closed is None
        else sentences.hours(found.hours_opened, found.hours_closed, language),
        "rows": [_row(one, named.account(one.account), words) for one in ordered],
    }  # fmt: skip


def _moved(one: AccountEffect) -> float:
    if (one.final_before is None) != (one.final_after is None):
        return _HUNDRED
    return abs((one.final_after or 0.0) - (one.final_before or 0.0))


def _row(one: AccountEffect, name: str, words: Words) -> dict[str, Any]:
    language = words.language

    def signals(calls: Sequence[str]) -> str:
        return figures.phrases([sentences.rule(call.split()[0], language) for call in calls], language)

    return {
        "href": f"/accounts/{quote(one.account, safe='')}",
        "name": name,
        "moves": one.band_before != one.band_after,
        **{
            end: {
                "band": band, "word": names.band_word(band, language),
                "score": "–" if final is None else figures.score(final, language, 1),
            }
            for end, band, final in (
                ("before", one.band_before, one.final_before), ("after", one.band_after, one.final_after),
            )
        },
        "opened": signals(one.calls_opened),
        "closed": signals(one.calls_closed),
    }  # fmt: skip
