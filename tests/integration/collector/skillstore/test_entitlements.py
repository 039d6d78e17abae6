"""Entitlements as bills read them, on both databases."""

from decimal import Decimal

import pytest
from sqlalchemy import insert

from collector.skillstore.billing.price import Price
from collector.skillstore.catalogue import reading as catalogue
from collector.skillstore.entitlements import reading
from collector.store.tables.fleet import account
from collector.store.tables.skill_store import skill_entitlement, skill_listing, skill_price

DAY = 20_000


def price(minimum):
    return Price(currency="EUR", trial_days=0, minimum=Decimal(minimum), charges=())


@pytest.fixture
def sold(store):
    """Two accounts; the price of a skill rose after the first sale."""
    with store.write() as connection:
        connection.execute(
            insert(account),
            [{"id": n, "external_id": f"A{n}", "name": f"A{n}", "created_at": 0} for n in (1, 2)],
        )
        texts = dict.fromkeys(("name_en", "name_zh", "text_en", "text_zh"), "-")
        connection.execute(
            insert(skill_listing).values(
                skill="guide", appid="fw_1", publisher="fw", state="published", scenes='["ktv"]', industries="[]",
                changed_at=0, **texts,
            )
        )  # fmt: skip
        stamp = {"skill": "guide", "who": "ann", "set_at": 0}
        connection.execute(
            insert(skill_price),
            [
                stamp | {"valid_from_day": DAY + since, "price": price(minimum).model_dump_json()}
                for since, minimum in ((0, 10), (30, 12))
            ],
        )
        row = {"skill": "guide", "to_day": None, "contract_line": None, "robots_most": None, "who": "ann", "made_at": 0}
        connection.execute(
            insert(skill_entitlement),
            [
                row | {"account_id": 1, "from_day": DAY + 29, "origin": "contract_line", "contract_line": "L1"},
                row | {"account_id": 1, "from_day": DAY + 30, "origin": "contract_line", "contract_line": "L2"},
                row | {"account_id": 1, "from_day": DAY + 40, "origin": "trial"},
                row | {"account_id": 1, "from_day": DAY - 1, "origin": "contract_line", "contract_line": "L0"},
                row | {"account_id": 2, "from_day": DAY, "origin": "granted"},
            ],
        )
    return store


def test_what_was_sold_keeps_the_price_of_its_first_day_and_what_is_given_has_none(sold):
    with sold.read() as connection:
        found = reading.priced_of_account(connection, 1)
    assert [(one.entitlement.from_day - DAY, one.price and one.price.minimum) for one in found] == [
        (-1, None), (29, 10), (30, 12), (40, None),
    ]  # fmt: skip


def test_an_account_reads_its_own_entitlements_only(sold):
    with sold.read() as connection:
        assert {one.account_id for one in reading.of_account(connection, 2)} == {2}
        assert len(reading.of_account(connection, 1)) == 4


def test_a_skill_that_nobody_priced_has_no_prices(sold):
    with sold.read() as connection:
        assert catalogue.prices_of(connection, ["guide", "dance"]).keys() == {"guide"}
