"""Laws of the decomposition: its parts sum to the difference, exactly, and as printed."""

import math

from hypothesis import given
from hypothesis import strategies as st

from collector.health.explain.decompose import change, rounded
from collector.health.measures.registry import MEASURES
from collector.health.model import Cap, MeasureScore, Scored

CODES = ("SILENT", "DROP", "OVERRIDE")


@st.composite
def a_score(draw: st.DrawFn, day: int) -> Scored:
    states = draw(st.lists(st.sampled_from(["present", "stale", "na", "muted"]), min_size=19, max_size=19))
    weights = [draw(st.floats(0.1, 20)) if s in {"present", "stale"} else 0.0 for s in states]
    total = sum(weights)
    measures = {}
    for measure, state, weight in zip(MEASURES, states, weights, strict=True):
        counted = state in {"present", "stale"}
        score = draw(st.floats(0, 100)) if counted or state == "muted" else None
        measures[measure] = MeasureScore(state=state, score=score, weight=100 * weight / total if total else 0.0)
    if not total:
        return Scored(
            account="a", day=day, policy="p", profile="mature", raw=None, final=None, band="grey", coverage=0,
            measures=measures,
        )  # fmt: skip
    raw = sum(m.weight * (m.score or 0) for m in measures.values()) / 100
    caps = tuple(Cap(code=code, value=draw(st.floats(0, 100))) for code in draw(st.sets(st.sampled_from(CODES))))
    caps = tuple(sorted(caps, key=lambda cap: cap.value))
    final = min([raw, *(cap.value for cap in caps)])
    return Scored(
        account="a", day=day, policy="p", profile="mature", raw=raw, final=final, band="red", coverage=1, caps=caps,
        measures=measures,
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
