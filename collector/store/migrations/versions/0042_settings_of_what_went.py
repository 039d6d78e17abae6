"""What a skill was set to on a robot stays known when it is taken off, so that taking it off can be taken back."""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"


def upgrade() -> None:
    op.add_column("skill_wish", sa.Column("settings", sa.Text))
