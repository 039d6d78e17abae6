"""The days of a back-test's rows: each lead's newest one of use, no loss out of reach, no scored day wasted."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.backtest.as_of_days import judged, laid
from collector.backtest.history import WINDOW_DAYS, Ending, History, Life, ScoredDay
from collector.backtest.labels import labels_of

LEADS = (30, 60, 90)


def laid_on(scored: Sequence[int], leads: Sequence[int] = LEADS) -> list[int]:
    def newest_until(day: int) -> int | None:
        at = bisect_right(scored, day)
        return scored[at - 1] if at else None

    return laid(newest_until, scored[0], scored[-1], leads)


@pytest.mark.parametrize("through", range(300, 328))
@pytest.mark.parametrize("lead", LEADS)
def test_every_loss_that_a_scored_day_could_foretell_is_foretold(through, lead):
    days = judged(laid_on(range(through + 1)), lead, through)
    assert max(days) == through - lead - WINDOW_DAYS
    foretold = {day for row in days for day in range(row + lead + 1, row + lead + WINDOW_DAYS + 1)}
    assert foretold == set(range(lead + 1, through + 1))


def test_days_back_from_the_newest_one_leave_losses_out_of_reach():
    """The control: how the days were laid before."""
    days = judged(range(300, -1, -28), 30, 300)
    assert max(days) < 300 - 30 - WINDOW_DAYS


def test_rows_of_a_lead_lie_about_four_weeks_apart():
    days = sorted(judged(laid_on(range(800)), 60, 799))
    apart = [after - before for before, after in pairwise(days)]
    assert all(14 <= each <= 41 for each in apart)
    assert sorted(apart)[len(apart) // 2] == 28


def reached(days: Sequence[int], lead: int) -> set[int]:
    return {day for row in days for day in range(row + lead + 1, row + lead + WINDOW_DAYS + 1)}


spells = st.lists(st.tuples(st.integers(1, 150), st.integers(1, 200), st.sampled_from([1, 1, 7, 30])), max_size=4)


@given(spells, st.sampled_from([(30, 60, 90), (30,), (7, 30), (90, 30)]))
def test_every_loss_that_a_scored_day_reaches_is_reached_by_a_row(made, leads):
    """A spell: a pause, then so many days on which scores were made each day, week or month."""
    scored = [0]
    for pause, length, step in made:
        begins = scored[-1] + pause
        scored += range(begins, begins + length, step)
    for lead in leads:
        could = [day for day in scored if day + lead + WINDOW_DAYS <= scored[-1]]
        assert reached(judged(laid_on(scored, leads), lead, scored[-1]), lead) == reached(could, lead)


def test_rows_of_daily_scores_lie_at_most_54_days_apart():
    for newest in range(97, 400):
        for lead in (7, 30):
            days = sorted(judged(laid_on(range(newest + 1), (7, 30)), lead, newest))
            assert all(after - before <= 54 for before, after in pairwise(days))


def test_scores_of_each_months_end_are_all_rows():
    ends = [30, 58, 89, 119, 150, 180, 211, 242, 272, 303, 333, 364]
    assert laid_on(ends) == ends


def test_without_a_lead_the_days_go_back_from_the_newest():
    assert laid_on(range(100), ()) == [15, 43, 71, 99]


def test_a_day_that_is_there_for_another_lead_is_no_row_of_this_one():
    rows = [ScoredDay(account="A", day=day, final=50.0, band="yellow") for day in laid_on(range(400))]
    life = Life(account="A", since_day=0, endings=(Ending(due_day=900, kept=True),))
    history = History(rows=rows, lives={"A": life}, through_day=399, basis="arrived", policy=())
    of_lead = {lead: {one.row.day for one in labels_of(history, lead).rows} for lead in LEADS}
    assert all(max(days) == 399 - lead - WINDOW_DAYS for lead, days in of_lead.items())
    assert 399 - 60 - WINDOW_DAYS not in of_lead[30]
