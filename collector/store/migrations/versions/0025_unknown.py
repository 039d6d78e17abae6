"""Scores name the causes of what should be known and is not. Those made before name none."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.add_column("score", sa.Column("unknown", sa.Text(), nullable=False, server_default=""))
