"""The ledger that fits a write transaction's database."""

import sqlite3
from typing import Any

from sqlalchemy import Connection

from collector.ingest.rows.base import StateRows
from collector.ingest.rows.postgresql import PostgresLedger
from collector.ingest.rows.sqlite import SqliteLedger


def ledger_on(connection: Connection) -> StateRows:
    """The ledger of a `Store.write` connection; it commits and rolls back with it."""
    raw: Any = connection.connection.driver_connection
    return SqliteLedger(raw) if isinstance(raw, sqlite3.Connection) else PostgresLedger(raw)
