"""Pass 1 of anomalies: one account's days become a few numbers. Pure.

The newest week, the week before and the window of 28 open days are each compared with what the 56 open days before
that window let us expect. Whatever looks low is dated, and its cause looked for, while the days are at hand.
"""

import math
from dataclasses import replace

import numpy as np

from collector.calendar.days import WEEK_DAYS
from collector.health.anomalies import changepoint, closed_days, demand, dispersion, fault_rises
from collector.health.anomalies.dated_counts import Numbers, Series, expected_of, known, series_of
from collector.health.anomalies.model import LevelShift, State, Statistics, UsageWindow
from collector.health.anomalies.rules import AnomalyRules
from collector.health.model import AccountInputs

BASE_WEEKS_MIN = 3  # below, weeks say nothing of how weeks vary
LOW_SIGMAS = 1.2  # of the narrowest spread; the second pass calls nothing a fall that is nearer to its mean
SCANNED_DAYS = 56  # known open days in which the break is looked for


def statistics(inputs: AccountInputs, rules: AnomalyRules, counter: str = "interaction") -> Statistics:
    """Pass 1. `counter` is the core counter of the account's scene."""
    vouched = closed_days.vouched(inputs.days, counter, rules)
    told = {
        "region": inputs.ledger.account.region.strip(),
        "scene": inputs.ledger.account.scene,
        "vouched": vouched,
        "silent": closed_days.silent(inputs.days, inputs.day, counter, rules),
    }
    made = replace(_statistics(inputs, rules, counter), **told)  # type: ignore[arg-type]  # its fields, by name
    if not vouched.zeros:
        return made
    empty = frozenset(vouched.zeros)
    days = tuple(replace(one, open=False) if one.day in empty else one for one in inputs.days)
    return replace(made, apart=replace(_statistics(replace(inputs, days=days), rules, counter), **told))  # type: ignore[arg-type]  # as above


def _statistics(inputs: AccountInputs, rules: AnomalyRules, counter: str) -> Statistics:
    account = inputs.ledger.account
    empty = Statistics(
        account=account.id,
        row_id=inputs.ledger.row_id,
        day=inputs.day,
        counter=counter,
        state="steady",
        peers=_peers(inputs),
        causes=_causes(inputs, rules),
        faults=fault_rises.in_week(inputs.days, inputs.day, rules),
    )
    series = series_of(inputs.days, lambda one: one.counts.get(counter), rules)
    state = _state(inputs, series, rules)
    if series is None or state != "steady":
        return replace(empty, state=state)
    expected = expected_of(series, rules)
    newest = series.newest_open_day
    week = _window(series, expected, series.within(newest - WEEK_DAYS + 1, newest))
    before = _window(series, expected, series.within(newest - 2 * WEEK_DAYS + 1, newest - WEEK_DAYS))
    eve = _window(series, expected, series.within(newest - WEEK_DAYS, newest - 1))
    month = _window(series, expected, slice(series.split, len(series.day)))
    base = _window(series, expected, series.base)
    weekdays = len(set(series.day[series.base] % WEEK_DAYS))
    value, variance = dispersion.own(series.counted[series.base], expected[series.base], weekdays, rules)
    squares, weeks, parts = _weeks(series, expected)
    made = replace(
        empty,
        week=week, eve=eve, before=before, month=month, base=base, dispersion=value, dispersion_variance=variance,
        week_squares=squares, base_weeks=weeks, week_variance=parts,
    )  # fmt: skip
    return _with_cause(made, inputs, series, expected, rules) if _may_have_fallen(made, rules) else made


def _peers(inputs: AccountInputs) -> tuple[str, ...]:
    account, models = inputs.ledger.account, inputs.fleet.models
    model = max(sorted(models), key=lambda name: models[name]) if models else ""
    return (f"{account.industry}|{account.scene}|{model}", f"|{account.scene}|{model}", f"||{model}")


def _causes(inputs: AccountInputs, rules: AnomalyRules) -> tuple[tuple[str, str], ...]:
    """What it could share a cause through: what at least half of its robots have, and its regions."""
    fleet = inputs.fleet
    least = rules.cause_share * (sum(fleet.models.values()) or 1)
    named = [("firmware", fleet.roms), ("model", fleet.models)]
    found = [(cause, value) for cause, have in named for value, n in have.items() if n >= least]
    for skill, versions in fleet.skills.items():
        found += [("skill", f"{skill} {v}") for v, n in versions.items() if n >= least]
    regions = {inputs.ledger.account.region, *(site.region for site in inputs.ledger.sites)}
    found += [("region", region) for region in regions]
    return tuple(sorted((cause, value) for cause, value in found if value.strip()))


def _state(inputs: AccountInputs, series: Series | None, rules: AnomalyRules) -> State:
    recent = [one for one in inputs.days if one.day > inputs.day - WEEK_DAYS]
    if not any(one.robots for one in recent):
        return "no_deployment"
    if series is None or series.newest_open_day <= inputs.day - WEEK_DAYS:
        return "closed"
    if not len(series.day):
        heard = any(known(one) for one in inputs.days)
        return "unsupported" if heard else "not_arrived"
    if series.day[-1] <= series.newest_open_day - WEEK_DAYS:
        return "not_arrived"
    return "no_history" if series.split - series.start < rules.base_min_days else "steady"


def _window(series: Series, expected: Numbers, part: slice) -> UsageWindow:
    of_days = expected[part]
    return UsageWindow(len(of_days), float(series.counted[part].sum()), float(of_days.sum()), float((of_days**2).sum()))


def _weeks(series: Series, expected: Numbers) -> tuple[float, int, tuple[float, float]]:
    """The base by weeks: squared residuals, how many weeks, and the two parts of an independent week's variance."""
    of_base = expected[series.base]
    number = (series.day[series.base] - series.day[series.start]) // WEEK_DAYS
    residuals = np.bincount(number, series.counted[series.base] - of_base)
    weeks = len(set(number.tolist()))
    if weeks < BASE_WEEKS_MIN:
        return 0.0, 0, (0.0, 0.0)
    squares = float((residuals**2).sum()) * weeks / (weeks - 1)
    return squares, weeks, (float(of_base.sum()), float((of_base**2).sum()))


def _may_have_fallen(made: Statistics, rules: AnomalyRules) -> bool:
    """Low enough that the second pass might call it a fall: only then the cause is looked for."""
    floor = rules.dispersion_floor
    for window in (made.week, made.month):
        spread = math.sqrt(window.expected + floor * window.squares)
        if window.days and window.observed < window.expected - LOW_SIGMAS * spread:
            return True
    return False


def _with_cause(
    made: Statistics, inputs: AccountInputs, series: Series, expected: Numbers, rules: AnomalyRules
) -> Statistics:
    scanned = slice(max(series.start, len(series.day) - SCANNED_DAYS), len(series.day))
    counted, days = series.counted[scanned], series.day[scanned]
    steady = max(min(made.dispersion, 1.0), rules.dispersion_floor)
    found = changepoint.find(counted, expected[scanned], steady, falls=True)
    change = None
    if found is not None:
        change = LevelShift(
            day=int(days[found.at]),
            before=float(counted[: found.at].mean()),
            since=float(counted[found.at :].mean()),
            from_day=int(days[found.first]),
            to_day=int(days[found.last]),
        )
    since = change.day if change else made.day - WEEK_DAYS + 1
    return replace(
        made,
        change=change,
        demand=demand.of(inputs.days, made.counter, since, rules),
        faults=fault_rises.around(inputs.days, inputs.day, since, rules) or made.faults,
    )
