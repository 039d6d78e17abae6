"""Dated facts of the accounts' ledger; accounts and deployments become facts too."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _import_file()
    _fact()


def _import_file() -> None:
    op.create_table(
        "import_file",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("created", sa.Integer(), nullable=False),
        sa.Column("corrected", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.Integer(), server_default="0", nullable=False),
        sa.Column("mapping", sa.Text(), server_default="{}", nullable=False),
        sa.Column("undone_at", sa.BigInteger(), nullable=True),
        sa.Column("undone_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_file")),
    )


def _fact() -> None:
    op.create_table(
        "fact",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("account_id", _ID, nullable=True),
        sa.Column("day", sa.Integer(), nullable=True),
        sa.Column("until_day", sa.Integer(), nullable=True),
        sa.Column("arrived_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("replaced_at", sa.BigInteger(), nullable=True),
        sa.Column("replaced_recorded_at", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("import_id", _ID, nullable=True),
        sa.Column("author", sa.Text(), server_default="", nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_fact_account_id_account")),
        sa.ForeignKeyConstraint(["import_id"], ["import_file.id"], name=op.f("fk_fact_import_id_import_file")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fact")),
        sa.UniqueConstraint("kind", "key", "version", name=op.f("uq_fact_kind_key_version")),
    )
    op.create_index("ix_fact_account_id_kind_day", "fact", ["account_id", "kind", "day"], unique=False)
    op.create_index(
        "ix_fact_import_id",
        "fact",
        ["import_id"],
        unique=False,
        sqlite_where=sa.text("import_id IS NOT NULL"),
        postgresql_where=sa.text("import_id IS NOT NULL"),
    )
    op.create_index("ix_fact_kind_id", "fact", ["kind", "id"], unique=False)
