"""How each account stood at the last closing, for lists that sort and sum. Filled by the next closing."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    op.create_table(
        "standing",
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("csm", sa.Text(), nullable=False),
        sa.Column("arr", sa.BigInteger()),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("due_day", sa.Integer()),
        sa.Column("auto_renews", sa.Boolean(), nullable=False),
        sa.Column("noticed", sa.Boolean(), nullable=False),
        sa.Column("contract", sa.Text(), nullable=False),
        sa.Column("notice_day", sa.Integer()),
        sa.Column("steps", sa.Integer(), nullable=False),
        sa.Column("contact_day", sa.Integer()),
        sa.Column("cadence_days", sa.Float(), nullable=False),
        sa.Column("final", sa.Float()),
        sa.Column("raw", sa.Float()),
        sa.Column("band", sa.Text(), nullable=False),
        sa.Column("caps", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("coverage", sa.Float(), nullable=False),
        sa.Column("band_before", sa.Text()),
        sa.Column("raw_before", sa.Float()),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"]),
        sa.PrimaryKeyConstraint("account_id"),
    )
    op.create_index("ix_standing_csm_due_day", "standing", ["csm", "due_day"])
    op.create_index("ix_standing_due_day", "standing", ["due_day"])
    op.create_index("ix_standing_final", "standing", ["final"])
