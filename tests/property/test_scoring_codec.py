"""What is stored is what was said: account-days and scores come back equal, and equal days have equal bytes."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from collector.health.measures.registry import MEASURES
from collector.health.model import AccountDay, Cap, MeasureScore, Scored
from collector.scores import days_codec, score_codec

counts = st.dictionaries(st.sampled_from(["interaction", "foot_traffic", "guide.tours", "导览"]), st.integers(0, 2**53))
robots = st.lists(st.integers(1, 10**9), max_size=4, unique=True).map(tuple)
families = st.sampled_from(["navigation", "tts", "asr"])
account_days = st.builds(
    AccountDay,
    day=st.integers(0, 30_000), open=st.booleans(), robots=st.integers(0, 10**5), heard=st.integers(0, 10**5),
    active=st.integers(0, 10**5), counts=counts, online_s=st.integers(0, 2**40), scheduled_s=st.integers(0, 2**40),
    faults=st.dictionaries(families, st.integers(1, 10**6)), affected=st.dictionaries(families, robots), dark=robots,
    stuck=robots, conflicts=robots,
)  # fmt: skip
numbers = st.none() | st.floats(-1e9, 1e9)
measures = st.builds(
    MeasureScore,
    state=st.sampled_from(["present", "stale", "na", "muted"]), why=st.text(max_size=5), value=numbers, shrunk=numbers,
    score=numbers, weight=st.floats(0, 100), lost=st.floats(0, 100), newest_day=st.none() | st.integers(0, 30_000),
    detail=st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5), max_size=2).filter(
        lambda said: all(abs(value) < 2**53 for value in said.values() if isinstance(value, int))
    ),
)  # fmt: skip
scores = st.builds(
    Scored,
    account=st.text(min_size=1, max_size=9), day=st.integers(0, 30_000), policy=st.just("0f"),
    profile=st.just("mature"),
    raw=numbers, final=numbers, band=st.sampled_from(["red", "grey"]), coverage=st.floats(0, 1),
    caps=st.lists(st.builds(Cap, code=st.just("DROP"), value=st.floats(0, 100)), max_size=2).map(tuple),
    measures=st.fixed_dictionaries(dict.fromkeys(MEASURES, measures)), tags=st.just(("watermelon",)),
)  # fmt: skip


@settings(max_examples=100)
@given(account_days)
def test_an_account_day_comes_back_and_equal_days_have_equal_bytes(day):
    body = days_codec.encode(day)
    assert days_codec.decode(day.day, 1, body) == day
    assert days_codec.decode(day.day, 2, body).late
    turned = replace(day, counts=dict(reversed(day.counts.items())), faults=dict(reversed(day.faults.items())))
    assert days_codec.encode(turned) == body


@settings(max_examples=100)
@given(scores)
def test_a_score_comes_back_unrounded(scored):
    assert score_codec.decode(score_codec.encode(scored)) == scored
