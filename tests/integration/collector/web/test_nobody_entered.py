"""A store without any person of customer success: what that costs is not known, and is not nothing."""

import html

import pytest
from click.testing import CliRunner

from collector.__main__ import main_group
from collector.accounts.ledger.kinds import money
from tests import fleets
from tests.fleets import TODAY, add, iso
from tests.plain_facts import a_contract, a_csm, an_account


@pytest.fixture
def alone(store):
    with store.write() as connection:
        add(connection, "account", an_account(id="SOLO", name="Solo Hall"))
        add(connection, "contract", a_contract(id="S1", account="SOLO", starts=TODAY - 100, ends=TODAY + 264))
        line = money.ContractLine(id="s1", account="SOLO", contract="S1", amount=10_000_00, product="service")
        add(connection, "line", line)
    return store


async def told(store):
    """What the API, the command in both languages and the page say."""
    async with fleets.site(store) as site:
        costs = (await site.get("/cost-ratio"))[1]
        async with site.client.post(f"{site.url}/sign-in", data={"token": site.secrets["staff"]}) as answer:
            assert answer.status == 200
        async with site.client.get(f"{site.url}/portfolio/capacity") as answer:
            page = html.unescape(await answer.text())
    asked = ("segments", "--day", iso(0), "--store", store.url.render_as_string(hide_password=False))
    return costs, *(CliRunner().invoke(main_group, (*asked, "--lang", word)).stdout for word in ("en", "zh")), page


async def test_nobody_is_not_free_of_charge(alone):
    costs, english, chinese, page = await told(alone)
    assert [(one["cost"], one["ratio"], one["fits"], one["why"], one["levers"]) for one in costs] == [
        (None, None, None, "no person entered", []),
    ]  # fmt: skip
    assert "no person entered" in english
    assert "未录入任何人员" in chinese
    assert "no person entered" in page


async def test_with_a_person_it_is_what_that_one_costs(alone):
    with alone.write() as connection:
        add(connection, "csm", a_csm(id="anna", name="Anna", cost_year=1_000_00))
    costs, english, chinese, page = await told(alone)
    assert [(one["cost"], one["ratio"], one["fits"], len(one["levers"])) for one in costs] == [(1_000, 0.1, True, 4)]
    assert "no person entered" not in english + page
    assert "未录入任何人员" not in chinese
