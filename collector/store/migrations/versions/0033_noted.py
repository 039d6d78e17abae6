"""Notes, tags, fields of one's own and attachments: words that accounts are found by, mentions, the bytes of files."""

import sqlalchemy as sa
from alembic import op

from collector.store.tables.fleet import Id

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    op.add_column("fact", sa.Column("word", sa.Text))
    op.create_index(
        "ix_fact_kind_word",
        "fact",
        ["kind", "word", "account_id"],
        sqlite_where=sa.text("word IS NOT NULL AND replaced_at IS NULL"),
        postgresql_where=sa.text("word IS NOT NULL AND replaced_at IS NULL"),
    )
    op.create_table(
        "mention",
        sa.Column("id", Id, primary_key=True, autoincrement=True),
        sa.Column("account_id", Id, sa.ForeignKey("account.id"), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("csm", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("seen_at", sa.BigInteger),
        sa.UniqueConstraint("note", "csm"),
    )
    op.create_index("ix_mention_csm", "mention", ["csm"])
    op.create_index("ix_mention_account_id", "mention", ["account_id"])
    op.create_table(
        "attachment_part",
        sa.Column("sha256", sa.Text, primary_key=True),
        sa.Column("part", sa.Integer, primary_key=True),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
