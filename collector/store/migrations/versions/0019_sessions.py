"""Sessions of people who signed in, so that they can be listed and ended. A session of an earlier release is over."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    identity = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "web_session",
        sa.Column("id", identity, primary_key=True, autoincrement=True),
        sa.Column("token_id", identity, sa.ForeignKey("api_token.id"), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False, unique=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
    )
