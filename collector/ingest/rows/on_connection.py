"""The rows that fit a write transaction's database."""

import sqlite3
from typing import Any

from sqlalchemy import Connection

from collector.ingest.rows.base import StateRows
from collector.ingest.rows.postgresql import PostgresqlRows
from collector.ingest.rows.sqlite import SqliteRows


def rows_on(connection: Connection) -> StateRows:
    """The rows of a `Store.write` connection; they commit and roll back with it."""
    raw: Any = connection.connection.driver_connection
    return SqliteRows(raw) if isinstance(raw, sqlite3.Connection) else PostgresqlRows(raw)
