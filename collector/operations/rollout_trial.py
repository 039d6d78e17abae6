"""What the gate of a rollout would have done with days that stand in a file: a fleet that was simulated, or a past one.

The same planner, draws and gate as a real rollout; nothing of it touches the store.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from collector.access.caller import WISHERS
from collector.context import Context
from collector.operations.operation import operation
from collector.operations.rollouts import ALPHA
from collector.skillstore.rollouts.gate.cohort import Cohort
from collector.skillstore.rollouts.gate.draws import NOBODY, DrawRule
from collector.skillstore.rollouts.gate.forecast import PlantedChange, forecast
from collector.skillstore.rollouts.gate.looks import none_struck
from collector.skillstore.rollouts.gate.plan import (
    LEFT_OUT_DAYS,
    PAST_DAYS,
    Draws,
    GatePlan,
    GateTest,
    RobotDays,
    draws_of,
)
from collector.skillstore.rollouts.gate.report import GateAnswer, WavesSoFar, look_at
from collector.skillstore.rollouts.looking import EFFORT, ChangeSeen, ForecastShown, enough
from collector.skillstore.rollouts.planning import LOOKS_MOST, waves_of
from collector.values.refusal import Refusal
from collector.values.sentence import Sentence

AGAIN = 1_999
DAYS_MOST = 200
ROBOTS_MOST = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRobots:
    """One entry a robot: names of its account, scene and model. `percents`: of the robots after each wave."""

    account: Sequence[str]
    scene: Sequence[str]
    model: Sequence[str]
    percents: Sequence[float]
    wave_days: int
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialDays:
    """Robots × days: as many before the first offer as a forecast reads, the day of the offer, then the looks."""

    robots: TrialRobots
    faults: Sequence[Sequence[float]]
    uses: Sequence[Sequence[float]]


@dataclass(frozen=True, slots=True)
class TrialDraw:
    """Indexes of the robots of each wave that is judged, and the column of the day on which it is offered.

    `days`: how many columns `judge_trial` wants.
    """

    waves: list[list[int]]
    offers: list[int]
    looks: int
    days: int


@dataclass(frozen=True, slots=True)
class TrialLook:
    """`day`: after the first offer. `robots`: indexes of those that carry the harm."""

    day: int
    wave: int
    answer: str
    halted_by: list[str]
    faults: ChangeSeen | None
    use: ChangeSeen | None
    model: str
    robots: list[int]


@dataclass(frozen=True, slots=True)
class TrialFound:
    """`looks` end with the first halt. `forecasts`: what was to be expected before, of twice the faults and 30 % less
    use.
    """

    looks: list[TrialLook]
    forecasts: list[ForecastShown]


@operation(roles=WISHERS, needs_store=False)
def draw_trial(_: Context, wanted: TrialRobots) -> TrialDraw:
    """Which robots a rollout of that seed would draw into which wave, and when each is offered it."""
    draws, offers = _drawn(wanted)
    waves = [draws.real_wave(at).tolist() for at in range(len(draws.plan.sizes))]
    looks = draws.plan.looks
    before = LEFT_OUT_DAYS + looks  # the columns of a forecast that lie before the fortnight
    return TrialDraw(waves, [before + offer for offer in offers], looks, before + PAST_DAYS + LEFT_OUT_DAYS + looks)


@operation(roles=WISHERS, needs_store=False)
def judge_trial(_: Context, wanted: TrialDays) -> TrialFound:
    """Every look until the first halt. Refuses days that are not of these robots."""
    draws, offers = _drawn(wanted.robots)
    faults, uses = (np.asarray(each, dtype=np.float64) for each in (wanted.faults, wanted.uses))
    before = PAST_DAYS + LEFT_OUT_DAYS + draws.plan.looks
    days = before + LEFT_OUT_DAYS + draws.plan.looks
    if faults.shape != uses.shape or faults.shape != (draws.cohort.robots, days):
        raise Refusal(
            Sentence("faults and uses are not {robots} robots × {days} days", robots=draws.cohort.robots, days=days),
            "draw first: it says how many",
            "unprocessable",
        )
    past = RobotDays(faults[:, :before], uses[:, :before], np.ones((draws.cohort.robots, before), dtype=bool))
    own = slice(before - PAST_DAYS, None)
    robot_days = RobotDays(faults[:, own], uses[:, own], np.ones(faults[:, own].shape, dtype=bool))
    offered = np.zeros(draws.cohort.robots, dtype=bool)
    offered[draws.orders[0][draws.orders[0] != NOBODY]] = True
    found, struck = [], none_struck(draws)
    names = sorted(set(wanted.robots.model))
    for look in range(1, draws.plan.looks + 1):
        until = PAST_DAYS + LEFT_OUT_DAYS + look
        begun = tuple(offer for offer in offers if offer < until)
        seen = RobotDays(robot_days.faults[:, :until], robot_days.uses[:, :until], robot_days.delivered[:, :until])
        report = look_at(draws, seen, WavesSoFar(begun, offered, by_hand=False), struck, look)
        struck = report.struck
        changes = [
            None if each is None else ChangeSeen(each.seen, each.low, each.high, each.not_excluded)
            for each in (report.faults, report.use)
        ]
        model = "" if report.model is None else names[report.model]
        found.append(TrialLook(
            look + LEFT_OUT_DAYS, len(begun), report.answer.value, [each.value for each in report.halted_by],
            changes[0], changes[1], model, list(report.robots),
        ))  # fmt: skip
        if report.answer is GateAnswer.HALT:
            break
    return TrialFound(found, _expected(draws, wanted.robots.seed, past))


def _drawn(wanted: TrialRobots) -> tuple[Draws, list[int]]:
    robots = len(wanted.account)
    if not 2 <= robots <= ROBOTS_MOST or len({robots, len(wanted.scene), len(wanted.model)}) > 1:  # noqa: PLR2004 - one to compare with
        raise Refusal(
            Sentence(
                "{robots} robots, {count} scenes, {count_2} models",
                robots=robots,
                count=len(wanted.scene),
                count_2=len(wanted.model),
            ),
            Sentence("name one of each for 2 to {most} robots", most=ROBOTS_MOST),
            "unprocessable",
        )
    sizes = tuple(one.size for one in waves_of(robots, wanted.percents) if one.judged)
    looks = wanted.wave_days * len(sizes)
    if not sizes or not 1 <= looks <= LOOKS_MOST:
        raise Refusal(
            Sentence("{count} waves of {wave_days} days can be judged", count=len(sizes), wave_days=wanted.wave_days),
            Sentence(
                "begin with half of the robots at most, and watch {looks_most} days at most", looks_most=LOOKS_MOST
            ),
            "unprocessable",
        )
    cohort = Cohort(*(
        np.unique(np.asarray(each, dtype=object), return_inverse=True)[1].astype(np.int64)
        for each in (wanted.account, wanted.scene, wanted.model)
    ))  # fmt: skip
    plan = GatePlan(DrawRule.FEW_OF_EACH, sizes, looks, ALPHA)
    offers = [PAST_DAYS + wave * wanted.wave_days for wave in range(len(sizes))]
    return draws_of(cohort, plan, wanted.seed, AGAIN), offers


def _expected(draws: Draws, seed: int, robot_days: RobotDays) -> list[ForecastShown]:
    """What a release manager would have read before the first offer."""
    shown = []
    for test, factor in ((GateTest.FAULTS, 2.0), (GateTest.USE, 0.7)):
        one = forecast(draws.cohort, draws.plan, robot_days, PlantedChange(test, factor), EFFORT, seed)
        kept = {"power": list(one.power), "robots": one.robots, "days": one.days}
        _, days, robots = enough([kept])
        shown.append(ForecastShown(test.value, factor, list(one.power), days, robots))
    return shown
