"""Robots are paired by a one-time code, and a name belongs to one key."""

import sqlalchemy as sa
from alembic import op

from collector.store.tables.fleet import Id

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    op.create_table(
        "robot_code",
        sa.Column("id", Id, primary_key=True, autoincrement=True),
        sa.Column("hash", sa.Text, nullable=False, unique=True),
        sa.Column("robot", sa.Text, nullable=False),
        sa.Column("account_id", Id, sa.ForeignKey("account.id"), nullable=False),
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("replaces", sa.Boolean, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("used_at", sa.BigInteger),
    )
    op.create_table(
        "robot_key",
        sa.Column("robot", sa.Text, primary_key=True),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("account_id", Id, sa.ForeignKey("account.id"), nullable=False),
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
    )
