"""Lists as people narrow and sort them are saved under a name, for oneself or for everybody."""

import sqlalchemy as sa
from alembic import op

from collector.store.tables.fleet import Id

revision = "0038"
down_revision = "0037"


def upgrade() -> None:
    op.create_table(
        "saved_view",
        sa.Column("id", Id, primary_key=True, autoincrement=True),
        sa.Column("list", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("owner", sa.BigInteger, nullable=False),
        sa.Column("owner_name", sa.Text, nullable=False),
        sa.Column("shared", sa.Boolean, nullable=False),
        sa.Column("filters", sa.Text, nullable=False),
        sa.Column("sort", sa.Text, nullable=False),
        sa.Column("columns", sa.Text, nullable=False),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
        sa.Column("deleted_at", sa.BigInteger),
    )
    op.create_index(
        "ix_saved_view_name",
        "saved_view",
        ["owner", "list", "name"],
        unique=True,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
