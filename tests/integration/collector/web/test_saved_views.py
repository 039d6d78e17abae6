"""Saved views on the pages, without script: saved, opened, renamed, shared, deleted, each with its undo; columns."""

import re

import pytest

from collector.accounts.ledger.kinds.noted import CustomField
from tests import fleets, page_acts, portfolios
from tests.page_acts import page, sign_in
from tests.plain_facts import a_csm


@pytest.fixture
async def site(store):
    fleets.story(store)
    portfolios.fill(store)
    fleets.scored(store)
    with store.write() as connection:
        fleets.add(connection, "csm", a_csm(id="staff", name="Staff"))
        fleets.add(connection, "custom_field", CustomField(id="tier", name="Service tier", form="text"))
    async with fleets.site(store) as site:
        await sign_in(site, "staff")
        yield site


async def act(site, path, **fields):
    return await page_acts.act(site, path, "/accounts", **fields)


async def undo(site, text):
    address, fields = page_acts.undo_of(text)
    return await act(site, address, **fields)


def views(text):
    """{name: address} as the page lists them."""
    part = re.search(r'id="saved">.*', text, re.DOTALL)[0]
    return {name: href for href, name in re.findall(r'<a class="to" href="([^"]+)"[^>]*>([^<]+)</a> <span', part)}


@pytest.mark.parametrize(
    ("of", "path", "said"),
    [
        ("accounts", "/accounts", "band=red&sort=-arr"),
        ("calls", "/", "whose=all"),
        ("robots", "/robots", "state=offline"),
    ],
)
async def test_a_view_of_each_list_is_saved_opened_and_taken_back(site, of, path, said):
    status, text, url = await act(site, "/acts/views/save", list=of, said=said, name="Nightly")
    assert (status, "View saved: Nightly" in text) == (200, True)
    assert url.path == path
    opened = await page(site, views(text)["Nightly"])
    assert ">Nightly</a>" in opened
    assert f'name="said" value="{said}"' in opened, "what the page shows is what was saved"
    _, text, _ = await undo(site, text)
    assert "Nightly" not in views(text)
    _, text, _ = await undo(site, text)
    assert "Nightly" in views(text)


async def test_a_view_is_renamed_shared_and_changed_and_each_is_undone(site):
    _, text, _ = await act(site, "/acts/views/save", list="accounts", said="band=red", name="Reds")
    view = re.search(r"view=(\d+)", views(text)["Reds"])[1]
    _, text, _ = await act(site, "/acts/views/rename", view=view, name="Red ones")
    assert "Red ones" in views(text)
    _, text, _ = await undo(site, text)
    assert "Reds" in views(text)
    _, text, _ = await act(site, "/acts/views/share", view=view, shared="1")
    await sign_in(site, "reader")
    assert "Reds" in views(await page(site, "/accounts"))
    await sign_in(site, "staff")
    await undo(site, text)
    await sign_in(site, "reader")
    assert "Reds" not in views(await page(site, "/accounts"))
    await sign_in(site, "staff")
    assert "Keep what is shown now in “Reds”" in await page(site, f"/accounts?band=red,yellow&view={view}")
    _, text, _ = await act(site, "/acts/views/keep", view=view, said="band=red,yellow")
    assert "band=red%2Cyellow" in views(text)["Reds"]
    _, text, _ = await undo(site, text)
    assert "band=red&" in views(text)["Reds"]


async def test_the_portfolio_shows_a_custom_field_as_a_column_and_offers_the_tags_in_use(site):
    await act(site, "/acts/tags", account="ACME", tag="Pilot")
    await act(site, "/acts/custom-values", account="ACME", field="tier", value="gold")
    text = await page(site, "/accounts?columns=arr&columns=field:tier&columns=field:gone")
    assert '<th scope="col">Service tier</th>' in text
    assert '<td data-l="Service tier">gold</td>' in text
    assert 'data-l="Robots"' not in text
    assert '<option value="pilot">pilot (1)</option>' in text
    assert "Acme Museum" in await page(site, "/accounts?tag=pilot&columns=field:tier")
    async with site.client.get(f"{site.url}/portfolio/accounts.csv?columns=field:tier") as answer:
        rows = (await answer.text("utf-8-sig")).splitlines()
    assert rows[0].endswith(",robots,Service tier")
    assert next(row for row in rows if row.startswith("ACME,")).endswith(",gold")


async def test_a_view_of_nobodys_list_or_of_another_site_is_refused(site):
    assert (await act(site, "/acts/views/save", list="people", said="", name="All"))[0] == 400
    assert (await act(site, "/acts/views/save", list="accounts", said="band=blue", name="All"))[0] == 422
    assert (await act(site, "/acts/views/delete", view="99"))[0] == 404
    async with site.client.post(f"{site.url}/acts/views/delete", data={"view": "1"}) as answer:
        assert answer.status == 403
    await sign_in(site, "customer")
    assert 'id="saved"' not in await page(site, "/robots")
