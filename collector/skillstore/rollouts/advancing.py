"""What moves in a rollout between two looks: who is to be offered the version next, and how those stand who were."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, Row, bindparam, func, or_, select, update

from collector.calendar import days
from collector.calendar.days import DAY_S
from collector.fleet.own_day import own_day
from collector.fleet.scope import EVERYTHING, seen_of
from collector.fleet.skills.tracking import of_robots
from collector.skillstore.rollouts.candidates import stands_of
from collector.skillstore.rollouts.gate.plan import LEFT_OUT_DAYS
from collector.skillstore.rollouts.keeping import RolloutRow, WaveRow
from collector.skillstore.rollouts.looking import offer_day
from collector.skillstore.rollouts.planning import why_frozen
from collector.skillstore.rollouts.progress import (
    HAS_IT,
    ON_ITS_WAY,
    RolloutRobotState,
    StandsNow,
    due_at,
    next_try_s,
    runs,
    stands_now,
)
from collector.store.lists import among
from collector.store.tables.fleet import deployment, desired, robot
from collector.store.tables.rollouts import rollout_robot
from collector.store.tables.skills import skill_fact, skill_wish
from protocol.messages import Desired, DesiredSkill

ROBOTS_AT_ONCE = 500
TOLD_AT_ONCE = 50  # so many at most still hear of it after somebody has paused the rollout
Place = tuple[int, int]
"""(wave, number in the cohort): in this order robots are offered it."""
LATE_DAYS = 3  # a look of older days says nothing of now: reports have stopped
_ON_AND_OFF = frozenset({RolloutRobotState.OFFERED, RolloutRobotState.POSTPONED, RolloutRobotState.SILENT})
"""A robot that runs it is none of these because it is charging, starting anew, or switched off for a day."""
_STILL = frozenset({RolloutRobotState.WAITING, RolloutRobotState.OFFERED, RolloutRobotState.POSTPONED})


@dataclass(frozen=True, slots=True)
class ToOffer:
    """`document`: what is wished of it now. `before`: its entry of the skill there."""

    robot_id: int
    name: str
    document: Desired
    before: DesiredSkill
    rhythm_days: int
    tries: int


def wave_to_offer(waves: Sequence[WaveRow]) -> int:
    """The last wave that has begun; 0: none."""
    return max((one.wave for one in waves if one.offered_at is not None), default=0)


def to_offer(
    connection: Connection, row: RolloutRow, wave: int, today: int, now_s: int, grace_days: int, after: Place
) -> tuple[list[ToOffer], Place | None]:
    """(robots of the waves that have begun which wait for it, or are due to be asked again, the last one looked at).

    At most TOLD_AT_ONCE; None: there are no more. Those that may not be offered it now are given their reason: the
    account is frozen by now, or is another one, or somebody has taken the skill away.
    """
    table = rollout_robot
    beyond = (table.c.wave > after[0]) | ((table.c.wave == after[0]) & (table.c.place > after[1]))
    again = (table.c.state == RolloutRobotState.FAILED.value) & (table.c.next_try_at <= now_s)
    asked = (
        select(table, robot.c.name, desired.c.document, deployment.c.account_id.label("now_with"))
        .join(robot, robot.c.id == table.c.robot_id)
        .join(desired, desired.c.robot_id == table.c.robot_id)
        .join(deployment, _stays(connection, now_s), isouter=True)
        .where(
            table.c.rollout_id == row.id, table.c.wave <= wave, beyond,
            (table.c.state == RolloutRobotState.WAITING.value) | again,
        )
        .order_by(table.c.wave, table.c.place)
        .limit(ROBOTS_AT_ONCE)
    )  # fmt: skip
    rows = connection.execute(asked).all()
    stands = stands_of(connection, (each.account_id for each in rows), today, grace_days, row.id)
    found: list[ToOffer] = []
    kept: list[dict[str, object]] = []
    last = None
    for each in rows:
        last = (each.wave, each.place)
        frozen = why_frozen(stands[each.account_id], row.orders)
        if each.now_with != each.account_id:
            kept.append(_stands(each.robot_id, RolloutRobotState.GONE, "moved"))
        elif frozen is not None:
            if each.code != frozen and each.state == RolloutRobotState.WAITING.value:
                kept.append(_stands(each.robot_id, RolloutRobotState.WAITING, frozen))
        elif (offer := _to_offer(each, row.skill)) is None:
            kept.append(_stands(each.robot_id, RolloutRobotState.GONE, "other_wish"))
        else:
            found.append(offer)
            if len(found) == TOLD_AT_ONCE:
                break
    write_states(connection, row.id, kept)
    return found, last


def _to_offer(each: Row[Any], skill: str) -> ToOffer | None:
    """None: the skill is no longer wished of it."""
    document = Desired.model_validate_json(each.document)
    before = next((one for one in document.skills if one.skill == skill), None)
    tries = 0 if each.state == RolloutRobotState.WAITING.value else each.tries
    return None if before is None else ToOffer(each.robot_id, each.name, document, before, each.rhythm_days, tries)


def with_package(one: ToOffer, row: RolloutRow) -> list[DesiredSkill]:
    """The robot's skills with this version in the place of the one before; its own settings stay."""
    settings = orjson.loads(row.settings) or one.before.settings
    fresh = DesiredSkill(skill=row.skill, version=row.version, digest=row.digest, settings=settings)
    return [fresh if each.skill == row.skill else each for each in one.document.skills]


def offered(one: ToOffer, revision: int, now_s: int) -> dict[str, object]:
    """How a robot stands that has been told."""
    return _stands(one.robot_id, RolloutRobotState.OFFERED, "not_told") | {
        "revision": revision, "offered_at": now_s, "due_at": due_at(now_s, one.rhythm_days), "tries": one.tries + 1,
    }  # fmt: skip


def refused(one: ToOffer, reason: str) -> dict[str, object]:
    """How a robot stands whose document would be too long; its settings have to become shorter first."""
    return _stands(one.robot_id, RolloutRobotState.FAILED, "settings_differ", reason) | {"next_try_at": None}


def taken_back(one: ToOffer) -> dict[str, object]:
    return _stands(one.robot_id, RolloutRobotState.TAKEN_BACK, "")


def follow(connection: Connection, row: RolloutRow, now_s: int) -> int:
    """How those stand who were offered it, by what they report and are wished by now. How many have changed."""
    rows = _to_follow(connection, row, now_s)
    changed = 0
    for start in range(0, len(rows), ROBOTS_AT_ONCE):
        some = {each.robot_id: each for each in rows[start : start + ROBOTS_AT_ONCE]}
        seen = seen_of(connection, list(some), EVERYTHING)
        ids = {one.name: robot_id for robot_id, one in seen.items()}
        kept = []
        for told in of_robots(connection, seen):
            each = some[ids[told.robot]]
            skill = next((one for one in told.skills if one.skill == row.skill), None)
            now = stands_now(skill, row.digest, each.due_at or now_s, now_s)
            if now.state is RolloutRobotState.GONE and each.now_with != each.account_id:
                now = replace(now, code="moved")
            elif each.state == RolloutRobotState.DONE.value and now.state in _ON_AND_OFF and runs(skill, row.digest):
                now = StandsNow(RolloutRobotState.DONE, "", "")
            kept += _followed(each, now, told.revision or 0, now_s)
        write_states(connection, row.id, kept)
        changed += len(kept)
    return changed


def _to_follow(connection: Connection, row: RolloutRow, now_s: int) -> Sequence[Row[Any]]:
    """Who was offered it and is on the way; of those that were through, whose wish or report is another one by now."""
    table, fact = rollout_robot, skill_fact
    newest = select(func.max(fact.c.id)).where(fact.c.robot_id == table.c.robot_id, fact.c.skill == row.skill)
    on_its_way = table.c.state.in_([one.value for one in ON_ITS_WAY])
    through = table.c.state.in_([RolloutRobotState.DONE.value, RolloutRobotState.GONE.value])
    strays = (table.c.state == RolloutRobotState.DONE.value) & ((fact.c.active != row.digest) | (fact.c.code != ""))
    return connection.execute(
        select(table, deployment.c.account_id.label("now_with"))
        .join(desired, desired.c.robot_id == table.c.robot_id, isouter=True)
        .join(robot, robot.c.id == table.c.robot_id)
        .join(deployment, _stays(connection, now_s), isouter=True)
        .join(fact, fact.c.id == newest.correlate(table).scalar_subquery(), isouter=True)
        .where(
            table.c.rollout_id == row.id, table.c.offered_at.is_not(None),
            on_its_way | (through & (desired.c.revision != table.c.revision)) | strays,
        )
        .order_by(table.c.robot_id)
    ).all()  # fmt: skip


def _stays(connection: Connection, now_s: int) -> ColumnElement[bool]:
    """SQL: who has the robot on its own day."""
    own = own_day(connection, now_s)
    lasts = or_(deployment.c.to_day.is_(None), deployment.c.to_day >= own)
    return (deployment.c.robot_id == rollout_robot.c.robot_id) & (deployment.c.from_day <= own) & lasts


def _followed(each: Row[Any], now: StandsNow, revision: int, now_s: int) -> list[dict[str, object]]:
    """What is written of a robot; nothing where it stands as before."""
    if (now.state.value, now.code, now.detail, revision) == (each.state, each.code, each.detail, each.revision):
        return []
    again = each.next_try_at
    if now.state is not RolloutRobotState.FAILED:
        again = None
    elif (each.state, each.code) != (now.state.value, now.code) or again is None:
        again = next_try_s(now.code, each.tries, now_s)
    return [_stands(each.robot_id, now.state, now.code, now.detail) | {"next_try_at": again, "revision": revision}]


def settle_waiting(connection: Connection, row: RolloutRow, wave: int, *, code: str) -> None:
    """Robots of waves that have not begun wait for theirs; all that wait, when the whole rollout does."""
    later = rollout_robot.c.wave > wave
    table = rollout_robot.c.rollout_id == row.id, rollout_robot.c.state == RolloutRobotState.WAITING.value
    if code != "later_wave":
        later = rollout_robot.c.code.in_(("later_wave", "blackout", "paused"))
    connection.execute(update(rollout_robot).where(*table, later, rollout_robot.c.code != code).values(code=code))


def awaits(connection: Connection, rollout_id: int) -> bool:
    """Whether a robot waits, is on its way, or has failed and is asked again by itself."""
    table = rollout_robot
    still = table.c.state.in_([one.value for one in _STILL])
    again = (table.c.state == RolloutRobotState.FAILED.value) & table.c.next_try_at.is_not(None)
    query = select(table.c.robot_id).where(table.c.rollout_id == rollout_id, table.c.wave.is_not(None), still | again)
    return connection.execute(query.limit(1)).one_or_none() is not None


def to_take_back(connection: Connection, rollout_id: int, after: int) -> list[ToOffer]:
    """Robots that were offered the version, and what stood before, by row id. At most ROBOTS_AT_ONCE."""
    states = [one.value for one in HAS_IT]
    query = (
        select(rollout_robot, robot.c.name, desired.c.document)
        .join(robot, robot.c.id == rollout_robot.c.robot_id)
        .join(desired, desired.c.robot_id == rollout_robot.c.robot_id)
        .where(
            rollout_robot.c.rollout_id == rollout_id,
            rollout_robot.c.state.in_(states),
            rollout_robot.c.offered_at.is_not(None),
            rollout_robot.c.robot_id > after,
        )
        .order_by(rollout_robot.c.robot_id)
        .limit(ROBOTS_AT_ONCE)
    )
    found = []
    for each in connection.execute(query):
        document = Desired.model_validate_json(each.document)
        before = DesiredSkill.model_validate_json(each.before)
        found.append(ToOffer(each.robot_id, each.name, document, before, each.rhythm_days, 0))
    return found


def entries_of(connection: Connection, skill: str, robots: Sequence[int]) -> dict[int, str]:
    """What is wished of the skill on these robots now, as JSON."""
    found = {}
    for start in range(0, len(robots), 10 * ROBOTS_AT_ONCE):
        some = robots[start : start + 10 * ROBOTS_AT_ONCE]
        query = select(desired.c.robot_id, desired.c.document).where(among(connection, desired.c.robot_id, some))
        for row in connection.execute(query):
            skills = Desired.model_validate_json(row.document).skills
            found[row.robot_id] = next((one.model_dump_json() for one in skills if one.skill == skill), "")
    return found


def write_states(connection: Connection, rollout_id: int, rows: Sequence[Mapping[str, object]]) -> None:
    """Each row names its robot, and the columns that change; rows that change the same ones go together."""
    by_shape: dict[tuple[str, ...], list[dict[str, object]]] = {}
    for row in rows:
        named = {f"b_{key}" if key == "robot_id" else key: value for key, value in row.items()}
        by_shape.setdefault(tuple(sorted(named)), []).append(named)
    for some in by_shape.values():
        where = rollout_robot.c.rollout_id == rollout_id, rollout_robot.c.robot_id == bindparam("b_robot_id")
        connection.execute(update(rollout_robot).where(*where), some)


def counts(connection: Connection, rollout_id: int) -> dict[tuple[int | None, str], int]:
    """Robots by wave (None: left out) and state."""
    table = rollout_robot
    query = select(table.c.wave, table.c.state, func.count()).where(table.c.rollout_id == rollout_id)
    return {(wave, state): n for wave, state, n in connection.execute(query.group_by(table.c.wave, table.c.state))}


def may_begin_next(
    waves: Sequence[WaveRow], answer: str | None, look_day: int | None, wave_days: int, now_s: int
) -> WaveRow | None:
    """The wave that may begin by itself: the one before was watched long enough and the gate has seen enough.

    `look_day`: up to which the newest look has seen. It counts when it has seen days of the last wave, lately: that
    nothing is heard is not that nothing is wrong.
    """
    begun = [one for one in waves if one.offered_at is not None]
    left = [one for one in waves if one.offered_at is None]
    if not left:
        return None
    if not begun:
        return left[0]
    since = max(one.offered_at or 0 for one in begun)
    long_enough = now_s - since >= (wave_days + 1) * DAY_S
    nobody_left = any(not one.judged for one in begun)
    first_day = max(offer_day(since) + LEFT_OUT_DAYS, days.of(now_s, None) - LATE_DAYS)
    seen = look_day is not None and look_day >= first_day and answer == "no_harm_seen"
    return left[0] if long_enough and (seen or nobody_left) else None


def _stands(robot_id: int, state: RolloutRobotState, code: str, detail: str = "") -> dict[str, object]:
    return {"robot_id": robot_id, "state": state.value, "code": code, "detail": detail}


def left_out(connection: Connection, rollout_id: int) -> dict[str, int]:
    """Robots that are in no wave, by reason."""
    table = rollout_robot
    query = select(table.c.code, func.count()).where(table.c.rollout_id == rollout_id, table.c.wave.is_(None))
    rows = connection.execute(query.group_by(table.c.code).order_by(table.c.code))
    return {code: n for code, n in rows}  # noqa: C416 - rows are no pairs to the checker


def documents_of(connection: Connection, skill: str, robots: Sequence[int], *, unlike: str) -> list[ToOffer]:
    """What these robots are wished now, and of the skill the last package before that was another one than `unlike`."""
    wishes = skill_wish
    told = among(connection, wishes.c.robot_id, robots), wishes.c.skill == skill, wishes.c.digest != unlike
    last = select(func.max(wishes.c.id)).where(*told).group_by(wishes.c.robot_id)
    rows = connection.execute(select(wishes).where(wishes.c.id.in_(last)))
    before = {row.robot_id: (row.version, row.digest) for row in rows}
    query = select(robot.c.id, robot.c.name, desired.c.document).join(desired, desired.c.robot_id == robot.c.id)
    found = []
    for row in connection.execute(query.where(among(connection, robot.c.id, robots)).order_by(robot.c.id)):
        document = Desired.model_validate_json(row.document)
        now = next((one for one in document.skills if one.skill == skill), None)
        version, digest = before.get(row.id, ("", ""))
        settings = {} if now is None else now.settings
        entry = DesiredSkill(skill=skill, version=version or "-", digest=digest, settings=settings)
        found.append(ToOffer(row.id, row.name, document, entry, 0, 0))
    return found


def accounts_with(connection: Connection, rollout_id: int, robots: Sequence[str]) -> dict[int, list[str]]:
    """Whose these robots were when they were drawn."""
    query = (
        select(rollout_robot.c.account_id, robot.c.name)
        .join(robot, robot.c.id == rollout_robot.c.robot_id)
        .where(rollout_robot.c.rollout_id == rollout_id, among(connection, robot.c.name, list(robots)))
        .order_by(robot.c.name)
    )
    found: dict[int, list[str]] = {}
    for row in connection.execute(query):
        found.setdefault(row.account_id, []).append(row.name)
    return found
