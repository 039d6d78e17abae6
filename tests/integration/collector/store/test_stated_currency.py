"""A store of the release that left CNY and UTC out of its facts: they say them after the upgrade, on both databases."""

import contextlib
import json

import pytest
from sqlalchemy import text

from collector.accounts.ledger.kinds.registry import KINDS
from collector.store.engine import open_store
from tests.databases import older_store

BODIES = (
    ("account", {"id": "A", "name": 'Café "currency": 博物馆'}),
    ("account", {"id": "B", "name": 'B "timezone":', "currency": "EUR", "timezone": "Europe/Berlin"}),
    ("account", {"id": "C", "name": "C", "timezone": "Asia/Shanghai"}),
    ("csm", {"id": "D", "name": "D", "cost_year": 100}),
    ("contract", {"id": "E", "account": "A", "starts": 1, "ends": 2, "note": 'pay in "currency":"EUR"'}),
    ("contract", {"id": "F", "account": "A", "starts": 1, "ends": 2, "currency": "USD"}),
    ("cost", {"id": "G", "day": 1, "category": "sales", "amount": "1234.5"}),
    ("line", {"id": "H", "account": "A", "contract": "E", "amount": 5}),
)
STATED = {
    "A": ("CNY", "UTC"), "B": ("EUR", "Europe/Berlin"), "C": ("CNY", "Asia/Shanghai"), "D": ("CNY", None),
    "E": ("CNY", None), "F": ("USD", None), "G": ("CNY", None), "H": (None, None),
}  # fmt: skip


def rows():
    """Two versions of each, the older one replaced: what was known then keeps its meaning too."""
    for kind, body in BODIES:
        said = json.dumps(body, separators=(",", ":"), ensure_ascii=False).replace("'", "''")
        for version, replaced in ((1, "7"), (2, "NULL")):
            yield (
                "INSERT INTO fact (kind, key, version, arrived_at, recorded_at, replaced_at, body) "
                f"VALUES ('{kind}', '{body['id']}', {version}, 5, 5, {replaced}, '{said}')"
            )


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_an_older_stores_facts_state_the_currency_and_zone_that_they_meant(kind, tmp_path, request):
    server = request.getfixturevalue("postgresql_server") if kind == "postgresql" else None
    with (
        older_store(kind, tmp_path, server, "0010", tuple(rows())) as url,
        contextlib.closing(open_store(url)) as store,
        store.read() as connection,
    ):
        found = connection.execute(text("SELECT kind, key, body FROM fact ORDER BY id")).all()
    assert len(found) == 2 * len(BODIES)
    for of, key, body in found:
        fields = json.loads(body)
        assert (fields.get("currency"), fields.get("timezone")) == STATED[key], key
        before = next(said for _, said in BODIES if said["id"] == key)
        assert fields | before == fields, "nothing else of it has changed"
        assert KINDS[of].load(KINDS[of].dump(KINDS[of].load(body))) == KINDS[of].load(body)
    with pytest.raises(TypeError, match="currency"):
        KINDS["account"].load(json.dumps(BODIES[0][1]))  # the control: without the migration it cannot be read
