"""From measures to a score: halves, weights when something is absent, what is assured, what is told beside."""

from dataclasses import replace

import pytest

from collector.built_in import HEALTH as DEFAULT
from collector.health.anomalies.model import Verdict
from collector.health.measures.registry import GROUPS, MEASURES
from collector.health.model import Cap, Reading, Readings
from collector.health.policy.file import Policy
from collector.health.score import peers, score, weighing
from tests.health_cases import T, alone, fleet_of, read, with_reading
from tests.policies import HEALTH

STEADY = DEFAULT.weights["mature"]  # inside a group they scale along: a measure more takes from its group alone
ALL = dict.fromkeys(MEASURES, 1.0)
REST_OF_B = tuple(name for name in GROUPS["B"] if name != "B1")
B, E = (sum(STEADY[name] for name in GROUPS[group]) for group in "BE")


def made(**values: float | str | None) -> Readings:
    """An account whose measures are all absent but those given: a value, or the reason why it is unknown."""
    base = read()
    readings = {}
    for name in MEASURES:
        said = values.get(name, "none_due")
        if isinstance(said, str):
            readings[name] = Reading(measure=name, value=None, state="na", why=said)
        else:
            readings[name] = Reading(
                measure=name, value=said, newest_day=T, count=said if name == "D2" else 1.0, exposure=1.0
            )
    return replace(base, readings=readings, exceptions=(), pending=(), overrides=(), profile="mature")


def test_with_everything_present_the_weights_are_the_profiles():
    assert weighing.weights(ALL, STEADY) == pytest.approx(STEADY)
    assert weighing.coverage(ALL, dict.fromkeys(ALL, 1.0), STEADY) == 1


def test_the_weight_of_what_is_absent_goes_to_the_rest_of_its_group():
    found = weighing.weights({**ALL, "B1": 0.0}, STEADY)
    assert [found[name] for name in REST_OF_B] == pytest.approx(
        [STEADY[name] * B / (B - STEADY["B1"]) for name in REST_OF_B]
    )
    assert found["A2"] == pytest.approx(STEADY["A2"])
    assert weighing.coverage({**ALL, "B1": 0.0}, dict.fromkeys(ALL, 1.0), STEADY) == pytest.approx(
        1 - STEADY["B1"] / 100
    )


def test_the_weight_of_an_empty_group_goes_to_the_other_groups():
    votes = {name: float(name[0] != "E") for name in MEASURES}
    found = weighing.weights(votes, STEADY)
    assert found["B1"] == pytest.approx(STEADY["B1"] / (1 - E / 100))
    assert sum(found.values()) == pytest.approx(100)


def test_a_stale_measure_counts_half_and_a_stale_group_gives_half_away():
    one = weighing.weights({**ALL, "B2": 0.5}, STEADY)
    counted = B - STEADY["B2"] / 2
    assert one["B2"] == pytest.approx(B * STEADY["B2"] / 2 / counted)
    assert [one[name] / STEADY[name] for name in GROUPS["B"] if name != "B2"] == pytest.approx(
        [B / counted] * (len(GROUPS["B"]) - 1)
    )
    group = weighing.weights({**ALL, **dict.fromkeys(GROUPS["B"], 0.5)}, STEADY)
    assert sum(group[name] for name in GROUPS["B"]) == pytest.approx(100 * (B / 2) / (100 - B / 2))


def test_the_raw_score_is_the_weighted_mean():
    whole = made(**dict.fromkeys(DEFAULT.measures, 1.0))  # every measure is there
    one = alone(whole)
    points = sum(said.weight * (said.score or 0) for said in one.measures.values())
    assert sum(said.weight for said in one.measures.values()) == pytest.approx(100)
    assert one.raw == pytest.approx(points / 100)
    assert one.coverage == pytest.approx(1 - DEFAULT.weights["mature"]["B1"] / 100)  # without a target or peers


def test_below_the_coverage_of_a_band_there_is_no_number():
    one = alone(made(C2=0.98, F2=30.0))
    c, f = DEFAULT.weights["mature"]["C2"], DEFAULT.weights["mature"]["F2"]
    assert one.coverage == pytest.approx((c + f) / 100)
    assert (one.raw, one.final, one.computed, one.assured, one.band) == (None, None, None, None, "grey")
    assert {said.weight for said in one.measures.values()} == {0.0}
    assert one.measures["C2"].score == 100


def test_what_is_unknown_leaves_the_score_and_bounds_the_band():
    base = read()
    known = alone(base)
    lost = with_reading(base, "F2", state="na", value=None, why="too_old")
    found = alone(lost)
    assert found.raw == pytest.approx(known.raw, abs=1)
    assert known.assured == known.raw
    assert found.assured == pytest.approx(known.raw - known.measures["F2"].weight)


def test_the_halves_are_the_curve_and_the_rank():
    portfolio = fleet_of(27)
    table = peers.build(portfolio, policy=HEALTH)
    found = [score.score(one, table, policy=HEALTH) for one in portfolio]
    assert {one.peer_group for one in found} == {"museum × exhibition_hall × guide-2"}
    best = max(found, key=lambda one: one.measures["B1"].peer_percentile)
    said = best.measures["B1"]
    assert said.score == pytest.approx(0.5 * 100 + 0.5 * 100 * min(1, (said.peer_percentile - 0.05) / 0.9))
    assert said.peer_median == pytest.approx(88)
    assert said.shrunk == pytest.approx(said.value, rel=0.05)


def test_a_muted_measure_is_computed_and_weighs_nothing():
    one = alone(with_reading(read(), "B2", state="muted", why="muted"))
    assert (one.measures["B2"].score, one.measures["B2"].weight, one.measures["B2"].lost) == (79, 0, 0)


def test_without_anything_there_is_no_score_and_an_alarm_is_still_red():
    nothing = alone(made())
    assert (nothing.raw, nothing.final, nothing.band, nothing.coverage) == (None, None, "grey", 0)
    over = alone(replace(made(), exceptions=(Cap(code="LAPSED", value=20),)))
    assert (over.raw, over.final, over.band) == (None, 20, "red")


def test_an_exception_acts_at_once_but_hysteresis_holds_a_small_change():
    base = read(ledger={"invoices": ()})
    yesterday = score.Previous(day=T - 1, band="green")
    capped = replace(base, exceptions=(Cap(code="OVERDUE", value=49),))
    assert alone(capped, previous=yesterday).band == "yellow"
    assert alone(replace(base, exceptions=(Cap(code="SINGLE", value=69),)), previous=yesterday).band == "yellow"


def test_an_incident_of_ours_mutes_what_it_explains():
    cause = ("firmware", "9.1")
    verdict = Verdict(
        account="a1", row_id=1, day=T, counter="interaction", state="fell", incident=cause, faults_incident=cause
    )
    both = alone(read(), verdict=verdict)
    assert [name for name, one in both.measures.items() if one.why == "incident"] == ["B2", "C1", "C3"]


def test_another_policy_gives_another_score_and_names_itself():
    text = DEFAULT.text.replace("per_doubling = { value = 121.0", "per_doubling = { value = 60.0").replace(
        "at_one = { value = 79.0", "at_one = { value = 50.0"
    )
    other = Policy.load(text)
    one = read()
    assert alone(one, other).measures["B2"].score == 50
    assert alone(one, other).policy == other.hash != alone(one).policy


def test_of_what_is_stale_one_half_is_assured():
    base = read()
    known, stale = alone(base), alone(with_reading(base, "F2", state="stale"))
    assert known.assured == known.raw
    assert stale.assured < stale.raw
    assert stale.assured == pytest.approx(known.assured - known.measures["F2"].weight / 2)


def test_the_band_rests_on_what_is_assured():
    three_quarters = {
        "A1": 0.75, "A2": 0.65, "B2": 2 ** (-4 / 121), "B3": 0.65, "B4": 0.375, "B5": 0.213, "C1": 3.25, "C2": 0.935,
        "C3": 0.075, "D1": 0.875, "D2": 2.0, "D3": 0.475, "D4": 0.75, "E1": 75.0, "E2": 0.75, "E3": 75.0, "F1": 0.75,
        "F2": 15.0, "F3": 0.125,
    }  # fmt: skip
    applies_not = alone(made(**{**three_quarters, "B2": "unsupported"}))
    unknown = alone(made(**{**three_quarters, "B2": "not_arrived"}))
    assert applies_not.raw == unknown.raw == pytest.approx(74.5, abs=0.1)
    assert (applies_not.band, unknown.band) == ("green", "yellow")
    absent = [name for name in MEASURES if name not in three_quarters or name == "B2"]
    assert unknown.coverage == pytest.approx(1 - sum(STEADY[name] for name in absent) / 100)
    assert unknown.assured < 70
