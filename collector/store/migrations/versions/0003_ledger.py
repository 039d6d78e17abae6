"""Dated facts of the accounts' ledger; accounts and deployments that are there already become facts too.

When such a deployment was entered is not known any more. Its fact counts as known since the latest of: its account was
made, its robot was first seen, its first day began; never later than this migration.
"""

import json
import time
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op

from collector.calendar.days import DAY_S

revision = "0003"
down_revision = "0002"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_AT_ONCE = 1_000
_COLUMNS = (
    "kind", "key", "version", "account_id", "day", "until_day", "arrived_at", "recorded_at", "author", "body",
)  # fmt: skip
_ACCOUNTS = "SELECT id AS account_id, external_id, name, created_at FROM account ORDER BY id"
_STAYS = """SELECT d.id, d.account_id, d.from_day, d.to_day, r.name AS robot, r.first_seen_at, a.external_id,
a.created_at FROM deployment d JOIN robot r ON r.id = d.robot_id JOIN account a ON a.id = d.account_id ORDER BY d.id"""


def upgrade() -> None:
    _import_file()
    _fact()
    _deployments()
    now_s = int(time.time())
    connection = op.get_bind()
    _write(connection, connection.execute(sa.text(_ACCOUNTS)), _account_of, now_s)
    _write(connection, connection.execute(sa.text(_STAYS)), _stay_of, now_s)
    connection.execute(sa.text("UPDATE deployment SET fact_key = CAST(id AS TEXT)"))


def _import_file() -> None:
    op.create_table(
        "import_file",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("created", sa.Integer(), nullable=False),
        sa.Column("corrected", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.Integer(), server_default="0", nullable=False),
        sa.Column("mapping", sa.Text(), server_default="{}", nullable=False),
        sa.Column("undone_at", sa.BigInteger(), nullable=True),
        sa.Column("undone_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_file")),
    )


def _fact() -> None:
    op.create_table(
        "fact",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("account_id", _ID, nullable=True),
        sa.Column("day", sa.Integer(), nullable=True),
        sa.Column("until_day", sa.Integer(), nullable=True),
        sa.Column("arrived_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("replaced_at", sa.BigInteger(), nullable=True),
        sa.Column("replaced_recorded_at", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("import_id", _ID, nullable=True),
        sa.Column("author", sa.Text(), server_default="", nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_fact_account_id_account")),
        sa.ForeignKeyConstraint(["import_id"], ["import_file.id"], name=op.f("fk_fact_import_id_import_file")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fact")),
        sa.UniqueConstraint("kind", "key", "version", name=op.f("uq_fact_kind_key_version")),
    )
    op.create_index("ix_fact_account_id_kind_day", "fact", ["account_id", "kind", "day"], unique=False)
    op.create_index(
        "ix_fact_import_id",
        "fact",
        ["import_id"],
        unique=False,
        sqlite_where=sa.text("import_id IS NOT NULL"),
        postgresql_where=sa.text("import_id IS NOT NULL"),
    )
    op.create_index("ix_fact_kind_day_key", "fact", ["kind", "day", "key"], unique=False)


def _deployments() -> None:
    op.add_column("deployment", sa.Column("fact_key", sa.Text(), nullable=True))
    op.create_index("ix_deployment_fact_key", "deployment", ["fact_key"], unique=True)
    op.create_table(
        "waiting_claim",
        sa.Column("fact_key", sa.Text(), nullable=False),
        sa.Column("robot_id", _ID, nullable=False),
        sa.Column("account_id", _ID, nullable=False),
        sa.Column("from_day", sa.Integer(), nullable=False),
        sa.Column("to_day", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_waiting_claim_account_id_account")),
        sa.ForeignKeyConstraint(["robot_id"], ["robot.id"], name=op.f("fk_waiting_claim_robot_id_robot")),
        sa.PrimaryKeyConstraint("fact_key", name=op.f("pk_waiting_claim")),
    )
    for column in ("robot_id", "account_id"):
        op.create_index(f"ix_waiting_claim_{column}", "waiting_claim", [column], unique=False)


def _account_of(row: sa.Row[Any]) -> tuple[str, str, int | None, int | None, int, dict[str, Any]]:
    return "account", row.external_id, None, None, row.created_at, {"id": row.external_id, "name": row.name}


def _stay_of(row: sa.Row[Any]) -> tuple[str, str, int | None, int | None, int, dict[str, Any]]:
    body = {"id": str(row.id), "account": row.external_id, "robot": row.robot, "from_day": row.from_day}
    if row.to_day is not None:
        body["to_day"] = row.to_day
    known_s = max(row.created_at, row.first_seen_at, row.from_day * DAY_S)
    return "deployment", str(row.id), row.from_day, row.to_day, known_s, body


def _write(connection: sa.Connection, rows: sa.CursorResult[Any], fact_of: Callable[..., Any], now_s: int) -> None:
    """A first version of a fact for every row."""
    fact = sa.table("fact", *(sa.column(name) for name in _COLUMNS))
    for chunk in rows.partitions(_AT_ONCE):
        made = []
        for row in chunk:
            kind, key, day, until_day, known_s, body = fact_of(row)
            at_s = min(known_s, now_s)
            text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
            made.append((kind, key, 1, row.account_id, day, until_day, at_s, at_s, "upgrade", text))
        connection.execute(sa.insert(fact), [dict(zip(_COLUMNS, values, strict=True)) for values in made])
