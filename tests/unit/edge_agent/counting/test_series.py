"""Cumulative series are bounded, source by source, and making room never counts anything twice."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.clock import Stamp
from edge_agent.counting import series
from edge_agent.counting.readings import Ended, Total
from edge_agent.counting.sampler import Sampler
from edge_agent.counting.series import EVICT_AFTER_S, SERIES_MAX

NOON = 1_800_014_400


def at(second):
    return Stamp(1, 1000 + second, NOON + second, "synced")


def sampler_of(**rest):
    return Sampler(at(0), window_s=300, **rest)


def say(sampler, source, names, value=1, *, from_zero=True):
    for name in names:
        sampler.take(source, Total("touches", value, from_zero=from_zero, series=name))


def churn(first, many=SERIES_MAX):
    return (f"request-{number}" for number in range(first, first + many))


def counted(sampler, second):
    return sum(
        record["counts"].get("touches", 0) for record in sampler.close(at(second)).records if record["kind"] == "window"
    )


def test_a_source_that_invents_series_takes_no_room_from_another():
    sampler = sampler_of()
    say(sampler, "endless", churn(0, SERIES_MAX + 10))
    assert sampler.refused == {"too_many_series": 10}
    say(sampler, "other", ["a"], 5)
    assert counted(sampler, 1) == SERIES_MAX + 5
    assert sampler.refused == {"too_many_series": 10}


def test_a_full_source_gives_up_the_series_unheard_for_longest_and_goes_on_with_those_that_live():
    sampler = sampler_of()
    say(sampler, "endless", churn(0))
    sampler.advance(at(EVICT_AFTER_S))
    say(sampler, "endless", ["request-0"], 4)
    say(sampler, "endless", ["new"])
    assert ("endless", "touches|request-0") in sampler.totals
    assert ("endless", "touches|request-1") not in sampler.totals
    assert ("endless", "touches|new") in sampler.totals
    assert sampler.refused["series_evicted"] == 1


def test_a_series_that_comes_back_is_a_baseline_also_after_a_restart_of_the_agent():
    first = sampler_of()
    say(first, "endless", churn(0))
    first.advance(at(EVICT_AFTER_S))
    say(first, "endless", ["new"])
    closed = first.close(at(EVICT_AFTER_S + 1))
    for sampler in (first, sampler_of(totals=closed.totals)):
        sampler.advance(at(2 * EVICT_AFTER_S + 2))
        say(sampler, "endless", ["request-0"], 9)  # all nine, or all but one, were counted before
        say(sampler, "endless", ["request-0"], 11)
        assert sampler.refused["series_may_have_returned"] == 1
        assert counted(sampler, 2 * EVICT_AFTER_S + 3) == 2


def test_without_the_doubt_it_would_be_counted_twice(monkeypatch):
    """The control."""
    monkeypatch.setattr(series.SeriesTable, "doubts", lambda *_: False)
    sampler = sampler_of()
    say(sampler, "endless", churn(0))
    sampler.advance(at(EVICT_AFTER_S))
    say(sampler, "endless", ["new", "request-0"])
    assert counted(sampler, EVICT_AFTER_S + 1) == 1 + 1


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 9), st.integers(0, 5000), st.booleans()), max_size=40))
def test_however_series_come_and_go_never_more_is_counted_than_happened(moves):
    """Six series in room for three. Each move: time passes, now and then the agent restarts, one series grows."""
    most, series.SERIES_MAX = series.SERIES_MAX, 3
    try:
        sampler, values, second, total = sampler_of(), dict.fromkeys(range(6), 0), 0, 0
        for name, growth, seconds, restarts in moves:
            second += seconds
            values[name] += growth
            closed = sampler.close(at(second))
            total += sum(r["counts"].get("touches", 0) for r in closed.records if r["kind"] == "window")
            if restarts:
                sampler = Sampler(at(second), window_s=300, totals=closed.totals)
            say(sampler, "s", [str(name)], values[name])
            assert len(sampler.totals) <= 3 + 1
        assert total + counted(sampler, second + 1) <= sum(values.values())
    finally:
        series.SERIES_MAX = most


def short_lives(sampler, *, retire):
    """20 skills with 15 counters each take turns in 20 slots, two new processes a minute for 12 hours."""
    rounds = []
    for number in range(12 * 60):
        sampler.advance(at(60 * number))
        for skill in (number % 20, (number * 7 + 3) % 20):
            life, slot = f"{number}-{skill}", (number * 13 + number // 20 + skill) % 20
            for counter in range(15):
                reading = Total(f"s{skill}.c{counter}", 1.5, life, from_zero=True, series=str(slot), may_evict=False)
                sampler.take("local", reading)
            rounds.append(life)
        if retire:
            sampler.take("local", Ended(tuple(rounds[:-4])))
            rounds = rounds[-4:]
    if retire:
        sampler.take("local", Ended(tuple(rounds), all_ended=True))
    return sum(sampler.snapshot()["counts"].get(f"s{s}.c{c}", 0) for s in range(20) for c in range(15))


def test_processes_that_come_and_go_lose_nothing_however_long_not_even_their_fractions():
    sampler = Sampler(at(0), window_s=10**7)
    assert short_lives(sampler, retire=True) == sum(
        int(1.5 * n) for n in lives_of_each_skill().values() for _ in range(15)
    )
    assert not sampler.refused
    assert len(sampler.totals) <= 20 * 15  # at most a fraction of each counter is left


def test_without_retiring_the_dead_their_series_fill_the_source(monkeypatch):
    """The control."""
    monkeypatch.setattr(series, "SERIES_MAX", 1000)
    kept = Sampler(at(0), window_s=10**7)
    short_lives(kept, retire=False)
    assert kept.refused["too_many_series"]
    retired = Sampler(at(0), window_s=10**7)
    short_lives(retired, retire=True)
    assert not retired.refused


def lives_of_each_skill():
    lives = {}
    for number in range(12 * 60):
        for skill in (number % 20, (number * 7 + 3) % 20):
            lives[skill] = lives.get(skill, 0) + 1
    return lives


def test_a_series_of_a_client_that_is_answered_never_gives_way():
    sampler = sampler_of()
    say(sampler, "local", churn(0))
    sampler.advance(at(EVICT_AFTER_S))
    assert (
        sampler.take("local", Total("touches", 1, from_zero=True, series="new", may_evict=False)) == "too_many_series"
    )
    assert sampler.take("local", Total("touches", 1, from_zero=True, series="new")) is None


def test_once_everybody_has_ended_nothing_that_was_given_up_can_come_back():
    sampler = sampler_of()
    say(sampler, "local", churn(0))
    sampler.advance(at(EVICT_AFTER_S))
    say(sampler, "local", ["new"])
    assert sampler.take("local", Total("touches", 1, from_zero=True, series="x")) == "series_may_have_returned"
    sampler.take("local", Ended(("",), all_ended=True))
    assert sampler.take("local", Total("touches", 1, from_zero=True, series="y")) is None


@pytest.mark.parametrize(
    ("readings", "counted", "falls"),
    [
        ([Total("touches", n, fall="dip") for n in (100, 95, 101)], 1, 1),  # 10 %: Home Assistant
        ([Total("touches", n, fall="dip") for n in (100, 89, 90)], 90, 0),  # below it: a restart
        ([Total("touches", n, fall="dip") for n in (9, 8)], 8, 0),  # a small count cannot be rounded
        ([Total("driving_s", n, fall="dip") for n in (5.0, 2.0, 6.0)], 1, 1),  # 3 s: node_exporter
        ([Total("touches", n, fall="dip") for n in (5.0, 2.0, 6.0)], 6, 0),  # of seconds only
        ([Total("driving_s", n, fall="dip") for n in (100, 98, 98, 98, 97, 99, 98, 101)], 1, 3),  # each fall once
        ([Total("touches", n, "e", fall="never") for n in (100, 1, 40, 101)], 1, 1),
        ([Total("touches", n, "e", fall="restart") for n in (100, 95, 101)], 101, 0),  # the control
        ([Total("touches", 100, "e", fall="never"), Total("touches", 3, "f", from_zero=True, fall="never")], 3, 0),
        ([Total("touches", 100), Total("touches", 120, "e", from_zero=True)], 20, 0),  # a life that got a name
        ([Total("touches", 100, "e"), Total("touches", 120, "", from_zero=True)], 20, 0),  # or lost it
    ],
)
def test_a_fall_that_no_restart_explains_is_held_and_counted_as_one(readings, counted, falls):
    sampler = sampler_of()
    for reading in readings:
        sampler.take("shop", reading)
    counts = (sampler.snapshot() or {"counts": {}})["counts"]
    assert counts.get(readings[0].counter, 0) == counted
    assert counts.get("readings_refused", 0) == falls
    assert sampler.refused == ({"fell": falls} if falls else {})
    assert [(row["name"], row["times"]) for row in sampler.refusals.shown()] == [(readings[0].counter, falls)] * (
        falls > 0
    )


def test_a_fall_is_held_also_over_a_restart_of_the_agent():
    first = sampler_of()
    for value in (1000.02, 1000.01):
        first.take("shop", Total("driving_s", value, fall="dip"))
    again = Sampler(at(1), window_s=300, totals=first.close(at(1)).totals)
    for value in (1000.01, 1002.5):
        again.take("shop", Total("driving_s", value, fall="dip"))
    assert again.snapshot()["counts"]["driving_s"] == 2


@settings(max_examples=200, deadline=None)
@given(st.lists(st.floats(0, 50), min_size=1, max_size=30), st.lists(st.floats(0, 3), min_size=30, max_size=30))
def test_however_it_dips_a_counter_of_seconds_counts_what_its_highest_value_says(steps, dips):
    sampler, value = sampler_of(), 1000.0
    sampler.take("shop", Total("driving_s", value, fall="dip"))
    for step, dip in zip(steps, dips, strict=False):
        value += step
        sampler.take("shop", Total("driving_s", value, fall="dip"))
        sampler.take("shop", Total("driving_s", value - dip, fall="dip"))
    counts = (sampler.snapshot() or {"counts": {}})["counts"]
    assert counts.get("driving_s", 0) == math.floor(value) - 1000
