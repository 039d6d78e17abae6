"""API: rollouts, their robots and looks; recalls with their proof."""

from typing import Annotated, Any

from pydantic import Field

from collector.calendar import days
from collector.operations import recalls, rollout_answers, rollout_reads, rollouts
from collector.operations.recalls import RecallBegun, RecallOnRobot
from collector.operations.rollout_answers import RolloutQuestion
from collector.operations.rollout_reads import LookShown, RobotOfRollout, RolloutLine, RolloutShown
from collector.operations.rollouts import RolloutChanged, RolloutPlan
from collector.skillstore.rollouts.gate.draws import DrawRule
from collector.values.paging import Page
from collector.values.texts import WHY_MAX_CHARS
from collector.web.api.parameters import Paged
from collector.web.api.routing import Body, Call, Query, Route
from collector.web.errors import Unprocessable

_TAG = "rollouts"
Word = Annotated[str, Field(max_length=64)]
Hash = Annotated[str, Field(max_length=64, description="of the package, as GET /skills/repository lists it")]


class RolloutBody(Body):
    """What is planned or started. Days are whole; `blackouts` are pairs of days, both counting."""

    skill: Word
    digest: Hash
    version: Word = ""
    settings: dict[str, Any] | None = None
    rule: DrawRule = DrawRule.FEW_OF_EACH
    percents: Annotated[list[float], Field(max_length=10, default_factory=lambda: [5.0, 25.0, 100.0])]
    wave_days: Annotated[int, Field(ge=2, le=60)] = 14
    uses: Annotated[list[Word], Field(max_length=20, default_factory=list)]
    families: Annotated[list[Word], Field(max_length=20, default_factory=list)]
    rise: Annotated[float, Field(gt=1, le=100)] = 2.0
    fall: Annotated[float, Field(gt=0, lt=1)] = 0.7
    accounts: Annotated[list[Annotated[str, Field(max_length=120)]], Field(max_length=1000, default_factory=list)]
    renewal_freeze_days: Annotated[int, Field(ge=0, le=366)] = 60
    spares_escalated: bool = True
    blackouts: Annotated[list[tuple[str, str]], Field(max_length=100, default_factory=list)]
    approval_days: Annotated[int, Field(ge=1, le=60)] | None = None

    def wish(self) -> rollouts.RolloutWish:
        """Raises Unprocessable for a day that is none."""
        given = self.model_dump(exclude={"blackouts"})
        return rollouts.RolloutWish(**given, blackouts=[(_day(first), _day(last)) for first, last in self.blackouts])


class ChangeBody(Body):
    why: Annotated[str, Field(max_length=WHY_MAX_CHARS)] = ""


class NextWaveBody(Body):
    wave: Annotated[int, Field(ge=1, le=10, description="that is to begin: asking twice begins one")]
    why: Annotated[str, Field(max_length=WHY_MAX_CHARS)]


class ApprovalBody(Body):
    account: Annotated[str, Field(max_length=120)]
    approves: bool


class RolloutRobotsQuery(Paged):
    state: Annotated[str, Field(max_length=20, description="of this state only; empty: all")] = ""


class RecallBody(Body):
    skill: Word
    digest: Hash


def _day(text: str) -> int:
    try:
        return days.parse(text)
    except ValueError as error:
        raise Unprocessable(f"blackouts: {text[:20]!r} is no day", "write it as 2026-12-24") from error


async def plan(call: Call, _: Query, body: RolloutBody) -> RolloutPlan:
    """A dry run. It costs some seconds on a large fleet, for the forecasts."""
    return await call.do(rollouts.plan_rollout, body.wish())


async def start(call: Call, _: Query, body: RolloutBody) -> RolloutChanged:
    """The robots are drawn now; the first wave is offered within a minute."""
    return await call.do(rollouts.start_rollout, body.wish())


async def listed(call: Call, _: Query) -> list[RolloutLine]:
    """The newest first."""
    return await call.do(rollout_reads.list_rollouts, None)


async def shown(call: Call, _: Query) -> RolloutShown:
    """With its waves, who is left out, the forecasts and the newest look."""
    return await call.do(rollout_reads.one_rollout, call.number("rollout"))


async def robots(call: Call, query: RolloutRobotsQuery) -> Page[RobotOfRollout]:
    """By name."""
    wanted = rollout_reads.RobotsOfRollout(
        rollout=call.number("rollout"), state=query.state, limit=query.limit, cursor=query.cursor
    )
    return await call.do(rollout_reads.rollout_robots, wanted)


async def looks(call: Call, _: Query) -> list[LookShown]:
    """The newest first."""
    return await call.do(rollout_reads.rollout_looks, call.number("rollout"))


def _change(call: Call, body: ChangeBody) -> rollouts.ChangeRollout:
    return rollouts.ChangeRollout(rollout=call.number("rollout"), why=body.why)


async def pause(call: Call, _: Query, body: ChangeBody) -> RolloutChanged:
    """Nobody more is offered it."""
    return await call.do(rollouts.pause_rollout, _change(call, body))


async def resume(call: Call, _: Query, body: ChangeBody) -> RolloutChanged:
    """It goes on where it was paused."""
    return await call.do(rollouts.resume_rollout, _change(call, body))


async def abort(call: Call, _: Query, body: ChangeBody) -> RolloutChanged:
    """Who has the version keeps it."""
    return await call.do(rollouts.abort_rollout, _change(call, body))


async def take_back(call: Call, _: Query, body: ChangeBody) -> RolloutChanged:
    """Every robot goes back to what it had before. The reason must be given."""
    return await call.do(rollouts.take_back_rollout, _change(call, body))


async def retry(call: Call, _: Query, body: ChangeBody) -> RolloutChanged:
    """Robots that failed are asked again now."""
    return await call.do(rollouts.retry_rollout, _change(call, body))


async def next_wave(call: Call, _: Query, body: NextWaveBody) -> RolloutChanged:
    """Although the gate has not seen enough. The reason must be given; another wave than the next is refused."""
    wanted = rollouts.BeginWave(rollout=call.number("rollout"), wave=body.wave, why=body.why)
    return await call.do(rollouts.begin_next_wave, wanted)


async def answer(call: Call, _: Query, body: ApprovalBody) -> RolloutChanged:
    """By the customer, or by who looks after it, while the rollout asks."""
    wanted = rollout_answers.AnswerRollout(rollout=call.number("rollout"), account=body.account, approves=body.approves)
    return await call.do(rollout_answers.answer_rollout, wanted)


async def questions(call: Call, _: Query) -> list[RolloutQuestion]:
    """Empty where nobody asks."""
    return await call.do(rollout_answers.rollout_questions, call.request.match_info["account"])


async def recall(call: Call, _: Query, body: RecallBody) -> RecallBegun:
    """Every robot that is to run the package is wished what it had before, or nothing."""
    return await call.do(recalls.recall_package, recalls.RecallPackage(skill=body.skill, digest=body.digest))


async def recall_shown(call: Call, query: Paged) -> Page[RecallOnRobot]:
    """Robot by robot, with the proof that it is gone or what stands in the way."""
    wanted = recalls.RecallOf(
        digest=call.request.match_info["digest"], limit=query.limit, cursor=query.cursor
    )  # fmt: skip
    return await call.do(recalls.recall_stands, wanted)


_CHANGES = (
    ("pause", "Pause a rollout", pause, rollouts.pause_rollout),
    ("resume", "Let a paused rollout go on", resume, rollouts.resume_rollout),
    ("abort", "End a rollout; who has the version keeps it", abort, rollouts.abort_rollout),
    ("take-back", "End a rollout and take the version back", take_back, rollouts.take_back_rollout),
    ("retry", "Ask robots that failed again", retry, rollouts.retry_rollout),
)  # fmt: skip

ROUTES: tuple[Route, ...] = (
    Route("GET", "/rollouts", _TAG, "Rollouts with how they stand", list[RolloutLine], listed,
          operation=rollout_reads.list_rollouts),
    Route("POST", "/rollouts", _TAG, "Start a rollout", RolloutChanged, start, body=RolloutBody, status=201,
          operation=rollouts.start_rollout),
    Route("POST", "/rollouts/plan", _TAG, "What a rollout would do, and what its gate would see", RolloutPlan, plan,
          body=RolloutBody, operation=rollouts.plan_rollout),
    Route("GET", "/rollouts/{rollout}", _TAG, "One rollout", RolloutShown, shown, operation=rollout_reads.one_rollout),
    Route("GET", "/rollouts/{rollout}/robots", _TAG, "Robots of a rollout, each with why and whose turn it is",
          Page[RobotOfRollout], robots, RolloutRobotsQuery, operation=rollout_reads.rollout_robots),
    Route("GET", "/rollouts/{rollout}/looks", _TAG, "What the gate answered, day by day", list[LookShown], looks,
          operation=rollout_reads.rollout_looks),
    *(
        Route("POST", f"/rollouts/{{rollout}}/{word}", _TAG, summary, RolloutChanged, serve, body=ChangeBody,
              operation=act)
        for word, summary, serve, act in _CHANGES
    ),
    Route("POST", "/rollouts/{rollout}/next-wave", _TAG, "Begin the next wave although the gate has not seen enough",
          RolloutChanged, next_wave, body=NextWaveBody, operation=rollouts.begin_next_wave),
    Route("POST", "/rollouts/{rollout}/answers", _TAG, "A customer approves a version for its robots, or does not",
          RolloutChanged, answer, body=ApprovalBody, operation=rollout_answers.answer_rollout),
    Route("GET", "/accounts/{account}/rollout-questions", _TAG, "What a customer is asked now, and has answered",
          list[RolloutQuestion], questions, operation=rollout_answers.rollout_questions),
    Route("POST", "/skills/recalls", _TAG, "Take a package from every robot", RecallBegun, recall, body=RecallBody,
          operation=recalls.recall_package),
    Route("GET", "/skills/recalls/{digest}", _TAG, "Of every robot whether a package is gone, and what proves it",
          Page[RecallOnRobot], recall_shown, Paged, operation=recalls.recall_stands),
)  # fmt: skip
