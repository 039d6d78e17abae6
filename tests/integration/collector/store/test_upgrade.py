"""A store of the release before the ledger: its accounts and deployments are dated facts after the upgrade."""

import contextlib

import pytest
from sqlalchemy import text

from collector.accounts.ledger.facts import NOW, Knowledge, known, newest, row_ids
from collector.accounts.ledger.kinds.registry import KINDS
from collector.store.engine import open_store
from tests.databases import older_store
from tests.plain_facts import an_account

DAY_S = 86_400
ROWS = (
    "INSERT INTO account (external_id, name, created_at) VALUES ('ACME', 'Café \"Acme\" 博物馆', 1000)",
    "INSERT INTO robot (name, first_seen_at) VALUES ('hall-7', 2000)",
    "INSERT INTO deployment (robot_id, account_id, from_day, to_day) VALUES (1, 1, 10, 20)",
    "INSERT INTO deployment (robot_id, account_id, from_day) VALUES (1, 1, 2900000)",
)


@pytest.fixture(params=["sqlite", "postgresql"])
def old_store(request, tmp_path):
    """The URL of a store with the schema of migration 0002 and some rows."""
    server = request.getfixturevalue("postgresql_server") if request.param == "postgresql" else None
    with older_store(request.param, tmp_path, server, "0002", ROWS) as url:
        yield url


def test_an_older_stores_accounts_and_deployments_become_facts(old_store):
    with contextlib.closing(open_store(old_store)) as store, store.read() as connection:
        row = row_ids(connection, ["ACME"])["ACME"]
        ledger = known(connection, [row], NOW)[row]
        assert ledger.account == an_account(id="ACME", name='Café "Acme" 博物馆')
        assert [(d.id, d.robot, d.from_day, d.to_day) for d in ledger.deployments] == [
            ("1", "hall-7", 10, 20), ("2", "hall-7", 2_900_000, None),
        ]  # fmt: skip
        assert known(connection, [row], Knowledge(999, "arrived")) == {}
        assert known(connection, [row], Knowledge(10 * DAY_S - 1, "arrived"))[row].deployments == ()
        assert len(known(connection, [row], Knowledge(10 * DAY_S, "arrived"))[row].deployments) == 1
        planned = newest(connection, KINDS["deployment"], "2")
        assert planned.arrived_at < 2_900_000 * DAY_S  # one that begins in the future is known since the upgrade
        keys = connection.execute(text("SELECT fact_key FROM deployment ORDER BY id"))
        assert [key for (key,) in keys] == ["1", "2"]
