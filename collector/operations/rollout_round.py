"""What moves rollouts by the clock: offers, what robots report, looks of the gate, the next wave, taking back."""

import logging
from dataclasses import asdict, dataclass

import orjson
from sqlalchemy import Connection, insert

from collector.access.caller import ADMINS
from collector.calendar import days
from collector.context import Context
from collector.operations import ctas
from collector.operations.ctas import AddCta
from collector.operations.desired import WishFor, wish_within
from collector.operations.operation import operation
from collector.operations.rollouts import draw_rollout
from collector.operations.skill_repository import recalled_digests, sealing_of
from collector.skillstore.rollouts import advancing, keeping, looking
from collector.skillstore.rollouts.candidates import names_of_accounts
from collector.skillstore.rollouts.keeping import RolloutRow, WaveRow
from collector.skillstore.rollouts.looking import LookTaken
from collector.skillstore.rollouts.progress import RolloutRobotState, RolloutState
from collector.skillstore.sealing import Sealing
from collector.store.tables.rollouts import rollout_look
from collector.values.refusal import Refusal, Refused
from collector.values.texts import TITLE_MAX_CHARS
from protocol.messages import Desired, DesiredSkill

log = logging.getLogger(__name__)
MOVING = (RolloutState.ASKING, RolloutState.RUNNING, RolloutState.PAUSED, RolloutState.HALTED, RolloutState.TAKEN_BACK,
          RolloutState.ABORTED)  # fmt: skip
ROLLOUTS_MOST = 1_000
_ROBOTS_NAMED = 5
_STILL = frozenset({RolloutRobotState.WAITING, RolloutRobotState.OFFERED, RolloutRobotState.POSTPONED})
"""Robots that a rollout waits for."""


@dataclass(frozen=True)
class _Round:
    """`sealing` is read once for all robots of a round."""

    context: Context
    sealing: Sealing | None
    recalled: frozenset[str]


@operation(roles=ADMINS, writes=True, long=True)
def advance_rollouts(context: Context, _: None) -> int:
    """One round over every rollout that is not over: how many robots were told something. None stops another."""
    moving = context.read(lambda connection: keeping.listed(connection, MOVING, ROLLOUTS_MOST))
    if not moving:
        return 0
    this = _Round(context, sealing_of(context), recalled_digests(context))
    told = 0
    for row in moving:
        try:
            told += _advance(this, row)
        except Refusal as refusal:
            extra = {"action": "rollout_waits", "rollout": row.id, "reason": refusal.refused.reason}
            log.warning("a rollout could not go on; it is tried again", extra=extra)
    return told


def _advance(this: _Round, row: RolloutRow) -> int:
    if row.digest in this.recalled and row.state in {RolloutState.ASKING, RolloutState.RUNNING, RolloutState.PAUSED}:
        _halt(this.context, row, "recalled")
        return 0
    if row.state is RolloutState.TAKEN_BACK:
        return _take_back(this, row)
    if row.state is RolloutState.ASKING:
        until = row.orders.approval_until_day
        if until is None or this.context.today() > until:
            draw_rollout(this.context, row)
        return 0
    this.context.write(lambda connection: advancing.follow(connection, row, this.context.now_s()))
    if row.state not in {RolloutState.RUNNING, RolloutState.PAUSED}:
        return 0
    if _look(this, row) or row.state is RolloutState.PAUSED:
        return 0
    return _offer(this, row)


def _halt(context: Context, row: RolloutRow, reason: str) -> None:
    now_s = context.now_s()
    context.write(
        lambda connection: keeping.change(
            connection, row.id, now_s, state=RolloutState.HALTED.value, reason=reason, why=""
        )
    )
    log.warning("a rollout was halted", extra={"action": "rollout_halted", "rollout": row.id, "reason": reason})


def _offer(this: _Round, row: RolloutRow) -> int:
    """Begin the next wave where it may; tell its robots; end where nobody is left."""
    context, now_s, told = this.context, this.context.now_s(), 0
    waves = context.read(lambda connection: keeping.waves(connection, row.id))
    today = days.of(now_s, None)
    if row.orders.is_blackout(today):
        context.write(lambda connection: advancing.settle_waiting(connection, row, 0, code="blackout"))
        return 0
    last = context.read(lambda connection: keeping.last_look(connection, row.id))
    begins = advancing.may_begin_next(waves, last.answer if last else None, row.orders.wave_days, now_s)
    if begins is not None:
        context.write(lambda connection: keeping.begin_wave(connection, row.id, begins.wave, now_s))
        waves = context.read(lambda connection: keeping.waves(connection, row.id))
    wave = advancing.wave_to_offer(waves)
    context.write(lambda connection: advancing.settle_waiting(connection, row, wave, code="later_wave"))
    while (some := context.write(lambda connection: _offer_some(this, connection, row, wave))).documents:
        for robot, document in some.documents:
            context.services.publish(robot, document.model_dump_json().encode())
        told += len(some.documents)
    _end_if_over(context, row, waves, now_s)
    return told


@dataclass(frozen=True)
class _Documents:
    documents: list[tuple[str, Desired]]


def _offer_some(this: _Round, connection: Connection, row: RolloutRow, wave: int) -> _Documents:
    context, now_s = this.context, this.context.now_s()
    grace = context.policies.health.renewal.grace_days
    told, stands = [], []
    for one in advancing.to_offer(connection, row, wave, context.today(), now_s, grace):
        wish = WishFor(
            robot=one.name, skills=advancing.with_package(one, row), settings=dict(one.document.settings),
            after_revision=one.document.revision,
        )  # fmt: skip
        made = wish_within(context, connection, this.sealing, wish)
        if isinstance(made, Refused):
            code = "settings_differ" if made.kind == "too_large" else "not_told"
            stands.append(
                {"robot_id": one.robot_id, "state": RolloutRobotState.FAILED.value, "code": code, "detail": made.reason}
            )
            continue
        told.append((one.name, made))
        stands.append(advancing.offered(one, made.revision, now_s))
    advancing.write_states(connection, row.id, stands)
    return _Documents(told)


def _end_if_over(context: Context, row: RolloutRow, waves: list[WaveRow], now_s: int) -> None:
    begun = [one.offered_at for one in waves if one.offered_at is not None]
    if len(begun) < len(waves) or not begun or now_s - max(begun) < row.orders.wave_days * days.DAY_S:
        return

    def end(connection: Connection) -> None:
        found = advancing.counts(connection, row.id)
        if not any(RolloutRobotState(state) in _STILL for _, state in found):
            keeping.change(connection, row.id, now_s, state=RolloutState.DONE.value, reason="")

    context.write(end)


def _look(this: _Round, row: RolloutRow) -> bool:
    """Take a look where a further day counts. True: the rollout was halted by it."""
    context, now_s = this.context, this.context.now_s()
    last = context.read(lambda connection: keeping.last_look(connection, row.id))
    if last is not None and last.day >= days.of(now_s, None) - 1:
        return False  # the newest whole day has been looked at
    waves = context.read(lambda connection: keeping.waves(connection, row.id))
    if not any(one.offered_at is not None for one in waves):
        return False

    def see(connection: Connection) -> tuple[LookTaken, bytes] | None:
        kept = keeping.kept_draw(connection, row)
        return None if kept is None else looking.take(connection, row, waves, kept, now_s)

    taken = context.read(see)
    if taken is None:
        return False
    look, struck = taken

    def keep(connection: Connection) -> None:
        connection.execute(insert(rollout_look).values(
            rollout_id=row.id, look=look.look, day=look.day, at=now_s, answer=look.answer,
            report=orjson.dumps(asdict(look)).decode(), struck=struck,
        ))  # fmt: skip
        if look.answer == "halt":
            keeping.change(connection, row.id, now_s, state=RolloutState.HALTED.value, reason="gate", why="")

    context.write(keep)
    if look.answer == "halt":
        log.warning("a rollout was halted", extra={"action": "rollout_halted", "rollout": row.id, "reason": "gate"})
        _call(context, row, look)
    return look.answer == "halt"


def _call(context: Context, row: RolloutRow, look: LookTaken) -> None:
    """A call to action for each account whose robots carry the harm. One that is refused stops no other."""

    def whose(connection: Connection) -> dict[str, list[str]]:
        found = advancing.accounts_with(connection, row.id, look.robots)
        names = names_of_accounts(connection, found)
        return {names[one].external_id: robots for one, robots in found.items() if one in names}

    for account, robots in context.read(whose).items():
        named = ", ".join(robots[:_ROBOTS_NAMED])
        title = f"{row.skill} {row.version} was halted: {', '.join(look.halted_by)}; {named}"[:TITLE_MAX_CHARS]
        answer = ctas.add_cta(context, AddCta(account=account, title=title, severity=0.8))
        if isinstance(answer, Refused):
            extra = {"action": "rollout_call_refused", "account": account, "reason": answer.reason}
            log.warning("nobody could be called about a halted rollout", extra=extra)


def _take_back(this: _Round, row: RolloutRow) -> int:
    """What stood before, where it may still run; else the skill goes."""
    told = 0
    while True:
        some = this.context.write(lambda connection: _take_some_back(this, connection, row))
        if not some.documents:
            return told
        for robot, document in some.documents:
            this.context.services.publish(robot, document.model_dump_json().encode())
        told += len(some.documents)


def _take_some_back(this: _Round, connection: Connection, row: RolloutRow) -> _Documents:
    told, stands = [], []
    for one, _ in advancing.to_take_back(connection, row.id):
        done = {"robot_id": one.robot_id, "state": RolloutRobotState.TAKEN_BACK.value, "code": "", "detail": ""}
        stands.append(done)
        if all(each.digest != row.digest for each in one.document.skills):
            continue  # somebody wished another one meanwhile
        made = wish_within(this.context, connection, this.sealing, WishFor(
            robot=one.name, skills=without(one.document.skills, row.digest, one.before, this.recalled),
            settings=dict(one.document.settings), after_revision=one.document.revision,
        ))  # fmt: skip
        if isinstance(made, Desired):
            told.append((one.name, made))
    advancing.write_states(connection, row.id, stands)
    return _Documents(told)


def without(
    skills: list[DesiredSkill], digest: str, before: DesiredSkill | None, recalled: frozenset[str]
) -> list[DesiredSkill]:  # fmt: skip
    """The entry that stood before in place of a package, or none where that was recalled, too."""
    instead = [before] if before is not None and before.digest not in {*recalled, digest} else []
    return [new for each in skills for new in (instead if each.digest == digest else [each])]
