"""Portfolio: the table of accounts with its figures, its file, the rates, capacity with the levers, rule precision."""

from dataclasses import asdict
from typing import Any, Literal, get_args
from urllib.parse import quote, urlencode

from aiohttp import web

from collector.access.caller import INSIDE
from collector.accounts.segments.cost_ratio import NOBODY, ratio_of
from collector.calendar import days
from collector.language import figures, lifecycle, names
from collector.language import fleet as row_words
from collector.language import portfolio as sentences
from collector.language import rates as rates_words
from collector.language.catalogue import Language
from collector.language.pages import Words
from collector.language.segments import hours_needed
from collector.operations import ctas, portfolio, rates, segments
from collector.operations.calls import Whose
from collector.operations.names import Names, NamesOf, names_of
from collector.operations.noted import TagUsed
from collector.operations.portfolio import ExportPortfolio, ListPortfolio, PortfolioAnswer, PortfolioOf
from collector.operations.rates import AccountsOf, RatesOf
from collector.operations.segments import PortfolioOn, SegmentsOn
from collector.success.portfolio import BANDS, SORTS, PortfolioRow, Sort
from collector.values.sentence import Sentence
from collector.web.api.routing import NUMBER_MAX_DIGITS, Call
from collector.web.api.uploads import sent, spooled
from collector.web.errors import BadRequest
from collector.web.pages import reads, shell
from collector.web.pages import saved_views as saved_pages
from collector.web.pages.currency_note import currency_note
from collector.web.pages.portfolio_columns import chosen_columns, column_choices, fields_of
from collector.web.pages.portfolio_tiles import tiles
from collector.web.pages.rendering import render, visit

ROWS = 50
BEHIND_ROWS = 100
NARROWS = ("whose", "band", "csm", "q", "due_in", "quiet", "melon", "tag", "field")
_WHOSE: tuple[Whose, ...] = ("mine", "team", "all")
_FALLING_FIRST = frozenset({"arr"})
_LEVERS = ("cost_per_hour", "hours_per_account", "paid_revenue", "arr")
_RANGE = 10  # so many times what it is now is the far end of a lever


async def accounts_page(request: web.Request) -> web.StreamResponse:
    """The portfolio; who is not inside gets the list of the accounts that are the caller's."""
    if (back := shell.chosen(request)) is not None:
        return back
    call, csrf = await visit(request, inside=False)
    words = shell.words_of(request)
    if call.caller.may(INSIDE):
        return render(request, "portfolio.html", words, caller=call.caller, csrf=csrf, **await _portfolio(call, words))
    given = await reads.account_list(call, words)
    return render(request, "accounts.html", words, caller=call.caller, csrf=csrf, **given)


async def accounts_file(request: web.Request) -> web.StreamResponse:
    """What the table shows, every row of it, as a file."""
    call, _ = await visit(request, inside=True)
    asked = call.request.match_info["form"]
    form: Literal["csv", "xlsx"] = "xlsx" if asked == "xlsx" else "csv"
    sort, falling = _sorted(call)
    with spooled() as file:
        known = {one.id for one in (await call.do(portfolio.portfolio_choices, None)).fields}
        fields = tuple(one for one in fields_of(chosen_columns(call)) if one in known)
        wanted = ExportPortfolio(of=_asked(call), sort=sort, falling=falling, form=form, out=file, fields=fields)
        await call.do(portfolio.export_portfolio, wanted)
        return await sent(call, file, "portfolio", form)


async def _portfolio(call: Call, words: Words) -> dict[str, Any]:
    language, today = words.language, call.context.today()
    of, (sort, falling), page = _asked(call), _sorted(call), _number(call, "page") or 1
    columns = chosen_columns(call)
    choices = await call.do(portfolio.portfolio_choices, None)
    fields = {one.id: one.name for one in choices.fields}
    shown = tuple(one for one in fields_of(columns) if one in fields)  # a saved view may name one that is there no more
    wanted = ListPortfolio(of=of, sort=sort, falling=falling, offset=(page - 1) * ROWS, limit=ROWS, fields=shown)
    found = await call.do(portfolio.list_portfolio, wanted)
    named = await call.do(names_of, NamesOf())
    day = found.figures.day
    scored = "" if day is None else figures.short_day(days.iso(day), language, today)
    sums, money = found.figures, found.figures.currency
    first = (page - 1) * ROWS + 1
    return {
        "sentence": sentences.sentence(sums.accounts, sums.at_risk, sums.arr, money.code, scored, language),
        "other_currency": currency_note(money, language),
        "tiles": tiles(found, of.whose, words),
        "views": _views(call, found, words),
        "facets": _facets(call, words, named),
        "kept": [(name, text) for name, text in _said(call).items() if name not in {"q", "tag"}],
        "said": [(name, text) for name, text in _said(call).items() if name not in {"columns", "view"}],
        "tags": _tags(choices.tags, of.tag, words),
        "columns": [one for one in columns if one != "change" or found.is_compared],
        "uncompared": bool(found.rows) and "change" in columns and not found.is_compared,
        "custom": [fields[one] for one in shown],
        "column_choices": column_choices(columns, fields, words),
        "saved": await saved_pages.shown(call, words, "accounts", _said(call)),
        "toast": saved_pages.toast_of(call, words),
        "q": of.text,
        "rows": [_row(one, found.surely_green_from, words, today, named, shown) for one in found.rows],
        "newcomers": _newcomers(found, call, words, named),
        "heads": _heads(call, words, sort, falling=falling),
        "shown": row_words.shown_rows(first, first + len(found.rows) - 1, found.total, language) if found.rows else "",
        "back_page": _to(call, without="", page=page - 1) if page > 1 else None,
        "next_page": _to(call, without="", page=page + 1) if first + len(found.rows) - 1 < found.total else None,
        "files": {form: _to(call, f"/portfolio/accounts.{form}") for form in ("csv", "xlsx")},
    }


def _given(call: Call, name: str) -> bool:
    return bool(call.request.query.get(name))


def _said(call: Call) -> dict[str, str]:
    """What the address says of the list, without which page of it."""
    columns = {"columns": ",".join(chosen_columns(call))} if _given(call, "columns") else {}
    return {name: call.request.query[name] for name in (*NARROWS, "sort", "view") if _given(call, name)} | columns


def _tags(found: list[TagUsed], chosen: str, words: Words) -> list[dict[str, Any]]:
    """Options, the most used tag first; the chosen one is among them although no account has it any more."""
    folded = chosen.strip().casefold()
    options = [
        {"value": one.tag, "text": f"{one.tag} ({words.number(one.accounts)})", "chosen": one.tag == folded}
        for one in found
    ]
    if folded and not any(one["chosen"] for one in options):
        options.append({"value": folded, "text": folded, "chosen": True})
    return options


def _number(call: Call, name: str) -> int | None:
    text = call.request.query.get(name, "")
    if not text:
        return None
    if not text.isdecimal() or len(text) > NUMBER_MAX_DIGITS or not 0 < int(text) <= 10**6:
        raise BadRequest(Sentence("{name} {text!r} is no number", name=name, text=text[:20]), "write it in digits")
    return int(text)


def _asked(call: Call) -> PortfolioOf:
    """Raises BadRequest."""
    query = call.request.query
    whose: Whose | None = next((one for one in _WHOSE if one == query.get("whose", "all")), None)
    if whose is None:
        raise BadRequest(
            Sentence("whose {whose!r} is unknown", whose=query["whose"][:20]),
            Sentence("use one of {names}", names=", ".join(_WHOSE)),
        )
    bands = tuple(band for band in query.get("band", "").split(",") if band)
    if not set(bands) <= set(BANDS):
        raise BadRequest(
            Sentence("band {band!r} is unknown", band=query["band"][:40]),
            Sentence("use {bands}", bands=", ".join(BANDS)),
        )
    return PortfolioOf(
        whose=whose, bands=bands, csm=query.get("csm", "").replace("\x00", ""),
        text=query.get("q", "").replace("\x00", "").strip(), due_in=_number(call, "due_in"),
        quiet=_number(call, "quiet"), melon=_given(call, "melon"),
        tag=query.get("tag", "").replace("\x00", ""), field=query.get("field", "").replace("\x00", ""),
    )  # fmt: skip


def _sorted(call: Call) -> tuple[Sort, bool]:
    """Raises BadRequest."""
    text = call.request.query.get("sort", "score")
    for one in SORTS:
        if one == text.removeprefix("-"):
            return one, text.startswith("-")
    raise BadRequest(
        Sentence("sort {text!r} is unknown", text=text[:20]),
        Sentence("use one of {names}, falling with a - before it", names=", ".join(SORTS)),
    )


def _to(call: Call, path: str = "/accounts", without: str = "page", **changed: object) -> str:
    """This view's address with something changed. `without` one of its filters; its page goes too."""
    query: dict[str, object] = dict(_said(call))
    if _given(call, "page"):
        query["page"] = call.request.query["page"]
    if without:
        query.pop(without, None)
        query.pop("page", None)
    query |= changed
    return f"{path}?{urlencode(query)}" if query else path


def _heads(call: Call, words: Words, sort: Sort, *, falling: bool) -> dict[str, dict[str, str]]:
    labels = {
        "score": "score", "name": "account", "change": "change_28", "arr": "arr", "due": "renews", "contact": "contact",
        "csm": "csm",
    }  # fmt: skip
    found: dict[str, dict[str, str]] = {}
    for one in SORTS:
        down = not falling if one == sort else one in _FALLING_FIRST
        found[one] = {
            "text": words(labels[one]),
            "href": _to(call, sort=f"-{one}" if down else one),
            "sort": ("descending" if falling else "ascending") if one == sort else "",
        }
    return found


def _views(call: Call, found: PortfolioAnswer, words: Words) -> list[dict[str, Any]]:
    query = {name: call.request.query[name] for name in NARROWS if _given(call, name)}
    views: list[tuple[str, dict[str, str]]] = [("everybody", {})]
    if found.csm is not None:
        views.append(("mine", {"whose": "mine"}))
    views += [
        ("red_and_yellow", {"band": "red,yellow"}), ("renew_in_90", {"due_in": "90"}),
        ("nobody_looks_after", {"csm": "-"}), ("quiet_30", {"quiet": "30"}), ("watermelons", {"melon": "1"}),
    ]  # fmt: skip
    return [
        {
            "href": f"/accounts?{urlencode(said)}" if said else "/accounts",
            "text": words(key),
            "count": None,
            "current": {**query} == said or (not said and query == {"whose": "all"}),
        }
        for key, said in views
    ]


def _facets(call: Call, words: Words, named: Names) -> list[dict[str, str]]:
    """What narrows the rows, each with the address without it."""
    query, found = call.request.query, []
    bands = query.get("band", "").split(",")
    said = {
        "band": ", ".join(names.band_word(one, words.language) for one in bands if one in BANDS),
        "csm": f"{words('csm')}: {words('nobody') if query.get('csm') == '-' else named.csm(query.get('csm', ''))}",
        "q": f"“{query.get('q', '')}”",
        "due_in": f"{words('due_filter')} {query.get('due_in', '')}",
        "quiet": words("quiet_30"),
        "melon": words("watermelons"),
        "tag": f"{words('with_tag')}: {query.get('tag', '')}",
        "field": query.get("field", ""),
        "whose": words({"mine": "mine", "team": "my_team"}.get(query.get("whose", ""), "everybody")),
    }
    for name, text in said.items():
        if _given(call, name) and not (name == "whose" and query["whose"] == "all"):
            found.append({"text": text, "href": _to(call, without=name)})
    return found


def _newcomers(found: PortfolioAnswer, call: Call, words: Words, named: Names) -> dict[str, Any] | None:
    """Accounts without figures, and when they will have some."""
    language, of = words.language, found.newcomers
    if not of.items:
        return None
    at_s, zone = found.next_closing, call.context.settings.base_timezone
    day = hour = ""
    if at_s is not None and at_s > call.now_s:
        day = figures.short_day(days.iso(days.of(at_s, zone)), language, call.context.today())
        hour = days.clock(at_s, zone)[11:16]
    return {
        "sentence": sentences.newcomers(of.total, day, hour, language),
        "more": sentences.more_newcomers(of.total - len(of.items), language) if of.total > len(of.items) else "",
        "rows": [
            {
                "href": f"/accounts/{quote(one.account, safe='')}", "name": one.name, "csm": named.csm(one.csm),
                "since": figures.short_day(days.iso(days.of(one.created_at, zone)), language, call.context.today()),
                "note": "" if one.is_told else words("only_its_name"),
            }
            for one in of.items
        ],
    }  # fmt: skip


def _row(
    one: PortfolioRow, surely_green_from: float, words: Words, today: int, named: Names, fields: tuple[str, ...]
) -> dict[str, Any]:
    language = words.language

    def day(number: int | None) -> str:
        return "" if number is None else figures.short_day(days.iso(number), language, today)

    stage = lifecycle.stage(one.stage, language) if one.stage else ""
    held = words("too_little_for_green") if one.is_known_too_little(surely_green_from) else ""
    return {
        "href": f"/accounts/{quote(one.account, safe='')}",
        "name": one.name,
        "sub": stage,
        "band": one.band,
        "band_word": names.band_word(one.band, language),
        "score": "–" if one.final is None else figures.score(one.final, language),
        "change": sentences.change(one.change, language),
        "why": figures.phrases([names.signal(code, language) for code in one.caps], language) or held,
        "arr": figures.arr(one.arr, one.due_day, one.currency, language),
        "due": day(one.due_day),
        "is_late": one.due_day is not None and one.due_day < today,
        "contact": day(one.contact_day),
        "csm": named.csm(one.csm),
        "robots": words.number(one.robots),
        "values": [one.values.get(key, "") for key in fields],
    }


async def rates_page(call: Call, words: Words) -> dict[str, Any]:
    """All figures of the last year with their definitions, and whose money is in none of them."""
    answer = await call.recent(rates.rates, RatesOf(basis="arrived", language=_language(words)))
    report = answer.rates
    rows = [
        {
            "href": f"/portfolio/rates/{one.figure}",
            "name": one.name,
            "definition": one.definition,
            "value": None if one.value is None else _figure(one.figure, one.value, words),
            "why": one.why or "",
            "parts": " / ".join(figures.short(part, words.language) for part in (one.numerator, one.denominator)),
        }
        for group in report.groups
        if not group.group
        for one in group.values
    ]
    today = call.context.today()
    first, last = (figures.short_day(day, words.language, today) for day in (report.first, report.last))
    left_out = rates_words.left_out([asdict(one) for one in report.left_out], words.language)
    for group in report.groups:
        left_out += rates_words.unstated([asdict(one) for one in group.values], words.language)
    return {"rows": rows, "first": first, "last": last, "left_out": left_out}


async def rate_accounts_page(call: Call, words: Words) -> dict[str, Any]:
    """The accounts that one figure is made of."""
    figure, language = call.request.match_info["figure"], _language(words)
    asked = RatesOf(basis="arrived", language=language)
    wanted = AccountsOf(figure=figure, rates=asked, limit=BEHIND_ROWS, cursor=call.request.query.get("cursor"))
    found = await call.do(rates.rates_accounts, wanted)
    answer = await call.recent(rates.rates, asked)
    of = next(
        (one for group in answer.rates.groups if not group.group for one in group.values if one.figure == figure), None
    )
    following = None if found.next is None else f"?{urlencode({'cursor': found.next})}"
    return {
        "name": figure if of is None else of.name,
        "definition": "" if of is None else of.definition,
        "value": None if of is None or of.value is None else _figure(figure, of.value, words),
        "rows": [
            {
                "href": f"/accounts/{quote(one.account, safe='')}",
                "name": one.name,
                "above": figures.short(one.numerator, words.language),
                "below": figures.short(one.denominator, words.language),
                "notes": figures.phrases(one.notes, words.language),
            }
            for one in found.items
        ],
        "following": following,
    }


def _figure(figure: str, value: float, words: Words) -> str:
    """A share in per cent; NPS in its own points, −100 to 100."""
    if figure == "nps":
        return figures.number(value * 100, words.language)
    return figures.percent(value, words.language, 1)


def _language(words: Words) -> Language:
    known: tuple[Language, ...] = get_args(Language)
    return next(one for one in known if one == words.language)


async def capacity_page(call: Call, words: Words) -> dict[str, Any]:
    """Hours that are needed and there, each CSM's load, the cost ratio with its levers as a form."""
    language = words.language
    on = PortfolioOn()
    plan = await call.recent(segments.capacity, on)
    costs = await call.recent(segments.cost_ratio, on)
    shown = {one.segment: one for one in await call.recent(segments.segments, SegmentsOn(language=_language(words)))}

    def hours(value: float | None) -> str | None:
        return None if value is None else words.number(round(value))

    return {
        "needed": None if plan.hours_needed is None else hours_needed(plan.hours_needed, plan.unknown, language),
        "there": words.number(round(plan.hours_there)),
        "short": hours(plan.hours_missing),
        "people_needed": None if plan.people_needed is None else words.number(plan.people_needed),
        "people_there": words.number(plan.people_there),
        "loads": [
            {
                "name": one.name or words("nobody"),
                "href": f"/accounts?{urlencode({'csm': one.csm or '-'})}",
                "accounts": words.number(one.accounts),
                "hours": hours_needed(one.hours_needed, one.unknown, language),
                "load": None if one.load is None else figures.percent(one.load, language),
            }
            for one in plan.loads
        ],
        "segments": [
            {
                "name": shown[one.segment].name if one.segment in shown else one.segment or words("not_said"),
                "accounts": words.number(one.accounts),
                "arr": hours(one.arr),
                "cost": hours(one.cost),
                "paid": hours(one.paid),
                "ratio": None if one.ratio is None else figures.percent(one.ratio, language, 1),
                "fits": one.fits,
                "most": figures.percent(one.at_most, language),
                "why": one.why or "",
                "is_nobody": one.why == NOBODY,
                "is_unstated": one.cost is None and bool(one.unstated),
                **_levers(call, one.segment, one.levers, one.accounts, one.at_most, words, fits=bool(one.fits)),
            }
            for one in costs
        ],
        "chosen": call.request.query.get("segment", ""),
    }


def _levers(
    call: Call, segment: str, found: Any, accounts: int, at_most: float, words: Words, *, fits: bool
) -> dict[str, Any]:
    """The sliders of a segment, as the form sent them, and the ratio that follows from all four.

    Where it `fits` already, nothing has to be said of what one lever alone would need.
    """
    now = {one.lever: one.now for one in found}
    if not now:
        return {"key": segment, "levers": [], "answer": ""}
    asked = dict(now)
    if call.request.query.get("segment", "") == segment and "cost_per_hour" in call.request.query:
        for name in _LEVERS:
            asked[name] = _decimal(call.request.query.get(name, ""), now[name])
    cost = asked["cost_per_hour"] * asked["hours_per_account"] * accounts
    ratio = ratio_of(cost, asked["paid_revenue"], asked["arr"])
    answer = "" if ratio is None else sentences.ratio(ratio, at_most, words.language)
    return {
        "key": segment,
        "answer": answer,
        "levers": [
            {
                "name": one.lever,
                "label": words(f"lever_{one.lever}"),
                "value": f"{asked[one.lever]:.2f}",
                "most": f"{max(one.now * 2, (one.needs or 0) * 1.2, _RANGE):.2f}",
                "asked": figures.short(asked[one.lever], words.language, 2),
                "needs": ""
                if fits
                else sentences.lever_needs(
                    "" if one.needs is None else figures.short(one.needs, words.language, 2), words.language
                ),
                "now": figures.short(one.now, words.language, 2),
            }
            for one in found
        ],
    }


def _decimal(text: str, otherwise: float) -> float:
    """Raises BadRequest."""
    if not text:
        return otherwise
    whole, _, rest = text.partition(".")
    if not (whole.isdecimal() and (not rest or rest.isdecimal()) and len(text) <= NUMBER_MAX_DIGITS):
        raise BadRequest(Sentence("{text!r} is no number", text=text[:20]), "write it in digits, with a point")
    return float(text)


async def rules_page(call: Call, words: Words) -> dict[str, Any]:
    found = await call.do(ctas.cta_precision, None)
    return {
        "rows": [
            {
                "rule": one.rule,
                "title": one.title.say(words.language),
                "closed": words.number(one.closed),
                "useful": words.number(one.useful),
                "share": None if one.share is None else figures.percent(one.share, words.language),
                "flagged": one.flagged,
            }
            for one in found
        ]
    }
