"""The skill store: what is offered, prices by day, and which account may use what."""

import sqlalchemy as sa
from alembic import op

from collector.store.tables.fleet import Id

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    op.create_table(
        "skill_listing",
        sa.Column("skill", sa.Text, primary_key=True),
        sa.Column("appid", sa.Text, nullable=False, unique=True),
        sa.Column("publisher", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("name_en", sa.Text, nullable=False),
        sa.Column("name_zh", sa.Text, nullable=False),
        sa.Column("text_en", sa.Text, nullable=False),
        sa.Column("text_zh", sa.Text, nullable=False),
        sa.Column("scenes", sa.Text, nullable=False),
        sa.Column("industries", sa.Text, nullable=False),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "skill_price",
        sa.Column("id", Id, primary_key=True, autoincrement=True),
        sa.Column("skill", sa.Text, sa.ForeignKey("skill_listing.skill"), nullable=False),
        sa.Column("valid_from_day", sa.Integer, nullable=False),
        sa.Column("price", sa.Text, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("set_at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("skill", "valid_from_day"),
    )
    op.create_table(
        "skill_entitlement",
        sa.Column("id", Id, primary_key=True, autoincrement=True),
        sa.Column("account_id", Id, sa.ForeignKey("account.id"), nullable=False),
        sa.Column("skill", sa.Text, sa.ForeignKey("skill_listing.skill"), nullable=False),
        sa.Column("from_day", sa.Integer, nullable=False),
        sa.Column("to_day", sa.Integer),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("contract_line", sa.Text),
        sa.Column("robots_most", sa.Integer),
        sa.Column("ended_reason", sa.Text, nullable=False, server_default=""),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_skill_entitlement_account_id_skill", "skill_entitlement", ["account_id", "skill"])
    op.create_index("ix_skill_entitlement_skill", "skill_entitlement", ["skill"])
    op.create_table(
        "skill_seat",
        sa.Column("id", Id, primary_key=True, autoincrement=True),
        sa.Column("account_id", Id, sa.ForeignKey("account.id"), nullable=False),
        sa.Column("skill", sa.Text, sa.ForeignKey("skill_listing.skill"), nullable=False),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("from_day", sa.Integer, nullable=False),
        sa.Column("to_day", sa.Integer),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_skill_seat_account_id_skill", "skill_seat", ["account_id", "skill"])
