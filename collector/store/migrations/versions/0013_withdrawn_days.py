"""What was closed of days that were not over is withdrawn, not deleted."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    for table in ("score", "lifecycle", "anomaly"):
        op.add_column(table, sa.Column("withdrawn_at", sa.BigInteger()))
