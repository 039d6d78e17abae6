"""What a robot should run and what it says it runs."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import orjson
from sqlalchemy import Connection

from collector.access import identities
from collector.access.caller import ADMINS, WISHERS
from collector.calendar import days
from collector.context import Context
from collector.errors import DocumentTooLarge
from collector.fleet import desired, licence_alarm
from collector.fleet.desired import Document, Reissued, Sealed, Stale
from collector.operations.operation import operation, visible_robot
from collector.operations.skill_repository import listed_recalls, sealing_of
from collector.skillstore.entitlements import reading as entitlements
from collector.skillstore.entitlements.entitlement import Entitlement
from collector.skillstore.entitlements.licence import Bound, differs, licences
from collector.skillstore.entitlements.told import licences_in
from collector.skillstore.publishing.plan import RobotLook
from collector.skillstore.publishing.reading import robots_of_account
from collector.skillstore.recalled import recalled_by_people
from collector.skillstore.sealing import Sealing
from collector.values.refusal import Refusal, Refused, Remedy
from collector.values.sentence import Sentence
from protocol import limits
from protocol.messages import Desired, DesiredSkill

log = logging.getLogger(__name__)
_NAMED = 5  # of many, in a sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class WishFor:
    """`after_revision`: refuse when another revision is the newest by now. None: whatever stands is replaced."""

    robot: str
    skills: list[DesiredSkill]
    settings: dict[str, Any]
    after_revision: int | None = None


@operation(roles=WISHERS, writes=True)
def put_desired(context: Context, wanted: WishFor) -> Document:
    """Store the next revision, then publish it as a retained document; a robot that is away gets it on returning.

    Refuses what a robot would not follow, a package that nobody published, and one that was recalled.
    """
    now_s = context.now_s()
    if (large := too_much(wanted)) is not None:
        raise Refusal.of(large)

    sealing = sealing_of(context)
    listed = listed_recalls(context) if wanted.skills else frozenset()  # settings alone ask no repository
    if sealing is not None and (unknown := sealing.unknown(wanted.skills)):
        raise Refusal.of(unknown)

    def change(connection: Connection) -> Desired | Refused:
        recalled = listed | recalled_by_people(connection)
        if gone := [one for one in wanted.skills if one.digest in recalled]:
            return _recalled(gone)
        return wish_within(context, connection, sealing, wanted)

    document = context.write(change)
    publish(context, [(wanted.robot, document)])
    return Document(document.revision, days.rfc3339(now_s), document.model_dump(mode="json", exclude={"sealed"}))


def publish(context: Context, made: Iterable[tuple[str, Desired]]) -> None:
    """Retained, each on its robot's topic; after they are stored. Without a broker now they are sent later."""
    for robot, document in made:
        context.services.publish(robot, document.model_dump_json().encode())


def wish_within(
    context: Context, connection: Connection, sealing: Sealing | None, wanted: WishFor
) -> Desired | Refused:  # fmt: skip
    """The next revision of one robot, signed, in the caller's transaction; whoever asks publishes it afterwards.

    What is refused has stored nothing.

    For acts that wish of many robots, with a `sealing` that they have read once.
    """
    now_s = context.now_s()
    seen = visible_robot(context, connection, wanted.robot)
    try:
        made = desired.wish(
            connection, seen.id, wanted.skills, wanted.settings, now_s, after_revision=wanted.after_revision,
            sealed=sealed_for(connection, sealing, wanted.robot, now_s),
        )  # fmt: skip
    except DocumentTooLarge as large:
        return too_large(wanted.robot, large)
    if isinstance(made, Stale):
        return Refused(
            Sentence(
                "the newest revision is {revision}, not {after_revision}",
                revision=made.revision,
                after_revision=wanted.after_revision,
            ),
            "read the desired document again, repeat the change on it",
            "outdated",
        )
    return made


def _recalled(gone: Sequence[DesiredSkill]) -> Refused:
    named = ", ".join(f"{one.skill} {one.version}".rstrip() for one in gone[:_NAMED])
    reason = Sentence("recalled, and to run on no robot: {named}", named=named)
    remedy = Remedy("name another version, or leave it away", "skills catalogue", "GET /api/v1/skills/catalogue")
    return Refused(reason, remedy, "conflict")


def too_large(robot: str, large: DocumentTooLarge) -> Refused:
    """What is said of a document that has no room for what was signed."""
    text = Sentence(
        "signed, the document of {robot} has {size} bytes; a robot takes {desired_max_bytes}",
        robot=robot,
        size=large.size,
        desired_max_bytes=limits.DESIRED_MAX_BYTES,
    )
    return Refused(text, "shorten the settings", "too_large")


def sealed_for(connection: Connection, sealing: Sealing | None, robot: str, now_s: int) -> Sealed:
    """How a document for that robot is signed: for its key, with the licences of the account that has it now."""
    if sealing is None:
        return desired.unsealed
    account_id, zone, today = desired.account_now(connection, robot, now_s)
    key = identities.key_of(connection, robot)
    had = [] if account_id is None else entitlements.of_account(connection, account_id)
    held = licences(had, today, lambda day: days.hour_starts(day, zone)[24])
    bound = Bound("" if key is None else key.fingerprint, held)
    return lambda document, account: sealing.seal(robot, document, now_s, account, bound)


def tell_again(
    connection: Connection, sealing: Sealing | None, account_id: int, skill: str, now_s: int
) -> dict[str, Desired]:
    """The next document of each robot of the account that is to run a skill: its licence is another. By robot."""
    robots = robots_of_account(connection, account_id, now_s, skill) if sealing is not None else []
    return _say_again(connection, sealing, account_id, [one for one in robots if skill in one.wished], now_s)


def stale_skills(one: RobotLook, had: Sequence[Entitlement], now_s: int) -> list[str]:
    """Skills of which a robot was signed another licence than what its account `had` gives on the robot's day."""
    if one.document is None:
        return []
    held = licences(had, one.day, lambda day: days.hour_starts(day, one.timezone)[24])
    signed = licences_in(orjson.loads(one.document).get("sealed"))
    return [skill for skill, told in signed.items() if differs(told, held.get(skill), now_s)]


@operation(roles=ADMINS, writes=True, long=True)
def renew_licences(context: Context, _: None) -> int:
    """Robots that were signed other licences than those of today are told the next document. How many were.

    A day begins, or a gap ends, without anybody's act. Account by account, each in a transaction of its own.
    """
    sealing = sealing_of(context)
    if sealing is None:
        return 0
    now_s, count = context.now_s(), 0
    for account_id in context.read(entitlements.accounts):
        if not context.read(partial(_stale, account_id=account_id, now_s=now_s)):
            continue
        told = context.write(partial(_renew, sealing=sealing, account_id=account_id, now_s=now_s))
        publish(context, told.items())
        count += len(told)
    return count


def _renew(connection: Connection, *, sealing: Sealing, account_id: int, now_s: int) -> dict[str, Desired]:
    stale = _stale(connection, account_id=account_id, now_s=now_s)
    return _say_again(connection, sealing, account_id, stale, now_s)


def _stale(connection: Connection, *, account_id: int, now_s: int) -> list[RobotLook]:
    had = entitlements.of_account(connection, account_id)
    robots = robots_of_account(connection, account_id, now_s, "")
    return [one for one in robots if stale_skills(one, had, now_s)]


def _say_again(
    connection: Connection, sealing: Sealing | None, account_id: int, robots: Iterable[RobotLook], now_s: int
) -> dict[str, Desired]:
    """The same wish, signed with the licences of now, by robot; not what somebody else changed meanwhile.

    A document that is too large with them stays as it was: its licences stay stale, and the robot has an alarm.
    """
    told = {}
    for one in robots:
        if one.document is not None:
            before = Desired.model_validate_json(one.document)
            try:
                made = desired.wish(
                    connection, one.id, before.skills, before.settings, now_s, after_revision=one.revision,
                    account_id=account_id, sealed=sealed_for(connection, sealing, one.name, now_s),
                )  # fmt: skip
            except DocumentTooLarge as large:
                extra = {"action": "desired_too_large", "robot": one.name, "reason": str(large)}
                log.warning("a robot cannot be told its licences: shorten its settings", extra=extra)
                licence_alarm.hold(connection, one.id, licence_alarm.too_large(large.size), now_s)
                continue
            if isinstance(made, Desired):
                told[one.name] = made
    return told


def too_much(wanted: WishFor) -> Refused | None:
    """What every robot would refuse to follow."""
    if len(wanted.skills) > limits.DESIRED_MAX_SKILLS:
        text = Sentence(
            "{count} skills; a robot takes {desired_max_skills}",
            count=len(wanted.skills),
            desired_max_skills=limits.DESIRED_MAX_SKILLS,
        )
        return Refused(text, "name fewer skills", "invalid")
    document = Desired(revision=limits.SEQ_MAX, skills=wanted.skills, settings=wanted.settings)
    size = len(document.model_dump_json().encode())
    if size > limits.DESIRED_MAX_BYTES:
        text = Sentence(
            "the document has {size} bytes; a robot takes {desired_max_bytes}",
            size=size,
            desired_max_bytes=limits.DESIRED_MAX_BYTES,
        )
        return Refused(text, "shorten the settings", "too_large")
    return None


def _alarm_of_move(connection: Connection, one: Reissued, now_s: int) -> None:
    if not one.is_whole:
        detail = licence_alarm.MOVED_UNTOLD if one.document is None else licence_alarm.MOVED_EMPTY
        licence_alarm.hold(connection, one.robot_id, detail, now_s)


@operation(roles=ADMINS, writes=True)
def follow_moves(context: Context, _: None) -> int:
    """A robot that moved is told the next revision: empty, or what was wished for its new account. How many were."""
    now_s = context.now_s()
    sealing = cache(lambda: sealing_of(context))  # read only when a robot has moved: the job looks each minute

    def change(connection: Connection) -> list[Reissued]:
        found = desired.follow_moves(connection, now_s, lambda robot: sealed_for(connection, sealing(), robot, now_s))
        for one in found:
            _alarm_of_move(connection, one, now_s)
        return found

    told = context.write(change)
    for one in told:
        if one.document is None:
            extra: dict[str, Any] = {"action": "desired_too_large", "robot": one.robot}
            log.error(
                "a robot moved, and its licences alone are too large: it runs what it was told before", extra=extra
            )
            continue
        publish(context, [(one.robot, one.document)])
        extra = {"action": "desired_follows_move", "robot": one.robot, "revision": one.document.revision}
        log.info("a robot moved; what it should run was said anew", extra=extra)
        if not one.is_whole:
            extra |= {"action": "desired_too_large"}
            log.warning("a robot moved; with its licences its document is too large, and is empty", extra=extra)
    return sum(one.document is not None for one in told)
