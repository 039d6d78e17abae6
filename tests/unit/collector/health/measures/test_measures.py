"""Measures of the health model with worked numbers: raw value and points of the absolute curve."""

import math

import numpy as np
import pytest

from collector.built_in import HEALTH as DEFAULT
from collector.health.measures import habit, usage
from collector.health.model import AccountDay, Fleet
from collector.health.policy.file import Policy
from collector.health.score.readings import read as read_inputs
from tests.health_cases import OPEN_S, T, alone, care, day, days, inputs, money, read, who

HOUR = 3600


def measure(name: str, **more):
    """Reading and score of one measure, without peers."""
    one = read(**more)
    return one.readings[name], alone(one).measures[name]


def replaced(found: dict[int, AccountDay], n: int = 150) -> tuple[AccountDay, ...]:
    return tuple(found.get(at, day(at)) for at in range(T - n + 1, T + 1))


@pytest.mark.parametrize(
    ("done_after_h", "share"),
    [
        ([0.5, 2, 20], 1.0),  # account within 1 h, configuration within 3 h, map within 24 h
        ([0.5, 4, 20], (1 + 0.5 + 1) / 3),  # late counts half
        ([0.5, None, 20], 2 / 3),  # overdue counts nothing
    ],
)
def test_a1_is_the_share_of_steps_in_time(done_after_h, share):
    start = (T - 10) * 86_400
    steps = tuple(
        care.Onboarding(
            id=f"o{i}", account="a1", step=step, started_at=start,
            done_at=None if after is None else int(start + after * HOUR),
        )
        for i, (step, after) in enumerate(
            zip(("account_opened", "basic_configuration", "map"), done_after_h, strict=True)
        )
    )  # fmt: skip
    robot = who.Deployment(id="d", account="a1", robot="r", from_day=T - 10)
    reading, scored = measure("A1", ledger={"onboarding": steps, "deployments": (robot,)})
    assert reading.value == pytest.approx(share)
    assert scored.score == pytest.approx(100 * share)


def test_a1_waits_for_steps_that_are_not_due_and_needs_a_new_robot():
    robot = who.Deployment(id="d", account="a1", robot="r", from_day=T)
    step = care.Onboarding(id="o", account="a1", step="scene", started_at=T * 86_400)
    early, _ = measure("A1", ledger={"onboarding": (step,), "deployments": (robot,)})
    assert (early.state, early.why) == ("na", "too_early")
    assert measure("A1")[0].why == "no_deployment"
    assert measure("A1", ledger={"deployments": (robot,)})[0].why == "not_recorded"


@pytest.mark.parametrize(("active", "points"), [(2, 100), (1, 50), (0, 0)])
def test_a2_is_worked_over_heard_robot_days(active, points):
    reading, scored = measure("A2", days=days(active=active))
    assert (reading.value, reading.exposure) == (active / 2, 56)
    assert scored.score == pytest.approx(points)


def test_a2_leaves_out_what_was_not_heard():
    reading, _ = measure("A2", days=replaced({at: day(at, heard=1, active=1) for at in range(T - 9, T + 1)}))
    assert (reading.value, reading.count, reading.exposure) == (1.0, 46, 46)


@pytest.mark.parametrize(("each", "points"), [(80, 100), (52, 50), (24, 0)])
def test_b1_is_the_core_counter_per_active_robot_day_against_the_scenes_target(each, points):
    reading, scored = measure("B1", days=days(counts={"interaction": 2 * each}))
    assert (reading.value, reading.target) == (each, 80)
    assert scored.score == pytest.approx(points)


def test_b1_counts_the_scenes_own_counter():
    reading, _ = measure(
        "B1", days=days(counts={"interaction": 2, "delivery": 140}), ledger={"account": {"scene": "ktv"}}
    )
    assert (reading.value, reading.detail["counter"]) == (70, "delivery")


def test_b1_of_robots_that_only_stand_is_zero_and_of_a_scene_without_target_absent():
    idle, scored = measure("B1", days=days(counts={"interaction": 0}, active=0))
    assert (idle.value, scored.score) == (0, 0)
    _, unknown = measure("B1", ledger={"account": {"scene": "moon base"}})
    assert (unknown.state, unknown.why) == ("na", "no_target")


@pytest.mark.parametrize(("r", "points"), [(1.0, 79), (0.95, 70), (0.80, 40), (0.6, 0), (1.2, 100)])
def test_b2_curve_is_that_of_the_model(r, points):
    before = 1000
    now = round((r * (28 * before + 40) - 40) / 28)
    found = {at: day(at, counts={"interaction": now if at > T - 28 else before}) for at in range(T - 83, T + 1)}
    reading, scored = measure("B2", days=replaced(found))
    assert reading.value == pytest.approx(r, abs=1e-3)
    assert scored.score == pytest.approx(points, abs=0.5)


def test_b2_draws_few_events_to_one():
    found = {at: day(at, counts={"interaction": 0 if at > T - 28 else 1}) for at in range(T - 83, T + 1)}
    assert measure("B2", days=replaced(found))[0].value == pytest.approx(40 / 68)


def test_b2_says_nothing_where_chance_alone_would_halve_it():
    few = {at: day(at, counts={"interaction": int(at % 2 == 0)}) for at in range(T - 83, T + 1)}
    assert measure("B2", days=replaced(few))[0].why == "too_few"


def test_b2_takes_events_that_come_together_as_one():
    """Forty a day in lumps of twenty say as little as two a day."""

    def halved(lump: int):
        rng = np.random.default_rng(1)
        counts = lump * rng.poisson(40 / lump, 84)
        counts[56:] = lump * rng.poisson(20 / lump, 28)
        return measure(
            "B2",
            days=replaced({T - 83 + i: day(T - 83 + i, counts={"interaction": int(n)}) for i, n in enumerate(counts)}),
        )

    alike, lumped = halved(1)[0], halved(20)[0]
    assert alike.detail["lumps"] == pytest.approx(1, abs=0.3)
    assert lumped.detail["lumps"] == pytest.approx(20, rel=0.4)
    assert alike.value == pytest.approx(0.5, abs=0.05)
    assert 0.6 < lumped.value < 0.9


def test_b2_lumps_are_no_season_and_no_trend():
    """A hall that is twice as full at the week-end, and fuller each week, has nothing that comes together."""
    found = [day(T - 83 + i, counts={"interaction": (100 + i // 7) * (2 if i % 7 > 4 else 1)}) for i in range(56)]
    assert habit.lumps(found, "interaction") == 1


@pytest.mark.parametrize(
    ("every", "silent", "points"),
    [(1, 0, (79, 79)), (1, 3, (38, 48)), (1, 14, (0, 0)), (10, 14, (79, 79)), (10, 90, (0, 12))],
)
def test_b5_judges_a_silence_by_the_accounts_own_rhythm(every, silent, points):
    found = {
        at: day(at, active=int(at <= T - silent and (T - silent - at) % every == 0)) for at in range(T - 149, T + 1)
    }
    reading, scored = measure("B5", days=replaced(found))
    assert points[0] <= scored.score <= points[1]
    assert (reading.detail["silent_days"], reading.detail["last_day"]) == (silent, T - silent)
    assert reading.detail["every_days"] == every


def test_b5_is_honest_about_few_days_of_use():
    """After three days of use a silence that is damning after thirty is still no surprise."""

    def chance(uses: int) -> float:
        used = {T - 20 - 4 * n for n in range(uses)}
        return measure("B5", days=replaced({at: day(at, active=int(at in used)) for at in range(T - 149, T + 1)}))[
            0
        ].value

    assert chance(3) > 3 * chance(30)
    nearly_none = replaced({at: day(at, active=int(at in (T - 9, T - 5))) for at in range(T - 149, T + 1)})
    assert measure("B5", days=nearly_none)[0].why == "too_few"


def test_b5_counts_closed_and_unknown_days_as_no_silence_and_a_robot_that_was_never_used_as_nothing():
    shut = {at: day(at, open=False, active=0) for at in range(T - 20, T + 1)}
    assert measure("B5", days=replaced(shut))[0].detail["silent_days"] == 0
    unheard = {at: day(at, heard=0, active=0, counts={}) for at in range(T - 3, T)}
    assert measure("B5", days=replaced(unheard))[0].detail["silent_days"] == 0
    reading, scored = measure("B5", days=days(active=0))
    assert (reading.value, scored.score) == (0, 0)
    assert measure("B5", days=days(n=20, active=0))[0].why == "too_few"


def test_b6_is_how_many_kinds_of_use_an_open_day_has():
    """Foot traffic and hours are no use; a skill's own counters are one kind."""
    counts = {"interaction": 9, "delivery": 0, "foot_traffic": 900, "operating_s": 9, "golf.swings": 2, "golf.balls": 1}
    reading, _ = measure("B6", days=days(counts=counts))
    assert (reading.value, reading.exposure) == (2.0, 28)
    assert measure("B6", days=days(counts={"operating_s": 5}))[0].why == "unsupported"
    half = {at: day(at, counts={"interaction": at % 2, "delivery": 0}) for at in range(T - 27, T + 1)}
    assert measure("B6", days=replaced(half))[0].value == 0.5


def test_b2_windows_hold_open_days_only_and_unknown_days_are_no_fall():
    closed = {
        at: day(at, open=False, counts={"interaction": 0}, active=0) for at in range(T - 149, T + 1) if at % 7 < 2
    }
    assert measure("B2", days=replaced(closed))[0].value == pytest.approx(1.0)
    unknown = {at: day(at, heard=0, active=0, counts={}) for at in range(T - 20, T - 3)}
    reading, _ = measure("B2", days=replaced(unknown))
    assert (reading.value, reading.detail["known_days"]) == (pytest.approx(1.0), 11)


def test_b2_needs_a_base():
    assert measure("B2", days=days(n=40))[0].why == "no_history"
    assert measure("B2", days=days(n=42))[0].state == "present"


def opk(*skills: str, **more) -> dict:
    lines = tuple(
        money.ContractLine(id=f"l-{skill}", account="a1", contract="a1-c", product="opk", amount=1, skill=skill, **more)
        for skill in skills
    )
    return {"lines": lines}


def test_b3_is_skills_used_five_times_over_skills_licensed():
    counts = {"interaction": 180, "guided_tour": 10, "dance.completed": 1}
    one = days(counts=counts | {"check_in": 0})
    reading, scored = measure("B3", days=one, ledger=opk("guide", "checkin", "dance"))
    assert (reading.detail["used"], reading.detail["unused"]) == (["dance", "guide"], ["checkin"])
    assert scored.score == pytest.approx(100 * (2 / 3 - 0.2) / 0.6)


def test_b3_leaves_out_a_skill_that_nobody_counts_unless_it_is_not_even_installed():
    unsupported, _ = measure("B3", ledger=opk("guide", "reception"))
    assert (unsupported.value, unsupported.exposure) == (1.0, 1)
    fleet = Fleet(models={"guide-2": 2}, skills={"guide": {"1.0": 2}})
    absent, _ = measure("B3", ledger=opk("guide", "reception"), fleet=fleet)
    assert absent.value == 0.5


def test_b3_knows_only_lines_of_a_standing_contract():
    assert measure("B3")[0].why == "no_skills"
    assert measure("B3", ledger=opk("guide", starts=T + 1))[0].why == "no_skills"
    assert measure("B3", ledger=opk("guide", ends=T - 1))[0].why == "no_skills"


def test_b4_is_wilsons_lower_bound():
    assert usage.wilson_lower(0.5, 100, 1.96) == pytest.approx(0.4038, abs=1e-4)
    assert usage.wilson_lower(0.0, 10, 1.96) == 0
    reading, scored = measure("B4", days=days(counts={"wake_up": 100, "interaction": 30}))
    assert reading.value == pytest.approx(0.2834, abs=1e-3)
    assert scored.score == pytest.approx((reading.value - 0.15) / 0.30 * 100)


def test_b4_takes_more_interactions_than_wake_ups_and_no_wake_ups_at_all():
    assert measure("B4", days=days(counts={"wake_up": 10, "interaction": 30}))[0].value > 0.98
    assert measure("B4", days=days(counts={"wake_up": 0, "interaction": 3}))[0].why == "no_opportunity"
    assert measure("B4", days=days(counts={"interaction": 3}))[0].why == "unsupported"


@pytest.mark.parametrize(
    ("navigation", "tts", "per_100_h", "points"), [(0, 0, 0, 100), (56, 0, 37.5, 0), (0, 14, 3.125, 76.4)]
)
def test_c1_weighs_faults_by_severity_per_100_robot_hours(navigation, tts, per_100_h, points):
    hours = 28 * 2 * 8  # 448
    spread = {
        at: day(at, faults={"navigation": navigation // 28, "tts": tts // 14 * (at % 2)}) for at in range(T - 27, T + 1)
    }
    reading, scored = measure("C1", days=replaced(spread))
    assert reading.exposure == pytest.approx(hours / 100)
    assert reading.value == pytest.approx((3 * navigation + tts) / (hours / 100)) == pytest.approx(per_100_h)
    assert scored.score == pytest.approx(points, abs=0.1)


def test_c1_has_a_curve_of_its_own_for_a_model():
    text = DEFAULT.text.replace(
        "\n[models]\n",
        '\n[models]\n"tray-4" = { value = { zero = 60.0, full = 10.0 }, unit = "x", reason = "y", source = "z" }\n',
    )
    policy = Policy.load(text)
    one = read_inputs(inputs(days=days(faults={"navigation": 2}), fleet=Fleet(models={"tray-4": 2})), policy)
    assert alone(one, policy).measures["C1"].score == pytest.approx((60 - 37.5) / 50 * 100)


@pytest.mark.parametrize(("online", "points"), [(1.0, 100), (0.89, 50), (0.5, 0)])
def test_c2_is_time_on_line_over_open_hours(online, points):
    reading, scored = measure("C2", days=days(online_s=round(OPEN_S * 2 * online)))
    assert reading.value == pytest.approx(online, abs=1e-4)
    assert scored.score == pytest.approx(points, abs=0.1)


def test_c2_asks_nothing_of_a_robot_that_was_not_heard():
    reading, _ = measure("C2", days=days(heard=1, active=1, online_s=OPEN_S))
    assert reading.value == 1.0


def test_c3_is_the_share_of_robots_with_one_family_on_three_of_seven_days():
    twice = {at: day(at, affected={"asr": (7,), "tts": (7,)}) for at in (T, T - 2)}
    assert measure("C3", days=replaced(twice))[0].value == 0
    thrice = twice | {T - 6: day(T - 6, affected={"asr": (7, 8)})}
    reading, scored = measure("C3", days=replaced(thrice))
    assert (reading.value, reading.detail) == (0.5, {"robots": [7], "families": ["asr"]})
    assert scored.score == 0
    long_ago = twice | {T - 7: day(T - 7, affected={"asr": (7,)})}
    assert measure("C3", days=replaced(long_ago))[0].value == 0


def test_every_curve_ends_where_the_policy_says():
    for name, rule in DEFAULT.measures.items():
        if rule.zero is not None:
            assert rule.full is not None, name
            assert not math.isclose(rule.zero, rule.full), name
