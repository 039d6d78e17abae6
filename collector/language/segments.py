"""Segments, the people they need and what they cost, in words for a terminal. Everything comes as the API's JSON."""

from collections.abc import Mapping, Sequence
from typing import Any

from collector.language import figures, names
from collector.language.catalogue import gettext, ngettext, pgettext
from collector.language.table import table

Json = Mapping[str, Any]


def places(found: Sequence[Json], currency: str, language: str) -> str:
    """Each account's segment, tier and points. `currency`: "" where it is not known."""
    if not found:
        return gettext(language, "no account")
    rows = [
        (
            each["account"], each["name"], each.get("segment_name") or each["segment"],
            names.tier(each["tier"], language),
            figures.amount(each["arr"], currency, language), figures.amount(each["potential"], currency, language),
            figures.short(each["points"], language, 2),
        )
        for each in found
    ]  # fmt: skip
    head = [
        pgettext(language, "column", "account"), pgettext(language, "column", "name"),
        pgettext(language, "column", "segment"), pgettext(language, "column", "tier"),
        pgettext(language, "column", "ARR"), pgettext(language, "column", "potential"),
        pgettext(language, "column", "points"),
    ]  # fmt: skip
    return "\n".join(table(head, rows, frozenset({4, 5, 6})))


def text(shown: Json, language: str) -> str:
    """Segments, the people they need, and what they cost. A currency that is not known is null."""
    day, currency = figures.iso_day(shown["day"], language), shown["currency"] or ""
    if currency:
        lines = [gettext(language, "{day}; money in {currency} a year", day=day, currency=currency)]
    else:
        lines = [gettext(language, "{day}; money in the collector's base currency, a year", day=day)]
    name_of = {each["segment"]: each["name"] for each in shown["segments"]}
    lines += ["", *_touch_models(shown["segments"], currency, language)]
    lines += ["", *_capacity(shown["capacity"], language), *_loads(shown["capacity"]["loads"], language)]
    lines += ["", *_costs(shown["cost_ratio"], name_of, currency, language)]
    for each in shown["cost_ratio"]:
        if each["fits"] is False:
            levers = [_lever(lever, currency, language) for lever in each["levers"] if lever["needs"] is not None]
            lines.append(
                gettext(
                    language, "{segment} fits at {share} with one of: {levers}",
                    segment=name_of.get(each["segment"], each["segment"]),
                    share=figures.percent(each["at_most"], language), levers=figures.clauses(levers, language),
                )
            )  # fmt: skip
    return "\n".join(lines)


def _touch_models(segments: Sequence[Json], currency: str, language: str) -> list[str]:
    rows = [
        (
            each["name"], figures.number(each["accounts"], language), figures.amount(each["arr"], currency, language),
            _share(each["arr_share"], language), figures.short(each["hours_per_account"], language, 2),
            gettext(language, "{n} d", n=each["cadence_days"]),
        )
        for each in segments
    ]  # fmt: skip
    head = [
        pgettext(language, "column", "segment"), pgettext(language, "column", "accounts"),
        pgettext(language, "column", "ARR"), pgettext(language, "column", "of ARR"),
        pgettext(language, "column", "h/account"), pgettext(language, "column", "cadence"),
    ]  # fmt: skip
    return table(head, rows, frozenset({1, 2, 3, 4, 5}))


def _capacity(plan: Json, language: str) -> list[str]:
    return [
        gettext(
            language, "{needed} h / {each} h = {exact} people: {people}",
            needed=figures.number(plan["hours_needed"], language),
            each=figures.number(plan["hours_per_person"], language),
            exact=figures.number(plan["people_exact"], language, 2), people=plan["people_needed"],
        ),
        ngettext(
            language,
            "{n} person there with {there} h; {missing} h missing",
            "{n} people there with {there} h; {missing} h missing",
            plan["people_there"], there=figures.number(plan["hours_there"], language),
            missing=figures.number(plan["hours_missing"], language),
        ),
    ]  # fmt: skip


def _loads(loads: Sequence[Json], language: str) -> list[str]:
    """Each person's accounts against that person's hours; last the accounts that nobody looks after."""
    rows = [
        (
            each["csm"] or gettext(language, "(nobody)"), figures.number(each["accounts"], language),
            figures.number(each["hours_needed"], language), figures.number(each["hours_year"], language),
            "" if each["load"] is None else figures.percent(each["load"], language),
        )
        for each in loads
    ]  # fmt: skip
    head = [
        pgettext(language, "column", "who"), pgettext(language, "column", "accounts"),
        pgettext(language, "column", "needs h"), pgettext(language, "column", "has h"),
        pgettext(language, "column", "load"),
    ]  # fmt: skip
    return ["", *table(head, rows, frozenset({1, 2, 3, 4}))] if rows else []


def _costs(costs: Sequence[Json], name_of: Mapping[str, str], currency: str, language: str) -> list[str]:
    rows = [
        (
            name_of.get(each["segment"], each["segment"]), figures.amount(each["cost"], currency, language),
            figures.amount(each["paid"], currency, language), figures.amount(each["arr"], currency, language),
            gettext(language, "no recurring revenue") if each["why"] else _share(each["ratio"], language),
            _fits(each["fits"], language),
        )
        for each in costs
    ]  # fmt: skip
    head = [
        pgettext(language, "column", "segment"), pgettext(language, "column", "cost"),
        pgettext(language, "column", "paid"), pgettext(language, "column", "ARR"),
        pgettext(language, "column", "ratio"), pgettext(language, "column", "fits"),
    ]  # fmt: skip
    return table(head, rows, frozenset({1, 2, 3, 4}))


def _fits(fits: bool | None, language: str) -> str:  # noqa: FBT001 - the API's own value
    if fits is None:
        return ""
    return pgettext(language, "fits", "yes") if fits else pgettext(language, "fits", "NO")


def _lever(lever: Json, currency: str, language: str) -> str:
    key, now, needs = lever["lever"], lever["now"], lever["needs"]
    if key == "hours_per_account":
        return gettext(
            language, "hours per account {now} → {needs}", now=figures.number(now, language, 1),
            needs=figures.number(needs, language, 1),
        )  # fmt: skip
    slots = {"now": figures.amount(now, currency, language), "needs": figures.amount(needs, currency, language)}
    if key == "cost_per_hour":
        return gettext(language, "cost per hour {now} → {needs}", **slots)
    if key == "paid_revenue":
        return gettext(language, "paid work {now} → {needs}", **slots)
    return gettext(language, "ARR {now} → {needs}", **slots)


def _share(value: float | None, language: str) -> str:
    return "" if value is None else figures.percent(value, language, 1)
