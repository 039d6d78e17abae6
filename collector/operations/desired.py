"""What a robot should run and what it says it runs."""

import logging
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from collector.access.caller import ADMINS, WRITERS
from collector.calendar import days
from collector.context import Context
from collector.fleet import desired
from collector.fleet.desired import Document, Stale
from collector.operations.operation import operation, visible_robot
from collector.values.refusal import Refused
from protocol.messages import Desired, DesiredSkill

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class WishFor:
    """`after_revision`: refuse when another revision is the newest by now. None: whatever stands is replaced."""

    robot: str
    skills: list[DesiredSkill]
    settings: dict[str, Any]
    after_revision: int | None = None


@operation(roles=WRITERS, writes=True)
def put_desired(context: Context, wanted: WishFor) -> Document:
    """Store the next revision, then publish it as a retained document; a robot that is away gets it on returning."""
    now_s = context.now_s()

    def change(connection: Connection) -> Desired | Refused:
        seen = visible_robot(context, connection, wanted.robot)
        made = desired.wish(
            connection, seen.id, wanted.skills, wanted.settings, now_s, after_revision=wanted.after_revision
        )
        if isinstance(made, Stale):
            return Refused(
                f"the newest revision is {made.revision}, not {wanted.after_revision}",
                "read the desired document again, repeat the change on it",
                "conflict",
            )
        return made

    document = context.write(change)
    context.services.publish(wanted.robot, document.model_dump_json().encode())
    return Document(document.revision, days.rfc3339(now_s), document.model_dump(mode="json"))


@operation(roles=ADMINS, writes=True)
def follow_moves(context: Context, _: None) -> int:
    """A robot that moved is told the next revision: empty, or what was wished for its new account. How many were."""
    told = context.write(lambda connection: desired.follow_moves(connection, context.now_s()))
    for one in told:
        context.services.publish(one.robot, one.document.model_dump_json().encode())
        extra = {"action": "desired_follows_move", "robot": one.robot, "revision": one.document.revision}
        log.info("a robot moved; what it should run was said anew", extra=extra)
    return len(told)
