"""What a customer's page says of a funnel that its robots count in part. Real HTTP on SQLite."""

import contextlib
import html
import re

import pytest
from sqlalchemy import update

from collector.accounts.ledger.kinds import who
from collector.store.engine import open_store
from collector.store.tables.health import score
from tests import fleets
from tests import portfolio as p
from tests.plain_facts import an_account
from tests.policies import a_closing
from tests.portfolio import NOON, T


@pytest.fixture
def store(tmp_path):
    with contextlib.closing(open_store(f"sqlite:///{tmp_path}/fleet.db")) as store:
        yield store


@pytest.fixture
async def site(store):
    tray = fleets.Writer("tray-1")
    begin = fleets.NOON - fleets.DAYS * 24 * fleets.HOUR
    tray.start(begin, agent="0.1.0", clean=True, timezone="UTC", model="tray-4", rom="V6.2")
    tray.supports(begin, ["foot_traffic"])
    tray.counts(begin, fleets.DAYS * 24, wake_up=3, interaction=2, delivery=4)
    tray.send(store, fleets.NOON)
    fleets.story(store)
    with store.write() as connection:
        fleets.add(connection, "account", an_account(id="TRAY", name="Tray Bar"))
        day = fleets.TODAY - 20
        fleets.add(connection, "deployment", who.Deployment(id="d-1", robot="tray-1", account="TRAY", from_day=day))
    fleets.scored(store)
    async with fleets.site(store) as site:
        async with site.client.post(f"{site.url}/sign-in", data={"token": site.secrets["staff"]}) as answer:
            assert answer.status == 200
        yield site


async def funnel(site, account):
    """{step: what stands for its 28 days}"""
    async with site.client.get(f"{site.url}/accounts/{account}") as answer:
        text = html.unescape(await answer.text())
    part = re.search(r'id="usage".*?</table>', text, re.DOTALL)[0]
    rows = re.findall(r'<th scope="row">([^<]+)</th><td[^>]*>(.*?)</td>', part, re.DOTALL)
    return {name: re.sub(r"<[^>]+>", "", cell).strip() for name, cell in rows}


async def test_a_step_that_no_robot_can_count_is_not_said_to_be_late(site):
    steps = await funnel(site, "TRAY")
    assert steps["Foot traffic"] == "cannot count"
    assert steps["Solicitations"] == "0"  # it could, and nothing happened
    assert steps["Wake-ups"].isdigit()
    assert (await funnel(site, "ACME"))["Foot traffic"].replace(",", "").isdigit()


DASHED = "dashed: by what was recorded later"


async def health(site, account):
    async with site.client.get(f"{site.url}/accounts/{account}") as answer:
        return re.search(r'id="health".*?</section>', html.unescape(await answer.text()), re.DOTALL)[0]


async def test_days_before_we_heard_the_robots_are_drawn_dashed_by_what_was_recorded(store):
    """Control: without scores from records nothing is dashed, and the caption is not there."""
    p.add_account(store, "MUSEUM", ["hall-1"], scene="exhibition_hall", industry="museum")
    p.use(store, "hall-1", range(T - 99, T + 1))
    a_closing(store).run(NOON)
    async with fleets.site(store, clock=lambda: NOON) as site:
        async with site.client.post(f"{site.url}/sign-in", data={"token": site.secrets["csm"]}) as answer:
            assert answer.status == 200
        plain = await health(site, "MUSEUM")
        assert (DASHED in plain, "ln s-edge dash" in plain) == (False, False)
        for day in range(T - 6, T - 3):
            a_closing(store, basis="recorded", processes=1).close(day, NOON)
        with store.write() as connection:  # so few facts give no number
            connection.execute(update(score).where(score.c.basis == "recorded").values(final=70.0))
        dashed = await health(site, "MUSEUM")
        assert (DASHED in dashed, dashed.count("ln s-edge dash")) == (True, 1)
