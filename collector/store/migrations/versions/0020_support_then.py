"""Which counters a robot said that it can count before it said otherwise. Before this only the last change was kept."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    identity = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "counter_support_past",
        sa.Column("robot_id", identity, sa.ForeignKey("robot.id"), primary_key=True),
        sa.Column("counter", sa.Text(), primary_key=True),
        sa.Column("until_s", sa.BigInteger(), primary_key=True),
        sa.Column("since_s", sa.BigInteger(), nullable=False),
        sa.Column("supported", sa.Boolean(), nullable=False),
    )
    op.create_index("counter_support_past_until", "counter_support_past", ["until_s"])
