"""What a skill may count: what its manifest declares, as fast as it declares, under its own name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.counting.readings import Condition, Gauge, Increment, SkillState, Supports, Total
from edge_agent.outbox.values import SourceTotal
from edge_agent.skills.allowed import Allowed
from edge_agent.skills.counting import FAULTS_MAX, Gate, Pace, source_name

HOUR_S = 3600.0


class Desk:
    """A gate over a table that counts like the sampler."""

    def __init__(self, most_per_h=60, away_s=0.0):
        self.now, self.taken, self.refused, self.totals = 0.0, [], [], {}
        allowed = Allowed("guide", "1", {"guide.completed": most_per_h}, frozenset())
        self.gate = Gate(
            allowed, lambda: self.totals, lambda *said: self.refused.append(said), lambda: self.now, away_s
        )
        self.let = self.gate.let(self.take)

    def take(self, reading):
        self.taken.append(reading)
        if isinstance(reading, Total):
            key = source_name("guide"), f"{reading.counter}|{reading.series}"
            self.totals[key] = SourceTotal(reading.counter, reading.value, reading.epoch)

    def says(self, value, life="one"):
        return self.let(Total("guide.completed", value, life, from_zero=True, series="0"))


def test_what_is_not_declared_is_refused_and_named():
    desk = Desk()
    assert desk.let(Increment("guided_tour")) == "undeclared"
    assert desk.refused == [("guided_tour", "undeclared")]
    assert desk.taken == []


def test_an_hour_is_saved_up_and_no_more():
    desk = Desk()
    desk.says(1)
    desk.now = 10 * HOUR_S
    assert desk.says(1 + 659) is None  # ten hours passed since it was last counted, and one was saved
    assert desk.says(1 + 659 + 61) == "too_fast"
    desk.now += HOUR_S
    assert desk.says(1 + 659 + 60) is None


def test_a_total_that_falls_within_one_life_counts_nothing_and_passes():
    desk = Desk()
    desk.says(50)
    assert desk.says(49) is None
    assert desk.says(49, life="two") == "too_fast", "the control: of another life it is all new"


def test_many_readings_do_not_count_more_than_one():
    desk = Desk()
    total = 0
    for second in range(7200):
        desk.now = float(second)
        total += desk.says(total + 1) is None
    assert total <= 60 + 60 * 2


def test_a_new_life_does_not_begin_with_a_new_allowance():
    desk = Desk()
    assert [desk.says(60, life=f"life {n}") for n in range(3)] == [None, "too_fast", "too_fast"]


def test_a_base_is_not_believed_for_what_a_new_life_says():
    desk = Desk()
    reading = Total("guide.completed", 1e6, "new", base=1e6, series="0")
    assert desk.let(reading) == "too_fast"


def test_what_was_counted_while_no_agent_listened_is_taken():
    assert Desk().says(100) == "too_fast"
    assert Desk(away_s=HOUR_S).says(100) is None


@given(st.lists(st.tuples(st.floats(0, 4 * HOUR_S), st.integers(0, 200)), max_size=60))
def test_over_any_time_no_more_is_counted_than_its_rate_and_one_hour(steps):
    desk, total = Desk(), 0
    for after_s, more in steps:
        desk.now += after_s
        total += more if desk.says(total + more) is None else 0
    assert total <= 60 * (1 + desk.now / HOUR_S) + 1e-6


@pytest.mark.parametrize("reading", [Gauge("x", 1.0), SkillState("guide", "1", "active"), Supports(("a",)),
                                     Condition("agent", "source_failed", active=True)])  # fmt: skip
def test_a_skill_says_nothing_for_others(reading):
    desk = Desk()
    assert desk.let(reading) == "not_a_skills"
    assert desk.taken == []


def test_a_fault_is_its_own_and_heals_nobody_elses():
    desk = Desk()
    desk.let(Condition("touch", "no_response", active=False, ref="screen-1"))
    assert desk.taken == [Condition("touch", "no_response", active=False, ref="guide screen-1")]


def test_only_so_many_faults_are_open_at_a_time():
    desk = Desk()
    said = [desk.let(Condition("touch", f"code {n}", active=True)) for n in range(FAULTS_MAX + 1)]
    assert said == [None] * FAULTS_MAX + ["too_many_faults"]


def test_who_is_too_fast_waits_and_who_is_not_does_not():
    pace = Pace(10.0, 5.0, at_s=0.0)
    assert [pace.wait_s(0.0) for _ in range(7)] == [0, 0, 0, 0, 0, 0.1, 0.2]
    assert pace.wait_s(100.0) == 0
