"""Today in sentences: what the day is about, the tiles' lines, what is planned, due and changed.

Money is hundredths of its currency; days are ISO text; `year` is the one that need not be written.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from collector.language import figures, names
from collector.language.catalogue import deferred_in, gettext, ngettext, pgettext

_REVIEWS: Mapping[str, str] = MappingProxyType(
    {
        "qbr": deferred_in("planned", "QBR with {name}"),
        "health_check": deferred_in("planned", "Health check with {name}"),
        "best_practice": deferred_in("planned", "Best practice session with {name}"),
        "site_visit": deferred_in("planned", "Site visit at {name}"),
    }
)


def sentence(calls: int, first: tuple[int | None, str, int | None], untouched: bool, language: str) -> str:  # noqa: FBT001 - a fact
    """What the day is about. `first`: the first call's ARR, its currency, days to its renewal. `untouched`: no step."""
    if not calls:
        return gettext(language, "Nobody has to be called.")
    many = ngettext(
        language, "{n} call, in order of worth.", "{n} calls, in order of worth.", calls,
        n=figures.number(calls, language),
    )  # fmt: skip
    arr, currency, left = first
    if arr is None or not arr or left is None or left < 0:
        return many
    money = figures.money(arr, currency, language)
    if untouched:
        decides = ngettext(
            language,
            "The first one decides {money}: its renewal is {n} day away and nothing has been done.",
            "The first one decides {money}: its renewal is {n} days away and nothing has been done.",
            left, money=money,
        )  # fmt: skip
    else:
        decides = ngettext(
            language,
            "The first one is worth {money} a year; its renewal is {n} day away.",
            "The first one is worth {money} a year; its renewal is {n} days away.",
            left, money=money,
        )  # fmt: skip
    return gettext(language, "{one} {other}", one=many, other=decides)


def bands_line(bands: Mapping[str, int], language: str) -> str:
    """`7 green · 4 yellow · 0 red`, and those without a band where there are any."""
    parts = [
        gettext(language, "{n} green", n=bands["green"]),
        gettext(language, "{n} yellow", n=bands["yellow"]),
        gettext(language, "{n} red", n=bands["red"]),
    ]
    if bands["grey"]:
        parts.append(gettext(language, "{n} without a band", n=bands["grey"]))
    return dotted(parts)


def at_risk(
    hundredths: int | None, currency: str, unknown: int, others: int, language: str, *, has_changed: bool = False
) -> str:
    """Below the ARR: how much of it is yellow or red, and what is not in it."""
    parts = []
    if hundredths is not None:
        money = figures.money(hundredths, currency, language)
        parts.append(gettext(language, "{money} of it yellow or red", money=money))
    if unknown:
        parts.append(without_rate(unknown, language))
    changed = other_currency(others, currency, language, has_changed=has_changed)
    return dotted([*parts, changed] if changed else parts)


def without_rate(unknown: int, language: str) -> str:
    """How many accounts are in no sum of ARR, because nobody stated what their currency is worth."""
    return ngettext(language, "{n} account without a rate", "{n} accounts without a rate", unknown)


def other_currency(others: int, currency: str, language: str, *, has_changed: bool) -> str:
    """What a sum of amounts says after the setting base_currency has changed; "": it did not."""
    parts = []
    if has_changed:
        parts.append(gettext(language, "still in {currency} until the next closing", currency=currency))
    if others:
        parts.append(
            ngettext(
                language, "without {n} account in another currency, until the next closing",
                "without {n} accounts in another currency, until the next closing", others,
            )
        )  # fmt: skip
    return dotted(parts)


def renewals_line(total: int | None, risky: int | None, currency: str, language: str) -> str:
    if total is None:
        return gettext(language, "what they are worth is not known: no rate is stated")
    money = figures.money(total, currency, language)
    if total and risky == total:
        return gettext(language, "{money}, all of it at risk", money=money)
    if risky is None:
        return gettext(language, "{money}, how much of it is at risk is not known", money=money)
    return gettext(
        language, "{money}, {risky} of it at risk", money=money, risky=figures.money(risky, currency, language)
    )


def quiet_line(accounts: int, longest: int | None, never: int, language: str) -> str:
    """Below how many were not spoken with: of how many, and the longest silence in days."""
    if never:
        return ngettext(
            language, "of {of}; {n} never spoke with us", "of {of}; {n} never spoke with us", never, of=accounts
        )
    if longest is None:
        return gettext(language, "of {of}", of=accounts)
    return ngettext(language, "of {of}; longest {n} day", "of {of}; longest {n} days", longest, of=accounts)


def stake(arr: int | None, due_day: int | None, currency: str, language: str) -> str:
    """`¥109,200 ARR`, `no contract`; "" where it is not known."""
    written = figures.arr(arr, due_day, currency, language)
    is_sum = arr is not None and (arr or due_day is not None)
    return gettext(language, "{money} ARR", money=written) if is_sum else written


def renewal(left: int | None, day: str, language: str) -> str:
    """`renews in 69 d · 6 Feb`."""
    if left is None:
        return ""
    if left < 0:
        return gettext(language, "renewal overdue by {n} d · {day}", n=-left, day=day)
    return gettext(language, "renews in {n} d · {day}", n=left, day=day)


def planned(what: str, name: str, text: str, language: str) -> str:
    if what == "promise":
        return gettext(language, "{name}: {promise}", name=name, promise=text)
    said = _REVIEWS.get(what)
    if said is None:
        return gettext(language, "{name}: {promise}", name=name, promise=what.replace("_", " "))
    return pgettext(language, "planned", said, name=name)


def late(late_days: int, language: str) -> str:
    return gettext(language, "{n} d late", n=late_days)


def step(steps: int, noticed: bool, auto: bool, notice: str, language: str) -> str:  # noqa: FBT001 - facts
    """What was done towards a renewal."""
    if noticed:
        return gettext(language, "notice was given")
    if auto:
        return gettext(language, "renews by itself")
    taken = (
        ngettext(language, "{n} step taken", "{n} steps taken", steps) if steps else gettext(language, "no step taken")
    )
    return gettext(language, "{steps}; notice until {day}", steps=taken, day=notice) if notice else taken


def band_change(name: str, before: str, band: str, language: str) -> str:
    return gettext(
        language, "{name} {before} → {band}", name=name, before=names.band_word(before, language),
        band=names.band_word(band, language),
    )  # fmt: skip


def nobody_changed(language: str) -> str:
    return gettext(language, "nobody changed band")


def number_change(name: str, before: float, raw: float, language: str) -> str:
    return gettext(
        language, "{name} {before} → {band}", name=name, before=figures.number(before, language),
        band=figures.number(raw, language),
    )  # fmt: skip


def incident(cause: str, value: str, accounts: int, own: int, language: str) -> str:
    """`Incident: firmware V6.9, 4 accounts, none of yours`."""
    of = gettext(
        language, "Incident: {cause} {value}, {accounts}", cause=names.cause(cause, language),
        value=names.cause_value(cause, value, language),
        accounts=ngettext(language, "{n} account", "{n} accounts", accounts),
    )  # fmt: skip
    whose = ngettext(language, "{n} of yours", "{n} of yours", own) if own else gettext(language, "none of yours")
    return gettext(language, "{one}, {other}", one=of, other=whose)


def told(robots: int, heard: int, language: str) -> str:
    """Whether the robots told of the closed day."""
    if not robots:
        return gettext(language, "no robot was expected")
    if heard == robots:
        return ngettext(
            language, "{n} robot told of the day", "all {n} robots told of the day", robots,
            n=figures.number(robots, language),
        )  # fmt: skip
    return gettext(
        language, "{heard} of {robots} robots told of the day", heard=figures.number(heard, language),
        robots=figures.number(robots, language),
    )  # fmt: skip


def rest(moved: Sequence[str], language: str) -> str:
    return figures.phrases(moved, language)


def dotted(parts: Sequence[str]) -> str:
    return " · ".join(part for part in parts if part)
