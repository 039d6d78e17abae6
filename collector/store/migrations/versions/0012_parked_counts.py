"""Amounts that no robot can have counted are kept apart, until a person judges them (`parked_count`).

Stores of earlier releases may hold such sums, up to 2^63 - 1 and beyond, on which the closing and every sum failed:
they become parked amounts here, and their days are rolled up again. A sum that is within the limit stays.
"""

import json
import logging
import time

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

ROBOT_DAY_MAX = 10**12
_DIGITS = 13  # of ROBOT_DAY_MAX; rows without such a number need not be parsed
log = logging.getLogger(__name__)


def upgrade() -> None:
    _create()
    connection = op.get_bind()
    held = "GLOB '*" + "[0-9]" * _DIGITS + "*'" if connection.dialect.name == "sqlite" else f"~ '[0-9]{{{_DIGITS}}}'"
    wanted = f"SELECT day, robot_id, totals, hours, imported FROM usage_day WHERE totals {held} OR imported {held}"  # noqa: S608 - our own text
    for day, robot_id, totals, hours, imported in connection.execute(sa.text(wanted)).all():
        _part(connection, (day, robot_id), totals, hours, imported)


def _create() -> None:
    big = sa.BigInteger()
    identity = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "parked_count",
        sa.Column("id", identity, primary_key=True, autoincrement=True),
        sa.Column("robot_id", identity, sa.ForeignKey("robot.id"), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("counter", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("hours", sa.Text(), nullable=False),
        sa.Column("amount", sa.Text(), nullable=False),
        sa.Column("windows", big, nullable=False),
        sa.Column("most", big, nullable=False),
        sa.Column("first_at", big, nullable=False),
        sa.Column("last_at", big, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("decided_at", big),
        sa.Column("decided_by", sa.Text()),
        sa.Column("why", sa.Text()),
    )
    op.create_index("ix_parked_count_robot_id_day", "parked_count", ["robot_id", "day"])
    waiting = sa.text("state = 'waiting'")
    op.create_index(
        "ix_parked_count_waiting", "parked_count", ["robot_id", "day", "counter"], unique=True,
        sqlite_where=waiting, postgresql_where=waiting,
    )  # fmt: skip


def _part(
    connection: sa.Connection, key: tuple[int, int], totals_text: str, hours_text: str | None, imported_text: str | None
) -> None:
    """Move what no robot can have counted out of one robot-day."""
    totals, imported = json.loads(totals_text), json.loads(imported_text or "{}")
    hours = json.loads(hours_text) if hours_text else None
    absurd = {counter: n for counter, n in totals.items() if n > ROBOT_DAY_MAX}
    absurd_imported = {counter: n for counter, n in imported.items() if n > ROBOT_DAY_MAX}
    if not absurd and not absurd_imported:
        return
    now_s = int(time.time())
    for counter in sorted({**absurd, **absurd_imported}):
        n = absurd.get(counter, 0) + absurd_imported.get(counter, 0)
        row = {
            "robot": key[1], "day": key[0], "counter": counter, "hours": json.dumps({"0": str(n)}), "amount": str(n),
            "most": ROBOT_DAY_MAX, "at": now_s,
        }  # fmt: skip
        insert = (
            "INSERT INTO parked_count (robot_id, day, counter, reason, hours, amount, windows, most, first_at, last_at,"
            " state) VALUES (:robot, :day, :counter, 'found_in_store', :hours, :amount, 0, :most, :at, :at, 'waiting')"
        )
        connection.execute(sa.text(insert), row)
        log.warning(
            "an absurd sum was found in the store and is parked",
            extra={"action": "absurd_sum_parked", "robot_row": key[1], "day": key[0], "counter": counter},
        )
    for counter in absurd:
        del totals[counter]
        if hours is not None:
            hours.pop(counter, None)
    for counter in absurd_imported:
        del imported[counter]
    connection.execute(
        sa.text(
            "UPDATE usage_day SET totals = :totals, hours = :hours, imported = :imported"
            " WHERE day = :day AND robot_id = :robot"
        ),
        {
            "totals": json.dumps(totals, separators=(",", ":")),
            "hours": None if hours is None else json.dumps(hours, separators=(",", ":")),
            "imported": json.dumps(imported, separators=(",", ":")) if imported_text else None,
            "day": key[0], "robot": key[1],
        },
    )  # fmt: skip
    again = "INSERT INTO late_day (day, robot_id) VALUES (:day, :robot) ON CONFLICT (day, robot_id) DO NOTHING"
    connection.execute(sa.text(again), {"day": key[0], "robot": key[1]})
