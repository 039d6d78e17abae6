"""Watermelons, red that renewed, warning times and restless bands: bands against what happened. Pure."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from statistics import fmean, median

from collector.backtest.history import ROW_DAYS, WINDOW_DAYS, Ending, History, Life
from collector.backtest.report import Outcomes

BEFORE_DAYS = WINDOW_DAYS  # the band 90 days before is what a customer was thought to be
WARNING_DAYS = 365  # a warning older than this warns of nothing
YEAR_DAYS = 365.25
SHORT_DAYS = ROW_DAYS  # a band is looked for so far back

Bands = Sequence[tuple[int, str]]


def outcomes(history: History) -> Outcomes:
    """Losses count once, on the day on which everybody knew."""
    lost = [(life, one) for life in history.lives.values() for one in life.endings if one.kept is False]
    lost = [(life, one) for life, one in lost if one.loss_day <= history.through_day]
    bands = {account: sorted(days) for account, days in history.bands.items()}
    then = [(one.arr, _band_on(bands.get(life.account, ()), one.loss_day - BEFORE_DAYS)) for life, one in lost]
    known = [(arr, band) for arr, band in then if arr is not None]
    churned = sum(arr for arr, _ in known)
    scored = sum(arr for arr, band in known if band is not None)
    green = sum(arr for arr, band in known if band == "green")
    red_due, red_kept = _red(history.lives.values(), bands)
    warned = [days for life, one in lost if (days := _warning(bands, life, one, ("red", "yellow"))) is not None]
    red = [days for life, one in lost if (days := _warning(bands, life, one, ("red",))) is not None]
    gone = {life.account for life, _ in lost}
    stayed = [share for account, days in bands.items() if account not in gone and (share := _warned(days)) is not None]
    flips, years = _flips(bands)
    return Outcomes(
        losses=len(lost),
        without_rate=tuple(sorted({life.account for life, one in lost if one.arr is None})),
        churned_arr=churned,
        churned_scored_arr=scored,
        watermelon_arr=green,
        watermelon_rate=green / scored if scored else None,
        red_due=red_due,
        red_renewed=red_kept,
        red_renewed_share=red_kept / red_due if red_due else None,
        warned=len(warned),
        median_lead_days=float(median(warned)) if warned else None,
        stayers=len(stayed),
        stayers_warned_share=fmean(stayed) if stayed else None,
        red_warned=len(red),
        median_red_lead_days=float(median(red)) if red else None,
        account_years=years,
        band_flips_per_account_year=flips / years if years else None,
    )


def _band_on(days: Bands, day: int) -> str | None:
    """The newest band at most a row's time before that day."""
    at = bisect_right(days, (day, "~")) - 1
    if at < 0 or days[at][0] < day - SHORT_DAYS:
        return None
    return days[at][1]


def _red(lives: Iterable[Life], bands: Mapping[str, Bands]) -> tuple[int, int]:
    """Contracts that were red 90 days before their due day and are decided; of these, renewed."""
    decided = [(life, one) for life in lives for one in life.endings if one.kept is not None]
    red = [one for life, one in decided if _band_on(bands.get(life.account, ()), one.due_day - BEFORE_DAYS) == "red"]
    return len(red), sum(1 for one in red if one.kept)


def _warning(bands: Mapping[str, Bands], life: Life, ending: Ending, wanted: tuple[str, ...]) -> int | None:
    """For how many days before the loss was known the band had been one of `wanted` without a break."""
    days = bands.get(life.account, ())
    at = bisect_right(days, (ending.loss_day - 1, "~")) - 1
    if at < 0 or days[at][0] < ending.loss_day - SHORT_DAYS - 1 or days[at][1] not in wanted:
        return None
    while at > 0 and days[at - 1][1] in wanted:
        at -= 1
    return min(ending.loss_day - days[at][0], WARNING_DAYS)


def _warned(days: Bands) -> float | None:
    """The share of the days in a band on which it was red or yellow."""
    coloured = [band for _, band in days if band != "grey"]
    return sum(band != "green" for band in coloured) / len(coloured) if coloured else None


def _flips(bands: Mapping[str, Bands]) -> tuple[int, float]:
    """Changes between bands that are not grey, and the account-years in which they were watched."""
    flips, days = 0, 0
    for of_account in bands.values():
        coloured = [(day, band) for day, band in of_account if band != "grey"]
        flips += sum(1 for one, after in pairwise(coloured) if one[1] != after[1])
        days += coloured[-1][0] - coloured[0][0] if len(coloured) > 1 else 0
    return flips, days / YEAR_DAYS
