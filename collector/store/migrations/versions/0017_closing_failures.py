"""What failed in closings, whose and since when (`closing_failure`): it is tried again, nobody else waits for it."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    identity = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "closing_failure",
        sa.Column("kind", sa.Text(), primary_key=True),
        sa.Column("row_id", identity, primary_key=True, autoincrement=False),
        sa.Column("step", sa.Text(), primary_key=True),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("times", sa.BigInteger(), nullable=False),
        sqlite_with_rowid=False,
    )
