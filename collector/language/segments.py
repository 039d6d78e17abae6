"""Segments, the people they need and what they cost, in words for a terminal. Everything comes as the API's JSON."""

from collections.abc import Mapping, Sequence
from typing import Any

from collector.accounts.segments.cost_ratio import NOBODY
from collector.language import figures, names
from collector.language.catalogue import gettext, ngettext, pgettext
from collector.language.rates import amount, left_out
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
            amount(each["arr"], currency, language), amount(each["potential"], currency, language),
            _number(each["points"], language, 2),
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
    lines += left_out(shown["capacity"].get("left_out", ()), language)  # of a collector of before: none
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
            each["name"], figures.number(each["accounts"], language), amount(each["arr"], currency, language),
            _share(each["arr_share"], language), _number(each["hours_per_account"], language, 2),
            "" if each["cadence_days"] is None else gettext(language, "{n} d", n=each["cadence_days"]),
        )
        for each in segments
    ]  # fmt: skip
    head = [
        pgettext(language, "column", "segment"), pgettext(language, "column", "accounts"),
        pgettext(language, "column", "ARR"), pgettext(language, "column", "of ARR"),
        pgettext(language, "column", "h/account"), pgettext(language, "column", "cadence"),
    ]  # fmt: skip
    return table(head, rows, frozenset({1, 2, 3, 4, 5}))


def _number(value: float | None, language: str, digits: int) -> str:
    return gettext(language, "unknown") if value is None else figures.short(value, language, digits)


def _needed(plan: Json, language: str) -> list[str]:
    unknown = plan.get("unknown", 0)  # of a collector of before: none
    lines = []
    if plan["hours_needed"] is not None:
        lines.append(
            gettext(
                language, "{needed} h / {each} h = {exact} people: {people}",
                needed=figures.number(plan["hours_needed"], language),
                each=figures.number(plan["hours_per_person"], language),
                exact=figures.number(plan["people_exact"], language, 2), people=plan["people_needed"],
            )
        )  # fmt: skip
    if unknown:
        lines.append(
            ngettext(
                language,
                "{n} account is not in it: its segment is not known without an exchange rate",
                "{n} accounts are not in it: their segments are not known without an exchange rate",
                unknown,
            )
        )
    return lines


def _capacity(plan: Json, language: str) -> list[str]:
    missing = plan["hours_missing"]
    return [
        *_needed(plan, language),
        ngettext(
            language,
            "{n} person there with {there} h; {missing} h missing",
            "{n} people there with {there} h; {missing} h missing",
            plan["people_there"], there=figures.number(plan["hours_there"], language),
            missing=gettext(language, "unknown") if missing is None else figures.number(missing, language),
        ),
    ]  # fmt: skip


def _loads(loads: Sequence[Json], language: str) -> list[str]:
    """Each person's accounts against that person's hours; last the accounts that nobody looks after."""
    rows = [
        (
            each["csm"] or gettext(language, "(nobody)"), figures.number(each["accounts"], language),
            hours_needed(each["hours_needed"], each.get("unknown", 0), language),
            figures.number(each["hours_year"], language), _load(each, language),
        )
        for each in loads
    ]  # fmt: skip
    head = [
        pgettext(language, "column", "who"), pgettext(language, "column", "accounts"),
        pgettext(language, "column", "needs h"), pgettext(language, "column", "has h"),
        pgettext(language, "column", "load"),
    ]  # fmt: skip
    return ["", *table(head, rows, frozenset({1, 2, 3, 4}))] if rows else []


def hours_needed(hours: float | None, unknown: int, language: str) -> str:
    """What accounts need, and beside it how many of them nobody knows it of: `280 + 2 unknown`."""
    if hours is None:
        return gettext(language, "unknown")
    said = figures.number(hours, language)
    return gettext(language, "{hours} + {n} unknown", hours=said, n=unknown) if unknown else said


def _load(each: Json, language: str) -> str:
    if each["load"] is None:
        return gettext(language, "unknown") if each.get("unknown") and each["csm"] else ""
    return figures.percent(each["load"], language)


def _costs(costs: Sequence[Json], name_of: Mapping[str, str], currency: str, language: str) -> list[str]:
    rows = [
        (
            name_of.get(each["segment"], each["segment"]), amount(each["cost"], currency, language),
            amount(each["paid"], currency, language), amount(each["arr"], currency, language),
            _ratio(each, language), _fits(each["fits"], language),
        )
        for each in costs
    ]  # fmt: skip
    head = [
        pgettext(language, "column", "segment"), pgettext(language, "column", "cost"),
        pgettext(language, "column", "paid"), pgettext(language, "column", "ARR"),
        pgettext(language, "column", "ratio"), pgettext(language, "column", "fits"),
    ]  # fmt: skip
    return table(head, rows, frozenset({1, 2, 3, 4}))


def _ratio(each: Json, language: str) -> str:
    if not each["why"]:
        return _share(each["ratio"], language)
    if each["why"] == NOBODY:
        return gettext(language, "no person entered")
    if each.get("unstated") and None not in (each["paid"], each["arr"]):
        return gettext(language, "no cost of a person stated")
    if None in (each["cost"], each["paid"], each["arr"]):
        return gettext(language, "no exchange rate")
    return gettext(language, "no recurring revenue")


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
