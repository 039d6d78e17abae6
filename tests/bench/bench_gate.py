"""The gate of a rollout: how often it halts a harmless version, how soon a harmful one, and what the usual tests do.

A fleet of about 2,000 robots at 400 accounts (simulators/rollout_world.py: robots, accounts, days and account-days vary
by gamma factors of shape 2, 4, 2, 20; 3 % closed days; 5 % of the robots refuse, busy ones first), a canary of at most
three robots of an account, 1,999 further draws, a look on each of the days 2 to 14. A limit is broken when the lower
95 % bound of what was seen lies above it. Rates are faults and uses of a robot and day.
"""

import os
import time
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np
from scipy.stats import beta

from collector.skillstore.rollouts.gate.draws import DrawRule
from collector.skillstore.rollouts.gate.forecast import Effort, PlantedChange, forecast
from collector.skillstore.rollouts.gate.looks import judge, none_struck
from collector.skillstore.rollouts.gate.plan import Alpha, Draws, GateTest, RobotDays, draws_of
from collector.skillstore.rollouts.gate.statistics import statistics
from simulators.rollout_world import CountHabit, Harm
from tests.bench.served import scaled
from tests.rollouts import (
    ALPHA,
    LOOKS,
    NOTHING,
    PAST,
    Halt,
    Tried,
    halted_by_totals,
    plan_of,
    robot_days,
    shuffled_robots,
)

RUNS, RUNS_OF_A_FLEET = int(os.environ.get("GATE_RUNS", "1000")), 25  # rollouts of each cell
DRAWS = 1_999
PAIR = CountHabit(faults=0.1, uses=2.0)
RARE, OFTEN = CountHabit(faults=0.02, uses=1.0), CountHabit(faults=0.3, uses=20.0)
USE_ONLY = Alpha(faults=0.0, use=0.025, faults_of_a_model=0.0)
FAULTS_ONLY = Alpha(faults=0.0125, use=0.015, faults_of_a_model=0.0)
LATE_SHARE = 0.03  # of the robot-days, that never arrive


def run() -> list[dict[str, Any]]:
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        rows = [*false_halts(pool), *power(pool), *waves(pool), *controls(pool)]
        rows += forecasts(pool)
    return [*rows, *speed()]


def many(pool: ProcessPoolExecutor, one: Any, *arguments: Any, runs: int = RUNS) -> list[Any]:
    """`one(fleet number, runs, *arguments)` over many fleets; its lists joined."""
    fleets = max(2, scaled(runs, 50) // RUNS_OF_A_FLEET)
    waiting = [pool.submit(one, fleet, RUNS_OF_A_FLEET, *arguments) for fleet in range(fleets)]
    return [each for done in waiting for each in done.result()]


def rollouts(fleet: int, runs: int, habit: CountHabit, harm: Harm, size: int, alpha: Alpha) -> list[Halt | None]:
    tried = Tried(seed=fleet + 1, plan=plan_of(size, alpha=alpha), draws=DRAWS)
    return [tried.rollout(habit, harm) for _ in range(runs)]


def by_day(halts: list[Halt | None], day: int) -> float:
    """Per cent of the rollouts that were halted by the end of a day after the offer."""
    return 100 * sum(halt is not None and halt.day <= day for halt in halts) / len(halts)


def lower(halted: int, runs: int) -> float:
    """One-sided 95 % (Clopper and Pearson), in per cent."""
    return 100 * float(beta.ppf(0.05, halted, runs - halted + 1)) if halted else 0.0


def limit(name: str, halted: int, runs: int, most: float) -> dict[str, Any]:
    return {
        "name": f"{name} ({runs} rollouts)", "value": 100 * halted / runs, "unit": "%",
        "target": f"≤ {most:g}", "met": lower(halted, runs) <= most,
    }  # fmt: skip


def reach(name: str, value: float, least: float) -> dict[str, Any]:
    return {"name": name, "value": value, "unit": "%", "target": f"≥ {least:g}", "met": value >= least}


def false_halts(pool: ProcessPoolExecutor) -> list[dict[str, Any]]:
    rows = []
    for habit, size, most in ((PAIR, 100, 5), (RARE, 100, 6), (OFTEN, 100, 6), (PAIR, 50, 6)):
        halts = many(pool, rollouts, habit, NOTHING, size, ALPHA)
        name = f"harmless version halted, faults {habit.faults:g}, use {habit.uses:g}, canary {size}"
        rows.append(limit(name, sum(halt is not None for halt in halts), len(halts), most))
    return rows


def power(pool: ProcessPoolExecutor) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []

    def tried(name: str, habit: CountHabit, harm: Harm, *days: tuple[int, float | None]) -> None:
        halts = many(pool, rollouts, habit, harm, 100, ALPHA)
        for day, least in days:
            found = by_day(halts, day)
            full = f"{name} halted by day {day}"
            rows.append(reach(full, found, least) if least else {"name": full, "value": found, "unit": "%"})

    tried("faults × 2 at 0.1", PAIR, Harm(faults=2), (3, None), (7, 90), (10, 97))
    tried("use − 30 % at 2", PAIR, Harm(uses=0.7), (3, None), (7, 90), (10, 97))
    tried("use − 20 % at 2", PAIR, Harm(uses=0.8), (7, None), (14, 85))
    tried("faults × 10 on one model in ten, at 0.1,", PAIR, Harm(faults_of_model=(4, 10.0)), (7, 90))
    drifting = CountHabit(PAIR.faults, PAIR.uses, drift=0.2)
    tried("use − 30 % at 2, accounts drift by 20 %,", drifting, Harm(uses=0.7), (7, 93))
    tried("faults × 2 at 0.02", RARE, Harm(faults=2), (7, None), (14, None))
    return rows


def two_waves(fleet: int, runs: int, habit: CountHabit, harm: Harm) -> list[Halt | None]:
    """A second wave a week after the first, 3 % of the robot-days never delivered, installs spread over three days."""
    tried = Tried(seed=fleet + 1, plan=plan_of(100, 300, looks=LOOKS), draws=DRAWS)
    found = []
    for _ in range(runs):
        real, world = tried.real(), tried.days(habit)
        for begin, end, offer in ((0, 100, PAST), (100, 300, PAST + 7)):
            late = tried.rng.integers(0, 3, end - begin)
            for delay in range(3):
                world.install(real[begin:end][late == delay], harm, offer + delay)
        counted = robot_days(world)
        arrived = tried.rng.random(counted.delivered.shape) >= LATE_SHARE
        draws = Draws(tried.cohort, tried.plan, np.vstack((real, tried.again)))
        found.append(tried.judged(draws, RobotDays(counted.faults, counted.uses, arrived), (PAST, PAST + 7)))
    return found


def waves(pool: ProcessPoolExecutor) -> list[dict[str, Any]]:
    rows = []
    for habit, most in ((PAIR, 5), (RARE, 6), (OFTEN, 6)):
        halts = many(pool, two_waves, habit, NOTHING)
        name = f"harmless version halted, two waves, late data, faults {habit.faults:g}, use {habit.uses:g}"
        rows.append(limit(name, sum(halt is not None for halt in halts), len(halts), most))
    halts = many(pool, two_waves, PAIR, Harm(faults=2), runs=200)
    return [
        *rows,
        {"name": "faults × 2 at 0.1, two waves, late data, by day 14", "value": by_day(halts, 14), "unit": "%"},
    ]


def totals_halt(fleet: int, runs: int) -> list[bool]:
    tried = Tried(seed=fleet + 1, plan=plan_of(100, rule=DrawRule.WHOLE_ACCOUNTS), draws=1)
    found = []
    for _ in range(runs):
        real = tried.real()
        found.append(halted_by_totals(robot_days(tried.days(PAIR)), real[real >= 0], tried.fleet.robots))
    return found


def robots_shuffled(fleet: int, runs: int) -> list[Halt | None]:
    plan = plan_of(100, rule=DrawRule.WHOLE_ACCOUNTS, alpha=USE_ONLY)
    tried = Tried(seed=fleet + 1, plan=plan, draws=1)
    others = shuffled_robots(tried.cohort, 100, fleet, DRAWS)
    return [tried.rollout(CountHabit(0.1, 20.0), NOTHING, others) for _ in range(runs)]


def every_look_alone(fleet: int, runs: int) -> list[bool]:
    """Each look judges by 5 % of its own, as if it were the only one."""
    tried = Tried(seed=fleet + 1, plan=plan_of(100), draws=DRAWS)
    found = []
    for _ in range(runs):
        draws = Draws(tried.cohort, tried.plan, np.vstack((tried.real(), tried.again)))
        counted = robot_days(tried.days(PAIR))
        looks = [statistics(draws, counted, (PAST,), PAST + 1 + look) for look in range(1, LOOKS + 1)]
        found.append(any((each.faults[1:] >= each.faults[0]).mean() < 0.05 for each in looks))
    return found


def controls(pool: ProcessPoolExecutor) -> list[dict[str, Any]]:
    """What must fail: the gate is no better than these where they do not."""
    totals = 100 * float(np.mean(many(pool, totals_halt)))
    alone = 100 * float(np.mean(many(pool, every_look_alone, runs=400)))
    shuffled = many(pool, robots_shuffled)
    halted = sum(halt is not None for halt in shuffled)
    unscanned = by_day(many(pool, rollouts, PAIR, Harm(faults_of_model=(4, 10.0)), 100, FAULTS_ONLY), 7)
    share = 100 * halted / len(shuffled)
    return [
        reach("control: totals compared, harmless version halted", totals, 30),
        {"name": "control: robots shuffled instead of accounts, use 20, whole accounts, 2.5 %", "value": share,
         "unit": "%", "target": "> 5", "met": share > 5},
        reach("control: each look at 5 %, faults 0.1, harmless version halted", alone, 12),
        {"name": "control: no scan over models, faults × 10 on one model, by day 7", "value": unscanned, "unit": "%",
         "target": "< 80", "met": unscanned < 80},
    ]  # fmt: skip


def one_forecast(fleet: int, _runs: int, habit: CountHabit, change: PlantedChange, size: int) -> list[Any]:
    tried = Tried(seed=fleet + 1, plan=plan_of(size), draws=1)
    effort = Effort(placebos=300, draws=DRAWS, refusing=0.05, most_robots=5_000)
    return [forecast(tried.cohort, tried.plan, robot_days(tried.days(habit)), change, effort, fleet)]


def forecasts(pool: ProcessPoolExecutor) -> list[dict[str, Any]]:
    """Against the power that rollouts of the same fleets have: the mean and the worst distance, in points."""
    distances, rare = [], []
    for rate in (0.02, 0.05, 0.1):
        for size in (50, 100):
            habit = CountHabit(rate, 2.0)
            true = many(pool, rollouts, habit, Harm(faults=2), size, ALPHA)
            said = many(pool, one_forecast, habit, PlantedChange(GateTest.FAULTS, 2.0), size, runs=150)
            distances += [
                100 * float(np.mean([each.power[day - 2] for each in said])) - by_day(true, day) for day in (7, 14)
            ]
            if (rate, size) == (0.02, 100):
                rare = said
    worst = max(distances, key=abs)
    robots = sorted(each.robots for each in rare if each.robots)
    days = sorted(each.days for each in rare if each.days)
    return [
        {"name": "forecast less power seen, mean of 12 cells", "value": float(np.mean(np.abs(distances))),
         "unit": "points", "target": "≤ 12", "met": float(np.mean(np.abs(distances))) <= 12},
        {"name": "forecast less power seen, worst cell", "value": worst, "unit": "points", "target": "within 15",
         "met": abs(worst) <= 15},
        {"name": "faults × 2 at 0.02, canary 100: robots said to be enough", "value": _range(robots), "unit": ""},
        {"name": "faults × 2 at 0.02, canary 100: day said to be enough", "value": _range(days), "unit": ""},
    ]  # fmt: skip


def _range(values: list[int]) -> str:
    return f"{values[0]}–{values[-1]}, median {values[len(values) // 2]}" if values else "none"


def speed() -> list[dict[str, Any]]:
    rows = []
    for accounts, size, target in ((400, 100, 0.02), (20_000, 2_000, 2.0)):
        tried = Tried(seed=1, plan=plan_of(size), draws=1, accounts=accounts)
        began = time.perf_counter()
        draws = draws_of(tried.cohort, tried.plan, 1, 4_999)
        assert draws.waves
        made = time.perf_counter() - began
        counted = robot_days(tried.days(PAIR))
        past = counted.past(draws.cohort)
        assert len(past.of_faults.own) == len(past.of_uses.own)  # a rollout keeps them from its start
        counted = RobotDays(counted.faults, counted.uses, counted.delivered, past)
        began, worked = time.perf_counter(), time.process_time()
        looks = 5
        for _ in range(looks):
            judge(
                draws, statistics(draws, counted, (PAST,), PAST + 1 + LOOKS), none_struck(draws), LOOKS, use_counts=True
            )
        took, own = (time.perf_counter() - began) / looks, (time.process_time() - worked) / looks
        name = f"{tried.fleet.robots:,} robots, 4,999 draws"
        rows += [
            {"name": f"one look, {name}", "value": 1000 * took, "unit": "ms", "target": f"≤ {1000 * target:g}",
             "met": took <= target},
            {"name": f"one look, {name}, time of this process alone", "value": 1000 * own, "unit": "ms"},
            {"name": f"all draws made, once, {name}", "value": made, "unit": "s"},
        ]  # fmt: skip
        effort = Effort(placebos=300, draws=DRAWS, refusing=0.05, most_robots=5_000)
        began = time.perf_counter()
        forecast(tried.cohort, plan_of(100), counted, PlantedChange(GateTest.FAULTS, 2.0), effort, 1)
        took = time.perf_counter() - began
        rows.append({"name": f"forecast, {tried.fleet.robots:,} robots", "value": took, "unit": "s", "target": "≤ 10",
                     "met": took <= 10})  # fmt: skip
    return rows
