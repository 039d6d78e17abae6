"""A store that asked the day whose a wish is: after the upgrade the account stands with it, on both databases."""

import contextlib

import pytest
from sqlalchemy import select, text

from collector.store.engine import open_store
from collector.store.tables.fleet import desired, reported
from tests.databases import older_store

DAY_S = 86_400
AT = 100 * DAY_S + 43_200  # the wish of every robot; its day 100 is another account's by now


def claim(key, robot, account, first, last, arrived_at, replaced_at="NULL", version=1):
    said = f'{{"id":"{key}","account":"{account}","robot":"{robot}","from_day":{first},"to_day":{last or "null"}}}'
    return (
        "INSERT INTO fact (kind, key, version, account_id, arrived_at, recorded_at, replaced_at, body) "
        f"VALUES ('deployment', '{key}', {version}, {account}, {arrived_at}, {arrived_at}, {replaced_at}, '{said}')"
    )


ROWS = (
    *(f"INSERT INTO account (external_id, name, created_at) VALUES ('{n}', '{n}', 1)" for n in (1, 2)),
    *(f"INSERT INTO robot (name, first_seen_at) VALUES ('{n}', 1)" for n in ("moved", "stays", "free")),
    claim("a", "moved", 1, 10, None, 50, replaced_at=AT + 5),
    claim("a", "moved", 1, 10, 99, AT + 5, version=2),
    claim("b", "moved", 2, 100, None, AT + 6),
    claim("c", "stays", 1, 10, None, 50),
    *(
        f"INSERT INTO {table} (robot_id, revision, document, {at}) SELECT id, 7, '{{}}', {AT} FROM robot"
        for table, at in (("desired", "at"), ("reported", "received_at"))
    ),
)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_wish_is_the_accounts_whose_claim_was_known_when_it_was_made(kind, tmp_path, request):
    """`moved` is account 2's on that day as the claims are now, which is the control: the day alone would say so."""
    server = request.getfixturevalue("postgresql_server") if kind == "postgresql" else None
    with (
        older_store(kind, tmp_path, server, "0021", ROWS) as url,
        contextlib.closing(open_store(url)) as store,
        store.read() as connection,
    ):
        wishes = connection.execute(select(desired).order_by(desired.c.robot_id)).all()
        facts = connection.execute(select(reported).order_by(reported.c.robot_id)).all()
        versions = connection.scalar(text("SELECT count(*) FROM fact"))
    assert [(row.account_id, row.own_revision) for row in wishes] == [(1, 7), (1, 0), (None, 0)]
    assert [row.account_id for row in facts] == [1, 1, None]
    assert versions == 4
