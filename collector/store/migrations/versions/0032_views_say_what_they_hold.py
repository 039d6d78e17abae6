"""`v_renewal.currency` takes no currency for granted; `v_fault.utc_day` says by which day the account was found.

Where neither the renewal nor its contract says a currency it is the account's. SQLite has no time zones, so that the
day of a fault stays one of UTC: now it is a column that says so.
"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"

_GRANTED = {"sqlite": "'CNY'", "postgresql": "'CNY'::text"}
_SAID = {
    "sqlite": "json_extract(k.body, '$.currency')",
    "postgresql": "((k.body)::jsonb ->> 'currency'::text)",
}
_TEXT = {
    "sqlite": "SELECT sql FROM sqlite_master WHERE type = 'view' AND name = '{}'",
    "postgresql": "SELECT 'CREATE VIEW {0} AS ' || pg_get_viewdef('{0}'::regclass)",
}
_DAY = {
    "sqlite": "date(COALESCE(f.opened_at, f.closed_at), 'unixepoch')",
    "postgresql": "(to_timestamp(COALESCE(f.opened_at, f.closed_at)) AT TIME ZONE 'UTC')::date",
}


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    _again("v_renewal", _GRANTED[dialect], _SAID[dialect])
    _again("v_fault", "f.openings AS openings" if dialect == "sqlite" else "f.openings\n", _with_day(dialect))


def _with_day(dialect: str) -> str:
    named = "f.openings AS openings" if dialect == "sqlite" else "f.openings"
    return f"{named}, {_DAY[dialect]} AS utc_day\n"


def _again(view: str, before: str, after: str) -> None:
    """The view with this part of its text replaced. Raises LookupError where it is not there."""
    connection = op.get_bind()
    text = str(connection.execute(sa.text(_TEXT[connection.dialect.name].format(view))).scalar_one())
    if before not in text:
        raise LookupError(f"{view} has no {before!r}")
    connection.exec_driver_sql(f"DROP VIEW {view}")
    connection.exec_driver_sql(text.replace(before, after))
