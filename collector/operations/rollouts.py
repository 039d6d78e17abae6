"""Rollouts: planned dry, started, paused, resumed, aborted, taken back; robots that failed are asked again.

What moves them by the clock is rollout_round.py; what people read of them rollout_reads.py.
"""

import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import orjson
from sqlalchemy import Connection, update

from collector.access.caller import WISHERS
from collector.context import Context
from collector.operations import filters, ranges
from collector.operations.operation import account_row, operation
from collector.operations.recalled import recalled_digests
from collector.operations.skill_repository import sealing_of
from collector.skillstore.recalled import recalled_by_people
from collector.skillstore.rollouts import advancing, keeping
from collector.skillstore.rollouts.candidates import candidates, names_of_accounts, stands_of
from collector.skillstore.rollouts.gate.draws import DrawRule
from collector.skillstore.rollouts.gate.forecast import Forecast
from collector.skillstore.rollouts.gate.plan import PAST_DAYS, Alpha
from collector.skillstore.rollouts.keeping import RolloutRow
from collector.skillstore.rollouts.looking import (
    ForecastShown,
    first_day_of,
    forecasts,
    kept_forecast,
    shown_forecast,
    weeks_needed,
)
from collector.skillstore.rollouts.planning import (
    DrawnRollout,
    Eligible,
    RolloutCandidate,
    RolloutOrders,
    draw,
    eligible,
    wave_of_place,
)
from collector.skillstore.rollouts.progress import MAY_BECOME, RolloutRobotState, RolloutState
from collector.skillstore.rollouts.robot_days import WhatCounts, rhythms, robot_days
from collector.store.tables.rollouts import rollout_robot
from collector.values.refusal import Refusal, Refused, Remedy
from collector.values.sentence import Sentence
from collector.values.texts import WHY_MAX_CHARS, taken
from protocol.counters import COUNTERS

ALPHA = Alpha(faults=0.015, use=0.015, faults_of_a_model=0.01)  # 4 % in all: docs/rollouts.md
RHYTHM_DAYS = 28
SEED_BITS = 62
LEFT_OUT_SHOWN = 200
WAVES_MOST = 10
_LATER = "begin the wave on a day after it"


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutWish:
    """`digest`: the package, of those that the repository offers. `version`: where there is no repository.

    `settings`: of the skill, on every robot; None: each robot's own stay. `approval_days`: so long customers are asked
    before anybody is drawn; None: they are not.
    """

    skill: str
    digest: str
    version: str = ""
    settings: Mapping[str, Any] | None = None
    rule: DrawRule = DrawRule.FEW_OF_EACH
    percents: Sequence[float]
    wave_days: int
    uses: Sequence[str]
    families: Sequence[str] = ()
    rise: float
    fall: float
    accounts: Sequence[str] = ()
    renewal_freeze_days: int
    spares_escalated: bool = True
    blackouts: Sequence[tuple[int, int]] = ()
    approval_days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRollout:
    """`why`: what a person writes of it; people read it beside the rollout."""

    rollout: int
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginWave:
    """`wave`: its number, from 1. `why`: as a person writes it; people read it beside the rollout."""

    rollout: int
    wave: int
    why: str


@dataclass(frozen=True, slots=True)
class PlannedWave:
    """`robots` and `accounts`: of this wave alone. `judged`: others are left to compare with."""

    wave: int
    robots: int
    accounts: int
    judged: bool


@dataclass(frozen=True, slots=True)
class RobotLeftOut:
    """`account` "": nobody has it."""

    robot: str
    account: str
    reason: str


@dataclass(frozen=True, slots=True)
class RolloutPlan:
    """What would happen, and nothing has. Which robots are drawn is decided when it starts."""

    skill: str
    version: str
    robots: int
    accounts: int
    waves: list[PlannedWave]
    left_out: dict[str, int]
    shown: list[RobotLeftOut]
    forecasts: list[ForecastShown]


@dataclass(frozen=True, slots=True)
class RolloutChanged:
    """`robots`: whose state that changed. `before`: the state that an undo goes back to."""

    rollout: int
    state: str
    before: str
    robots: int = 0


@dataclass(frozen=True)
class _Ready:
    """Everything that a draw needs, read in one moment."""

    version: str
    found: Eligible
    orders: RolloutOrders
    names: dict[int, str] = field(default_factory=dict)


@operation(roles=WISHERS, long=True)
def plan_rollout(context: Context, wanted: RolloutWish) -> RolloutPlan:
    """Who would get it, in which waves, who is left out and why, and what the gate would see. Nothing is kept."""
    version, orders = _checked(context, wanted)
    ready = context.read(lambda connection: _ready(context, connection, wanted, version, orders, None))
    if not ready.found.robots:
        return _plan(wanted, ready, None, [])
    made = draw(ready.found.robots, orders, secrets.randbits(SEED_BITS))
    said = context.read(lambda connection: _forecasts(context, connection, wanted.skill, ready, made, 1))
    return _plan(wanted, ready, made, said)


@operation(roles=WISHERS, writes=True, long=True)
def start_rollout(context: Context, wanted: RolloutWish) -> RolloutChanged | Refused:
    """Draw the robots and begin, or first ask the customers. Refused while another rollout of the skill is open."""
    version, orders = _checked(context, wanted)
    now_s = context.now_s()

    def begin(connection: Connection) -> RolloutRow | Refused:
        if wanted.digest in recalled_by_people(connection):
            raise _recalled()  # meanwhile
        keeping.take_turn(connection)
        others = keeping.listed(connection, {RolloutState.ASKING, RolloutState.RUNNING, RolloutState.PAUSED}, 1_000)
        other = next((one for one in others if one.skill == wanted.skill), None)
        if other is not None:
            why = Sentence("rollout {id} of {skill} {version} is {state}", id=other.id, skill=other.skill,
                           version=other.version, state=other.state.value)  # fmt: skip
            way = Remedy("wait for it, or end it", f"rollout abort {other.id}",
                         f"POST /api/v1/rollouts/{other.id}/abort", f"/skills/rollouts/{other.id}")  # fmt: skip
            return Refused(why, way, "conflict")
        made = keeping.add(connection, {
            "skill": wanted.skill, "version": version, "digest": wanted.digest,
            "settings": orjson.dumps(None if wanted.settings is None else dict(wanted.settings)).decode(),
            "state": RolloutState.ASKING.value, "seed": str(secrets.randbits(SEED_BITS)),
            "who": context.caller.name, "made_at": now_s, "changed_at": now_s,
        }, orders)  # fmt: skip
        return found_rollout(connection, made)

    ready = context.read(lambda connection: _ready(context, connection, wanted, version, orders, None))
    if not ready.found.robots:
        return _nobody(wanted, ready)
    row = context.write(begin)
    if orders.approval_until_day is None:
        draw_rollout(context, row)
    state = context.read(lambda connection: found_rollout(connection, row.id).state)
    return RolloutChanged(row.id, state.value, "")


@dataclass(frozen=True)
class _Drawn:
    """What is kept of a draw."""

    made: DrawnRollout
    rows: list[dict[str, Any]]
    forecasts: list[Forecast]
    first_day: int


def draw_rollout(context: Context, row: RolloutRow) -> None:
    """Who is in it is decided now, and kept with what a look needs. Where nobody is, the rollout is done.

    It is computed beside the store's writer, which has only the rows to write.
    """
    drawn = context.read(lambda connection: _drawn(context, connection, row))

    def keep(connection: Connection) -> None:
        now_s = context.now_s()
        if found_rollout(connection, row.id, locked=True).state is not RolloutState.ASKING:
            return  # somebody ended it meanwhile, or another process was faster
        if drawn is None:
            keeping.become(connection, row.id, now_s, RolloutState.DONE, reason="nobody_eligible")
            return
        keeping.keep_draw(connection, row.id, drawn.made.waves, drawn.made.draws, drawn.rows)
        keeping.become(
            connection, row.id, now_s, RolloutState.RUNNING, first_day=drawn.first_day,
            forecasts=orjson.dumps([kept_forecast(one) for one in drawn.forecasts]).decode(),
        )  # fmt: skip

    context.write(keep)


def _drawn(context: Context, connection: Connection, row: RolloutRow) -> _Drawn | None:
    now_s, today = context.now_s(), context.today()
    wanted = _As(row.skill, row.digest, row.orders.accounts)
    ready = _ready(context, connection, wanted, row.version, row.orders, row.id)
    robots, left_out = ready.found.robots, ready.found.left_out
    if not robots:
        return None
    made, first_day = draw(robots, row.orders, row.seed), first_day_of(now_s)
    ids = [one.robot_id for one in robots]
    what = WhatCounts(row.skill, row.orders.uses, row.orders.families)
    past = robot_days(connection, ids, what, first_day - PAST_DAYS, first_day - 1, now_s).past(made.cohort)
    silence = rhythms(connection, ids, today, RHYTHM_DAYS)
    drawn = 0 if made.draws is None else int((made.draws.orders[0] >= 0).sum())
    judged = 0 if made.draws is None else made.draws.plan.sizes[-1]
    before = advancing.entries_of(connection, row.skill, [*ids, *(one.robot_id for one, _ in left_out)])
    waves = {int(at): wave_of_place(made.waves, place, drawn, judged) for place, at in enumerate(made.order)}
    rows = [
        _robot(one, before) | {
            "place": at, "wave": waves[at], "past_faults": float(past.faults[at]), "past_uses": float(past.uses[at]),
            "past_days": float(past.days[at]), "rhythm_days": silence[one.robot_id],
        }
        for at, one in enumerate(robots)
    ]  # fmt: skip
    rows += [
        _robot(one, before) | {"state": RolloutRobotState.LEFT_OUT.value, "code": reason} for one, reason in left_out
    ]
    said = _forecasts(context, connection, row.skill, ready, made, row.seed)
    return _Drawn(made, rows, said, first_day)


@operation(roles=WISHERS, writes=True)
def pause_rollout(context: Context, wanted: ChangeRollout) -> RolloutChanged:
    """Nobody more is offered it; looks go on. Undone by `resume_rollout`."""
    return _become(context, wanted, RolloutState.PAUSED)


@operation(roles=WISHERS, writes=True)
def resume_rollout(context: Context, wanted: ChangeRollout) -> RolloutChanged:
    """It goes on where it was paused. Refused where the gate has halted it: a halt is not argued away."""
    return _become(context, wanted, RolloutState.RUNNING)


@operation(roles=WISHERS, writes=True)
def abort_rollout(context: Context, wanted: ChangeRollout) -> RolloutChanged:
    """It ends here: who has the version keeps it, nobody more gets it."""
    return _become(context, wanted, RolloutState.ABORTED)


@operation(roles=WISHERS, writes=True)
def take_back_rollout(context: Context, wanted: ChangeRollout) -> RolloutChanged:
    """It ends, and every robot that was offered the version is wished what it had before; the next round does it."""
    why = taken("why", wanted.why, WHY_MAX_CHARS)
    return _become(context, ChangeRollout(rollout=wanted.rollout, why=why), RolloutState.TAKEN_BACK)


@operation(roles=WISHERS, writes=True)
def retry_rollout(context: Context, wanted: ChangeRollout) -> RolloutChanged:
    """Robots that failed are asked again now, whatever the cause; what has to be changed first was changed."""
    now_s = context.now_s()

    def change(connection: Connection) -> RolloutChanged | Refused:
        row = found_rollout(connection, wanted.rollout, locked=True)
        if row.state is not RolloutState.RUNNING:
            return _not_from(row, "retried")
        table = rollout_robot
        failed = table.c.rollout_id == row.id, table.c.state == RolloutRobotState.FAILED.value
        done = connection.execute(update(table).where(*failed).values(next_try_at=now_s, tries=0))
        return RolloutChanged(row.id, row.state.value, row.state.value, done.rowcount)

    return context.write(change)


@operation(roles=WISHERS, writes=True)
def begin_next_wave(context: Context, wanted: BeginWave) -> RolloutChanged:
    """The next wave begins although the gate has not seen enough, with the reason why. Refused after a halt.

    It names the wave, so that asking twice begins one.
    """
    why = taken("why", wanted.why, WHY_MAX_CHARS)
    now_s, recalled = context.now_s(), recalled_digests(context)

    def change(connection: Connection) -> RolloutChanged | Refused:
        row = found_rollout(connection, wanted.rollout, locked=True)
        if row.state is not RolloutState.RUNNING:
            return _not_from(row, "carried on")
        if row.digest in recalled:
            raise _recalled()
        left = [one.wave for one in keeping.waves(connection, row.id) if one.offered_at is None]
        if not left:
            return Refused(
                Sentence("every wave of rollout {id} has begun", id=row.id), "there is nothing to do", "conflict"
            )
        if wanted.wave != left[0]:
            text = Sentence("wave {wave} of rollout {id} is not the next one", wave=wanted.wave, id=row.id)
            return Refused(text, Sentence("look at it; the next one is wave {left}", left=left[0]), "conflict")
        if row.orders.is_blackout(context.today()):
            return Refused("nobody is told on this day: the rollout has it as a blackout day", _LATER, "conflict")
        keeping.begin_wave(connection, row.id, left[0], now_s)
        keeping.change(connection, row.id, now_s, why=why)
        return RolloutChanged(row.id, row.state.value, row.state.value)

    return context.write(change)


def found_rollout(connection: Connection, rollout_id: int, *, locked: bool = False) -> RolloutRow:
    """Raises Refusal."""
    found = keeping.one(connection, rollout_id, locked=locked)
    if found is None:
        raise no_rollout(rollout_id)
    return found


def no_rollout(rollout_id: int) -> Refusal:
    way = Remedy("list them", "rollout list", "GET /api/v1/rollouts", "/skills/rollouts")
    return Refusal(Sentence("there is no rollout {rollout_id}", rollout_id=rollout_id), way, "not_found")


def _become(context: Context, wanted: ChangeRollout, state: RolloutState) -> RolloutChanged:
    now_s = context.now_s()

    def change(connection: Connection) -> RolloutChanged | Refused:
        row = found_rollout(connection, wanted.rollout, locked=True)
        if state not in MAY_BECOME[row.state] or (row.state is RolloutState.ASKING and state is RolloutState.RUNNING):
            return _not_from(row, state.value)
        why = taken("why", wanted.why, WHY_MAX_CHARS, may_be_empty=True)
        keeping.become(connection, row.id, now_s, state, why=why)
        if state is RolloutState.PAUSED:
            advancing.settle_waiting(connection, row, 0, code="paused")
        return RolloutChanged(row.id, state.value, row.state.value)

    return context.write(change)


def _recalled() -> Refusal:
    return Refusal("this package was recalled", "choose another release", "conflict")


def _not_from(row: RolloutRow, wanted: str) -> Refused:
    may = ", ".join(sorted(one.value for one in MAY_BECOME[row.state])) or "nothing more"
    return Refused(
        Sentence("rollout {id} is {state}: it cannot be {wanted}", id=row.id, state=row.state.value, wanted=wanted),
        Sentence("it can become {may}", may=may),
        "conflict",
    )


def _checked(context: Context, wanted: RolloutWish) -> tuple[str, RolloutOrders]:
    """The version's name, and the orders. Raises Refusal."""
    percents = tuple(float(one) for one in wanted.percents)
    rising = list(percents) == sorted(set(percents))
    if not percents or len(percents) > WAVES_MOST or not rising or percents[0] <= 0 or percents[-1] != 100:  # noqa: PLR2004 - per cent
        given = ", ".join(f"{one:g}" for one in percents) or "–"
        why = Sentence("waves of {percents} % do not rise to 100", percents=given)
        remedy = Sentence("write for example 5, 25, 100; at most {waves_most}", waves_most=WAVES_MOST)
        raise Refusal(why, remedy, "unprocessable")
    for first, last in wanted.blackouts:
        ranges.in_order(first, last)
    for one in wanted.uses:
        filters.known("counter", None if "." in one else one, COUNTERS)  # with a dot: a skill's own
    if wanted.accounts:
        context.read(lambda connection: [account_row(context, connection, one) for one in wanted.accounts])
    if wanted.digest in recalled_digests(context):
        raise _recalled()
    version, models = wanted.version, tuple[str, ...]()
    sealing = sealing_of(context)
    if sealing is not None:
        release = sealing.offered.get(wanted.digest)
        if release is None or release.key != wanted.skill:
            why = Sentence("no package of {skill} with digest {digest!r} is published", skill=wanted.skill,
                           digest=wanted.digest[:64])  # fmt: skip
            raise Refusal(why, Remedy("list them", "skills show", "GET /api/v1/skills/repository"), "unprocessable")
        version, models = release.version, release.needs.models
    elif not version:
        raise Refusal("no version is named", "there is no repository: say the version, too", "unprocessable")
    until = None if wanted.approval_days is None else context.today() + wanted.approval_days
    return version, RolloutOrders(
        rule=wanted.rule, percents=percents, wave_days=wanted.wave_days, uses=tuple(wanted.uses),
        families=tuple(wanted.families), rise=wanted.rise, fall=wanted.fall, accounts=tuple(wanted.accounts),
        renewal_freeze_days=wanted.renewal_freeze_days, spares_escalated=wanted.spares_escalated,
        blackouts=tuple(wanted.blackouts), approval_until_day=until, alpha=ALPHA, models=models,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _As:
    """What of a wish says who is concerned."""

    skill: str
    digest: str
    accounts: Sequence[str]


def _ready(
    context: Context, connection: Connection, wanted: RolloutWish | _As, version: str, orders: RolloutOrders,
    rollout_id: int | None,
) -> _Ready:  # fmt: skip
    today = context.today()
    found = candidates(connection, wanted.skill, wanted.digest, context.now_s(), wanted.accounts)
    grace = context.policies.health.renewal.grace_days
    stands = stands_of(connection, (one.account for one in found), today, grace, rollout_id)
    if orders.approval_until_day is not None and rollout_id is None:  # nobody was asked yet: all might approve
        stands = {one: replace(each, approves=True) for one, each in stands.items()}
    names = names_of_accounts(connection, (one.account for one in found))
    named = {one: each.external_id for one, each in names.items()}
    return _Ready(version, eligible(found, stands, orders), orders, named)


def _nobody(wanted: RolloutWish, ready: _Ready) -> Refused:
    reasons = Counter(reason for _, reason in ready.found.left_out)
    if not reasons:
        text = Sentence("no robot has another version of {skill}", skill=wanted.skill)
        remedy = Remedy("wish the skill of a robot first", route="PUT /api/v1/robots/{robot}/desired")
        return Refused(text, remedy, "conflict")
    said = ", ".join(f"{n} {reason}" for reason, n in sorted(reasons.items()))
    remedy = Remedy("see which", "rollout plan", "POST /api/v1/rollouts/plan", "/skills/rollouts/plan")
    return Refused(Sentence("every robot is left out: {said}", said=said), remedy, "conflict")


def _forecasts(
    context: Context, connection: Connection, skill: str, ready: _Ready, made: DrawnRollout, seed: int
) -> list[Forecast]:
    if made.draws is None:
        return []
    what = WhatCounts(skill, ready.orders.uses, ready.orders.families)
    now_s = context.now_s()
    last = first_day_of(now_s) - 1
    ids = [one.robot_id for one in ready.found.robots]
    weeks = robot_days(connection, ids, what, last - weeks_needed(made.draws) + 1, last, now_s)
    return forecasts(made.draws, weeks, ready.orders, seed)


def _plan(
    wanted: RolloutWish, ready: _Ready, made: DrawnRollout | None, said: Sequence[Forecast]
) -> RolloutPlan:  # fmt: skip
    waves, begin = [], 0
    robots = ready.found.robots
    for one in made.waves if made is not None else ():
        assert made is not None
        of = made.order[begin : one.size]
        accounts = len({robots[int(at)].account for at in of})
        waves.append(PlannedWave(one.wave, len(of), accounts, one.judged))
        begin = one.size
    left = ready.found.left_out
    return RolloutPlan(
        skill=wanted.skill, version=ready.version, robots=len(robots),
        accounts=len({one.account for one in robots}), waves=waves,
        left_out=dict(Counter(reason for _, reason in left)),
        shown=[
            RobotLeftOut(one.name, ready.names.get(one.account or 0, ""), reason)
            for one, reason in left[:LEFT_OUT_SHOWN]
        ],
        forecasts=[shown_forecast(kept_forecast(one)) for one in said],
    )  # fmt: skip


def _robot(one: RolloutCandidate, before: Mapping[int, str]) -> dict[str, Any]:
    return {
        "robot_id": one.robot_id, "account_id": one.account, "place": None, "wave": None, "scene": one.scene,
        "model": one.model, "past_faults": 0.0, "past_uses": 0.0, "past_days": 0.0, "rhythm_days": 0,
        "before": before.get(one.robot_id, ""), "state": RolloutRobotState.WAITING.value, "code": "later_wave",
    }  # fmt: skip
