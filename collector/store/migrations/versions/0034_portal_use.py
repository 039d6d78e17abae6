"""What customers do in their portal is counted, by account, person and day."""

import sqlalchemy as sa
from alembic import op

from collector.store.tables.fleet import Id

revision = "0034"
down_revision = "0033"


def upgrade() -> None:
    op.create_table(
        "portal_use",
        sa.Column("account_id", Id, sa.ForeignKey("account.id"), primary_key=True),
        sa.Column("person_id", Id, primary_key=True),
        sa.Column("day", sa.BigInteger, primary_key=True),
        sa.Column("did", sa.Text, primary_key=True),
        sa.Column("times", sa.BigInteger, nullable=False),
    )
