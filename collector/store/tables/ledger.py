"""Tables of the accounts' ledger. Every row of `fact` is one version of one fact; what it says is never changed.

arrived_at    when this store learned it                 replaced_at            when it learned the next version
recorded_at   when the source system knew it             replaced_recorded_at   when that knew the next version
              (an import of history says so; otherwise arrived_at)

What was known at a moment M is the version with arrived_at <= M and (replaced_at is null or > M). With `recorded`
in place of `arrived` it is what the source system knew: only a back-test and an imported past use that.
"""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint, text

from collector.store.tables.fleet import Id, metadata

fact = Table(
    "fact",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False),  # the fact's own id; unique in its kind
    Column("version", Integer, nullable=False),
    Column("account_id", Id, ForeignKey("account.id")),  # null: of no account (a CSM, an exchange rate)
    Column("day", Integer),  # when it happened or began, where the kind has such a day
    Column("until_day", Integer),
    Column("arrived_at", BigInteger, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    Column("replaced_at", BigInteger),
    Column("replaced_recorded_at", BigInteger),
    Column("withdrawn", Boolean, nullable=False, server_default=text("false")),  # this version: it never was so
    Column("import_id", Id, ForeignKey("import_file.id")),
    Column("author", Text, nullable=False, server_default=""),  # the token's name
    Column(
        "word", Text
    ),  # what accounts are found by: a tag, a field of one's own with its value; else null, also of a withdrawal
    Column("body", Text, nullable=False),  # JSON of the kind's fields; days, moments and money as numbers
    UniqueConstraint("kind", "key", "version"),
    Index("ix_fact_account_id_kind_day", "account_id", "kind", "day"),
    Index("ix_fact_kind_day_key", "kind", "day", "key"),
    Index(
        "ix_fact_kind_word",
        "kind",
        "word",
        "account_id",
        sqlite_where=text("word IS NOT NULL AND replaced_at IS NULL"),
        postgresql_where=text("word IS NOT NULL AND replaced_at IS NULL"),
    ),
    Index(
        "ix_fact_import_id",
        "import_id",
        sqlite_where=text("import_id IS NOT NULL"),
        postgresql_where=text("import_id IS NOT NULL"),
    ),
)

# Deployments that contradict a standing one (the same robot with another account on a shared day): facts without a row
# in `deployment`, until one of the two is ended, corrected or withdrawn.
waiting_claim = Table(
    "waiting_claim",
    metadata,
    Column("fact_key", Text, primary_key=True),
    Column("robot_id", Id, ForeignKey("robot.id"), nullable=False),
    Column("account_id", Id, ForeignKey("account.id"), nullable=False),
    Column("from_day", Integer, nullable=False),
    Column("to_day", Integer),
    Index("ix_waiting_claim_robot_id", "robot_id"),
    Index("ix_waiting_claim_account_id", "account_id"),
)

import_file = Table(
    "import_file",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("author", Text, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("created", Integer, nullable=False),
    Column("corrected", Integer, nullable=False),
    Column("unchanged", Integer, nullable=False),
    Column("skipped", Integer, nullable=False, server_default="0"),
    Column("mapping", Text, nullable=False, server_default="{}"),
    Column("undone_at", BigInteger),
    Column("undone_by", Text),
)
