"""Tables of bills for skills. The database refuses to change or remove a closed bill, its lines and its credit notes.

skill_bill               a month of an account in one currency, closed
skill_bill_line          one charge of it, with the robots and days that it rests on
skill_credit_note        money given back for a line: proposed
skill_credit_decision    a second person approved or refused it
skill_bill_dispute       a line that somebody contests: what it rests on stays until that is settled
skill_bill_mark          how far an account's months have been looked at by closings
skill_bill_left_off      entitlements that are on no bill, with the reason; as the newest closing found them
"""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint

from collector.store.tables.fleet import Id, metadata

skill_bill = Table(
    "skill_bill",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("account_id", Id, ForeignKey("account.id"), nullable=False),
    Column("currency", Text, nullable=False),
    Column("from_day", Integer, nullable=False),  # the month, days since 1970
    Column("to_day", Integer, nullable=False),  # the first day after it
    Column("timezone", Text, nullable=False),  # the account's when it was closed: whose midnight ends the month
    Column("amount", BigInteger, nullable=False),  # in the currency's smallest unit; below zero: a credit
    Column("closed_at", BigInteger, nullable=False),
    Column("positions", Text, nullable=False),  # JSON {robot: {epoch: record}}: up to which it was counted
    Column("lines", Integer, nullable=False),  # how many it has: the database takes no further one
    UniqueConstraint("account_id", "currency", "from_day"),
    Index("ix_skill_bill_from_day", "from_day"),
)

skill_bill_line = Table(
    "skill_bill_line",
    metadata,
    Column("bill_id", Id, ForeignKey("skill_bill.id"), primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),  # 0 is the first line
    Column("subscription", Text, nullable=False),
    Column("skill", Text, nullable=False),
    Column("contract_line", Text, nullable=False),  # its id in the ledger
    Column("charge", Text, nullable=False),
    Column("from_day", Integer, nullable=False),  # of the month that it is of: earlier than the bill's: a delta
    Column("to_day", Integer, nullable=False),
    Column("quantity", Text, nullable=False),  # decimal
    Column("amount", BigInteger, nullable=False),
    Column("expected_s", BigInteger),  # robot-seconds of that month; null: the charge rests on no robot's counts
    Column("arrived_s", BigInteger),
    Column("evidence", Text, nullable=False),  # JSON, collector/skillstore/billing/evidence.py
)

skill_credit_note = Table(
    "skill_credit_note",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("bill_id", Id, ForeignKey("skill_bill.id"), nullable=False),
    Column("place", Integer, nullable=False),
    Column("amount", BigInteger, nullable=False),  # above zero, in the smallest unit of the bill's currency
    Column("reason", Text, nullable=False),
    Column("person_id", Id, nullable=False),  # who proposed it; no foreign key: a note outlives whom it names
    Column("who", Text, nullable=False),
    Column("proposed_at", BigInteger, nullable=False),
    Index("ix_skill_credit_note_bill_id", "bill_id"),
)

skill_credit_decision = Table(
    "skill_credit_decision",
    metadata,
    Column("note_id", Id, ForeignKey("skill_credit_note.id"), primary_key=True, autoincrement=False),
    Column("is_approved", Boolean, nullable=False),
    Column("person_id", Id, nullable=False),
    Column("who", Text, nullable=False),
    Column("decided_at", BigInteger, nullable=False),
)

skill_bill_dispute = Table(
    "skill_bill_dispute",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("bill_id", Id, ForeignKey("skill_bill.id"), nullable=False),
    Column("place", Integer, nullable=False),
    Column("account_id", Id, ForeignKey("account.id"), nullable=False),
    Column("from_day", Integer, nullable=False),  # of the line
    Column("to_day", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("settled_at", BigInteger),
    Column("settled_by", Text),
    Column("settled_why", Text),
    Column("released_at", BigInteger),  # when what it held was removed as everything of its age
    Index("ix_skill_bill_dispute_bill_id", "bill_id"),
    Index("ix_skill_bill_dispute_account_id", "account_id"),
)

skill_bill_left_off = Table(
    "skill_bill_left_off",
    metadata,
    Column("account_id", Id, ForeignKey("account.id"), primary_key=True, autoincrement=False),
    Column("entitlement_id", Id, ForeignKey("skill_entitlement.id"), primary_key=True, autoincrement=False),
    Column("contract_line", Text, nullable=False),
    Column("skill", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("other", Text, nullable=False),
    Column("since", BigInteger, nullable=False),
)

skill_bill_mark = Table(
    "skill_bill_mark",
    metadata,
    Column("account_id", Id, ForeignKey("account.id"), primary_key=True, autoincrement=False),
    Column("to_day", Integer, nullable=False),  # the first day after the newest month that was looked at
    Column("looked_at", BigInteger, nullable=False),
)
