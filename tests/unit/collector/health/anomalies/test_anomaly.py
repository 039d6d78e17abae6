"""Falls of usage, their date and their cause: what is called a fall, and what is not."""

from dataclasses import replace

import numpy as np
import pytest

from collector.health.anomalies import changepoint, dispersion, falls, incidents
from collector.health.anomalies.rules import AnomalyRules
from collector.health.model import AccountDay, Fleet
from tests.account_days import LAST, ROBOTS, counted, day_of, inputs
from tests.policies import RULES
from tests.usage_chance import Habits, daily_counts

STEADY = [20, 18, 22, 25, 24, 30, 28] * 20


def verdict(days: list[AccountDay], **fields: object) -> falls.Verdict:
    return falls.judge_all([falls.statistics(inputs("A", days, **fields), rules=RULES)], rules=RULES)["A"]  # type: ignore[arg-type]  # a Fleet


def test_a_steady_account_has_not_fallen():
    assert verdict(counted(STEADY)).state == "steady"


def test_a_fall_is_found_and_dated():
    found = verdict(counted([*STEADY[:-9], *[6] * 9]))
    assert found.drop
    assert found.rule == "week"
    assert found.since_day == LAST - 8
    assert found.ratio is not None
    assert found.ratio < 0.4


def test_closed_days_are_left_out():
    days = counted(STEADY)
    days[-5:] = [replace(day, open=False, counts={"interaction": 0}) for day in days[-5:]]
    assert verdict(days).state == "steady"


def test_a_closed_week_is_closed_and_no_fall():
    days = counted(STEADY)
    days[-7:] = [replace(day, open=False, counts={"interaction": 0}) for day in days[-7:]]
    assert verdict(days).state == "closed"


def test_days_that_have_not_arrived_are_unknown_and_not_zero():
    days = counted(STEADY)
    days[-7:] = [replace(day, heard=0, active=0, counts={}) for day in days[-7:]]
    assert verdict(days).state == "not_arrived"


def test_a_true_zero_counts():
    assert verdict(counted([*STEADY[:-7], *[0] * 7])).drop


def test_a_counter_that_nobody_counts_is_unsupported():
    assert verdict(counted([None] * 140)).state == "unsupported"


def test_an_account_without_robots_has_no_deployment():
    assert verdict([]).state == "no_deployment"


def test_a_new_account_has_no_history():
    assert verdict(counted(STEADY[:35])).state == "no_history"


def test_too_few_events_are_not_judged():
    assert verdict(counted([0, 0, 1, 0, 0, 1, 0] * 20)).state == "too_few"


def test_few_events_are_judged_by_28_days():
    """Two a day: a week expects 14, and 28 days with a tenth of them are no chance."""
    assert verdict(counted([*[2] * 112, *[0, 0, 0, 0, 1, 0, 0] * 4])).state == "fell"


def test_fewer_robots_lower_the_expectation():
    days = counted(STEADY)
    half = [replace(d, robots=1, heard=1, counts={"interaction": d.counts["interaction"] // 2}) for d in days[-14:]]
    assert verdict([*days[:-14], *half]).state == "steady"


def test_one_silent_robot_is_not_a_fall():
    days = counted(STEADY)
    half = [replace(d, heard=1, counts={"interaction": d.counts["interaction"] // 2}) for d in days[-14:]]
    assert verdict([*days[:-14], *half]).state == "steady"


def test_two_low_weeks_with_low_momentum_are_a_drop():
    """A week that chance explains by itself, four times in a row."""
    rules = RULES.model_copy(update={"p_week": 0.0, "p_week_at_once": 0.0})
    statistics = falls.statistics(inputs("A", counted([*STEADY[:-28], *[10] * 28])), rules)
    assert falls.judge_all([statistics], rules)["A"].rule == "two_weeks"


@pytest.mark.parametrize(
    ("traffic", "share", "said"),
    [(0.3, 1.0, "demand"), (1.0, 0.3, "conversion"), (0.5, 0.5, "both")],
)
def test_fewer_visitors_are_told_from_fewer_conversations(traffic, share, said):
    def day(at: int, passers: float, ratio: float) -> AccountDay:
        wake = round(passers * 0.2 * ratio)
        counts = {"foot_traffic": round(passers), "solicitation": round(passers * 0.5), "wake_up": wake}
        return day_of(at, None, counts={**counts, "interaction": round(wake * 0.8)})

    first = LAST - 139
    days = [day(first + n, 200, 1.0) for n in range(130)]
    days += [day(first + n, 200 * traffic, share) for n in range(130, 140)]
    found = verdict(days)
    assert found.demand is not None
    assert found.demand.said == said
    if said == "conversion":
        assert found.demand.stage == "wake_up"


def test_foot_traffic_that_is_not_counted_leaves_demand_unknown():
    found = verdict(counted([*STEADY[:-9], *[5] * 9]))
    assert found.demand is not None
    assert found.demand.said == "unknown"


def test_the_fault_before_the_fall_is_named():
    days = counted([*STEADY[:-9], *[5] * 9])
    days[-11:] = [replace(d, faults={"navigation": 4}, affected={"navigation": (7,)}) for d in days[-11:]]
    fault = verdict(days).fault_before
    assert fault is not None
    assert (fault.family, fault.robots) == ("navigation", (7,))
    assert fault.since_day == LAST - 10


def test_a_fault_that_was_always_there_is_not_named():
    days = [replace(d, faults={"navigation": 1}) for d in counted([*STEADY[:-9], *[5] * 9])]
    assert verdict(days).fault_before is None


def test_peers_decide_where_an_account_says_little():
    rules = RULES
    values, variances = np.array([0.9] + [0.1] * 30), np.array([1.0] + [0.0005] * 30)
    drawn = dispersion.shrunk(values, variances, [()] * 31, rules)
    assert drawn[0] < 0.2
    assert drawn[1:] == pytest.approx(np.full(30, 0.1), abs=0.02)


def test_tails_are_those_of_the_distribution():
    from scipy.stats import nbinom, poisson  # noqa: PLC0415 - the reference of this one test

    mean, variance = np.array([40.0, 40.0]), np.array([100.0, 40.0])
    observed = np.array([20.0, 20.0])
    n = 40.0**2 / 60.0
    reference = [nbinom.cdf(20, n, n / (n + 40)), poisson.cdf(20, 40)]
    assert dispersion.lower_tail(observed, mean, variance) == pytest.approx(np.array(reference))


def test_a_break_upwards_is_no_break_downwards():
    counts = np.array([5.0] * 20 + [20.0] * 20)
    assert changepoint.find(counts, np.full(40, 10.0), 0.1, falls=False).at == 20
    falling = changepoint.find(counts[20:], np.full(20, 10.0), 0.1, falls=True)
    assert falling is None


def fleet_of(rom: str) -> Fleet:
    return Fleet(models={"greet": 2}, roms={rom: 2})


def many(fallen: dict[str, int], accounts: int = 30) -> tuple[list[falls.Statistics], dict[str, falls.Verdict]]:
    """Accounts half on V1, half on V2; `fallen` names how many of each have fallen."""
    counts = daily_counts(Habits(per_day=30), accounts, LAST - 149, 150, 1.0, 3)
    left = dict(fallen)
    found = []
    for n, row in enumerate(counts):
        rom = f"V{1 + n % 2}"
        if left.get(rom):
            left[rom] -= 1
            row[-10:] //= 5
        found.append(falls.statistics(inputs(f"A{n:02d}", counted(row.tolist()), fleet_of(rom)), rules=RULES))
    return found, dict(falls.judge_all(found, rules=RULES))


def test_many_falls_with_one_firmware_are_one_incident_and_their_alarms_are_muted():
    found, verdicts = many({"V2": 9})
    (incident,) = incidents.find(found, verdicts, rules=RULES)
    assert (incident.cause, incident.value, incident.sharing) == ("firmware", "V2", 15)
    assert len(incident.accounts) >= 8
    muted = incidents.muted(verdicts, [incident])
    assert not any(muted[account].drop for account in incident.accounts)
    assert all(muted[account].state == "fell" for account in incident.accounts)


def test_few_falls_are_no_incident():
    found, verdicts = many({"V1": 1, "V2": 1})
    assert incidents.find(found, verdicts, rules=RULES) == ()


def test_falls_everywhere_on_one_date_are_an_incident_of_that_date():
    found, verdicts = many({"V1": 7, "V2": 7})
    found = [replace(one, causes=()) for one in found]
    (incident,) = incidents.find(found, verdicts, rules=RULES)
    assert incident.cause == "date"


def test_a_threshold_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="p_weak"):
        AnomalyRules.model_validate({**RULES.model_dump(), "p_weak": 0.1})


def test_robots_of_the_sample_are_two():
    assert counted([1])[0].robots == ROBOTS
