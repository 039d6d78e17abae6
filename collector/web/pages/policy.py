"""The health policy as a form: other weights, borders and caps, what they would do to every account, and the file."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from aiohttp import web

from collector.closing.preview import AccountEffect, PolicyEffect
from collector.health.errors import PolicyInvalid
from collector.health.policy import editing
from collector.health.policy.editing import PolicyNumber
from collector.health.policy.file import PROFILES, Policy
from collector.language import figures, names
from collector.language import policy_page as sentences
from collector.language.pages import Words
from collector.operations import closing
from collector.operations.closing import PreviewPolicy
from collector.operations.names import NamesOf, names_of
from collector.values.refusal import Refused
from collector.values.sentence import Sentence
from collector.web.api.routing import Call
from collector.web.errors import BadRequest, problem_of
from collector.web.pages.rendering import visit

_HUNDRED = 100.0
_NEAR = 0.005  # what a person types has two decimals
_LONGEST = 12  # characters of a number
FILE = "policy.toml"


async def policy_page(call: Call, words: Words) -> dict[str, Any]:
    policy = call.context.policies.health
    shown = editing.numbers(policy)
    typed, wrong = _typed(call.request.query, shown)
    changes = {one.key: typed[one.key] for one in shown if one.key in typed and typed[one.key] != one.value}
    complaint = _complaint(policy, changes, wrong, words)
    effect, refused = None, ""
    if changes and not complaint:
        answer = await call.parts.do(closing.preview_policy, call.context, PreviewPolicy(policy=_text(policy, changes)))
        if isinstance(answer, Refused):
            if answer.kind not in {"invalid", "not_found"}:
                raise problem_of(answer)
            refused = words("nothing_scored" if answer.kind == "not_found" else "policy_refused")
        else:
            effect = await effect_of(call, answer, words)
    return {
        "groups": _groups(shown, typed, call.request.query, wrong, words),
        "changes": [
            {"name": _name(key, words), "before": _written(before, words), "after": _written(changes[key], words)}
            for key, before in ((one.key, one.value) for one in shown)
            if key in changes
        ],
        "complaint": complaint or refused,
        "effect": effect,
        "saved_as": f"/portfolio/{FILE}?{urlencode(changes)}" if changes and not complaint else "",
        "hash": policy.hash[:8],
    }  # fmt: skip


async def policy_file(request: web.Request) -> web.StreamResponse:
    """The file with these numbers, for the setting `health_policy`."""
    call, _ = await visit(request, inside=True)
    policy = call.context.policies.health
    typed, wrong = _typed(request.query, editing.numbers(policy))
    if wrong:
        raise BadRequest(Sentence("{wrong} is no number", wrong=wrong[0]), "write it in digits, with a point")
    try:
        text = editing.edited(policy.text, typed)
        Policy.load(text)
    except PolicyInvalid as error:
        raise BadRequest(str(error), "correct the number") from error
    headers = {"Content-Disposition": f'attachment; filename="{FILE}"', "Cache-Control": "no-store"}
    return web.Response(text=text, content_type="application/toml", headers=headers)


def _text(policy: Policy, changes: Mapping[str, float]) -> str:
    return editing.edited(policy.text, changes)


def _typed(query: Mapping[str, str], shown: Sequence[PolicyNumber]) -> tuple[dict[str, float], list[str]]:
    """The numbers that were typed, and the keys of what is none."""
    found: dict[str, float] = {}
    wrong = []
    for one in shown:
        text = query.get(one.key, "").strip().replace(",", ".")
        if not text:
            continue
        whole, _, rest = text.partition(".")
        if whole.isdecimal() and (not rest or rest.isdecimal()) and len(text) <= _LONGEST:
            found[one.key] = float(text)
        else:
            wrong.append(one.key)
    return found, wrong


def _complaint(policy: Policy, changes: Mapping[str, float], wrong: Sequence[str], words: Words) -> str:
    """What has to be written otherwise, in words; "" where the file would be taken."""
    if wrong:
        return sentences.no_number(_name(wrong[0], words), words.language)
    for profile in PROFILES:
        weights = policy.profiles.weights[profile]
        total = sum(changes.get(f"profiles.{profile}.{group}", weight) for group, weight in weights.items())
        if abs(total - _HUNDRED) > _NEAR:
            return sentences.no_hundred(names.profile(profile, words.language), total, words.language)
    try:
        Policy.load(_text(policy, changes))
    except PolicyInvalid:
        return words("policy_refused")
    return ""


def _groups(
    shown: Sequence[PolicyNumber], typed: Mapping[str, float], query: Mapping[str, str], wrong: Sequence[str],
    words: Words,
) -> list[dict[str, Any]]:  # fmt: skip
    return [
        {
            "head": words(f"policy_{of}"),
            "note": words(f"policy_{of}_note"),
            "fields": [
                {
                    "key": one.key, "label": _name(one.key, words), "now": _written(one.value, words),
                    "value": query.get(one.key) or f"{one.value:g}", "wrong": one.key in wrong,
                    "changed": typed.get(one.key, one.value) != one.value,
                }
                for one in shown
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
    if key in editing.BORDERS:
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
