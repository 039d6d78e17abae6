"""What a robot should run and what it says it runs."""

import logging
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Connection

from collector.access.caller import ADMINS, WISHERS
from collector.calendar import days
from collector.context import Context
from collector.fleet import desired
from collector.fleet.desired import Document, Reissued, Sealed, Stale
from collector.operations.operation import operation, visible_robot
from collector.operations.skill_repository import sealing_of
from collector.skillstore.sealing import Sealing
from collector.values.refusal import Refusal, Refused
from protocol import limits
from protocol.messages import Desired, DesiredSkill

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class WishFor:
    """`after_revision`: refuse when another revision is the newest by now. None: whatever stands is replaced."""

    robot: str
    skills: list[DesiredSkill]
    settings: dict[str, Any]
    after_revision: int | None = None


@operation(roles=WISHERS, writes=True)
def put_desired(context: Context, wanted: WishFor) -> Document:
    """Store the next revision, then publish it as a retained document; a robot that is away gets it on returning."""
    now_s = context.now_s()
    if too_much := _too_much(wanted):
        raise Refusal.of(too_much)

    sealing = sealing_of(context)
    if sealing is not None and (unknown := sealing.unknown(wanted.skills)):
        raise Refusal.of(unknown)

    def change(connection: Connection) -> Desired | Refused:
        seen = visible_robot(context, connection, wanted.robot)
        made = desired.wish(
            connection, seen.id, wanted.skills, wanted.settings, now_s,
            after_revision=wanted.after_revision, sealed=_sealed(sealing, wanted.robot, now_s),
        )  # fmt: skip
        if isinstance(made, Stale):
            return Refused(
                f"the newest revision is {made.revision}, not {wanted.after_revision}",
                "read the desired document again, repeat the change on it",
                "conflict",
            )
        size = len(made.model_dump_json().encode())
        if size > limits.DESIRED_MAX_BYTES:
            text = f"signed, the document has {size} bytes; a robot takes {limits.DESIRED_MAX_BYTES}"
            return Refused(text, "shorten the settings", "too_large")
        return made

    document = context.write(change)
    context.services.publish(wanted.robot, document.model_dump_json().encode())
    return Document(document.revision, days.rfc3339(now_s), document.model_dump(mode="json", exclude={"sealed"}))


def _sealed(sealing: Sealing | None, robot: str, now_s: int) -> Sealed:
    if sealing is None:
        return desired.unsealed
    return lambda document, account: sealing.seal(robot, document, now_s, account)


def _too_much(wanted: WishFor) -> Refused | None:
    """What every robot would refuse to follow."""
    if len(wanted.skills) > limits.DESIRED_MAX_SKILLS:
        text = f"{len(wanted.skills)} skills; a robot takes {limits.DESIRED_MAX_SKILLS}"
        return Refused(text, "name fewer skills", "invalid")
    document = Desired(revision=limits.SEQ_MAX, skills=wanted.skills, settings=wanted.settings)
    size = len(document.model_dump_json().encode())
    if size > limits.DESIRED_MAX_BYTES:
        text = f"the document has {size} bytes; a robot takes {limits.DESIRED_MAX_BYTES}"
        return Refused(text, "shorten the settings", "too_large")
    return None


@operation(roles=ADMINS, writes=True)
def follow_moves(context: Context, _: None) -> int:
    """A robot that moved is told the next revision: empty, or what was wished for its new account. How many were."""
    now_s = context.now_s()
    sealing = cache(lambda: sealing_of(context))  # read only when a robot has moved: the job looks each minute

    def change(connection: Connection) -> list[Reissued]:
        return desired.follow_moves(connection, now_s, lambda robot: _sealed(sealing(), robot, now_s))

    told = context.write(change)
    for one in told:
        context.services.publish(one.robot, one.document.model_dump_json().encode())
        extra = {"action": "desired_follows_move", "robot": one.robot, "revision": one.document.revision}
        log.info("a robot moved; what it should run was said anew", extra=extra)
    return len(told)
