"""Whose wish and whose report it is. What stands is the account's whose claim was known when it was stored."""

import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"

_EPOCH_DAY = datetime(1970, 1, 1, tzinfo=UTC).toordinal()


def upgrade() -> None:
    for table in ("desired", "reported"):
        op.add_column(table, sa.Column("account_id", sa.BigInteger()))
    connection = op.get_bind()
    some = "SELECT name, id FROM robot WHERE id IN (SELECT robot_id FROM desired UNION SELECT robot_id FROM reported)"
    names = {row.name: row.id for row in connection.execute(sa.text(some))}
    if not names:
        return
    claims: dict[int, list[Any]] = {}
    known = sa.text("SELECT account_id, body, arrived_at, replaced_at, withdrawn FROM fact WHERE kind = 'deployment'")
    for row in connection.execute(known):
        said = json.loads(row.body)
        if said["robot"] in names:
            claims.setdefault(names[said["robot"]], []).append((row, said))
    for table, at in (("desired", "at"), ("reported", "received_at")):
        query = f"SELECT robot_id, {at}, timezone FROM {table} JOIN robot ON robot.id = robot_id"  # noqa: S608 - our own names
        for robot_id, at_s, zone in connection.execute(sa.text(query)).all():
            account_id = _account(claims.get(robot_id, []), at_s, _day(at_s, zone))
            told = sa.text(f"UPDATE {table} SET account_id = :account WHERE robot_id = :robot")  # noqa: S608 - our own names
            connection.execute(told, {"account": account_id, "robot": robot_id})
    moved = [robot_id for robot_id, some in claims.items() if len({row.account_id for row, _ in some}) > 1]
    for robot_id in moved:  # a report may answer a wish of the account before: of older revisions none is shown
        connection.execute(
            sa.text("UPDATE desired SET own_revision = revision WHERE robot_id = :robot"), {"robot": robot_id}
        )


def _account(claims: list[Any], at_s: int, day: int) -> int | None:
    """Whose claim on that day was known at that moment."""
    for row, said in claims:
        stood = row.arrived_at <= at_s and (row.replaced_at is None or row.replaced_at > at_s) and not row.withdrawn
        if stood and said["from_day"] <= day and (said.get("to_day") is None or day <= said["to_day"]):
            account_id: int | None = row.account_id
            return account_id
    return None


def _day(at_s: int, zone: str) -> int:
    """The day there, counted from 1970-01-01."""
    try:
        where = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        where = ZoneInfo("UTC")
    return datetime.fromtimestamp(at_s, where).toordinal() - _EPOCH_DAY
