"""A few accounts with robots in a store, for tests of scoring: facts through the ledger's door, days as rows of usage.

Day numbers; T is the day that tests close, `NOON` the middle of the day after it (UTC).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson
from sqlalchemy import insert, select

from collector.accounts.ledger import writing
from collector.accounts.ledger.facts import Origin, row_ids
from collector.accounts.ledger.kinds import relations, who
from collector.accounts.ledger.kinds.registry import KINDS
from collector.calendar import days
from collector.store.engine import Store
from collector.store.tables.fleet import fault_episode, robot, stream, usage_day
from tests.plain_facts import an_account
from tests.policies import TERMS

DAY_S, HOUR_S = 86_400, 3600
T = 20_000
NOON = (T + 1) * DAY_S + DAY_S // 2
BEGINS = T - 120
LONG_AGO = (T - 200) * DAY_S
COUNTS = {"foot_traffic": 500, "solicitation": 250, "wake_up": 160, "interaction": 90, "guided_tour": 6}


def iso(day: int) -> str:
    return days.iso(day)


def write(store: Store, kind: str, *items: Any, at_s: int = LONG_AGO, recorded_at: int | None = None) -> None:
    with store.write() as connection:
        origin = Origin("test", at_s, recorded_at)
        done = writing.write(connection, KINDS[kind], items, origin, replace(TERMS, new_robots=True))
    assert all(one.did != "refused" for one in done), done


def add_account(store: Store, name: str, robots: Sequence[str], *, timezone: str = "UTC", **fields: Any) -> int:
    """An account with a site and robots since BEGINS; its row."""
    write(store, "account", an_account(id=name, name=name, timezone=timezone, **fields))
    write(store, "site", who.Site(id=f"{name}-site", account=name, name="Hall", opens="08:00", closes="20:00"))
    for one in robots:
        deploy(store, name, one)
    with store.write() as connection:
        for one in robots:
            connection.execute(robot.update().where(robot.c.name == one).values(timezone=timezone))
        return row_ids(connection, [name])[name]


def deploy(
    store: Store, account: str, robot_name: str, *, key: str = "", from_day: int = BEGINS, **fields: Any
) -> None:
    said = who.Deployment(
        id=key or f"{account}-{robot_name}", account=account, robot=robot_name, from_day=from_day, **fields
    )
    write(store, "deployment", said, at_s=fields.pop("at_s", LONG_AGO))


def robot_id(store: Store, name: str) -> int:
    with store.read() as connection:
        return int(connection.scalar(select(robot.c.id).where(robot.c.name == name)))


def use(
    store: Store, name: str, days: Sequence[int], counts: Mapping[str, int] = COUNTS, *, covered_h: int = 12
) -> None:
    """Days of one robot as ingest would have written them: open hours covered from 08:00 on."""
    row = robot_id(store, name)
    covered = [HOUR_S if 8 <= h < 8 + covered_h else 0 for h in range(24)]
    rows = [
        {
            "day": day, "robot_id": row, "totals": orjson.dumps(dict(counts)).decode(),
            "covered": orjson.dumps(covered).decode(), "covered_s": sum(covered),
        }
        for day in days
    ]  # fmt: skip
    with store.write() as connection:
        connection.execute(insert(usage_day), rows)
        if connection.scalar(select(stream.c.robot_id).where(stream.c.robot_id == row)) is None:
            first = {"robot_id": row, "epoch": "e", "first_at": min(days) * DAY_S, "received_at": max(days) * DAY_S}
            connection.execute(insert(stream).values(first))


def fault(
    store: Store, name: str, family: str, opened_s: int, closed_s: int | None = None, seq: int = 1, openings: int = 1
) -> None:
    row = {
        "robot_id": robot_id(store, name), "epoch": "e", "seq": seq, "family": family, "code": "x", "did": "could_not",
        "severity": "error", "opened_at": opened_s, "closed_at": closed_s, "openings": openings,
    }  # fmt: skip
    with store.write() as connection:
        connection.execute(insert(fault_episode).values(row))


def late(store: Store, name: str, day: int, counts: Mapping[str, int] = COUNTS) -> None:
    """A day that comes after it was closed, with ingest's note."""
    use(store, name, [day], counts)
    with store.write() as connection:
        connection.exec_driver_sql(f"INSERT INTO late_day (day, robot_id) VALUES ({day}, {robot_id(store, name)})")


def touch(key: str, account: str, day: int, **fields: Any) -> relations.Touch:
    said = {"direction": "out", "channel": "phone", "summary": "spoke", **fields}
    return relations.Touch(id=key, account=account, day=day, **said)
