"""The portfolio in sentences: what is at stake, the tiles' lines, a lever's answer."""

from collections.abc import Mapping

from collector.language import figures, names, today
from collector.language.catalogue import gettext, ngettext


def sentence(accounts: int, at_risk: int | None, arr: int | None, currency: str, scored: str, language: str) -> str:
    """`at_risk`, `arr` None: not known."""
    if not accounts:
        return gettext(language, "No account has been scored yet.")
    many = ngettext(
        language, "{n} account, scored {day}.", "{n} accounts, scored {day}.", accounts,
        n=figures.number(accounts, language), day=scored,
    )  # fmt: skip
    return gettext(language, "{one} {other}", one=many, other=_risk(at_risk, arr, currency, language))


def _risk(at_risk: int | None, arr: int | None, currency: str, language: str) -> str:
    if arr is None:
        return gettext(language, "Their ARR is not known.")
    money = figures.money(arr, currency, language)
    if at_risk is None:
        return gettext(language, "Of {arr} ARR it is not known how much is yellow or red.", arr=money)
    return gettext(
        language, "{risk} of {arr} ARR is yellow or red.", risk=figures.money(at_risk, currency, language), arr=money
    )


def newcomers(total: int, day: str, hour: str, language: str) -> str:
    """`day` "": the next closing is due now."""
    many = ngettext(
        language, "{n} account came after the last closing.", "{n} accounts came after the last closing.", total,
        n=figures.number(total, language),
    )  # fmt: skip
    if not day:
        return gettext(language, "{one} {other}", one=many, other=gettext(language, "The next closing scores them."))
    when = gettext(language, "They are scored at the next closing, {day} from {hour}.", day=day, hour=hour)
    return gettext(language, "{one} {other}", one=many, other=when)


def more_newcomers(more: int, language: str) -> str:
    return ngettext(
        language, "and {n} more: search by name", "and {n} more: search by name", more, n=figures.number(more, language)
    )


def bands_line(bands: Mapping[str, tuple[int, int | None]], language: str) -> str:
    """`red 12 % · yellow 42 %` of the ARR that is known."""
    total = sum(arr or 0 for _, arr in bands.values())
    if not total:
        return gettext(language, "no ARR is known")
    return " · ".join(
        f"{names.band_word(band, language)} {figures.percent(arr / total, language)}"
        for band, (_, arr) in bands.items()
        if arr
    )


def risk_line(red: int, yellow: int, language: str) -> str:
    return gettext(
        language,
        "{red} red, {yellow} yellow",
        red=figures.number(red, language),
        yellow=figures.number(yellow, language),
    )


def ahead_line(nearer: list[tuple[int, int]], last: tuple[int | None, int | None], currency: str, language: str) -> str:
    """`0 in 30 d · 2 in 60 d; ¥300,300, ¥218,400 at risk`. `nearer`: (days, accounts); `last`: (ARR, of it at risk),
    None: not known.
    """
    counts = [
        gettext(language, "{n} in {days} d", n=figures.number(accounts, language), days=days)
        for days, accounts in nearer
    ]
    arr, risk = last
    if arr is None or risk is None:
        worth = today.renewals_line(arr, risk, currency, language)
        return gettext(language, "{counts}; {worth}", counts=" · ".join(counts), worth=worth)
    return gettext(
        language, "{counts}; {money}, {risk} at risk", counts=" · ".join(counts),
        money=figures.money(arr, currency, language), risk=figures.money(risk, currency, language),
    )  # fmt: skip


def change(points: float | None, language: str) -> str:
    """`↓ 55`; "" where nothing can be compared."""
    if points is None:
        return ""
    if round(points) == 0:
        return "0"
    return f"{'↓' if points < 0 else '↑'} {figures.number(abs(points), language)}"


def lever_needs(needs: str, language: str) -> str:
    return gettext(language, "alone: {needs}", needs=needs) if needs else gettext(language, "alone it would not do")


def ratio(value: float, at_most: float, language: str) -> str:
    """What the levers give together."""
    said = {"ratio": figures.percent(value, language, 1), "most": figures.percent(at_most, language)}
    if value <= at_most:
        return gettext(language, "{ratio} fits within {most}.", **said)
    return gettext(language, "{ratio} is more than {most}.", **said)
