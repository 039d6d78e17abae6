"""What a customer's page says of a funnel that its robots count in part. Real HTTP on SQLite."""

import contextlib
import html
import re

import pytest

from collector.accounts.ledger.kinds import who
from collector.store.engine import open_store
from tests import fleets
from tests.plain_facts import an_account


@pytest.fixture
async def site(tmp_path):
    with contextlib.closing(open_store(f"sqlite:///{tmp_path}/fleet.db")) as store:
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
