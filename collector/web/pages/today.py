"""Today: whom to call, in order of worth; what is promised, due and changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from markupsafe import Markup

from collector.calendar import days
from collector.language import calls as words_of_calls
from collector.language import figures, names
from collector.language import today as words_of_today
from collector.language.pages import Words
from collector.operations import calls, mentions
from collector.operations import today as of_today
from collector.operations.calls import CallsAnswer, Whose
from collector.operations.today import TodayAnswer
from collector.success.mentions import Mention
from collector.success.standings import MovedAccount, PortfolioSums
from collector.values.sentence import Sentence
from collector.web.api.routing import Call
from collector.web.errors import BadRequest
from collector.web.pages import acts, noted_acts, saved_views
from collector.web.pages.call_rows import row_of
from collector.web.pages.charts.strip import StripPart, strip
from collector.web.pages.tour import tour_of

CALLS_ON_PAGE = 25
MENTIONS = 5
WHOSE: tuple[tuple[Whose, str], ...] = (("mine", "mine"), ("team", "my_team"), ("all", "everybody"))
_NOTE_CHARS = 160  # of a note that mentions somebody
_MOVES = 3  # of each direction


async def today_page(call: Call, words: Words) -> dict[str, Any]:
    whose = await _whose(call)
    lines = of_today.LINES_MAX if "lines" in call.request.query else of_today.LINES
    wanted = of_today.TodayOf(whose=whose, limit=CALLS_ON_PAGE, cursor=call.request.query.get("cursor"), lines=lines)
    found = await call.do(of_today.today, wanted)
    language, today = words.language, call.context.today()
    mentioned = (await call.do(mentions.list_mentions, mentions.ListMentions(limit=MENTIONS))).items
    return _calls(found.calls, words, today) | {
        "tour": await tour_of(call, words, whose),
        "mentions": _mentions(mentioned, language, today),
        "day": figures.weekday(days.iso(today), language),
        "whose_now": whose,
        "whose": [
            {"href": f"/?whose={key}", "text": words(word), "current": key == whose}
            for key, word in WHOSE
            if found.calls.csm is not None or key == "all"
        ],
        "tiles": _tiles(found.sums, whose, words, today),
        "following": None if found.calls.page.next is None else f"/?whose={whose}&cursor={found.calls.page.next}",
        "planned": _planned(found, language, today),
        "more_planned": f"/?whose={whose}&lines=all#planned" if found.more_planned else "",
        "renewals": _renewals(found, language, today),
        "more_renewals": f"/?whose={whose}&lines=all#renewals" if found.more_renewals else "",
        "as_table": f"/accounts?whose={whose}&due_in={of_today.RENEWALS_DAYS}&sort=due",
        "changes": _changes(found, words),
        "saved": await saved_views.shown(call, words, "calls", _said(call, whose)),
        "toast": saved_views.toast_of(call, words)
        or noted_acts.seen_of(call, words)
        or acts.toast_of(call, words, whose, f"/?whose={whose}"),
    }


async def calls_of_today(call: Call, words: Words, whose: str) -> dict[str, Any]:
    """The list of calls alone, for what swaps it."""
    chosen: Whose = next((key for key, _ in WHOSE if key == whose), WHOSE[-1][0])
    found = await call.do(calls.list_calls, calls.ListCalls(whose=chosen, limit=CALLS_ON_PAGE))
    return _calls(found, words, call.context.today())


def _calls(found: CallsAnswer, words: Words, today: int) -> dict[str, Any]:
    """The rows and what is said of them all: what an act on one of them changes."""
    language, waiting = words.language, found.waiting
    return {
        "sentence": _sentence(found, today, language),
        "head": words_of_calls.head(
            waiting.reasons, waiting.accounts, _short(found.scored_day, language, today), language
        ),
        "calls": [row_of(one, rank, words, found.people) for rank, one in enumerate(found.page.items, 1)],
        "calls_waiting": figures.number(waiting.accounts, language),
    }


def _said(call: Call, whose: str) -> dict[str, str]:
    """What is saved of this list, with whose it is although the address does not say it."""
    view = call.request.query.get("view")
    return {"whose": whose} | ({"view": view} if view else {})


async def _whose(call: Call) -> Whose:
    """Mine, unless something else is asked for, or the caller is no CSM."""
    asked: str | None = call.request.query.get("whose")
    if not asked:
        asked = await call.do(calls.default_whose, None)
    for key, _ in WHOSE:
        if asked == key:
            return key
    raise BadRequest(
        Sentence("whose {asked!r} is unknown", asked=asked[:20]),
        Sentence("use one of {names}", names=", ".join((key for key, _ in WHOSE))),
    )


def _sentence(found: CallsAnswer, today: int, language: str) -> str:
    items = found.page.items
    if not items:
        return words_of_today.sentence(found.waiting.accounts, (None, "", None), False, language)
    first = items[0]
    left = None if first.due_day is None else first.due_day - today
    untouched = any(one.rule == "RENEWAL" for one in first.calls.ctas)
    stake = (first.arr, first.currency, left)
    return words_of_today.sentence(found.waiting.accounts, stake, untouched, language)


@dataclass(frozen=True, slots=True)
class TileShown:
    """A figure of the portfolio, with the address of the accounts behind it."""

    label: str
    href: str
    figure: str = ""
    line: str = ""
    state: str = "value"
    reason: str = ""
    bar: Markup | None = None


def _tiles(sums: PortfolioSums, whose: str, words: Words, today: int) -> list[TileShown]:
    language, currency = words.language, sums.currency.code
    accounts = words("my_accounts" if whose == "mine" else "accounts")

    def to(**chosen: object) -> str:
        return f"/accounts?{urlencode({'whose': whose, **chosen})}"

    if not sums.accounts:
        labels = (accounts, words("arr"), words("renewals_90"), words("quiet_30"))
        return [TileShown(label, to(), state="not_arrived", reason=words("next_closing")) for label in labels]
    longest = None if sums.oldest_contact_day is None else today - sums.oldest_contact_day
    line = words_of_today.bands_line(sums.bands, language)
    arr = "–" if sums.arr is None else figures.money(sums.arr, currency, language)
    parts = [StripPart(sums.bands[band] / sums.accounts, f"f-{band}") for band in ("green", "yellow", "red", "grey")]
    return [
        TileShown(accounts, to(), figures.number(sums.accounts, language), line, bar=strip(line, parts, height=8)),
        TileShown(
            words("arr"), to(band="yellow,red"), arr,
            words_of_today.at_risk(
                sums.arr_at_risk, currency, sums.arr_unknown, sums.currency.other_currency, language,
                has_changed=sums.currency.has_changed,
            ),
        ),
        TileShown(
            words("renewals_90"), to(due_in=90), figures.number(sums.renewals, language),
            words_of_today.renewals_line(sums.renewals_arr, sums.renewals_at_risk, currency, language),
            "value" if sums.renewals else "zero",
        ),
        TileShown(
            words("quiet_30"), to(quiet=30), figures.number(sums.quiet, language),
            words_of_today.quiet_line(sums.accounts, longest, sums.never_spoken, language),
            "value" if sums.quiet else "zero",
        ),
    ]  # fmt: skip


def _mentions(found: Sequence[Mention], language: str, today: int) -> list[dict[str, Any]]:
    return [
        {
            "id": one.id,
            "when": figures.short_day(one.at[:10], language, today),
            "name": one.name,
            "href": f"/accounts/{quote(one.account, safe='')}#notes",
            "text": one.text if len(one.text) <= _NOTE_CHARS else f"{one.text[:_NOTE_CHARS]}…",
        }
        for one in found
    ]


def _planned(found: TodayAnswer, language: str, today: int) -> list[dict[str, Any]]:
    return [
        {
            "when": _short(one.due_day, language, today),
            "words": words_of_today.planned(one.what, one.name, one.text, language),
            "href": f"/accounts/{quote(one.account, safe='')}",
            "late": one.due_day < today,
            "end": words_of_today.late(today - one.due_day, language) if one.due_day < today else "",
        }
        for one in found.planned
    ]


def _renewals(found: TodayAnswer, language: str, today: int) -> list[dict[str, Any]]:
    shown = []
    for one in found.renewals:
        notice = "" if one.notice_day is None or one.notice_day < today else _short(one.notice_day, language, today)
        shown.append(
            {
                "when": _short(one.due_day, language, today),
                "late": one.due_day < today,
                "name": one.name,
                "href": f"/accounts/{quote(one.account, safe='')}",
                "band": one.band,
                "band_word": names.band_word(one.band, language),
                "score": "–" if one.final is None else figures.score(one.final, language),
                "note": words_of_today.step(one.steps, one.noticed, one.auto_renews, notice or "", language),
                "money": "–" if one.arr is None else figures.money(one.arr, one.currency, language),
            }
        )
    return shown


def _changes(found: TodayAnswer, words: Words) -> list[dict[str, Any]]:
    """What the newest closed day changed, a line for each kind."""
    language = words.language
    bands = [words_of_today.band_change(one.name, one.band_before, one.band, language) for one in found.bands]
    lines = [
        {"what": words("row_band"), "words": words_of_today.rest(bands, language) if bands
         else words_of_today.nobody_changed(language), "href": None},
    ]  # fmt: skip
    for word, moved in (("row_down", _moves(found.raws, -1)), ("row_up", _moves(found.raws, 1))):
        if moved:
            said = [
                words_of_today.number_change(one.name, one.raw_before or 0, one.raw or 0, language) for one in moved
            ]
            lines.append({"what": words(word), "words": words_of_today.rest(said, language), "href": None})
    causes = {(one.cause, one.value): one for one in reversed(found.incidents)}  # of use and of faults: one cause
    lines += [
        {
            "what": words("row_fleet"),
            "words": words_of_today.incident(
                one.cause, words.cause_value(one.cause, one.value), len(one.accounts),
                found.own_in_incidents.get(one.id, 0), language,
            ),
            "href": "/fleet",
        }
        for one in causes.values()
    ]  # fmt: skip
    if found.heard is not None:
        told = words_of_today.told(found.heard.robots, found.heard.heard, language)
        lines.append({"what": words("row_data"), "words": told, "href": None})
    return lines


def _moves(raws: Sequence[MovedAccount], sign: int) -> list[MovedAccount]:
    return [one for one in raws if (round(one.raw or 0) - round(one.raw_before or 0)) * sign > 0][:_MOVES]


def _short(day: int | None, language: str, today: int) -> str | None:
    return None if day is None else figures.short_day(days.iso(day), language, today)
