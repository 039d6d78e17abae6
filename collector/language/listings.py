"""Lists of a terminal: calls, Today, the portfolio, the fleet. Everything comes as the API's JSON."""

from collections.abc import Mapping, Sequence
from typing import Any

from collector.language import cta as of_cta
from collector.language import figures, fleet, names
from collector.language import today as of_today
from collector.language.catalogue import gettext, ngettext, pgettext
from collector.language.pages import Words
from collector.language.table import table

Json = Mapping[str, Any]
NONE = "-"
_RATE_DIGITS = 2


def calls(found: Json, language: str) -> str:
    if not found["items"]:
        return gettext(language, "nothing to do")
    head = [
        pgettext(language, "column", "account"), pgettext(language, "column", "name"),
        pgettext(language, "column", "score"), pgettext(language, "column", "ARR"),
        pgettext(language, "column", "due"), pgettext(language, "column", "id"), pgettext(language, "column", "what"),
    ]  # fmt: skip
    rows = [
        [
            one["account"], one["name"], _score(one, language), _amount(one, language), one["due_day"] or NONE,
            " ".join(str(cta["id"]) for cta in one["ctas"]),
            "; ".join(of_cta.in_language(cta["title"], language) for cta in one["ctas"]),
        ]
        for one in found["items"]
    ]  # fmt: skip
    text = table(head, rows, frozenset({2, 3}))
    if found["next"]:
        text.append(gettext(language, "… there are more: raise --limit or narrow the list"))
    return "\n".join(text)


def today(found: Json, language: str) -> str:
    sums = found["sums"]
    parts = [
        ngettext(
            language, "{n} account, {arr} ARR, {risk} of it at risk", "{n} accounts, {arr} ARR, {risk} of it at risk",
            sums["accounts"], arr=_known_money(sums["arr"], sums["currency"], language),
            risk=_known_money(sums["arr_at_risk"], sums["currency"], language),
        )
        if sums["accounts"]
        else gettext(language, "no account is scored yet"),
        *([of_today.without_rate(sums["arr_unknown"], language)] if sums["arr_unknown"] else []),
        *_other_currency(sums, language),
        _under(gettext(language, "Calls"), [calls(found["calls"], language)]),
    ]  # fmt: skip
    planned = [
        f"{one['due_day']}  {of_today.planned(one['what'], one['name'], one['text'], language)}"
        for one in found["planned"]
    ]
    renewals = [
        f"{one['due_day']}  {one['name']}  {_amount(one, language)}  {_score(one, language)}"
        for one in found["renewals"]
    ]
    changed = [
        of_today.band_change(one["name"], one["band_before"], one["band"], language) for one in found["bands"]
    ]  # fmt: skip
    for title, some in (
        (gettext(language, "Promised and planned"), planned),
        (gettext(language, "Renewals"), renewals),
        (gettext(language, "Changed over the last closed day"), changed),
    ):
        if some:
            parts.append(_under(title, some))
    return "\n\n".join(parts)


def portfolio(found: Json, language: str, fields: Sequence[str] = ()) -> str:
    """`fields`: ids of custom fields, a column each."""
    head = [
        pgettext(language, "column", "account"), pgettext(language, "column", "name"),
        pgettext(language, "column", "owner"), pgettext(language, "column", "score"),
        pgettext(language, "column", "ARR"), pgettext(language, "column", "due"), *fields,
    ]  # fmt: skip
    rows = [
        [
            row["account"], row["name"], row["csm"] or NONE, _score(row, language), _amount(row, language),
            row["due_day"] or NONE, *(row["values"].get(one) or NONE for one in fields),
        ]
        for row in found["rows"]
    ]  # fmt: skip
    text = table(head, rows, frozenset({3, 4})) if rows else [gettext(language, "no account is like that")]
    bands = [
        f"{names.band(one['band'], language)} {figures.number(one['accounts'], language)}: "
        f"{_known_money(one['arr'], found['currency'], language)}"
        for one in found["bands"]
        if one["accounts"]
    ]  # fmt: skip
    text += [fleet.shown_rows(min(1, len(rows)), len(rows), found["total"], language), *bands]
    return "\n".join([*text, *_other_currency(found, language)])


def _other_currency(sums: Json, language: str) -> list[str]:
    """A line where the base currency has changed since the closing; a collector of before does not tell."""
    line = of_today.other_currency(
        sums.get("arr_other_currency", 0), sums["currency"], language, has_changed=sums.get("currency_changed", False)
    )
    return [gettext(language, "ARR: {line}", line=line)] if line else []


def robots(found: Json, language: str) -> str:
    if not found["items"]:
        return gettext(language, "no robot is like that")
    head = [
        pgettext(language, "column", "robot"), pgettext(language, "column", "account"),
        pgettext(language, "column", "state"), pgettext(language, "column", "last seen"),
    ]  # fmt: skip
    words = Words(language)
    rows = [
        [one["name"], one["account"] or NONE, words(one["state"]), one["last_seen_at"] or NONE]
        for one in found["items"]
    ]
    text = table(head, rows)
    if found["next"]:
        text.append(gettext(language, "… there are more: raise --limit or narrow the list"))
    return "\n".join(text)


def fault_rates(found: Json, language: str) -> str:
    families: Sequence[str] = found["families"]
    if not families:
        return gettext(language, "no fault in these 28 days")
    head = [
        pgettext(language, "column", "group"), pgettext(language, "column", "robots"),
        pgettext(language, "column", "hours"), *(names.family(family, language) for family in families),
    ]  # fmt: skip
    rows = [
        [
            one["value"] or NONE, figures.number(one["robots"], language), figures.number(one["hours"], language),
            *(_rate(one["families"].get(family), language) for family in families),
        ]
        for one in found["groups"]
    ]  # fmt: skip
    return "\n".join(table(head, rows, frozenset(range(1, len(head)))))


def fleet_sheet(found: Json, language: str) -> str:
    called = found["names"]
    text = []
    for one in found["incidents"]:
        text.append(fleet.incident(one["cause"], one["value"], one["of"], one["family"], language))
        accounts = [called.get(key, key) for key in one["accounts"]]
        text.append(f"  {fleet.incident_where(accounts, one['since_day'], one['others_share'], language)}")
    text += [f"{one['kind']}  {one['robot'] or NONE}  {one['last_at']}  {one['detail']}" for one in found["alarms"]]
    if found["parked"]:
        text.append(
            ngettext(language, "{n} message was not taken", "{n} messages were not taken", found["parked"])
        )  # fmt: skip
    return "\n".join(text) or gettext(language, "nothing to look at")


def _under(title: str, lines: Sequence[str]) -> str:
    return "\n".join([title, *(f"  {line}" for some in lines for line in some.splitlines())])


def _score(one: Json, language: str) -> str:
    if not one["band"]:
        return NONE
    band = names.band(one["band"], language)
    return band if one["score"] is None else f"{band} {figures.score(one['score'], language)}"


def _amount(one: Json, language: str) -> str:
    return NONE if one["arr"] is None else _money(one["arr"], one["currency"], language)


def _known_money(units: float | None, currency: str, language: str) -> str:
    return NONE if units is None else _money(units, currency, language)


def _money(units: float, currency: str, language: str) -> str:
    return figures.money(round(units * 100), currency, language)


def _rate(one: Json | None, language: str) -> str:
    if one is None:
        return figures.number(0, language)
    if one["per_100_h"] is None:
        return NONE
    return f"{figures.number(one['per_100_h'], language, _RATE_DIGITS)}{' !' if one['is_hot'] else ''}"
