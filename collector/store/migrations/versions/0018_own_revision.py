"""Where the present account's revisions of a desired document begin: what was wished before is another account's."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.add_column("desired", sa.Column("own_revision", sa.BigInteger(), nullable=False, server_default="0"))
