"""The borders of a score: where a cap alarms, what counts as use, what a sponsor adds, what is at once."""

from dataclasses import replace

import pytest

from collector.built_in import HEALTH as DEFAULT
from collector.health.anomalies.model import Verdict
from collector.health.measures.registry import GROUPS
from collector.health.model import Cap, MeasureScore, Reading
from collector.health.score import score
from tests.health_cases import T, alone, read, with_reading

YELLOW = DEFAULT.bands.yellow_from


def test_without_a_number_an_alarming_cap_is_the_number_and_a_floor_is_not():
    cap, floor = Cap(code="LAPSED", value=20), Cap(code="OVERRIDE", bound="floor", value=60)
    assert score.bounded(None, [cap], alarmed=True) == 20
    assert score.bounded(None, [cap], alarmed=False) is None
    assert score.bounded(None, [floor], alarmed=True) is None
    assert score.bounded(90.0, [cap, floor]) == 60


def nothing_but(*caps):
    base = read()
    absent = {name: Reading(measure=name, value=None, state="na", why="none_due") for name in base.readings}
    return replace(base, readings=absent, exceptions=caps, pending=(), overrides=())


@pytest.mark.parametrize(("value", "final"), [(YELLOW - 1, YELLOW - 1), (YELLOW, None)])
def test_a_cap_alarms_below_yellow_and_not_at_it(value, final):
    assert alone(nothing_but(Cap(code="OVERDUE", value=value))).final == final


def used(state, points):
    """Every measure of use alike."""
    return {name: MeasureScore(state=state, score=points) for name in GROUPS["B"]}


def test_of_stale_use_one_half_is_taken_as_good():
    assert score.usage_at_most(used("present", 40.0), DEFAULT) == pytest.approx(40)
    assert score.usage_at_most(used("stale", 40.0), DEFAULT) == pytest.approx(70)


def test_good_use_begins_at_its_threshold():
    base = read()
    use = score.usage_at_most(alone(base).measures, DEFAULT)
    waiting = replace(base, pending=(Cap(code="ZOMBIE", value=49),))
    for threshold, holds in ((use, True), (use + 1e-6, False)):
        zombie = DEFAULT.zombie.model_copy(update={"usage_from": threshold})
        scored = alone(waiting, DEFAULT.model_copy(update={"zombie": zombie}))
        assert any(cap.code == "ZOMBIE" for cap in scored.caps) is holds


@pytest.mark.parametrize(
    ("weight", "points"),
    [
        (4.0, DEFAULT.contacts.three), (3.0, DEFAULT.contacts.three), (2.0, DEFAULT.contacts.two),
        (1.0, DEFAULT.contacts.one), (0.5, DEFAULT.contacts.one / 2), (0.0, 0.0),
    ],
)  # fmt: skip
def test_contacts_are_worth_what_their_roles_weigh(weight, points):
    scored = alone(with_reading(read(), "D2", value=2.0, count=weight, state="present", why=""))
    assert scored.measures["D2"].score == points


def test_what_no_limit_lowers_waits_for_its_days_and_what_one_lowers_does_not():
    base = read()
    for name in ("B1", "B3", "B4", "C2", "E2"):  # down to where one more measure decides
        lower = with_reading(base, name, value=0.0, state="present", why="")
        if alone(with_reading(lower, "B2", value=2.0, state="present", why="")).assured < DEFAULT.bands.green_from:
            break
        base = lower
    steps = (with_reading(base, "B2", value=2 ** (-step / 50), state="present", why="") for step in range(-50, 200))
    base = next(one for one in steps if alone(one).assured < DEFAULT.bands.green_from)
    assert alone(base).assured > DEFAULT.bands.green_from - 1
    yesterday = score.Previous(day=T - 1, band="green")
    assert alone(base).band == "yellow"
    assert alone(base, previous=yesterday).band == "green"
    capped = replace(base, exceptions=(Cap(code="SINGLE", value=alone(base).assured - 1),))
    assert alone(capped, previous=yesterday).band == "yellow"


def test_what_is_muted_already_keeps_its_reason():
    cause = ("firmware", "9.1")
    verdict = Verdict(account="a1", row_id=1, day=T, counter="interaction", state="fell", incident=cause)
    muted = with_reading(read(), "B2", state="muted", why="closed")
    assert alone(read(), verdict=verdict).measures["B2"].why == "incident"
    assert alone(muted, verdict=verdict).measures["B2"].why == "closed"
