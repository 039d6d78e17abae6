"""Laws of the decomposition: its parts sum to the difference, exactly, and as printed."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.health.explain.decompose import change, rounded
from collector.health.measures.registry import MEASURES
from collector.health.model import Cap, MeasureScore, Scored
from collector.health.score.score import bounded, ordered

CODES = ("SILENT", "DROP", "OVERRIDE")
LEVELS = (20.0, 39.0, 49.0, 59.0, 69.0)


@st.composite
def a_score(draw: st.DrawFn, day: int) -> Scored:
    states = draw(
        st.lists(st.sampled_from(["present", "stale", "na", "muted"]), min_size=len(MEASURES), max_size=len(MEASURES))
    )
    weights = [draw(st.floats(0.1, 20)) if s in {"present", "stale"} else 0.0 for s in states]
    total = sum(weights)
    measures = {}
    for measure, state, weight in zip(MEASURES, states, weights, strict=True):
        counted = state in {"present", "stale"}
        score = draw(st.floats(0, 100)) if counted or state == "muted" else None
        value = draw(st.none() | st.sampled_from([1.0, 2.0]))
        measures[measure] = MeasureScore(
            state=state, value=value, score=score, weight=100 * weight / total if total else 0.0
        )
    if not total:
        return Scored(
            account="a", day=day, policy="p", profile="mature", raw=None, final=None, band="grey", coverage=0,
            measures=measures,
        )  # fmt: skip
    raw = sum(m.weight * (m.score or 0) for m in measures.values()) / 100
    level = st.sampled_from(LEVELS) | st.floats(0, 100)
    caps = tuple(Cap(code=code, value=draw(level)) for code in draw(st.sets(st.sampled_from(CODES))))
    if draw(st.booleans()):
        caps = (*caps, Cap(code="OVERRIDE", bound="floor", value=draw(level)))
    caps = ordered(caps, raw)
    final = bounded(raw, caps)
    return Scored(
        account="a", day=day, policy=draw(st.sampled_from(["p", "q"])), profile="mature", raw=raw, final=final,
        band="red", coverage=1, caps=caps, measures=measures,
    )  # fmt: skip


@given(a_score(100), a_score(107))
def test_the_parts_of_a_change_sum_to_the_difference(earlier: Scored, later: Scored):
    found = change(earlier, later)
    if found.difference is None:
        assert earlier.final is None or later.final is None
        return
    assert math.isclose(sum(part.points for part in found.parts), found.difference, abs_tol=1e-6)


@given(a_score(100), a_score(107))
def test_the_printed_parts_sum_to_the_printed_difference(earlier: Scored, later: Scored):
    found = change(earlier, later)
    if found.difference is None:
        return
    printed = rounded(found.parts, found.difference)
    assert math.isclose(sum(part.points for part in printed), round(found.difference, 1), abs_tol=1e-9)


@given(a_score(100))
def test_a_score_that_did_not_change_has_no_parts(scored: Scored):
    assert change(scored, scored).parts == ()


@given(a_score(100), a_score(107))
def test_going_back_takes_the_same_points(earlier: Scored, later: Scored):
    there, back = change(earlier, later), change(later, earlier)
    if there.difference is None:
        return
    taken = {(part.kind, part.name): part.points for part in there.parts}
    given_back = {(part.kind, part.name): -part.points for part in back.parts}
    assert taken.keys() == given_back.keys()
    assert all(math.isclose(taken[key], given_back[key], abs_tol=1e-9) for key in taken)


@given(a_score(100), a_score(107))
def test_an_exception_or_override_that_stays_as_it_is_contributes_nothing(earlier: Scored, later: Scored):
    later = replace(later, caps=earlier.caps, policy=earlier.policy)
    if earlier.raw is None or later.raw is None:
        return
    later = replace(later, final=bounded(later.raw, later.caps))
    assert not [part for part in change(earlier, later).parts if part.kind == "cap"]


@given(a_score(100), st.sampled_from(["cap", "floor"]), st.floats(0, 100), st.floats(-20, 20))
def test_the_sign_of_an_overrides_part_is_the_sign_of_what_it_did(scored: Scored, bound: str, level: float, by: float):
    without = tuple(cap for cap in scored.caps if cap.code != "OVERRIDE")
    if scored.raw is None:
        return
    raw = min(100.0, max(0.0, scored.raw + by))
    before = replace(scored, caps=without, final=bounded(scored.raw, without))
    limits = ordered((*without, Cap(code="OVERRIDE", bound=bound, value=level)), raw)
    after = replace(scored, day=107, raw=raw, caps=limits, final=bounded(raw, limits))
    part = next((one for one in change(before, after).parts if one.kind == "cap"), None)
    did = bounded(raw, limits) - bounded(raw, without)
    assert (part.points if part else 0.0) == pytest.approx(did)
    assert part is None or part.name == "OVERRIDE"


def scored_at(raw: float, *caps: Cap, policy: str = "p", day: int = 100) -> Scored:
    measures = {"A2": MeasureScore(state="present", value=raw, score=raw, weight=100.0)}
    return Scored(
        account="a", day=day, policy=policy, profile="mature", raw=raw, final=bounded(raw, caps), band="red",
        coverage=1, caps=ordered(caps, raw), measures=measures,
    )  # fmt: skip


DROP, SILENT, DEEP = Cap(code="DROP", value=49), Cap(code="SILENT", value=59), Cap(code="SILENT", value=39)
FLOOR = Cap(code="OVERRIDE", bound="floor", value=75)


@pytest.mark.parametrize(
    ("before", "after", "parts"),
    [
        # a floor lifts a score that DROP still caps: the lift is the override's, DROP moved nothing
        ((82.9, DROP), (78.2, DROP, FLOOR), {("measure", "A2"): -4.7, ("held", "DROP"): 4.7, ("cap", "OVERRIDE"): 26}),
        ((80.0,), (80.0, DROP, SILENT), {("cap", "DROP"): -31}),  # two come at once: the one that binds did it
        ((80.0, SILENT), (80.0, SILENT, DROP), {("cap", "DROP"): -10}),  # a deeper one: from the first's level on
        ((80.0, DROP, SILENT), (80.0, SILENT), {("cap", "DROP"): 10}),
        ((80.0, DROP, SILENT), (80.0, DROP, DEEP), {("cap", "SILENT"): -10}),
        ((80.0, DROP), (80.0, SILENT), {("cap", "DROP"): 31, ("cap", "SILENT"): -21}),
        ((40.0, DROP), (60.0, DROP), {("measure", "A2"): 20, ("held", "DROP"): -11}),
        ((80.0,), (30.0, DROP), {("measure", "A2"): -50}),  # a cap that binds on neither day did nothing
    ],
)
def test_a_change_under_caps_is_told_by_what_moved_it(before, after, parts):
    for (old, *caps_old), (new, *caps_new), sign in ((before, after, 1), (after, before, -1)):
        told = change(scored_at(old, *caps_old), scored_at(new, *caps_new, day=107))
        assert {(part.kind, part.name): part.points for part in told.parts} == pytest.approx(
            {key: sign * points for key, points in parts.items()}
        )


def test_another_policy_is_a_part_of_its_own():
    now = scored_at(80.0, DROP)
    stricter = replace(scored_at(60.0, Cap(code="DROP", value=45), policy="q", day=107))
    same = replace(stricter, measures={"A2": replace(stricter.measures["A2"], value=80.0)})
    told = change(now, same).parts
    assert {(part.kind, part.name) for part in told} == {("policy", "q"), ("held", "DROP")}
    assert sum(part.points for part in told) == pytest.approx(-4)


def test_peers_that_moved_are_not_told_as_the_accounts_own_change():
    now = scored_at(80.0)
    later = scored_at(70.0, day=107)
    moved = replace(later, measures={"A2": replace(later.measures["A2"], value=80.0)})
    assert [(part.kind, part.points) for part in change(now, moved).parts] == [("peers", pytest.approx(-10))]
