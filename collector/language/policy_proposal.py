"""A proposed health policy, for a terminal, from the API's JSON."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from collector.language import figures, names, policy_effect
from collector.language.backtest import interval, percent
from collector.language.catalogue import deferred_in, gettext, pgettext
from collector.language.table import left, right

Json = Mapping[str, Any]
_SAYS: Mapping[str, str] = MappingProxyType(
    {
        "better": deferred_in("proposed weights", "The proposed weights rank better than the present ones."),
        "no_better": deferred_in(
            "proposed weights", "No difference beyond chance: there is no reason to change the weights."
        ),
        "worse": deferred_in(
            "proposed weights", "The proposed weights rank worse on the later part: do not adopt them."
        ),
        "same": deferred_in(
            "proposed weights",
            "No other weights foretold the accounts left out better: the file is the present policy.",
        ),
    }
)
_WIDTHS = (12, 24, 8, 10)


def text_of(found: Json, file: str, language: str) -> str:
    one = found["proposal"]
    share = figures.percent(one["budget"], language)
    lines = [
        gettext(
            language,
            "Fitted on {rows} rows ({lost} lost) until {fitted_to_day}, for a lead of {lead} days; "
            "of {losses} losses in all.",
            rows=one["fitted_rows"], lost=one["fitted_lost"], lead=one["lead"], losses=one["losses"],
            fitted_to_day=figures.iso_day(one["fitted_to_day"], language),
        ),
        judged_on(one, language),
        _row(
            "", pgettext(language, "column", "AUC (95 %)"), pgettext(language, "column", "lift {share}", share=share),
            pgettext(language, "column", "ARR found {share}", share=share),
        ),
        _judged(pgettext(language, "policy", "present"), one["by_present"], language),
        _judged(pgettext(language, "policy", "proposed"), one["by_proposed"], language),
        gettext(
            language, "difference of AUC: {difference}", difference=interval(one["better_by"], language, signed=True)
        ),
        says(one["says"], language),
    ]  # fmt: skip
    measures = [each for each in one["changes"] if each["key"].startswith("measures.")]
    if measures:
        lines += ["", gettext(language, "What each measure weighs, as a multiple of now:")]
        lines += [
            f"  {name} {names.measure(name, language)} × {figures.number(factor, language, 2)}"
            for name, factor in one["factors"].items()
        ]
    if one["not_judged"]:
        lines += ["", not_judged(one["not_judged"], language)]
    adopt = gettext(
        language, "Written to {file} (version {version}). It is in use only where the setting health_policy names it.",
        file=file, version=one["proposed"],
    )  # fmt: skip
    return "\n".join([*lines, "", policy_effect.text_of(found["effect"], language), "", adopt])


def says(key: str, language: str) -> str:
    """What the comparison of both policies comes to."""
    return pgettext(language, "proposed weights", _SAYS[key])


def not_judged(measures: Sequence[str], language: str) -> str:
    """Which measures the fit had no data for; "": none."""
    if not measures:
        return ""
    named = figures.phrases([names.measure(one, language) for one in measures], language)
    return gettext(language, "Not judged, for want of data; their weights stay: {measures}.", measures=named)


def judged_on(one: Json, language: str) -> str:
    return gettext(
        language, "Judged on {rows} rows ({lost} lost) from {judged_from_day} on; outcomes until {through_day}.",
        rows=one["judged_rows"], lost=one["judged_lost"],
        judged_from_day=figures.iso_day(one["judged_from_day"], language),
        through_day=figures.iso_day(one["through_day"], language),
    )  # fmt: skip


def which(word: str, language: str) -> str:
    """`present`: the policy in use; `proposed`."""
    return pgettext(language, "policy", word)


def _judged(name: str, one: Json, language: str) -> str:
    lift = "–" if one["lift"] is None else f"{figures.number(one['lift'], language, 2)}×"
    return _row(name, interval(one["auc"], language), lift, percent(one["recall"], language))


def _row(*cells: str) -> str:
    first, *rest = cells
    return "  ".join(
        [left(first, _WIDTHS[0]), left(rest[0], _WIDTHS[1]), right(rest[1], _WIDTHS[2]), right(rest[2], _WIDTHS[3])]
    ).rstrip()
