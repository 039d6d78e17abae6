"""What of a day's peers each account is. Days that were closed before do not say it."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.add_column("peer_group", sa.Column("members", sa.LargeBinary()))
