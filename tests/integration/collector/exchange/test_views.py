"""The SQL views: documented column by column, the same on both databases, and they say what the API says."""

import re

import pytest
from sqlalchemy import inspect, text

from tests import ROOT, fleets
from tests.fleets import iso
from tests.integration.collector.exchange.test_imports_import import ACCOUNTS, CONTRACTS, load

PAGE = ROOT / "docs" / "views.md"
VIEWS = ("v_account_day", "v_robot_day", "v_score", "v_renewal", "v_fault", "v_skill_run")


def documented():
    """{view: its columns in order}."""
    parts = re.split(r"^## `(\w+)`\n", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return {
        view: re.findall(r"^\| `(\w+)` \|", body, re.MULTILINE)
        for view, body in zip(parts[::2], parts[1::2], strict=True)
    }


def rows(store, query):
    with store.read() as connection:
        return [dict(row._mapping) for row in connection.execute(text(query))]


def test_every_column_of_every_view_is_documented_in_its_order(store):
    with store.read() as connection:
        there = {view: [column["name"] for column in inspect(connection).get_columns(view)] for view in VIEWS}
        assert set(inspect(connection).get_view_names()) == set(VIEWS)
    assert documented() == there


def test_a_robot_day_belongs_to_the_account_that_had_the_robot_that_day(store):
    fleets.story(store)
    found = rows(store, "SELECT * FROM v_robot_day WHERE robot = 'park-1' ORDER BY day_number")
    assert {str(row["day"]): row["account"] for row in found} == {
        iso(-4): "ACME", iso(-3): "ACME", iso(-2): "BETA", iso(-1): "BETA", iso(0): "BETA",
    }  # fmt: skip
    assert [row["wake_up"] for row in found] == [36, 72, 72, 72, 24]
    assert {row["foot_traffic"] for row in found} == {None}, "not counted is not zero"
    (old,) = rows(store, "SELECT * FROM v_robot_day WHERE robot = 'old-9'")
    assert old["imported_counts"] is not None
    assert old["covered_s"] == 0


def test_a_fault_names_the_account_that_had_the_robot(store):
    fleets.story(store)
    (fault,) = rows(store, "SELECT * FROM v_fault")
    assert (fault["robot"], fault["account"], fault["family"], fault["closed_at"]) == (
        "ktv-2", "BETA", "navigation", None,
    )  # fmt: skip
    assert str(fault["utc_day"]) == fleets.iso(-1 if fleets.NOON % 86_400 >= 26 * 3600 - 86_400 else -2)


def test_a_renewal_stands_with_its_contract_and_account(store):
    load(store, "csm", "id,name\nLW,Li Wei\n")
    load(store, "account", ACCOUNTS.replace("culture,,", "culture,LW,"))
    load(
        store,
        "contract",
        CONTRACTS.replace("starts,ends", "starts,ends,currency").replace("2026-12-31", "2026-12-31,EUR"),
    )
    renewals = (
        "id,account,contract,due_day,outcome,decided_day,amount,reason\n"
        "R-1,C-1,HT-1,2026-12-31,renewed,2026-11-30,€12.000,50,cheaper\n"
        "R-2,C-2,HT-2,2027-01-31,,,,\n"
    ).replace("€12.000,50", '"€12.000,50"')
    load(store, "renewal", renewals)
    first, second = rows(store, "SELECT * FROM v_renewal ORDER BY id")
    assert (str(first["due_day"]), str(first["decided_day"]), str(first["contract_ends"])) == (
        "2026-12-31", "2026-11-30", "2026-12-31",
    )  # fmt: skip
    assert (float(first["amount"]), first["currency"], first["csm"]) == (12000.5, "EUR", "LW")
    assert (first["industry"], bool(first["auto_renews"])) == ("culture", False)
    assert second["currency"] == "CNY", "its contract's"
    assert (second["outcome"], second["amount"], second["reason"]) == ("pending", None, "")


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_of_an_empty_store_is_empty(store, view):
    assert rows(store, f"SELECT * FROM {view}") == []
