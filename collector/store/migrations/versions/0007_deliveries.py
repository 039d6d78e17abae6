"""One queue of deliveries to webhooks and to people, instead of a table for each.

A webhook's delivery keeps its id, since receivers drop by it what they have seen; notices follow above.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_SHARED = "body, made_at, next_at, tries"


def upgrade() -> None:
    above = _newest_id("webhook_delivery")
    _delivery()
    op.execute(
        f"INSERT INTO delivery (id, webhook_id, event, {_SHARED}, state, answer) "  # noqa: S608 - constants
        f"SELECT id, webhook_id, event, {_SHARED}, state, answer FROM webhook_delivery"
    )
    op.execute(
        f"INSERT INTO delivery (id, channel_id, title, {_SHARED}, state, answer) "  # noqa: S608 - constants and a number
        f"SELECT id + {above}, channel_id, title, {_SHARED}, "
        "CASE state WHEN 'sent' THEN 'delivered' ELSE state END, "
        "CASE WHEN state = 'sent' AND answer LIKE 'in digest %' "
        f"THEN 'in digest ' || (CAST(substr(answer, 11) AS BIGINT) + {above}) ELSE answer END FROM notice"
    )
    if op.get_bind().dialect.name == "postgresql":
        newest = above + _newest_id("notice")
        op.execute(f"SELECT setval(pg_get_serial_sequence('delivery', 'id'), {max(newest, 1)}, {newest > 0})")
    op.drop_table("notice")
    op.drop_table("webhook_delivery")


def _newest_id(table: str) -> int:
    """The largest id that was given; on SQLite the largest that is still there. A restored sequence may lag behind."""
    query = f"SELECT coalesce(max(id), 0) FROM {table}"  # noqa: S608 - a constant
    if op.get_bind().dialect.name == "postgresql":
        query = (
            f"SELECT greatest(({query}), (SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {table}_id_seq))"  # noqa: S608 - a constant
        )
    return int(op.get_bind().execute(sa.text(query)).scalar_one())


def _delivery() -> None:
    op.create_table(
        "delivery",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("webhook_id", _ID, nullable=True),
        sa.Column("channel_id", _ID, nullable=True),
        sa.Column("event", sa.Text(), server_default="", nullable=False),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=True),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("(webhook_id IS NULL) <> (channel_id IS NULL)", name=op.f("ck_delivery_one_receiver")),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhook.id"], name=op.f("fk_delivery_webhook_id_webhook")),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["notice_channel.id"], name=op.f("fk_delivery_channel_id_notice_channel")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_delivery_state_next_at", "delivery", ["state", "next_at"], unique=False)
    op.create_index("ix_delivery_webhook_id", "delivery", ["webhook_id", "state", "next_at"], unique=False)
    op.create_index("ix_delivery_channel_id", "delivery", ["channel_id", "state", "next_at"], unique=False)
