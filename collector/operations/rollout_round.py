"""What moves rollouts by the clock: offers, what robots report, looks of the gate, the next wave, taking back."""

import logging
from dataclasses import asdict, dataclass
from functools import partial

import orjson
from sqlalchemy import Connection, insert

from collector.access.caller import ADMINS
from collector.calendar import days
from collector.context import Context
from collector.operations import ctas
from collector.operations.ctas import AddCta
from collector.operations.desired import WishFor, publish, wish_within
from collector.operations.operation import operation
from collector.operations.recalled import recalled_digests
from collector.operations.rollouts import draw_rollout
from collector.operations.skill_repository import sealing_of
from collector.skillstore.rollouts import advancing, keeping, looking
from collector.skillstore.rollouts.advancing import Place
from collector.skillstore.rollouts.candidates import names_of_accounts
from collector.skillstore.rollouts.keeping import RolloutRow
from collector.skillstore.rollouts.looking import LookTaken
from collector.skillstore.rollouts.progress import RolloutState
from collector.skillstore.sealing import Sealing
from collector.store.tables.rollouts import rollout_look
from collector.values.refusal import Refusal, Refused
from collector.values.texts import TITLE_MAX_CHARS
from protocol.messages import Desired, DesiredSkill

log = logging.getLogger(__name__)
ROLLOUTS_MOST = 1_000
_ROBOTS_NAMED = 5


@dataclass(frozen=True)
class _Round:
    """`sealing` is read once for all robots of a round."""

    context: Context
    sealing: Sealing | None
    recalled: frozenset[str]


@operation(roles=ADMINS, writes=True, long=True)
def advance_rollouts(context: Context, _: None) -> int:
    """One round over every rollout that robots still answer: how many were told something. None stops another."""
    moving = context.read(lambda connection: keeping.moving(connection, ROLLOUTS_MOST))
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
    now_s, halted = context.now_s(), RolloutState.HALTED
    if context.write(lambda connection: keeping.become(connection, row.id, now_s, halted, reason=reason, why="")):
        log.warning("a rollout was halted", extra={"action": "rollout_halted", "rollout": row.id, "reason": reason})


def _offer(this: _Round, row: RolloutRow) -> int:
    """Begin the next wave where it may; tell its robots; end where nobody is left."""
    context, told = this.context, 0
    wave = context.write(lambda connection: _wave_now(context, connection, row))
    if wave is None:
        return 0
    after: Place | None = (0, 0)
    while after is not None:
        some = context.write(partial(_offer_some, this, row, wave, after))
        publish(context, some.documents)
        told, after = told + len(some.documents), some.after
    context.write(lambda connection: _end_if_over(context, connection, row))
    return told


def _is_running(connection: Connection, row: RolloutRow) -> bool:
    """As it stands by now, until this transaction ends."""
    now = keeping.one(connection, row.id, locked=True)
    return now is not None and now.state is RolloutState.RUNNING


def _wave_now(context: Context, connection: Connection, row: RolloutRow) -> int | None:
    """The last wave that has begun, the next one begun where it may. None: nobody is told now."""
    now_s = context.now_s()
    if not _is_running(connection, row):
        return None
    if row.orders.is_blackout(context.today()):
        advancing.settle_waiting(connection, row, 0, code="blackout")
        return None
    waves = keeping.waves(connection, row.id)
    last = keeping.last_look(connection, row.id)
    answer, look_day = (last.answer, last.day) if last is not None else (None, None)
    begins = advancing.may_begin_next(waves, answer, look_day, row.orders.wave_days, now_s)
    if begins is not None:
        keeping.begin_wave(connection, row.id, begins.wave, now_s)
    wave = advancing.wave_to_offer(waves) if begins is None else begins.wave
    advancing.settle_waiting(connection, row, wave, code="later_wave")
    return wave


@dataclass(frozen=True)
class _Documents:
    """`after` None: there are no more robots."""

    documents: list[tuple[str, Desired]]
    after: Place | None


def _offer_some(this: _Round, row: RolloutRow, wave: int, after: Place, connection: Connection) -> _Documents:
    """Some robots are wished it, unless somebody has paused or ended the rollout meanwhile."""
    context, now_s = this.context, this.context.now_s()
    if not _is_running(connection, row):
        return _Documents([], None)
    grace = context.policies.health.renewal.grace_days
    told, stands = [], []
    found, last = advancing.to_offer(connection, row, wave, context.today(), now_s, grace, after)
    for one in found:
        wish = WishFor(
            robot=one.name, skills=advancing.with_package(one, row), settings=dict(one.document.settings),
            after_revision=one.document.revision,
        )  # fmt: skip
        made = wish_within(context, connection, this.sealing, wish)
        if isinstance(made, Desired):
            told.append((one.name, made))
            stands.append(advancing.offered(one, made.revision, now_s))
        elif made.kind == "too_large":  # whatever else is refused has passed by the next round
            stands.append(advancing.refused(one, made.reason))
    advancing.write_states(connection, row.id, stands)
    return _Documents(told, last)


def _end_if_over(context: Context, connection: Connection, row: RolloutRow) -> None:
    now_s = context.now_s()
    offered = [one.offered_at for one in keeping.waves(connection, row.id)]
    begun = [one for one in offered if one is not None]
    if len(begun) < len(offered) or not begun or now_s - max(begun) < row.orders.wave_days * days.DAY_S:
        return
    if not advancing.awaits(connection, row.id):
        keeping.become(connection, row.id, now_s, RolloutState.DONE, reason="")


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

    def keep(connection: Connection) -> bool:
        connection.execute(insert(rollout_look).values(
            rollout_id=row.id, look=look.look, day=look.day, at=now_s, answer=look.answer,
            report=orjson.dumps(asdict(look)).decode(), struck=struck,
        ))  # fmt: skip
        return look.answer == "halt" and keeping.become(
            connection, row.id, now_s, RolloutState.HALTED, reason="gate", why=""
        )

    if context.write(keep):  # else somebody has ended it while the look was taken: what it found stands beside that
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
    told, after = 0, 0
    while after >= 0:
        some, after = this.context.write(partial(_take_some_back, this, row, after))
        publish(this.context, some)
        told += len(some)
    return told


def _take_some_back(
    this: _Round, row: RolloutRow, after: int, connection: Connection
) -> tuple[list[tuple[str, Desired]], int]:
    """(what the next robots were wished, the last one that was looked at; -1: there are no more)."""
    told, stands = [], []
    found = advancing.to_take_back(connection, row.id, after)
    for one in found:
        if all(each.digest != row.digest for each in one.document.skills):
            stands.append(advancing.taken_back(one))  # somebody wished another one meanwhile
            continue
        made = wish_within(this.context, connection, this.sealing, WishFor(
            robot=one.name, skills=without(one.document.skills, row.digest, one.before, this.recalled),
            settings=dict(one.document.settings), after_revision=one.document.revision,
        ))  # fmt: skip
        if isinstance(made, Desired):
            told.append((one.name, made))
            stands.append(advancing.taken_back(one))
        elif made.kind == "too_large":  # it keeps the version, and is asked again in each round
            stands.append(advancing.refused(one, made.reason))
    advancing.write_states(connection, row.id, stands)
    return told, found[-1].robot_id if found else -1


def without(
    skills: list[DesiredSkill], digest: str, before: DesiredSkill | None, recalled: frozenset[str]
) -> list[DesiredSkill]:  # fmt: skip
    """The entry that stood before in place of a package, or none where that was recalled, too."""
    instead = [before] if before is not None and before.digest not in {*recalled, digest} else []
    return [new for each in skills for new in (instead if each.digest == digest else [each])]
