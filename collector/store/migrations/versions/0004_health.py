"""What the health model reads and says: usage by account and day, scores, anomalies, incidents."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _late_day()
    _account_day()
    _rollup_mark()
    _to_rescore()
    _policy()
    _peer_group()
    _score()
    _lifecycle()
    _incident()
    _anomaly()


def _late_day() -> None:
    op.create_table(
        "late_day",
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("robot_id", _ID, nullable=False),
        sa.ForeignKeyConstraint(["robot_id"], ["robot.id"], name=op.f("fk_late_day_robot_id_robot")),
        sa.PrimaryKeyConstraint("day", "robot_id", name=op.f("pk_late_day")),
        sqlite_with_rowid=False,
    )


def _account_day() -> None:
    op.create_table(
        "account_day",
        sa.Column("account_id", _ID, nullable=False),
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("arrived_at", sa.BigInteger(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("robots", sa.Integer(), nullable=False),
        sa.Column("heard", sa.Integer(), nullable=False),
        sa.Column("active", sa.Integer(), nullable=False),
        sa.Column("online_s", sa.BigInteger(), nullable=False),
        sa.Column("scheduled_s", sa.BigInteger(), nullable=False),
        sa.Column("foot_traffic", sa.BigInteger(), nullable=True),
        sa.Column("wake_up", sa.BigInteger(), nullable=True),
        sa.Column("interaction", sa.BigInteger(), nullable=True),
        sa.Column("faults", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_account_day_account_id_account")),
        sa.PrimaryKeyConstraint("account_id", "day", "version", name=op.f("pk_account_day")),
        sqlite_with_rowid=False,
    )


def _rollup_mark() -> None:
    op.create_table(
        "rollup_mark",
        sa.Column("account_id", _ID, nullable=False),
        sa.Column("through_day", sa.Integer(), nullable=False),
        sa.Column("rolled_at", sa.BigInteger(), nullable=False),
        sa.Column("recent", sa.Text(), server_default="[]", nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_rollup_mark_account_id_account")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_rollup_mark")),
    )


def _to_rescore() -> None:
    op.create_table(
        "to_rescore",
        sa.Column("account_id", _ID, nullable=False),
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_to_rescore_account_id_account")),
        sa.PrimaryKeyConstraint("account_id", "day", name=op.f("pk_to_rescore")),
        sqlite_with_rowid=False,
    )


def _policy() -> None:
    op.create_table(
        "policy",
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("arrived_at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_policy")),
    )


def _peer_group() -> None:
    op.create_table(
        "peer_group",
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("day", "basis", "version", name=op.f("pk_peer_group")),
    )


def _score() -> None:
    op.create_table(
        "score",
        sa.Column("account_id", _ID, nullable=False),
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("known_at", sa.BigInteger(), nullable=False),
        sa.Column("scored_at", sa.BigInteger(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("final", sa.Float(), nullable=True),
        sa.Column("raw", sa.Float(), nullable=True),
        sa.Column("band", sa.Text(), nullable=False),
        sa.Column("coverage", sa.Float(), nullable=False),
        sa.Column("profile", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False, server_default=""),
        sa.Column("caps", sa.Text(), nullable=False, server_default=""),
        sa.Column("candidate_band", sa.Text(), nullable=True),
        sa.Column("candidate_days", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("detail", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_score_account_id_account")),
        sa.PrimaryKeyConstraint("account_id", "day", "basis", "version", name=op.f("pk_score")),
    )
    op.create_index("ix_score_day_basis", "score", ["day", "basis"], unique=False)


def _lifecycle() -> None:
    op.create_table(
        "lifecycle",
        sa.Column("account_id", _ID, nullable=False),
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("arrived_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_lifecycle_account_id_account")),
        sa.PrimaryKeyConstraint("account_id", "day", "stage", name=op.f("pk_lifecycle")),
    )


def _incident() -> None:
    op.create_table(
        "incident",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("opened_day", sa.Integer(), nullable=False),
        sa.Column("closed_day", sa.Integer(), nullable=True),
        sa.Column("arrived_at", sa.BigInteger(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
    )


def _anomaly() -> None:
    op.create_table(
        "anomaly",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("account_id", _ID, nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("counter", sa.Text(), nullable=False),
        sa.Column("p", sa.Float(), nullable=False),
        sa.Column("ratio", sa.Float(), nullable=False),
        sa.Column("since_day", sa.Integer(), nullable=True),
        sa.Column("incident_id", _ID, nullable=True),
        sa.Column("arrived_at", sa.BigInteger(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_anomaly_account_id_account")),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_anomaly_incident_id_incident")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_anomaly")),
    )
    op.create_index("ix_anomaly_account_id_day", "anomaly", ["account_id", "day"], unique=False)
