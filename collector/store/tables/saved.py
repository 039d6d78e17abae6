"""Tables of what people keep of the pages for themselves and for each other.

saved_view   a list as somebody narrowed and sorted it: what its address says, never what was found (docs/pages.md)
"""

from sqlalchemy import BigInteger, Boolean, Column, Index, Table, Text, text

from collector.store.tables.fleet import Id, metadata

saved_view = Table(
    "saved_view",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("list", Text, nullable=False),  # accounts, calls, robots
    Column("name", Text, nullable=False),
    Column("owner", BigInteger, nullable=False),  # a token's id; below zero a person's; 0: the command line
    Column("owner_name", Text, nullable=False),
    Column("shared", Boolean, nullable=False),
    Column("filters", Text, nullable=False),  # JSON: {parameter of the address: its value}
    Column("sort", Text, nullable=False),
    Column("columns", Text, nullable=False),  # JSON: names, in their order; empty: those that the list has
    Column("changed_at", BigInteger, nullable=False),
    Column("deleted_at", BigInteger),  # kept, so that its deletion can be undone
    Index(
        "ix_saved_view_name",
        "owner",
        "list",
        "name",
        unique=True,
        sqlite_where=text("deleted_at IS NULL"),
        postgresql_where=text("deleted_at IS NULL"),
    ),
)
