"""Rollouts: one version of one skill brought to many robots, judged on the way."""

import sqlalchemy as sa
from alembic import op

from collector.store.tables.fleet import Id

revision = "0036"
down_revision = "0035"


def upgrade() -> None:
    op.create_table(
        "rollout",
        sa.Column("id", Id, primary_key=True, autoincrement=True),
        sa.Column("skill", sa.Text, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("settings", sa.Text, nullable=False),
        sa.Column("orders", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False, server_default=""),
        sa.Column("why", sa.Text, nullable=False, server_default=""),
        sa.Column("seed", sa.Text, nullable=False),
        sa.Column("draws", sa.LargeBinary),
        sa.Column("forecasts", sa.Text, nullable=False, server_default="[]"),
        sa.Column("first_day", sa.Integer),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_rollout_state", "rollout", ["state"])
    op.create_table(
        "rollout_wave",
        sa.Column("rollout_id", Id, sa.ForeignKey("rollout.id"), primary_key=True),
        sa.Column("wave", sa.Integer, primary_key=True),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("judged", sa.Boolean, nullable=False),
        sa.Column("offered_at", sa.BigInteger),
    )
    _add_robots()


def _add_robots() -> None:
    """And what is judged of them."""
    op.create_table(
        "rollout_robot",
        sa.Column("rollout_id", Id, sa.ForeignKey("rollout.id"), primary_key=True),
        sa.Column("robot_id", Id, sa.ForeignKey("robot.id"), primary_key=True),
        sa.Column("account_id", Id),
        sa.Column("place", sa.Integer),
        sa.Column("wave", sa.Integer),
        sa.Column("scene", sa.Text, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("past_faults", sa.Float, nullable=False),
        sa.Column("past_uses", sa.Float, nullable=False),
        sa.Column("past_days", sa.Float, nullable=False),
        sa.Column("rhythm_days", sa.Integer, nullable=False),
        sa.Column("before", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False, server_default=""),
        sa.Column("revision", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("offered_at", sa.BigInteger),
        sa.Column("due_at", sa.BigInteger),
        sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
        sa.Column("next_try_at", sa.BigInteger),
    )
    op.create_index("ix_rollout_robot_rollout_id_state", "rollout_robot", ["rollout_id", "state"])
    op.create_index("ix_rollout_robot_robot_id", "rollout_robot", ["robot_id"])
    op.create_table(
        "rollout_look",
        sa.Column("id", Id, primary_key=True, autoincrement=True),
        sa.Column("rollout_id", Id, sa.ForeignKey("rollout.id"), nullable=False),
        sa.Column("look", sa.Integer, nullable=False),
        sa.Column("day", sa.Integer, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("report", sa.Text, nullable=False),
        sa.Column("struck", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("rollout_id", "day"),
    )
    op.create_table(
        "rollout_answer",
        sa.Column("rollout_id", Id, sa.ForeignKey("rollout.id"), primary_key=True),
        sa.Column("account_id", Id, sa.ForeignKey("account.id"), primary_key=True),
        sa.Column("approves", sa.Boolean, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
