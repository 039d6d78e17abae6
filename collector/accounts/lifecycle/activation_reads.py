"""What the store knows of robots in their first weeks with an account: what the activation clock is fed with."""

import logging
from collections.abc import Sequence

from sqlalchemy import Connection, func, select

from collector.accounts.ledger.book import read_book
from collector.accounts.ledger.facts import NOW
from collector.accounts.ledger.kinds.who import Deployment
from collector.accounts.ledger.view import AccountLedger
from collector.accounts.lifecycle.activation import ActivationClock, RobotSeen, clock
from collector.accounts.lifecycle.policy import LifecyclePolicy
from collector.fleet.usage import merged
from collector.store import fence
from collector.store.tables.fleet import lifecycle_event, robot, usage_day

log = logging.getLogger(__name__)
ROBOTS_AT_ONCE = 500
KINDS = ("deployment", "onboarding", "survey", "handover")


def deployed_since(
    connection: Connection, since_day: int, until_day: int, account_ids: Sequence[int] | None = None
) -> list[tuple[AccountLedger, Deployment]]:
    """Deployments that began between two days, both counting, the newest first, then by id."""
    book = read_book(connection, KINDS, NOW, account_ids=account_ids)
    found = [
        (ledger, each)
        for ledger in book.ledgers()
        for each in ledger.deployments
        if since_day <= each.from_day <= until_day
    ]
    return sorted(found, key=lambda pair: (-pair[1].from_day, pair[1].id))


def clocks(
    connection: Connection, deployed: Sequence[tuple[AccountLedger, Deployment]], now_s: int,
    policy: LifecyclePolicy,
) -> list[ActivationClock]:  # fmt: skip
    """The clock of each of these deployments."""
    length = max(policy.first_week.days, *policy.first_week.active_on)
    seen = robots_seen(connection, [(each.robot, each.from_day) for _, each in deployed], length)
    nothing = RobotSeen()

    def of(pair: tuple[AccountLedger, Deployment]) -> ActivationClock:
        ledger, each = pair
        return clock(ledger, each, seen.get((each.robot, each.from_day), nothing), now_s, policy)

    return list(fence.every(deployed, of, _left_out))


def _left_out(pair: tuple[AccountLedger, Deployment], reason: str) -> None:
    ledger, each = pair
    extra = {"action": "clock_left_out", "account": ledger.account.id, "deployment": each.id, "reason": reason}
    log.warning("an activation clock cannot be reckoned; the others are", extra=extra)


def robots_seen(
    connection: Connection, wanted: Sequence[tuple[str, int]], length_days: int
) -> dict[tuple[str, int], RobotSeen]:
    """By (robot, first day): what it showed on that day and the `length_days` after it."""
    found: dict[tuple[str, int], RobotSeen] = {}
    for start in range(0, len(wanted), ROBOTS_AT_ONCE):
        part = wanted[start : start + ROBOTS_AT_ONCE]
        rows = select(robot.c.id, robot.c.name, robot.c.first_seen_at).where(robot.c.name.in_([n for n, _ in part]))
        known = {row.name: row for row in connection.execute(rows)}
        ids = [row.id for row in known.values()]
        first, last = min(day for _, day in part), max(day for _, day in part) + length_days
        counts: dict[int, dict[int, dict[str, int]]] = {}
        usage = select(usage_day.c.robot_id, usage_day.c.day, usage_day.c.totals, usage_day.c.imported).where(
            usage_day.c.robot_id.in_(ids), usage_day.c.day.between(first, last)
        )
        for row in connection.execute(usage):
            counts.setdefault(row.robot_id, {})[row.day] = merged(row.totals, row.imported)
        configured_at = (
            select(lifecycle_event.c.robot_id, func.min(lifecycle_event.c.at))
            .where(lifecycle_event.c.robot_id.in_(ids), lifecycle_event.c.event == "configuration")
            .group_by(lifecycle_event.c.robot_id)
        )
        configured = {row_id: at for row_id, at in connection.execute(configured_at)}  # noqa: C416 - rows are not pairs to mypy
        for name, day in part:
            if name in known:
                row_id = known[name].id
                of_stay = {d: n for d, n in counts.get(row_id, {}).items() if day <= d <= day + length_days}
                found[name, day] = RobotSeen(known[name].first_seen_at, configured.get(row_id), of_stay)
    return found
