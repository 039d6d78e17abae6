"""Laws of the anomaly test: whatever an account counted."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from collector.health.anomalies import falls
from tests.account_days import LAST, counted, day_of, inputs
from tests.policies import RULES

counts = st.lists(st.integers(0, 60), min_size=120, max_size=150)


@settings(max_examples=40)
@given(st.lists(counts, min_size=2, max_size=5), st.randoms(use_true_random=False))
def test_the_order_of_accounts_does_not_matter(lives, random):
    found = [falls.statistics(inputs(f"A{n}", counted(life)), rules=RULES) for n, life in enumerate(lives)]
    mixed = random.sample(found, len(found))
    first, second = falls.judge_all(found, rules=RULES), falls.judge_all(mixed, rules=RULES)
    for account, verdict in first.items():
        assert second[account].state == verdict.state
        assert abs(second[account].p - verdict.p) < 1e-9


@settings(max_examples=40)
@given(counts, st.integers(0, 100))
def test_unknown_and_closed_days_say_nothing_whatever_they_hold(life, value):
    days = counted(life)
    for at in (-3, -20, -70):
        days[at] = replace(days[at], heard=0, counts={})
    first = falls.statistics(inputs("A", days), rules=RULES)
    for at in (-3, -20, -70):
        days[at] = replace(days[at], counts={"interaction": value})
    assert falls.statistics(inputs("A", days), rules=RULES) == first


@settings(max_examples=40)
@given(counts, st.integers(1, 6))
def test_counting_less_in_the_newest_week_never_lowers_suspicion(life, less):
    days = counted(life)
    worse = [*days[:-less], *(day_of(d.day, d.counts["interaction"] // 2) for d in days[-less:])]
    before = falls.judge_all([falls.statistics(inputs("A", days), rules=RULES)], rules=RULES)["A"]
    after = falls.judge_all([falls.statistics(inputs("A", worse), rules=RULES)], rules=RULES)["A"]
    assert after.state in {before.state, "fell"}
    assert before.rule != "week" or after.p <= before.p + 1e-12


@settings(max_examples=40)
@given(counts)
def test_a_fall_lies_in_the_past_and_its_probability_is_one(life):
    verdict = falls.judge_all([falls.statistics(inputs("A", counted(life)), rules=RULES)], rules=RULES)["A"]
    assert 0.0 <= verdict.p <= 1.0
    assert verdict.since_day is None or LAST - 150 < verdict.since_day <= LAST
