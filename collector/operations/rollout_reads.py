"""What people read of rollouts: all of them, one with its waves, its robots with their reasons, its looks."""

from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, select

from collector.access.caller import SEES_FLEET
from collector.calendar import days
from collector.context import Context
from collector.operations.operation import operation
from collector.operations.rollouts import found_rollout
from collector.skillstore.rollouts import advancing, keeping
from collector.skillstore.rollouts.keeping import RolloutRow
from collector.skillstore.rollouts.looking import ArmSeen, ChangeSeen, ForecastShown, LookTaken, shown_forecast
from collector.skillstore.rollouts.progress import MAY_BECOME, turn_in_rollout
from collector.store.tables.fleet import account, robot
from collector.store.tables.rollouts import rollout_look, rollout_robot
from collector.values.paging import Page, page_of, read_cursor

ROLLOUTS_SHOWN = 200


@dataclass(frozen=True, slots=True)
class WaveStands:
    """`size`: robots that have been offered the version after it. `robots`: of this wave, by state."""

    wave: int
    size: int
    judged: bool
    offered_at: str | None
    robots: dict[str, int]


@dataclass(frozen=True, slots=True)
class LookShown:
    """One look of the gate. `at`: when it was taken; days are written out."""

    at: str
    look: int
    looks: int
    day: str
    answer: str
    reasons: list[str]
    halted_by: list[str]
    faults: ChangeSeen | None
    use: ChangeSeen | None
    updated: ArmSeen | None
    others: ArmSeen | None
    model: str
    robots: list[str]
    until_day: str | None
    needs_robots: int | None


@dataclass(frozen=True, slots=True)
class RolloutLine:
    """One rollout in the list. `wave`: how many have begun. `robots`, `done`: of all waves."""

    id: int
    skill: str
    version: str
    state: str
    reason: str
    wave: int
    waves: int
    robots: int
    done: int
    left_out: int
    answer: str
    made_at: str
    who: str


@dataclass(frozen=True, slots=True)
class RolloutShown:
    """`may_become`: states that a person may bring it to. `look`: the newest; null before the first."""

    id: int
    skill: str
    version: str
    digest: str
    state: str
    reason: str
    why: str
    who: str
    made_at: str
    changed_at: str
    may_become: list[str]
    rule: str
    wave_days: int
    uses: list[str]
    families: list[str]
    asked_until: str | None
    waves: list[WaveStands]
    left_out: dict[str, int]
    forecasts: list[ForecastShown]
    look: LookShown | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotsOfRollout:
    """`state` "": all."""

    rollout: int
    state: str = ""
    limit: int
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class RobotOfRollout:
    """`wave` null: left out. `code`: why it stands so; `turn`: whose turn it is, "" nobody's."""

    robot: str
    account: str
    account_name: str
    wave: int | None
    state: str
    code: str
    detail: str
    turn: str
    offered_at: str | None
    due_at: str | None
    next_try_at: str | None
    tries: int


@operation(roles=SEES_FLEET)
def list_rollouts(context: Context, _: None) -> list[RolloutLine]:
    """The newest first; the last two hundred."""

    def read(connection: Connection) -> list[RolloutLine]:
        return [_line(connection, row) for row in keeping.listed(connection, None, ROLLOUTS_SHOWN)]

    return context.read(read)


@operation(roles=SEES_FLEET)
def one_rollout(context: Context, rollout: int) -> RolloutShown:
    """Its waves with their robots by state, who is left out by reason, the forecasts and the newest look."""

    def read(connection: Connection) -> RolloutShown:
        row = found_rollout(connection, rollout)
        return _shown(connection, row)

    return context.read(read)


@operation(roles=SEES_FLEET)
def rollout_robots(context: Context, wanted: RobotsOfRollout) -> Page[RobotOfRollout]:
    """By name: each with its state, why, and whose turn it is."""

    def read(connection: Connection) -> Page[RobotOfRollout]:
        found_rollout(connection, wanted.rollout)
        query = (
            select(rollout_robot, robot.c.name, account.c.external_id, account.c.name.label("account_name"))
            .join(robot, robot.c.id == rollout_robot.c.robot_id)
            .join(account, account.c.id == rollout_robot.c.account_id, isouter=True)
            .where(rollout_robot.c.rollout_id == wanted.rollout)
        )
        if wanted.state:
            query = query.where(rollout_robot.c.state == wanted.state)
        if after := read_cursor(wanted.cursor, str):
            query = query.where(robot.c.name > after[0])
        rows = connection.execute(query.order_by(robot.c.name).limit(wanted.limit + 1)).all()
        found, after_this = page_of(rows, wanted.limit, lambda row: (row.name,))
        return Page([_robot(row) for row in found], after_this)

    return context.read(read)


@operation(roles=SEES_FLEET)
def rollout_looks(context: Context, rollout: int) -> list[LookShown]:
    """Every look of the gate, the newest first. Rows are never changed."""

    def read(connection: Connection) -> list[LookShown]:
        found_rollout(connection, rollout)
        query = select(rollout_look).where(rollout_look.c.rollout_id == rollout).order_by(rollout_look.c.day.desc())
        return [_look(row) for row in connection.execute(query)]

    return context.read(read)


def _line(connection: Connection, row: RolloutRow) -> RolloutLine:
    waves, counts = keeping.waves(connection, row.id), advancing.counts(connection, row.id)
    last = keeping.last_look(connection, row.id)
    inside = {key: n for key, n in counts.items() if key[0] is not None}
    return RolloutLine(
        id=row.id, skill=row.skill, version=row.version, state=row.state.value, reason=row.reason,
        wave=advancing.wave_to_offer(waves), waves=len(waves), robots=sum(inside.values()),
        done=sum(n for (_, state), n in inside.items() if state == "done"),
        left_out=sum(counts.values()) - sum(inside.values()), answer="" if last is None else last.answer,
        made_at=days.rfc3339(row.made_at), who=row.who,
    )  # fmt: skip


def _shown(connection: Connection, row: RolloutRow) -> RolloutShown:
    counts, last = advancing.counts(connection, row.id), keeping.last_look(connection, row.id)
    waves = [
        WaveStands(
            one.wave, one.size, one.judged, None if one.offered_at is None else days.rfc3339(one.offered_at),
            {state: n for (wave, state), n in sorted(counts.items(), key=str) if wave == one.wave},
        )
        for one in keeping.waves(connection, row.id)
    ]  # fmt: skip
    until = row.orders.approval_until_day
    return RolloutShown(
        id=row.id, skill=row.skill, version=row.version, digest=row.digest, state=row.state.value, reason=row.reason,
        why=row.why, who=row.who, made_at=days.rfc3339(row.made_at), changed_at=days.rfc3339(row.changed_at),
        may_become=sorted(one.value for one in MAY_BECOME[row.state]), rule=row.orders.rule.value,
        wave_days=row.orders.wave_days, uses=list(row.orders.uses), families=list(row.orders.families),
        asked_until=None if until is None else days.iso(until), waves=waves,
        left_out=advancing.left_out(connection, row.id), forecasts=[shown_forecast(one) for one in row.forecasts],
        look=None if last is None else _look(last),
    )  # fmt: skip


def look_of(report: str) -> LookTaken:
    """As it was kept."""
    form: dict[str, Any] = orjson.loads(report)
    for name, kind in (("faults", ChangeSeen), ("use", ChangeSeen), ("updated", ArmSeen), ("others", ArmSeen)):
        form[name] = None if form[name] is None else kind(**form[name])
    for name in ("reasons", "halted_by", "robots"):
        form[name] = tuple(form[name])
    return LookTaken(**form)


def _look(row: Any) -> LookShown:
    found = look_of(row.report)
    return LookShown(
        at=days.rfc3339(row.at), look=found.look, looks=found.looks, day=days.iso(found.day), answer=found.answer,
        reasons=list(found.reasons), halted_by=list(found.halted_by), faults=found.faults, use=found.use,
        updated=found.updated, others=found.others, model=found.model, robots=list(found.robots),
        until_day=None if found.until_day is None else days.iso(found.until_day), needs_robots=found.needs_robots,
    )  # fmt: skip


def _robot(row: Any) -> RobotOfRollout:
    offered, due, again = (
        None if each is None else days.rfc3339(each) for each in (row.offered_at, row.due_at, row.next_try_at)
    )
    return RobotOfRollout(
        robot=row.name, account=row.external_id or "", account_name=row.account_name or "", wave=row.wave,
        state=row.state, code=row.code, detail=row.detail, turn=turn_in_rollout(row.code) if row.code else "",
        offered_at=offered, due_at=due, next_try_at=again, tries=row.tries,
    )  # fmt: skip
