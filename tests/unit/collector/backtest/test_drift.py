"""Drift: found within 30 days of a planted change; silent in stationary years and where nothing can be known."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from collector.backtest.drift import SHIFT_MIN, drift_of
from collector.backtest.history import ROW_DAYS, Ending, History, Life, ScoredDay

ACCOUNTS, WEEK, YEARS = 150, 7, 3
DAY0 = 20_006
WEEKS = YEARS * 52
BEFORE = 10 * ROW_DAYS  # so many days are known when the watch begins
MEASURES = ("A1", "B1", "B2", "C1", "D1", "E1")


@cache
def weekly(seed, weeks=WEEKS):
    """Weekly rows: each account has its own level, and moves about it slowly. Week by week, account by account."""
    rng = np.random.default_rng(seed)
    total = weeks + BEFORE // WEEK + 8
    level = rng.normal(65, 12, (ACCOUNTS, len(MEASURES)))
    noise = np.zeros((ACCOUNTS, len(MEASURES)))
    made = []
    for week in range(total):
        noise = 0.9 * noise + rng.normal(0, 5, noise.shape)
        points = np.clip(level + noise, 0, 100)
        made.append([row(f"A{n}", DAY0 + WEEK * week, points[n]) for n in range(ACCOUNTS)])
    return made


def row(account, day, points):
    final = float(np.mean(points))
    band = "red" if final < 50 else "yellow" if final < 65 else "green"
    scores = dict(zip(MEASURES, map(float, points), strict=True))
    return ScoredDay(account=account, day=day, final=final, band=band, scores=scores, coverage=0.9)


def known(weeks, week, change=None, since=None):
    """What the watch of that week reads: every fourth week back; `change` holds from the week `since` on."""
    rows = []
    for back in range(week, -1, -4):
        rows += [change(one) if change and back >= since else one for one in weeks[back]]
    return History(rows=rows, lives={}, through_day=DAY0 + WEEK * week, basis="arrived", policy=())


def drifted_within(change, seed=1):
    """Days from the change to the first week that says so, and what it names."""
    weeks, since = weekly(seed, 20), BEFORE // WEEK + 2
    for week in range(since, since + 8):
        said = drift_of(known(weeks, week, change, since)).inputs
        if said.state == "drifted":
            return (week - since) * WEEK, {(one.of, one.name, one.what) for one in said.shifts}
    return None, set()


def lower(one):
    return replace(one, scores=one.scores | {"B2": max(0.0, one.scores["B2"] - 15.0)})


def unknown(one):
    return replace(one, scores=one.scores | {"C1": None}) if int(one.account[1:]) % 4 == 0 else one


def less_covered(one):
    return replace(one, coverage=0.6) if int(one.account[1:]) % 4 == 0 else one


def redder(one):
    return replace(one, band="red") if int(one.account[1:]) % 4 == 0 else one


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lower, ("measure", "B2", "level")),
        (unknown, ("measure", "C1", "unknown")),
        (less_covered, ("coverage", "", "level")),
        (redder, ("band", "red", "share")),
    ],
)
def test_a_planted_change_of_inputs_is_told_within_thirty_days_by_name(change, named):
    took_days, said = drifted_within(change)
    assert took_days is not None
    assert took_days <= 30
    assert named in said
    assert len({(of, name) for of, name, _ in said} - {named[:2], ("band", "green"), ("band", "yellow")}) == 0


def test_without_a_change_the_same_weeks_are_steady():
    """The control of the tests above."""
    assert drifted_within(lambda one: one) == (None, set())


def test_three_stationary_years_give_at_most_one_false_alarm():
    weeks = weekly(2)
    states = [drift_of(known(weeks, week)).inputs.state for week in range(BEFORE // WEEK, BEFORE // WEEK + WEEKS)]
    begun = sum(now == "drifted" != before for before, now in zip(["steady", *states], states, strict=False))
    assert "steady" in states
    assert begun <= 1


def test_rows_of_one_account_are_one_observation():
    """Ten times the rows say no more; the control counts accounts that are ten times as many."""
    weeks, since = weekly(3, 20), BEFORE // WEEK + 2

    def few(one):
        return int(one.account[1:]) < 21

    def slightly(one):
        return replace(one, scores=one.scores | {"B2": one.scores["B2"] - 9.0})

    def state(of, times):
        found = known(weeks, since, slightly, since)
        rows = [one for one in found.rows if of(one) for _ in range(times)]
        return drift_of(replace(found, rows=rows)).inputs.state

    assert state(few, 1) == state(few, 10) == "steady"
    assert state(lambda _: True, 1) == "drifted"


def test_a_small_shift_is_none_however_certain():
    weeks, since = weekly(1, 20), BEFORE // WEEK + 2

    def hardly(one):
        return replace(one, coverage=0.5) if int(one.account[1:]) % 12 == 0 else one

    assert drift_of(known(weeks, since, hardly, since)).inputs.state == "steady"
    assert pytest.approx(0.10) == SHIFT_MIN


def test_with_few_accounts_or_a_short_past_nothing_is_said():
    weeks = weekly(1, 20)
    short = drift_of(known(weeks, 8)).inputs
    assert short.state == "no_history"
    found = known(weeks, BEFORE // WEEK + 2)
    few = replace(found, rows=[one for one in found.rows if int(one.account[1:]) < 19])
    assert drift_of(few).inputs.state == "too_few"
    assert drift_of(replace(found, rows=[])).inputs.state == "no_history"


def outcomes(seed, through, since=None):
    """Contracts that come due each day of a year: one in ten is lost, from `since` on one in two."""
    rng = np.random.default_rng(seed)
    lives, rows = {}, []
    for n in range(600):
        name, first = f"A{n}", DAY0 + int(rng.integers(0, 365))
        dues = range(first, through + 365, 365)
        chance = rng.random(len(dues))
        lost = chance < [0.5 if since is not None and due >= since else 0.1 for due in dues]
        endings = [
            Ending(due_day=due, kept=None if due > through else not gone)
            for due, gone in zip(dues, lost, strict=True)
        ]  # fmt: skip
        lives[name] = Life(account=name, since_day=0, endings=tuple(endings))
        final = float(rng.uniform(30, 90))
        rows += [
            ScoredDay(account=name, day=day, final=final, band="yellow", coverage=0.9)
            for day in range(through, DAY0, -ROW_DAYS)
        ]
    return History(rows=rows, lives=lives, through_day=through, basis="arrived", policy=())


def test_a_change_of_outcomes_is_told_within_thirty_days_of_its_labels():
    """A label of lead 30 is known 120 days after its row; the control has no change."""
    since = DAY0 + 700
    told = since + 120 + 30
    said = drift_of(outcomes(1, told, since)).outcomes
    assert said.state == "drifted"
    assert said.shifts[0].of == "outcome"
    assert said.shifts[0].now > said.shifts[0].before + 0.2
    assert drift_of(outcomes(1, told)).outcomes.state == "steady"
    assert drift_of(outcomes(1, since - 28, since)).outcomes.state == "steady", "nobody can know it yet"
