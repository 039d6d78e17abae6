"""What failed in closings and is not over yet: whose, in which step, since when. Each is tried again by the next round.

rollup    the account's days, or a robot's day in them; everything after waits for it
score     reading and scoring of the account; it has no score of these days
success   its calls to action of a day
tell      what is told of a day (account 0: of everybody)
"""

import logging
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, and_, delete, func, insert, select, update

from collector.calendar import days
from collector.store.fence import Failed
from collector.store.tables.fleet import account, robot
from collector.store.tables.health import closing_failure

log = logging.getLogger(__name__)
FailureStep = Literal["rollup", "score", "success", "tell"]


@dataclass(frozen=True, slots=True)
class ClosingFailure:
    """One account's or robot's failure in the closing. `day`: the first that it concerns."""

    kind: str
    name: str
    step: str
    day: str
    reason: str
    first_at: str
    last_at: str
    times: int


def settle(connection: Connection, step: FailureStep, failed: Failed, day: int, now_s: int) -> None:
    """`failed` is all that failed in this step: what is not among it is over."""
    standing = connection.execute(select(closing_failure).where(closing_failure.c.step == step)).all()
    over = [(row.kind, row.row_id) for row in standing if (row.kind, row.row_id) not in failed]
    forget(connection, step, over)
    add(connection, step, failed, day, now_s)


def add(connection: Connection, step: FailureStep, failed: Failed, day: int, now_s: int) -> None:
    """Name these failures; one that stands goes on from its first day."""
    for (kind, row_id), reason in sorted(failed.items()):
        key = _key(kind, row_id, step)
        values: dict[str, Any] = {"reason": reason, "last_at": now_s, "times": closing_failure.c.times + 1}
        known = connection.execute(update(closing_failure).where(key).values(values)).rowcount
        extra = {"action": "closing_failed_for", "kind": kind, "row": row_id, "step": step, "day": days.iso(day)}
        if known:
            log.debug("the closing fails again for one", extra={**extra, "reason": reason})
            continue
        row = {"kind": kind, "row_id": row_id, "step": step, "day": day, "first_at": now_s, "times": 1}
        connection.execute(insert(closing_failure).values(**row, reason=reason, last_at=now_s))
        log.error("the closing failed for one; the others go on", extra={**extra, "reason": reason})


def forget(connection: Connection, step: FailureStep, over: Collection[tuple[str, int]]) -> None:
    for kind, row_id in over:
        connection.execute(delete(closing_failure).where(_key(kind, row_id, step)))
        extra = {"action": "closing_failure_over", "kind": kind, "row": row_id, "step": step}
        log.info("the closing works again for one", extra=extra)


def waiting(connection: Connection, step: FailureStep) -> dict[int, int]:
    """Account row -> first day to try again."""
    wanted = select(closing_failure.c.row_id, closing_failure.c.day).where(
        closing_failure.c.step == step, closing_failure.c.kind == "account"
    )
    return dict(connection.execute(wanted).all())


def count(connection: Connection) -> int:
    return int(connection.scalar(select(func.count()).select_from(closing_failure)) or 0)


def listed(connection: Connection) -> list[ClosingFailure]:
    """All of them, the oldest first, by the names that people know."""
    columns = closing_failure.c
    wanted = (
        select(closing_failure, account.c.external_id, robot.c.name)
        .join(account, and_(columns.kind == "account", account.c.id == columns.row_id), isouter=True)
        .join(robot, and_(columns.kind == "robot", robot.c.id == columns.row_id), isouter=True)
        .order_by(columns.first_at, columns.kind, columns.row_id, columns.step)
    )
    return [
        ClosingFailure(
            row.kind, row.external_id or row.name or "", row.step, days.iso(row.day), row.reason,
            days.rfc3339(row.first_at), days.rfc3339(row.last_at), row.times,
        )
        for row in connection.execute(wanted)
    ]  # fmt: skip


def _key(kind: str, row_id: int, step: str) -> Any:
    columns = closing_failure.c
    return and_(columns.kind == kind, columns.row_id == row_id, columns.step == step)
