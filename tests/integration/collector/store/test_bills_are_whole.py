"""A store of before bills said how many lines they have, and before what is left off was named by entitlement."""

import contextlib

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from collector.store.engine import open_store
from collector.store.tables.skill_bills import skill_bill, skill_bill_left_off
from tests.databases import older_store

LINE = (
    "INSERT INTO skill_bill_line (bill_id, place, subscription, skill, contract_line, charge, from_day, to_day, "
    "quantity, amount, evidence) VALUES ({bill}, {place}, 's', 'guide', 'l', 'fee', 0, 31, '1', 5, '{{}}')"
)
SOLD = (
    "INSERT INTO skill_entitlement (account_id, skill, from_day, to_day, origin, contract_line, ended_reason, who, "
    "made_at) SELECT id, 'guide', {}, {}, 'contract_line', '{}', '', 'test', 0 FROM account"
)
LISTED = (
    "INSERT INTO skill_listing (skill, appid, publisher, state, name_en, name_zh, text_en, text_zh, scenes, "
    "industries, changed_at) VALUES ('guide', 'a', 'b', 'published', '', '', '', '', '[]', '[]', 0)"
)
BILL = (
    "INSERT INTO skill_bill (account_id, currency, from_day, to_day, timezone, amount, closed_at, positions) "
    "SELECT id, 'CNY', 0, 31, 'UTC', 10, 0, '{}' FROM account"
)
ROWS = (
    "INSERT INTO account (external_id, name, created_at) VALUES ('a', 'a', 1)",
    LISTED,
    SOLD.format(5, 9, "l"),
    SOLD.format(20, 30, "l"),
    SOLD.format(20, 19, "m"),
    BILL,
    LINE.format(bill=1, place=0),
    LINE.format(bill=1, place=1),
    "INSERT INTO skill_bill_left_off SELECT id, 'l', 'guide', 'no_price', '', 7 FROM account",
    "INSERT INTO skill_bill_left_off SELECT id, 'm', 'guide', 'ends_before', '', 7 FROM account",
)


def refused(store, statement):
    with pytest.raises(DBAPIError, match="append-only"), store.write() as connection:
        connection.execute(text(statement))


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_an_older_store_opens_and_its_bills_take_no_further_line(kind, tmp_path, request):
    server = request.getfixturevalue("postgresql_server") if kind == "postgresql" else None
    with older_store(kind, tmp_path, server, "0039", ROWS) as url, contextlib.closing(open_store(url)) as store:
        with store.read() as connection:
            assert connection.scalars(select(skill_bill.c.lines)).all() == [2]
            (left,) = connection.execute(select(skill_bill_left_off)).all()
        assert (left.entitlement_id, left.contract_line, left.reason, left.since) == (1, "l", "no_price", 7)
        refused(store, LINE.format(bill=1, place=2))
        refused(store, LINE.format(bill=1, place=-1))
        refused(store, "UPDATE skill_bill SET lines = 3")


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_before_it_a_closed_bill_took_one_more(kind, tmp_path, request):
    """The control: the older schema lets the line in."""
    server = request.getfixturevalue("postgresql_server") if kind == "postgresql" else None
    with older_store(kind, tmp_path, server, "0039", [*ROWS, LINE.format(bill=1, place=2)]) as url:
        assert url
