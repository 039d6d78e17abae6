"""A cloned card becomes a robot of its own: a stream says which robot it books to."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("stream", sa.Column("books_to", sa.BigInteger(), nullable=True))
