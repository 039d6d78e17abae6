"""Tables of skills' history. Rows are added and never changed: what stood at a moment is the newest row before it.

skill_wish     what people wished of a skill on a robot, since when
skill_fact     how far the robot has come with it, as it reports: a row when one of the facts changed
skill_event    what its skill did, from the counted stream: active, crashed, quarantined, stopped, inactive
"""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table, Text

from collector.store.tables.fleet import Id, metadata


def _row(name: str, *columns: Column[str] | Column[int] | Column[int | None]) -> Table:
    """One history by robot and skill; `at` is in seconds of Unix time."""
    return Table(
        name,
        metadata,
        Column("id", Id, primary_key=True, autoincrement=True),
        Column("robot_id", Id, ForeignKey("robot.id"), nullable=False),
        Column("skill", Text, nullable=False),
        Column("at", BigInteger, nullable=False),
        *columns,
        Index(f"ix_{name}_robot_id_skill_id", "robot_id", "skill", "id"),
        Index(f"ix_{name}_at", "at"),
    )


skill_wish = _row(
    "skill_wish",
    Column("revision", BigInteger, nullable=False),
    Column("version", Text, nullable=False),
    Column("digest", Text, nullable=False),  # of the package; "": it is no longer wished
    Column("account_id", BigInteger),  # whose claim stood then; null: nobody's
    Column("settings", Text),  # JSON, of a row by which it is wished no more: what it had, so that it can be put back
)

skill_fact = _row(
    "skill_fact",
    Column("revision", BigInteger, nullable=False),  # of the document that the report answers
    Column("desired", Text, nullable=False),  # each fact is the hash of a package, or ""
    Column("downloaded", Text, nullable=False),
    Column("verified", Text, nullable=False),
    Column("installed", Text, nullable=False),
    Column("active", Text, nullable=False),
    Column("code", Text, nullable=False),  # the word of the reason; "" when all is as wished
    Column("reason", Text, nullable=False),
    Column("account_id", BigInteger),
)

skill_event = _row(
    "skill_event",
    Column("epoch", Text, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("confidence", Text, nullable=False, server_default="exact"),
    Column("version", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
)
