"""Completeness of days that are over is kept for blocks of robots, and marked stale by whatever changes one.

The database marks it, whoever writes: a door that forgot to would make a wrong figure that nobody sees. A mark is
appended, never a kept row taken: two writers that took the same rows in another order would wait for each other.
On PostgreSQL a writer holds a lock together with others to the end of its transaction; who keeps holds it alone, so
that nothing is kept of what somebody was just changing.
"""

import sqlalchemy as sa
from alembic import op

from collector.store.tables.fleet import Id

revision = "0039"
down_revision = "0038"

BLOCK = 256  # robots; as in collector/fleet/kept_completeness.py
LOCK = 0x636F6D70

_ITS = f"k.block = {{r}}.robot_id / {BLOCK}"
_DAY = f"{_ITS} AND k.day = {{r}}.day"
_STAY = f"{_ITS} AND k.day >= {{r}}.from_day AND k.day <= coalesce({{r}}.to_day, 10000000)"
_HOLE = f"{_ITS} AND k.ends_s > {{r}}.from_s AND k.starts_s < {{r}}.to_s"
# What a robot is said to be matters where its data end before the day does.
_STATE = (
    f"{_ITS} AND k.ends_s > coalesce((SELECT min(coalesce(s.last_end, 0)) FROM stream s "  # noqa: S608 - our own words
    "WHERE s.robot_id = {r}.robot_id AND s.received_at = (SELECT max(m.received_at) FROM stream m "
    "WHERE m.robot_id = {r}.robot_id)), 0)"
)
_SENT = (
    f"{_ITS.format(r='{n}')} AND k.ends_s > CASE WHEN {{n}}.last_end IS NULL OR {{o}}.last_end IS NULL THEN 0 "
    "WHEN {n}.last_end < {o}.last_end THEN {n}.last_end ELSE {o}.last_end END"
)
_ROBOT = f"k.block = {{r}}.id / {BLOCK}"
_SAYS = "{r}.kind IN ('site', 'closure', 'account')"
_FACT = f"k.block IN (SELECT d.robot_id / {BLOCK} FROM deployment d WHERE d.account_id = {{r}}.account_id)"  # noqa: S608 - our own words

_OTHER_NEWEST = (
    "EXISTS (SELECT 1 FROM stream e WHERE e.robot_id = {n}.robot_id AND e.epoch <> {n}.epoch "
    "AND e.received_at >= {o}.received_at)"
)
_MOVED = " OR ".join(
    f"({{n}}.{name} <> {{o}}.{name} OR ({{n}}.{name} IS NULL) <> ({{o}}.{name} IS NULL))"
    for name in ("timezone", "first_seen_at", "data_from_s", "configuration")
)
# Whether an account is one, of its facts: the first says so, a withdrawal and what follows it change it.
_IS_ONE = (
    "({n}.kind <> 'account' OR {n}.version = 1 OR {n}.withdrawn OR EXISTS (SELECT 1 FROM fact p WHERE "
    "p.kind = 'account' AND p.key = {n}.key AND p.version = {n}.version - 1 AND p.withdrawn))"
)
_OF_ACCOUNT = "({n}.kind <> 'account' OR {n}.account_id <> {o}.account_id)"

# Of robots from before `data_from_s` was kept the first day says since when they are there.
_NO_BEGINNING = "EXISTS (SELECT 1 FROM robot b WHERE b.id = {r}.robot_id AND b.data_from_s IS NULL)"
_BEGINS_OR_ENDS = "({n}.covered_s > 0) <> ({o}.covered_s > 0) AND " + _NO_BEGINNING.format(r="{n}")

# table, what happens, when (of {n}, the new row, and {o}, the old one), which kept rows (of {r}), of which rows
RULES: tuple[tuple[str, str, str, str, str], ...] = (
    ("usage_day", "INSERT", "", _DAY, "n"),
    ("usage_day", "UPDATE", "", _DAY, "n"),
    ("usage_day", "DELETE", "", _DAY, "o"),
    ("usage_day", "INSERT", "{n}.covered_s > 0 AND " + _NO_BEGINNING.format(r="{n}"), _ITS, "n"),
    ("usage_day", "UPDATE", _BEGINS_OR_ENDS, _ITS, "n"),
    ("usage_day", "DELETE", "{o}.covered_s > 0 AND " + _NO_BEGINNING.format(r="{o}"), _ITS, "o"),
    ("stream", "INSERT", "", _ITS, "n"),
    ("stream", "UPDATE", "", _SENT, "n"),
    ("stream", "UPDATE", _OTHER_NEWEST, _ITS, "n"),
    ("stream", "DELETE", "", _ITS, "o"),
    ("presence", "INSERT", "", _STATE, "n"),
    ("presence", "UPDATE", "{n}.state <> {o}.state", _STATE, "n"),
    ("presence", "DELETE", "", _STATE, "o"),
    ("gap", "INSERT", "", _HOLE, "n"),
    ("gap", "UPDATE", "", _HOLE, "on"),
    ("gap", "DELETE", "", _HOLE, "o"),
    ("robot", "INSERT", "", _ROBOT, "n"),
    ("robot", "UPDATE", f"({_MOVED})", _ROBOT, "n"),
    ("robot", "DELETE", "", _ROBOT, "o"),
    ("deployment", "INSERT", "", _STAY, "n"),
    ("deployment", "UPDATE", "", _STAY, "on"),
    ("deployment", "DELETE", "", _STAY, "o"),
    ("fact", "INSERT", f"{_SAYS.format(r='{n}')} AND {_IS_ONE}", _FACT, "n"),
    ("fact", "UPDATE", f"{_SAYS.format(r='{n}')} AND {_OF_ACCOUNT}", _FACT, "on"),
    ("fact", "DELETE", _SAYS.format(r="{o}"), _FACT, "o"),
)
KEYS = {"usage_day": ("day", "robot_id"), "stream": ("robot_id", "epoch"), "presence": ("robot_id",)}
_MARK = (
    "INSERT INTO completeness_stale (day, block) SELECT k.day, k.block FROM {of} WHERE {where} "
    "AND NOT EXISTS (SELECT 1 FROM completeness_stale s WHERE s.block = k.block AND s.day = k.day)"
)


def upgrade() -> None:
    op.create_table(
        "completeness_kept",
        sa.Column("day", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("block", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("timezone", sa.Text, primary_key=True),
        sa.Column("rules", sa.Integer, nullable=False),
        sa.Column("at_s", sa.BigInteger, nullable=False),
        sa.Column("starts_s", sa.BigInteger, nullable=False),
        sa.Column("ends_s", sa.BigInteger, nullable=False),
        sa.Column("arrived_s", sa.BigInteger, nullable=False),
        sa.Column("holes", sa.Text, nullable=False),
    )
    op.create_index("ix_completeness_kept_block", "completeness_kept", ["block", "ends_s"])
    op.create_table(
        "completeness_stale",
        sa.Column("id", Id, primary_key=True, autoincrement=True),
        sa.Column("day", sa.Integer, nullable=False),
        sa.Column("block", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_completeness_stale_block", "completeness_stale", ["block", "day"])
    op.create_index("ix_robot_timezone", "robot", ["timezone", "id"])
    sqlite = op.get_bind().dialect.name == "sqlite"
    for at, (table, what, when, which, rows) in enumerate(RULES):
        for row in rows:
            name = f"completeness_{table}_{what.lower()}_{at}{row}"
            (_on_sqlite if sqlite else _on_postgresql)(name, table, what, when, which, row)


def _on_sqlite(name: str, table: str, what: str, when: str, which: str, row: str) -> None:
    """Row by row. Whether there is anything to mark is one look into a small index: ingest pays it for every batch."""
    names = {"n": "NEW", "o": "OLD"}
    its = which.format(r=names[row], **names)
    said = f"{when.format(**names)} AND " if when else ""
    op.execute(
        f"CREATE TRIGGER {name} AFTER {what} ON {table} "  # noqa: S608 - our own words
        f"WHEN {said}EXISTS (SELECT 1 FROM completeness_kept k WHERE {its}) "
        f"BEGIN {_MARK.format(of='completeness_kept k', where=its)}; END"
    )


def _on_postgresql(name: str, table: str, what: str, when: str, which: str, row: str) -> None:
    """Once for each statement, of all its rows."""
    names = {"n": "n", "o": "o"}
    seen = {"INSERT": "NEW TABLE AS n", "UPDATE": "OLD TABLE AS o NEW TABLE AS n", "DELETE": "OLD TABLE AS o"}[what]
    both = "o JOIN n ON " + " AND ".join(f"o.{key} = n.{key}" for key in KEYS.get(table, ("id",)))
    said = f"{when.format(**names)} AND " if when else ""
    mark = _MARK.format(
        of=f"completeness_kept k, {both if what == 'UPDATE' else row}", where=said + which.format(r=row, **names)
    )
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"PERFORM pg_advisory_xact_lock_shared({LOCK}); {mark}; RETURN NULL; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {name} AFTER {what} ON {table} REFERENCING {seen} FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
    )
