"""Account-days say which robot did what of them. Those added up before do not."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    op.add_column("account_day", sa.Column("by_robot", sa.LargeBinary()))
