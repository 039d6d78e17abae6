"""Swings of active, renewal, upsell and churn figures."""

from collector.health.anomalies.swings import FigurePeriod, judge
from tests.policies import RULES


def periods(*pairs: tuple[int, int]) -> list[FigurePeriod]:
    return [FigurePeriod(f"P{n}", part, of) for n, (part, of) in enumerate(pairs)]


def test_a_fall_of_the_renewal_rate_is_a_bad_swing():
    said = judge(
        "renewal", periods(*[(18, 20), (19, 20), (17, 20), (18, 20), (19, 20), (18, 20)], (7, 20)), rules=RULES
    )
    assert (said.state, said.direction, said.bad) == ("swung", "down", True)


def test_a_rise_of_churn_is_bad_and_its_fall_is_not():
    steady = [(4, 100), (5, 100), (3, 100), (4, 100), (5, 100), (4, 100)]
    assert judge("churn", periods(*steady, (19, 100)), rules=RULES).bad
    noisy = [(40, 100), (45, 100), (38, 100), (41, 100), (44, 100), (42, 100)]
    fell = judge("churn", periods(*noisy, (8, 100)), rules=RULES)
    assert (fell.state, fell.bad) == ("swung", False)


def test_what_varies_by_itself_is_no_swing():
    assert (
        judge("upsell", periods(*[(2, 20), (9, 20), (5, 20), (1, 20), (8, 20), (4, 20)], (1, 20)), rules=RULES).state
        == "steady"
    )


def test_a_period_with_few_due_is_not_judged():
    assert judge("renewal", periods(*[(5, 5)] * 6, (1, 3)), rules=RULES).state == "too_few"


def test_periods_with_nothing_due_are_no_history():
    assert judge("renewal", periods(*[(5, 5)] * 5, (0, 0), (0, 9)), rules=RULES).state == "no_history"


def test_a_perfect_history_is_no_certainty():
    assert judge("renewal", periods(*[(5, 5)] * 6, (4, 5)), rules=RULES).state == "steady"
