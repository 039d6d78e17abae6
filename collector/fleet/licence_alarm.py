"""The alarm of a robot that cannot be told its licences: signed, its document is longer than a robot takes.

It goes by what it was told before, and ends what is paid for when that grace does, until a person shortens its
settings. The alarm is over as soon as a document of the robot fits.
"""

from sqlalchemy import Connection, case, insert, update

from collector.store.tables.fleet import alarm
from protocol import limits

KIND = "licences_untold"
MOVED_EMPTY = "it moved, and with the licences of its account its document is too large: it is told to run nothing"
MOVED_UNTOLD = "it moved, and the licences of its account alone are too large: it runs what it was told before"


def too_large(size: int) -> str:
    """What the alarm says of a signed document of that many bytes."""
    return (
        f"with its licences its document has {size} bytes, more than {limits.DESIRED_MAX_BYTES}: it goes by what it was"
        " told before"
    )


def hold(connection: Connection, robot_id: int, detail: str, now_s: int) -> None:
    """It holds from now, or goes on; one that a person has cleared holds again."""
    a = alarm.c
    anew = a.cleared_at.is_not(None)
    changed = connection.execute(
        update(alarm)
        .where(a.robot_id == robot_id, a.kind == KIND)
        .values(
            raised_at=case((anew, now_s), else_=a.raised_at), times=case((anew, a.times + 1), else_=a.times),
            last_at=now_s, cleared_at=None, detail=detail,
        )
    ).rowcount  # fmt: skip
    if not changed:
        values = {"robot_id": robot_id, "kind": KIND, "raised_at": now_s, "last_at": now_s, "detail": detail}
        connection.execute(insert(alarm).values(values))


def over(connection: Connection, robot_id: int, now_s: int) -> None:
    """A document fits: nothing is to be done any more."""
    a = alarm.c
    holds = (a.robot_id == robot_id, a.kind == KIND, a.cleared_at.is_(None))
    connection.execute(update(alarm).where(*holds).values(cleared_at=now_s))
