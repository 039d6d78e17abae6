"""What was taken back is on no page, in no list and in no search, though its counts and scores are still there."""

import re

import pytest

from collector.accounts.ledger import writing
from collector.accounts.ledger.facts import Origin
from collector.accounts.ledger.kinds.registry import KINDS
from collector.store.tables.fleet import account
from collector.web.api import openapi
from collector.web.api.routes import ROUTES
from tests import fleets, portfolios
from tests.plain_facts import a_contract, an_account
from tests.policies import TERMS

GONE = "Vanished Hall"
PAGES = (
    "/", "/?whose=all", "/accounts", "/accounts?q=vanished", "/accounts/GONE-9", "/search?q=vanished",
    "/search?q=gone&of=accounts", "/portfolio/accounts.csv",
)  # fmt: skip


@pytest.fixture
async def site(store):
    fleets.one_of_everything(store)
    portfolios.fill(store)
    with store.write() as connection:
        fleets.add(connection, "account", an_account(id="GONE-9", name=GONE, csm="csm-anna"))
        fleets.add(
            connection, "contract",
            a_contract(id="GC", account="GONE-9", starts=fleets.TODAY - 330, ends=fleets.TODAY + 30),
        )  # fmt: skip
    fleets.scored(store)
    async with fleets.site(store) as site:
        yield site


def take_back(site, *, for_lists=True):
    """The facts are withdrawn. `for_lists` False, the control: the account's row does not say so."""
    with site.store.write() as connection:
        for kind, key in (("contract", "GC"), ("account", "GONE-9")):
            (done,) = writing.withdraw(connection, KINDS[kind], [key], Origin("test", fleets.NOON))
            assert done.did == "withdrawn"
        if not for_lists:
            connection.execute(account.update().values(withdrawn=False))


async def places(site):
    """Every list of the API and every page where that account is named."""
    found = []
    for route in [route for route in ROUTES if route.method == "GET"]:
        examples = openapi.path_examples() | {"parked": 1, "token": 999, "list": "accounts"}
        status, text = await read(site, "/api/v1" + route.path.format(**examples))
        if status < 400 and ("GONE-9" in text or GONE in text):
            found.append(route.path)
    for path in PAGES:
        status, text = await read(site, path)
        text = re.sub(r'value="[^"]*"|“[^”]*”', "", text)  # what was typed
        if status < 400 and ("GONE-9" in text or GONE in text):
            found.append(path)
    return found


async def read(site, path):
    headers = {"Authorization": f"Bearer {site.secrets['admin']}"} if path.startswith("/api") else {}
    async with site.client.get(site.url + path, headers=headers) as answer:
        return answer.status, await answer.text(errors="replace")


async def test_an_account_that_was_taken_back_is_named_nowhere(site):
    async with site.client.post(f"{site.url}/sign-in", data={"token": site.secrets["admin"]}) as answer:
        assert answer.status == 200
    before = await places(site)
    assert {"/scores", "/accounts", "/search?q=vanished", "/accounts/GONE-9", "/portfolio/accounts.csv"} <= set(before)
    take_back(site, for_lists=False)
    assert {"/scores", "/search?q=vanished", "/portfolio/accounts.csv"} <= set(await places(site)), "the control"
    with site.store.write() as connection:
        connection.execute(account.update().where(account.c.external_id == "GONE-9").values(withdrawn=True))
    # what was counted and scored then stays in the database's views
    assert set(await places(site)) <= {"/export/all"}
    assert (await read(site, "/accounts/GONE-9"))[0] == 404


async def test_said_again_it_is_there_again(site):
    take_back(site)
    assert (await site.get("/accounts/GONE-9"))[0] == 404
    with site.store.write() as connection:
        fleets.add(connection, "account", an_account(id="GONE-8", name="Other"))
        writing.write(
            connection, KINDS["account"], [an_account(id="GONE-9", name=GONE)], Origin("test", fleets.NOON),
            TERMS,
        )  # fmt: skip
    assert (await site.get("/accounts/GONE-9"))[1]["name"] == GONE
    assert "GONE-9" in str(await site.get("/scores"))
