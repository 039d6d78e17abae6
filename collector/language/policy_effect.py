"""What another health policy would do, for a terminal, from the API's JSON."""

from collections.abc import Mapping
from typing import Any

from collector.language import figures, names
from collector.language.catalogue import gettext, ngettext
from collector.language.policy_page import rests_on, waiting

SHOWN = 20  # accounts


def text_of(found: Mapping[str, Any], language: str) -> str:
    """The sums first, then the accounts that change most."""
    lines = [
        ngettext(
            language,
            "{day}: {n} account scored by both policies, {changed} would change.",
            "{day}: {n} accounts scored by both policies, {changed} would change.",
            found["scored"], day=figures.iso_day(found["day"], language), changed=len(found["accounts"]),
        )
    ]  # fmt: skip
    if found["basis"] == "recorded":
        lines.append(rests_on(found["basis"], language))
    bands = [
        gettext(
            language, "{band} {before} → {after}", band=names.band(band, language),
            before=found["bands_before"].get(band, 0), after=found["bands_after"].get(band, 0),
        )
        for band in names.BANDS
        if found["bands_before"].get(band) or found["bands_after"].get(band)
    ]  # fmt: skip
    lines.append(gettext(language, "Bands: {bands}.", bands=figures.phrases(bands, language)))
    if found["waiting"]:
        lines.append(waiting(found["waiting"], language))
    opened, closed = (sum(found[key].values()) for key in ("calls_opened", "calls_closed"))
    lines.append(
        gettext(language, "Calls to action: {opened} opened, {closed} no longer held.", opened=opened, closed=closed)
    )
    if found["hours_per_call"] is None:
        lines.append(gettext(language, "Hours are not known: no touch that answered a call says how long it took."))
    else:
        slots = {key: figures.short(found[key], language) for key in ("hours_opened", "hours_closed", "hours_per_call")}
        lines.append(
            gettext(
                language,
                "Hours: {hours_opened} more, {hours_closed} less ({hours_per_call} for a call, by your touches).",
                **slots,
            )
        )  # fmt: skip
    if found["failed"]:
        lines.append(gettext(language, "Accounts that could not be scored: {n}.", n=found["failed"]))
    ordered = sorted(found["accounts"], key=_size)
    lines += ["", *(_account(one, language) for one in ordered[:SHOWN])] if ordered else []
    if ordered[SHOWN:]:
        lines.append(gettext(language, "and {n} more: see --json", n=len(ordered) - SHOWN))
    return "\n".join(lines)


def _size(one: Mapping[str, Any]) -> tuple[bool, float, str]:
    """Another band first, then the largest change."""
    before, after = one["final_before"], one["final_after"]
    change = 100.0 if (before is None) != (after is None) else abs((after or 0.0) - (before or 0.0))
    return one["band_before"] == one["band_after"], -change, one["account"]


def _account(one: Mapping[str, Any], language: str) -> str:
    before, after = (_score(one, end, language) for end in ("before", "after"))
    text = gettext(language, "{account}: {before} → {after}", account=one["account"], before=before, after=after)
    calls = [f"+{call.split()[0]}" for call in one["calls_opened"]] + [
        f"-{call.split()[0]}" for call in one["calls_closed"]
    ]
    return "  " + (f"{text}  {' '.join(calls)}" if calls else text)


def _score(one: Mapping[str, Any], end: str, language: str) -> str:
    final, band = one[f"final_{end}"], names.band(one[f"band_{end}"], language)
    if final is None:
        return band
    return gettext(language, "{score} ({band})", score=figures.score(final, language, 1), band=band)
