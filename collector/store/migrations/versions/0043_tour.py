"""Whether a person has put the tour of Today away. Who is there already has had a first visit."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"


def upgrade() -> None:
    op.add_column("person", sa.Column("toured", sa.Boolean, nullable=False, server_default=sa.text("false")))
    op.execute("UPDATE person SET toured = true")
