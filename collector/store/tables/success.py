"""Tables of what to do next: calls to action, their history, tasks; how each account stood at the last closing."""

from sqlalchemy import BigInteger, Boolean, Column, Float, ForeignKey, Index, Integer, Table, Text

from collector.store.tables.fleet import Id, metadata


def _id() -> Column[int]:
    return Column("id", Id, primary_key=True, autoincrement=True)


cta = Table(
    "cta",
    metadata,
    _id(),
    Column("account_id", Id, ForeignKey("account.id"), nullable=False),
    Column("rule", Text, nullable=False),  # SILENT, DROP, … or manual
    Column("reason", Text, nullable=False),  # with account and rule: what makes two of them one
    Column("severity", Float, nullable=False),  # 0..1
    Column("priority", Float, nullable=False),  # 0..100, of the newest day
    Column("evidence", Text, nullable=False),  # JSON
    Column("owner", Text, nullable=False, server_default=""),  # a CSM's id
    Column("given_to", Text, nullable=False, server_default=""),  # the CSM to whom it was new; what the limit counts
    Column("title", Text, nullable=False, server_default=""),  # of one set by hand
    Column("state", Text, nullable=False),  # digest, open, snoozed, closed
    Column("opened_day", Integer, nullable=False),
    Column("seen_day", Integer, nullable=False),  # the newest day on which its rule held
    Column("due_day", Integer),
    Column("snoozed_until", Integer),
    Column("closed_day", Integer),
    Column("outcome", Text, nullable=False, server_default=""),
    Column("useful", Boolean),
    Index("ix_cta_account_id_rule", "account_id", "rule"),
    Index("ix_cta_state_owner", "state", "owner"),
)

cta_event = Table(
    "cta_event",
    metadata,
    _id(),
    Column("cta_id", Id, ForeignKey("cta.id"), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("author", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("detail", Text, nullable=False, server_default="{}"),
    Index("ix_cta_event_cta_id", "cta_id"),
)

task = Table(
    "task",
    metadata,
    _id(),
    Column("cta_id", Id, ForeignKey("cta.id"), nullable=False),
    Column("step", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("due_day", Integer),
    Column("done_day", Integer),
    Column("done_by", Text, nullable=False, server_default=""),
    Index("ix_task_cta_id", "cta_id"),
)

standing = Table(
    "standing",
    metadata,
    # each account that was scored, as its newest closed day left it: lists sort and sum it without reading ledgers
    Column("account_id", Id, ForeignKey("account.id"), primary_key=True, autoincrement=False),
    Column("day", Integer, nullable=False),
    Column("csm", Text, nullable=False),
    Column("arr", BigInteger),  # hundredths of `currency`; null: a rate is missing
    Column("currency", Text, nullable=False),
    Column("due_day", Integer),
    Column("auto_renews", Boolean, nullable=False),
    Column("noticed", Boolean, nullable=False),
    Column("contract", Text, nullable=False),
    Column("notice_day", Integer),
    Column("steps", Integer, nullable=False),
    Column("contact_day", Integer),
    Column("cadence_days", Float, nullable=False),
    Column("final", Float),
    Column("raw", Float),
    Column("band", Text, nullable=False),
    Column("caps", Text, nullable=False),
    Column("stage", Text, nullable=False),
    Column("coverage", Float, nullable=False),
    Column("band_before", Text),  # of the day before; null: not scored then
    Column("raw_before", Float),
    Index("ix_standing_csm_due_day", "csm", "due_day"),
    Index("ix_standing_due_day", "due_day"),
    Index("ix_standing_final", "final"),
)
