"""A look of the gate at a rollout in the store: what arrived since the offer, judged by the draws that were kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from sqlalchemy import Connection, select

from collector.calendar import days
from collector.calendar.days import DAY_S, HOUR_S
from collector.skillstore.rollouts import keeping
from collector.skillstore.rollouts.gate.forecast import ENOUGH, Effort, Forecast, PlantedChange, forecast
from collector.skillstore.rollouts.gate.plan import LEFT_OUT_DAYS, PAST_DAYS, Draws, GateTest, RobotDays
from collector.skillstore.rollouts.gate.report import (
    Arm,
    GateAnswer,
    LookReport,
    Reason,
    SeenChange,
    WavesSoFar,
    counted_days,
    look_at,
)
from collector.skillstore.rollouts.keeping import KeptDraw, RolloutRow, WaveRow
from collector.skillstore.rollouts.planning import RolloutOrders
from collector.skillstore.rollouts.robot_days import WhatCounts, activations, robot_days
from collector.store.lists import among
from collector.store.tables.fleet import robot
from collector.store.tables.rollouts import rollout_robot

RolloutAnswer = Literal["halt", "cannot_judge", "too_few", "no_harm_seen"]
EFFORT = Effort(placebos=200, draws=999, refusing=0.05, most_robots=3_000)
ZONES_AHEAD_H, ZONES_BEHIND_H = 14, 12  # of UTC, at most


@dataclass(frozen=True, slots=True)
class ArmSeen:
    """`activations`: how often the skill became active since the offer, as agents saw it, not as it counts."""

    robots: int
    accounts: int
    robot_days: float
    faults: float
    uses: float
    activations: int


@dataclass(frozen=True, slots=True)
class ChangeSeen:
    """0.3 is 30 % more than was expected. `not_excluded`: the largest harmful change that may still be there."""

    seen: float
    low: float
    high: float
    not_excluded: float


@dataclass(frozen=True, slots=True)
class LookTaken:
    """`look` 0: nothing was judged. `day`: the last that counts. `until_day`: when there will be enough; None: unknown.

    `needs_robots`: how many would be enough where no day within reach is.
    """

    look: int
    looks: int
    day: int
    answer: RolloutAnswer
    reasons: tuple[str, ...]
    halted_by: tuple[str, ...]
    faults: ChangeSeen | None
    use: ChangeSeen | None
    updated: ArmSeen | None
    others: ArmSeen | None
    model: str
    robots: tuple[str, ...]
    until_day: int | None
    needs_robots: int | None


@dataclass(frozen=True, slots=True)
class ForecastShown:
    """`factor` of faults (2.0 is twice) or of use (0.7 is 30 % less). `power`: the chance of a halt by each look.

    `enough_days`: days after the offer until four in five would be halted; `robots`: how many would do where days do
    not. Both None: nothing that was tried.
    """

    test: str
    factor: float
    power: list[float]
    enough_days: int | None
    robots: int | None


def forecasts(draws: Draws, last_weeks: RobotDays, orders: RolloutOrders, seed: int) -> list[Forecast]:
    """What the gate would see of the two changes that it should not miss; costs seconds on a large fleet."""
    planted = [PlantedChange(GateTest.FAULTS, orders.rise)]
    if orders.uses:
        planted.append(PlantedChange(GateTest.USE, orders.fall))
    return [forecast(draws.cohort, draws.plan, last_weeks, one, EFFORT, seed) for one in planted]


def weeks_needed(draws: Draws) -> int:
    """Days of the past that a forecast is made on."""
    return PAST_DAYS + LEFT_OUT_DAYS + draws.plan.looks


def enough(forecasts_: Sequence[Mapping[str, Any]]) -> tuple[int | None, int | None, int | None]:
    """(look, days after the offer, robots) with which every stated change would be seen four times in five.

    The look is None where it lies beyond the plan; then days or robots say what would be enough, if anything does.
    """
    looks = [
        next((at + 1 for at, power in enumerate(each["power"]) if power >= ENOUGH), None) for each in forecasts_
    ]  # fmt: skip
    reached = [one for one in looks if one is not None]
    if len(reached) == len(looks):
        look = max(reached, default=1)
        return look, look + LEFT_OUT_DAYS, None
    late = [each for each, look in zip(forecasts_, looks, strict=True) if look is None]
    days_ = None if any(each["days"] is None for each in late) else max(each["days"] for each in late)
    robots = None if any(each["robots"] is None for each in late) else max(each["robots"] for each in late)
    return None, days_, robots


def kept_forecast(one: Forecast) -> dict[str, Any]:
    """As it is kept with its rollout."""
    return {
        "test": one.change.test.value, "factor": one.change.factor, "power": list(one.power), "robots": one.robots,
        "days": one.days,
    }  # fmt: skip


def shown_forecast(kept: Mapping[str, Any]) -> ForecastShown:
    """As people read it."""
    _, days_, robots = enough([kept])
    return ForecastShown(kept["test"], kept["factor"], list(kept["power"]), days_, robots)


def offer_day(offered_s: int) -> int:
    """The day after which a wave counts: wherever it stands, a robot's next day begins 24 hours after the offer."""
    return days.of(offered_s + DAY_S - 1 + ZONES_AHEAD_H * HOUR_S, None)


def first_day_of(offered_s: int) -> int:
    """The first day on which an offer was open anywhere: the fortnight before ends before it."""
    return days.of(offered_s - ZONES_BEHIND_H * HOUR_S, None)


def take(
    connection: Connection, row: RolloutRow, waves: Sequence[WaveRow], kept: KeptDraw, now_s: int
) -> tuple[LookTaken, bytes] | None:
    """The next look and the draws that are out after it. None: no further day counts since the last one."""
    assert row.first_day is not None
    offered = [one for one in waves if one.offered_at is not None]
    before, draws = keeping.last_look(connection, row.id), kept.draws
    struck = keeping.struck_of(before.struck if before else None, draws)
    from_day, last = row.first_day - PAST_DAYS, days.of(now_s, None)
    fresh = robot_days(connection, kept.robots, _what(row), row.first_day, last, now_s)
    counted = _with_past(fresh, kept)
    offers = tuple(offer_day(one.offered_at or 0) - from_day for one in offered if one.judged)
    flags = _offered(connection, row.id, len(kept.robots))
    so_far = WavesSoFar(offers, flags, by_hand=False)
    if any(not one.judged for one in offered):
        return None  # nobody is left to compare with
    _, until = counted_days(draws, counted, so_far)
    day = from_day + until - 1
    if before is not None and day <= before.day:
        return None
    number = until - offers[0] - LEFT_OUT_DAYS
    if number < 1:
        return None
    number = min(number, draws.plan.looks)
    report = look_at(draws, counted, so_far, struck, number)
    judged = report.answer is not GateAnswer.CANNOT_JUDGE
    shown = _shown(connection, row, kept, report, number if judged else 0, day, so_far)
    return shown, keeping.bits_of(report.struck)


def _what(row: RolloutRow) -> WhatCounts:
    return WhatCounts(row.skill, row.orders.uses, row.orders.families)


def _with_past(fresh: RobotDays, kept: KeptDraw) -> RobotDays:
    """The columns of the fortnight are empty: their sums are kept."""
    nothing = np.zeros((len(kept.robots), PAST_DAYS))
    return RobotDays(
        np.hstack((nothing, fresh.faults)), np.hstack((nothing, fresh.uses)),
        np.hstack((nothing.astype(bool), fresh.delivered)), kept.past,
    )  # fmt: skip


def _offered(connection: Connection, rollout_id: int, robots: int) -> Any:
    flags = np.zeros(robots, dtype=bool)
    query = select(rollout_robot.c.place).where(
        rollout_robot.c.rollout_id == rollout_id, rollout_robot.c.place.is_not(None),
        rollout_robot.c.offered_at.is_not(None),
    )  # fmt: skip
    flags[list(connection.execute(query).scalars())] = True
    return flags


def _shown(
    connection: Connection, row: RolloutRow, kept: KeptDraw, report: LookReport, look: int, day: int, so_far: WavesSoFar
) -> LookTaken:
    draws = kept.draws
    enough_look, enough_days, robots = enough(row.forecasts)
    answer: RolloutAnswer = report.answer.value
    first_offer = (row.first_day or 0) - PAST_DAYS + so_far.offers[0]
    until = None
    if answer == "no_harm_seen" and row.forecasts and (enough_look is None or look < enough_look):
        answer = "too_few"
        until = None if enough_days is None else first_offer + enough_days
    named = [kept.robots[at] for at in report.robots]
    query = select(robot.c.id, robot.c.name).where(among(connection, robot.c.id, named))
    names = {each.id: each.name for each in connection.execute(query)}
    waves = np.concatenate([draws.real_wave(wave) for wave in range(len(so_far.offers))])
    others = np.setdiff1d(np.arange(len(kept.robots)), waves)
    since = (first_offer + LEFT_OUT_DAYS) * DAY_S
    arms = [
        None if arm is None else _arm(connection, row.skill, arm, [kept.robots[at] for at in of], since)
        for arm, of in ((report.updated, waves), (report.others, others))
    ]
    return LookTaken(
        look=look, looks=draws.plan.looks, day=day, answer=answer, reasons=tuple(each.value for each in report.reasons),
        halted_by=tuple(each.value for each in report.halted_by), faults=_change(report.faults),
        use=None if Reason.FEW_ACCOUNTS in report.reasons or not row.orders.uses else _change(report.use),
        updated=arms[0], others=arms[1], model="" if report.model is None else kept.models[report.model],
        robots=tuple(names[one] for one in named), until_day=until,
        needs_robots=robots if answer == "too_few" else None,
    )  # fmt: skip


def _change(seen: SeenChange | None) -> ChangeSeen | None:
    return None if seen is None else ChangeSeen(seen.seen, seen.low, seen.high, seen.not_excluded)


def _arm(connection: Connection, skill: str, arm: Arm, robots: Sequence[int], since_s: int) -> ArmSeen:
    started = activations(connection, robots, skill, since_s)
    return ArmSeen(arm.robots, arm.accounts, arm.robot_days, arm.faults, arm.uses, started)
