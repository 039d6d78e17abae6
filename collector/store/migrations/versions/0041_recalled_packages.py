"""That people took a package from every robot is remembered: no rollout brings it back."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"


def upgrade() -> None:
    op.create_table(
        "recalled_package",
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("skill", sa.Text, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
