"""Tables beside the notes and attachments of the ledger: whom a note mentions, and the bytes of files.

mention           a CSM that a note mentions; `seen_at`: that CSM has put it away
attachment_part   a file in pieces, by its SHA-256: what two attachments hold in common is kept once (ADR 0037)
"""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text, UniqueConstraint

from collector.store.tables.fleet import Id, metadata

mention = Table(
    "mention",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("account_id", Id, ForeignKey("account.id"), nullable=False),
    Column("note", Text, nullable=False),  # the fact's id
    Column("csm", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("seen_at", BigInteger),
    UniqueConstraint("note", "csm"),
    Index("ix_mention_csm", "csm"),
    Index("ix_mention_account_id", "account_id"),
)

attachment_part = Table(
    "attachment_part",
    metadata,
    Column("sha256", Text, primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)
