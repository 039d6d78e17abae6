"""What the portfolio's page says of money: what is known, and that the rest is not."""

import re

import pytest
from sqlalchemy import func, insert, select

from collector.store.tables.health import score
from collector.store.tables.success import standing
from tests import fleets, portfolios


@pytest.fixture
async def site(store):
    fleets.story(store)
    portfolios.fill(store)
    fleets.scored(store)
    async with fleets.site(store) as site:
        async with site.client.post(f"{site.url}/sign-in", data={"token": site.secrets["admin"]}) as answer:
            assert answer.status == 200
        yield site


async def read(site, language="en"):
    """The page's text above its table, without marks."""
    async with site.client.get(f"{site.url}/accounts", headers={"Accept-Language": language}) as answer:
        assert answer.status == 200
        page = await answer.text()
    shown = re.search(r'<div class="title">.*?(?=<form class="filters")', page, re.DOTALL)[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", re.sub(r"<svg.*?</svg>", "", shown, flags=re.DOTALL)))


def write(site, **values):
    """Everybody is to be renewed in five days; `values`: of one account that is red."""
    one = standing.c.account_id == select(func.min(standing.c.account_id)).scalar_subquery()
    with site.store.write() as connection:
        connection.execute(standing.update().values(band="green", arr=1_000_00, due_day=fleets.TODAY + 5))
        connection.execute(standing.update().where(one).values(band="red", **values))
        return connection.execute(select(func.count()).select_from(standing)).scalar_one() - 1


async def test_amounts_that_are_known_are_summed(site):
    """The control of the two below."""
    others = write(site, arr=500_00)
    said = await read(site)
    assert f"¥500 of ¥{others},500 ARR is yellow or red." in said
    assert f"¥{others},500, ¥500 at risk" in said
    assert "not known" not in said
    assert "without a rate" not in said
    assert "–" not in said


async def test_an_account_without_a_rate_is_no_zero_among_those_at_risk(site):
    others = write(site, arr=None)
    said = await read(site)
    assert f"Of ¥{others},000 ARR it is not known how much is yellow or red." in said
    assert "At risk, red and yellow – 1 red" in said
    assert "Green 100 % · 1 account without a rate" in said
    assert f"¥{others},000, how much of it is at risk is not known" in said
    assert "¥0" not in said


async def test_where_no_amount_is_known_no_sum_is_shown(site):
    write(site)
    with site.store.write() as connection:
        connection.execute(standing.update().values(arr=None))
    said = await read(site)
    assert "Their ARR is not known." in said
    assert "what they are worth is not known" in said
    assert "ARR – no ARR is known" in said
    assert "¥" not in said
    chinese = await read(site, "zh")
    assert "这些客户的 ARR 未知。" in chinese
    assert "¥" not in chinese


async def page(site, query=""):
    async with site.client.get(f"{site.url}/accounts{query}") as answer:
        assert answer.status == 200
        return await answer.text()


def scored_before(site):
    """One of the accounts has a number on the day of its row, and had one 28 days before."""
    with site.store.write() as connection:
        row = connection.execute(select(score).where(score.c.basis == "arrived")).mappings().first()
        connection.execute(standing.update().where(standing.c.account_id == row["account_id"]).values(final=50))
        values = {name: value for name, value in row.items() if name != "id"}
        connection.execute(insert(score).values(values | {"day": row["day"] - 28, "final": 60}))


async def test_that_nobody_was_scored_28_days_before_is_said_once_and_not_in_each_row(site):
    said = "none of these accounts was scored 28 days before"
    text = await page(site)
    assert text.count(said) == 1
    assert 'data-l="28 days"' not in text
    assert "sort=change" not in text
    assert said not in await page(site, "?columns=arr"), "a column that was not chosen is no matter"
    assert said not in await page(site, "?q=nobody-is-called-so")
    scored_before(site)
    text = await page(site)
    assert said not in text, "the control"
    assert re.search(r'data-l="28 days">\s*↓ 10', text)
    assert "Not scored yet" in text


async def test_the_page_of_rates_names_the_currencies_that_are_left_out(site):
    async def page():
        async with site.client.get(f"{site.url}/portfolio/rates", headers={"Accept-Language": "en"}) as answer:
            assert answer.status == 200
            return await answer.text()

    assert "left out, no rate is stated for GBP: EURO" in await page()
