"""Bills for skills, credit notes and disputes; what was closed is changed by nobody."""

import sqlalchemy as sa
from alembic import op

from collector.store.tables.fleet import Id

revision = "0035"
down_revision = "0034"

_REFUSES = "a closed bill and its credit notes are append-only"
_APPEND_ONLY = ("skill_bill", "skill_bill_line", "skill_credit_note", "skill_credit_decision")


def upgrade() -> None:
    op.create_table(
        "skill_bill",
        sa.Column("id", Id, primary_key=True, autoincrement=True),
        sa.Column("account_id", Id, sa.ForeignKey("account.id"), nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("from_day", sa.Integer, nullable=False),
        sa.Column("to_day", sa.Integer, nullable=False),
        sa.Column("timezone", sa.Text, nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("closed_at", sa.BigInteger, nullable=False),
        sa.Column("positions", sa.Text, nullable=False),
        sa.UniqueConstraint("account_id", "currency", "from_day"),
    )
    op.create_index("ix_skill_bill_from_day", "skill_bill", ["from_day"])
    op.create_table(
        "skill_bill_line",
        sa.Column("bill_id", Id, sa.ForeignKey("skill_bill.id"), primary_key=True),
        sa.Column("place", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("subscription", sa.Text, nullable=False),
        sa.Column("skill", sa.Text, nullable=False),
        sa.Column("contract_line", sa.Text, nullable=False),
        sa.Column("charge", sa.Text, nullable=False),
        sa.Column("from_day", sa.Integer, nullable=False),
        sa.Column("to_day", sa.Integer, nullable=False),
        sa.Column("quantity", sa.Text, nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("expected_s", sa.BigInteger),
        sa.Column("arrived_s", sa.BigInteger),
        sa.Column("evidence", sa.Text, nullable=False),
    )
    _credits()
    op.create_table(
        "skill_bill_left_off",
        sa.Column("account_id", Id, sa.ForeignKey("account.id"), primary_key=True),
        sa.Column("contract_line", sa.Text, primary_key=True),
        sa.Column("skill", sa.Text, primary_key=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("other", sa.Text, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "skill_bill_mark",
        sa.Column("account_id", Id, sa.ForeignKey("account.id"), primary_key=True, autoincrement=False),
        sa.Column("to_day", sa.Integer, nullable=False),
        sa.Column("looked_at", sa.BigInteger, nullable=False),
    )
    _append_only()


def _credits() -> None:
    op.create_table(
        "skill_credit_note",
        sa.Column("id", Id, primary_key=True, autoincrement=True),
        sa.Column("bill_id", Id, sa.ForeignKey("skill_bill.id"), nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("person_id", Id, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("proposed_at", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_skill_credit_note_bill_id", "skill_credit_note", ["bill_id"])
    op.create_table(
        "skill_credit_decision",
        sa.Column("note_id", Id, sa.ForeignKey("skill_credit_note.id"), primary_key=True, autoincrement=False),
        sa.Column("is_approved", sa.Boolean, nullable=False),
        sa.Column("person_id", Id, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("decided_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "skill_bill_dispute",
        sa.Column("id", Id, primary_key=True, autoincrement=True),
        sa.Column("bill_id", Id, sa.ForeignKey("skill_bill.id"), nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("account_id", Id, sa.ForeignKey("account.id"), nullable=False),
        sa.Column("from_day", sa.Integer, nullable=False),
        sa.Column("to_day", sa.Integer, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("opened_at", sa.BigInteger, nullable=False),
        sa.Column("settled_at", sa.BigInteger),
        sa.Column("settled_by", sa.Text),
        sa.Column("settled_why", sa.Text),
        sa.Column("released_at", sa.BigInteger),
    )
    op.create_index("ix_skill_bill_dispute_bill_id", "skill_bill_dispute", ["bill_id"])
    op.create_index("ix_skill_bill_dispute_account_id", "skill_bill_dispute", ["account_id"])


def _append_only() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table in _APPEND_ONLY:
            for what in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_keeps_{what.lower()} BEFORE {what} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{_REFUSES}'); END"
                )
        return
    op.execute(
        "CREATE FUNCTION skill_bill_keeps() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN RAISE EXCEPTION '{_REFUSES}'; END $$"
    )
    for table in _APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_keeps BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION skill_bill_keeps()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_keeps_all BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION skill_bill_keeps()"
        )
