"""An account's row says whether its fact was withdrawn, for lists that read no ledger."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    op.add_column("account", sa.Column("withdrawn", sa.Boolean(), nullable=False, server_default=sa.text("false")))
    op.create_index(
        "ix_account_withdrawn", "account", ["withdrawn"], sqlite_where=sa.text("withdrawn"),
        postgresql_where=sa.text("withdrawn"),
    )  # fmt: skip
    op.execute(
        "UPDATE account SET withdrawn = true WHERE external_id IN "
        "(SELECT key FROM fact WHERE kind = 'account' AND replaced_at IS NULL AND withdrawn)"
    )
