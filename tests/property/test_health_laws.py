"""Laws of the health model, over accounts that hypothesis makes up."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.accounts.ledger.kinds import money, relations
from collector.built_in import HEALTH as DEFAULT
from collector.health.explain.decompose import change
from collector.health.measures.registry import MEASURES, TELEMETRY
from collector.health.model import NOT_APPLICABLE, AccountInputs, Cap, Previous, Reading, Readings
from collector.health.policy.file import PROFILES
from collector.health.score import peers, readings, score
from tests.health_cases import OPEN_S, T, days, inputs
from tests.policies import HEALTH

EPS = 1e-9
RANK = {"grey": 0, "red": 0, "yellow": 1, "green": 2}  # grey claims nothing
LOWER = {"C1", "C3", "D1", "F2", "F3"}  # raw values of which less is better
SPAN: Mapping[str, tuple[float, float]] = {
    "B1": (0, 200), "B2": (0.02, 3), "B6": (0, 9), "C1": (0, 20), "D1": (0, 4), "D2": (0, 5), "E1": (0, 100),
    "E3": (0, 100), "F2": (0, 90), "F3": (0, 2),
}  # fmt: skip


@st.composite
def reading_of(draw: st.DrawFn, measure: str, states: tuple[str, ...] = ("present", "stale", "na", "muted")) -> Reading:
    state = draw(st.sampled_from(states))
    if state == "na":
        why = draw(st.sampled_from(["not_arrived", "too_old", "none_due", "no_source"]))
        return Reading(measure=measure, value=None, state="na", why=why)
    low, high = SPAN.get(measure, (0, 1))
    value = draw(st.floats(low, high))
    count = exposure = None
    if measure in peers.COUNT_RATES:
        exposure = draw(st.floats(0.5, 500))
        count = float(round(value * exposure))
        value = count / exposure
    if measure == "D2":
        value, count = float(round(value)), value
    target = 80.0 if measure == "B1" and draw(st.booleans()) else None
    known = draw(st.sampled_from([1.0, 0.8, 0.3])) if measure in TELEMETRY else 1.0
    return Reading(
        measure=measure, value=value, state=state, count=count, exposure=exposure, target=target, newest_day=T,
        known=known,
    )  # fmt: skip


@st.composite
def account(
    draw: st.DrawFn, row_id: int = 0, states: tuple[str, ...] = ("present", "stale", "na", "muted")
) -> Readings:
    caps = draw(st.lists(st.sampled_from([Cap(code="OVERDUE", value=49), Cap(code="LAPSED", value=20)]), max_size=1))
    signs = draw(st.lists(st.just(Cap(code="ZOMBIE", value=49, tag="watermelon")), max_size=1))
    return Readings(
        account=f"a{row_id}", row_id=row_id, day=T, robots=2, sentiment=None,
        industry=draw(st.sampled_from(["museum", "bar", ""])), scene=draw(st.sampled_from(["hall", "ktv"])),
        model=draw(st.sampled_from(["guide-2", "tray-4"])), profile=draw(st.sampled_from(PROFILES)),
        readings={name: draw(reading_of(name, states)) for name in MEASURES},
        exceptions=tuple(caps), pending=tuple(signs), arr=draw(st.integers(0, 1000)),
    )  # fmt: skip


@st.composite
def fleet(draw: st.DrawFn, least: int = 7, most: int = 9) -> list[Readings]:
    n = draw(st.integers(least, most))
    return [draw(account(i)) for i in range(n)]


previous = st.none() | st.builds(
    Previous,
    day=st.just(T - 1),
    band=st.sampled_from(["red", "yellow", "green", "grey"]),
    candidate_band=st.sampled_from([None, "red", "yellow", "green"]),
    candidate_days=st.integers(0, 1),
)
measures = st.sampled_from(MEASURES)


def changed(one: Readings, name: str, **more: Any) -> Readings:
    return replace(one, readings={**one.readings, name: replace(one.readings[name], **more)})


@settings(max_examples=60, deadline=None)
@given(others=fleet(), one=account(99, ("present",)), name=measures, step=st.floats(0, 1))
def test_a_better_value_never_lowers_its_measure_nor_the_raw_score(others, one, name, step):
    old = one.readings[name]
    low, high = SPAN.get(name, (0, 1))
    assert old.value is not None
    value = old.value + step * ((low if name in LOWER else high) - old.value)
    more: dict[str, Any] = {"value": value}
    if name == "D2":
        assert old.count is not None
        more = {"value": float(max(old.value, round(value))), "count": old.count + step * (5 - old.count)}
    if name in peers.COUNT_RATES:
        assert old.exposure is not None
        more = {"value": value, "count": value * old.exposure}
    better = changed(one, name, **more)
    before = score.score(one, peers.build([*others, one], policy=HEALTH), policy=HEALTH)
    after = score.score(better, peers.build([*others, better], policy=HEALTH), policy=HEALTH)
    assert before.measures[name].score is None or after.measures[name].score >= before.measures[name].score - 1e-6
    assert after.raw >= before.raw - 1e-6


@settings(max_examples=150, deadline=None)
@given(
    others=fleet(6, 7),
    one=account(99),
    lost=st.sets(measures, min_size=1, max_size=6),
    how=st.sampled_from(["not_arrived", "too_old", "stale", "days"]),
    before=previous,
)
def test_what_becomes_unknown_never_raises_the_band(others, one, lost, how, before):
    table = peers.build([*others, one], policy=HEALTH)
    poorer = one
    for name in lost:
        old = poorer.readings[name]
        if how == "stale" and old.state == "present":
            poorer = changed(poorer, name, state="stale")
        elif how == "days":
            poorer = changed(poorer, name, known=old.known / 2)
        elif how != "stale" and old.state in ("present", "stale"):
            poorer = changed(poorer, name, state="na", value=None, why=how)
    known = score.score(one, table, previous=before, policy=HEALTH)
    unknown = score.score(poorer, table, previous=before, policy=HEALTH)
    assert RANK[unknown.band] <= RANK[known.band]
    assert unknown.coverage <= known.coverage + EPS
    if known.assured is not None and unknown.assured is not None:
        assert unknown.assured <= known.assured + EPS


@settings(max_examples=60, deadline=None)
@given(one=account(1), name=measures, before=previous)
def test_muted_is_absent(one, name, before):
    muted = changed(one, name, state="muted", why="muted")
    absent = changed(one, name, state="na", value=None, why="none_due")
    assert "none_due" in NOT_APPLICABLE
    a = score.score(muted, peers.build([muted], policy=HEALTH), previous=before, policy=HEALTH)
    b = score.score(absent, peers.build([absent], policy=HEALTH), previous=before, policy=HEALTH)
    assert (a.raw, a.final, a.band, a.coverage, a.caps) == (b.raw, b.final, b.band, b.coverage, b.caps)
    assert {n: m.weight for n, m in a.measures.items()} == {n: m.weight for n, m in b.measures.items()}
    assert (a.measures[name].score is None) == (muted.readings[name].value is None or a.measures[name].score is None)


@settings(max_examples=40, deadline=None)
@given(portfolio=fleet(5, 12), data=st.data())
def test_the_order_of_accounts_does_not_matter(portfolio, data):
    shuffled = data.draw(st.permutations(portfolio))
    one, other = peers.build(portfolio, policy=HEALTH), peers.build(shuffled, policy=HEALTH)
    assert one == other
    assert peers.PeerTable.load(one.dump()) == one
    assert [score.score(each, one, policy=HEALTH) for each in portfolio] == [
        score.score(each, other, policy=HEALTH) for each in portfolio
    ]


@settings(max_examples=80, deadline=None)
@given(portfolio=fleet(6, 8))
def test_the_parts_sum_and_the_score_stays_in_its_bounds(portfolio):
    table = peers.build(portfolio, policy=HEALTH)
    found = [score.score(each, table, policy=HEALTH) for each in portfolio]
    for one in found:
        assert 0 <= one.coverage <= 1 + EPS
        weights = sum(each.weight for each in one.measures.values())
        assert one.raw is None or weights == pytest.approx(100)
        if one.raw is None or one.final is None or one.assured is None:
            continue
        assert sum(each.lost for each in one.measures.values()) == pytest.approx(100 - one.raw)
        assert -EPS <= one.assured <= one.raw + EPS
        assert one.raw <= 100 + EPS
        assert one.final == min([one.raw, *(cap.value for cap in one.caps)])
    for earlier, later in pairwise(found):
        said = change(earlier, later)
        if said.difference is not None:
            assert sum(part.points for part in said.parts) == pytest.approx(said.difference, abs=1e-6)


def good(i: int) -> AccountInputs:
    """An account that does everything well, each a little differently."""
    counts = {"interaction": 180 + 6 * (i % 7), "wake_up": 300, "guided_tour": 20, "dance": 5}
    name = f"g{i}"
    lines = tuple(
        money.ContractLine(id=f"{name}-{s}", account=name, contract=f"{name}-c", product="opk", amount=1, skill=s)
        for s in ("guide", "dance")
    )
    survey = relations.Survey(id=f"{name}-s", account=name, day=T - 20, kind="nps", score=9, answered_day=T - 18)
    return inputs(
        name,
        i,
        days=days(counts=counts, online_s=2 * OPEN_S - 60 * (i % 5)),
        ledger={"lines": lines, "surveys": (survey,)},
    )


def test_a_fleet_can_be_all_green():
    portfolio = [readings.read(good(i), policy=HEALTH) for i in range(40)]
    table = peers.build(portfolio, policy=HEALTH)
    found = [score.score(each, table, policy=HEALTH) for each in portfolio]
    assert {one.peer_n for one in found} == {39}
    assert {one.band for one in found} == {"green"}


def test_equals_at_the_top_lose_nothing_to_each_other():
    """Ranks alone keep nobody from full marks: 40 customers that do the same, perfectly."""
    best = {"A2": 1.0, "B3": 1.0, "C2": 1.0, "C3": 0.0}
    portfolio = [readings.read(good(i), policy=HEALTH) for i in range(40)]
    for name, value in best.items():
        portfolio = [changed(one, name, value=value, state="present") for one in portfolio]
    table = peers.build(portfolio, policy=HEALTH)
    for one in portfolio:
        said = score.score(one, table, policy=HEALTH)
        assert [said.measures[name].score for name in best] == [100.0] * len(best)


def test_twins_are_scored_alike_whatever_their_names():
    portfolio = [readings.read(good(i % 7), policy=HEALTH) for i in range(35)]
    table = peers.build(portfolio, policy=HEALTH)
    finals = {i % 7: score.score(each, table, policy=HEALTH).final for i, each in enumerate(portfolio)}
    assert all(score.score(each, table, policy=HEALTH).final == finals[i % 7] for i, each in enumerate(portfolio))
    assert DEFAULT.hash == score.score(portfolio[0], table, policy=HEALTH).policy
