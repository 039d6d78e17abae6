"""Account-days beside the robot-days that they are the sum of, for tests that ask whether the two agree."""

from collections import Counter
from collections.abc import Callable, Iterable

import orjson
from sqlalchemy import select

from collector.closing.run import Closing
from collector.health.model import AccountDay
from collector.health.policy.file import Policy
from collector.ingest.rows.base import DayMarks
from collector.ingest.rows.postgresql import PostgresqlRows
from collector.ingest.rows.sqlite import SqliteRows
from collector.ingest.transaction import Groups
from collector.scores import closed_days, reads
from collector.scores.days_codec import decode
from collector.scores.rollup import rollup
from collector.store.engine import Store
from collector.store.tables.fleet import deployment, usage_day
from collector.store.tables.health import account_day
from tests import batches
from tests import portfolio as p
from tests.policies import GRAVE, HEALTH

Sums = dict[tuple[int, int, str], int]
"""(account row, day, counter) -> n, without zeros."""


def by_deployment(store: Store) -> Sums:
    """What the robots' days say."""
    found: Counter[tuple[int, int, str]] = Counter()
    with store.read() as connection:
        stays = connection.execute(select(deployment)).all()
        for row in connection.execute(select(usage_day)):
            for stay in stays:
                if stay.robot_id == row.robot_id and stay.from_day <= row.day <= (stay.to_day or row.day):
                    found.update({(stay.account_id, row.day, key): n for key, n in orjson.loads(row.totals).items()})
    return {key: n for key, n in found.items() if n}


def newest_days(store: Store) -> dict[tuple[int, int], AccountDay]:
    """By (account row, day): the newest version."""
    with store.read() as connection:
        rows = connection.execute(select(account_day).order_by(account_day.c.version)).all()
    return {(row.account_id, row.day): decode(row.day, row.version, row.body) for row in rows}


def by_account(store: Store) -> Sums:
    """What the newest versions of the accounts' days say."""
    return {(*key, name): n for key, day in newest_days(store).items() for name, n in day.counts.items() if n}


def versions(store: Store, account: int) -> dict[int, int]:
    """By day: how many versions it has."""
    with store.read() as connection:
        days = connection.execute(select(account_day.c.day).where(account_day.c.account_id == account)).scalars()
        return dict(Counter(days))


def count_hours(collector: Groups, robot: str, hours: Iterable[int], n: int = 10, *, late_s: int = 60) -> None:
    """An hourly window for each beginning, in unix seconds; delivered when it has ended, on the collector's clock."""
    for at in hours:
        seq = at // 3600
        rows = [batches.window(seq, {"interaction": n}, at=at, mono=at - p.BEGINS * p.DAY_S, span=3600)]
        collector.commit({0: batches.message(robot, rows, held=seq)}, at + 3600 + late_s)


def tells_zone(collector: Groups, robot: str, zone: str, at: int) -> None:
    """The robot's first message, which says where it is."""
    seq = at // 3600 - 1
    start = batches.lifecycle(seq, "start", {"timezone": zone}, at=at)
    collector.commit({0: batches.message(robot, [start], held=seq)}, at)


def roll(closing: Closing, now_s: int) -> None:
    """The part of a closing that adds up: what is due by that clock, then what came late."""
    with closing.store.read() as connection:
        accounts = reads.account_ids(connection)
    for day in closing.due(now_s):
        rollup.roll_up(closing.store, accounts, day, now_s, GRAVE)
        with closing.store.write() as connection:
            closed_days.mark_closed(connection, day)
    with closing.store.read() as connection:
        closed = closed_days.closed_through(connection)
    if closed is not None:
        rollup.roll_up(closing.store, accounts, closed, now_s, GRAVE)


def settling(hours: int) -> Policy:
    """The built-in policy, with another time that late uploads get."""
    return HEALTH.model_copy(update={"clock": HEALTH.clock.model_copy(update={"settle_h": hours})})


def unnoted(patch: Callable[..., None]) -> None:
    """Without the protection: ingest is told that nothing is rolled up, and the closing asks accounts' zones alone."""
    for rows in (SqliteRows, PostgresqlRows):
        patch(rows, "day_marks", lambda _: DayMarks(0, 0))
    patch(closed_days, "robot_zones", lambda _: set())
