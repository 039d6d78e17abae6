"""A bill says how many lines it has, so that no further one gets in; what is left off is named by entitlement.

A contract line can be sold again: two entitlements of it that are both left off had one row between them.
"""

import sqlalchemy as sa
from alembic import op

from collector.store.tables.fleet import Id

revision = "0040"
down_revision = "0039"

_REFUSES = "a closed bill and its credit notes are append-only"
_LEFT_OFF = (
    "SELECT b.account_id, min(e.id) AS entitlement_id, b.contract_line, b.skill, b.reason, b.other, b.since "
    "FROM skill_bill_left_off b JOIN skill_entitlement e ON e.account_id = b.account_id "
    "AND e.contract_line = b.contract_line AND e.skill = b.skill WHERE b.reason <> 'ends_before' "
    "GROUP BY b.account_id, b.contract_line, b.skill, b.reason, b.other, b.since"
)
_FURTHER = "NEW.place NOT BETWEEN 0 AND (SELECT lines - 1 FROM skill_bill WHERE id = NEW.bill_id)"


def upgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    op.add_column("skill_bill", sa.Column("lines", sa.Integer, nullable=False, server_default="0"))
    (_count_on_sqlite if sqlite else _count_on_postgresql)()
    found = op.get_bind().execute(sa.text(_LEFT_OFF)).mappings().all()
    op.drop_table("skill_bill_left_off")
    made = _left_off()
    if found:
        op.bulk_insert(made, [dict(row) for row in found])


def _left_off() -> sa.Table:
    return op.create_table(
        "skill_bill_left_off",
        sa.Column("account_id", Id, sa.ForeignKey("account.id"), primary_key=True, autoincrement=False),
        sa.Column("entitlement_id", Id, sa.ForeignKey("skill_entitlement.id"), primary_key=True, autoincrement=False),
        sa.Column("contract_line", sa.Text, nullable=False),
        sa.Column("skill", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("other", sa.Text, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
    )


_COUNT = "UPDATE skill_bill SET lines = (SELECT count(*) FROM skill_bill_line l WHERE l.bill_id = skill_bill.id)"


def _count_on_sqlite() -> None:
    op.execute("DROP TRIGGER skill_bill_keeps_update")
    op.execute(_COUNT)
    op.execute(
        "CREATE TRIGGER skill_bill_keeps_update BEFORE UPDATE ON skill_bill "
        f"BEGIN SELECT RAISE(ABORT, '{_REFUSES}'); END"
    )
    op.execute(
        f"CREATE TRIGGER skill_bill_line_keeps_insert BEFORE INSERT ON skill_bill_line WHEN {_FURTHER} "
        f"BEGIN SELECT RAISE(ABORT, '{_REFUSES}'); END"
    )


def _count_on_postgresql() -> None:
    op.execute("ALTER TABLE skill_bill DISABLE TRIGGER skill_bill_keeps")
    op.execute(_COUNT)
    op.execute("ALTER TABLE skill_bill ENABLE TRIGGER skill_bill_keeps")
    op.execute(
        "CREATE FUNCTION skill_bill_line_further() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {_FURTHER} THEN RAISE EXCEPTION '{_REFUSES}'; END IF; RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER skill_bill_line_further BEFORE INSERT ON skill_bill_line "
        "FOR EACH ROW EXECUTE FUNCTION skill_bill_line_further()"
    )
