"""Tables of notifications: webhooks, channels to people, and the one queue of deliveries to both."""

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, ForeignKey, Index, Integer, Table, Text, text

from collector.store.tables.fleet import Id, metadata

webhook = Table(
    "webhook",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("url", Text, nullable=False),
    Column("secret", Text, nullable=False),  # signs each delivery; shown once
    Column("events", Text, nullable=False),  # JSON list
    Column("created_at", BigInteger, nullable=False),
    Column("disabled_at", BigInteger),
)

notice_channel = Table(
    "notice_channel",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("name", Text, nullable=False, unique=True),
    Column("url", Text, nullable=False),  # of Apprise; it holds secrets and is never shown again
    Column("owner", Text, nullable=False, server_default=""),  # a CSM's id; empty: everybody's
    Column("language", Text, nullable=False, server_default="en"),
    Column("digest", Boolean, nullable=False, server_default=text("false")),  # once a day instead of at once
    Column("created_at", BigInteger, nullable=False),
    Column("disabled_at", BigInteger),
)

delivery = Table(
    "delivery",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("webhook_id", Id, ForeignKey("webhook.id")),  # this one,
    Column("channel_id", Id, ForeignKey("notice_channel.id")),  # or this one
    Column("event", Text, nullable=False, server_default=""),  # of a webhook's delivery
    Column("title", Text, nullable=False, server_default=""),  # of a notice
    Column("body", Text, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("next_at", BigInteger),  # null: it waits for its digest, or it is delivered or dead
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("state", Text, nullable=False),  # digest, waiting, delivered, dead
    Column("answer", Text, nullable=False, server_default=""),  # what became of the newest try
    CheckConstraint("(webhook_id IS NULL) <> (channel_id IS NULL)", name="ck_delivery_one_receiver"),
    Index("ix_delivery_state_next_at", "state", "next_at"),
    Index("ix_delivery_webhook_id", "webhook_id", "state", "next_at"),
    Index("ix_delivery_channel_id", "channel_id", "state", "next_at"),
    # a receiver drops what it has seen by the id: after everything old is deleted, an id must not come again
    sqlite_autoincrement=True,
)
