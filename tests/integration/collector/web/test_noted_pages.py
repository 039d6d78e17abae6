"""What is kept about an account from its page, without script: notes, tags, fields, files, each with its undo."""

import html
import re

import aiohttp
import pytest

from collector.access.caller import OF_SOME_ACCOUNTS
from collector.accounts.ledger.kinds.noted import CustomField
from tests import fleets, page_acts, portfolios
from tests.page_acts import page, sign_in
from tests.plain_facts import a_csm

PDF = b"%PDF-1.7\nplan"


@pytest.fixture
async def site(store):
    fleets.story(store)
    portfolios.fill(store)
    fleets.scored(store)
    with store.write() as connection:
        fleets.add(connection, "csm", a_csm(id="staff", name="Staff"), a_csm(id="csm-7", name="王芳"))
        fleets.add(
            connection, "custom_field",
            CustomField(id="tier", name="Service tier", form="choice", choices="gold|silver"),
        )  # fmt: skip
    async with fleets.site(store) as site:
        await sign_in(site, "staff")
        yield site


async def act(site, path, **fields):
    status, text, _ = await page_acts.act(site, path, "/accounts/ACME", **{"account": "ACME", **fields})
    return status, text


async def undo(site, text):
    address, fields = page_acts.undo_of(text)
    return await act(site, address, **fields)


def panel(text, key):
    return re.search(rf'<section[^>]*id="{key}".*?</section>', text, re.DOTALL)[0]


async def test_a_note_is_written_mentions_and_is_taken_back_and_again(site):
    status, text = await act(site, "/acts/notes", text="They open a second hall <b>soon</b>", mention="csm-7")
    assert (status, "Note written" in text) == (200, True)
    note = "@csm-7 They open a second hall <b>soon</b>"
    assert note in panel(text, "notes")
    assert note in panel(text, "time")
    status, text = await undo(site, text)
    assert (status, note in panel(text, "notes")) == (200, False)
    _, text = await act(site, "/acts/notes", text="one")
    key = re.search(r'name="key" value="(note-[^"]+)"', panel(text, "notes"))[1]
    _, text = await act(site, "/acts/kept/take-away", kind="note", key=key, name="one")
    assert "Taken away: one" in text
    _, text = await undo(site, text)
    assert f'value="{key}"' in panel(text, "notes")
    status, text = await act(site, "/acts/notes", text=" ")
    assert (status, "A note has 1 to 4,000 characters." in text) == (422, True)


async def test_a_tag_and_a_fields_value_are_set_found_by_the_portfolio_and_undone(site):
    _, text = await act(site, "/acts/tags", tag="Pilot")
    assert "Pilot" in panel(text, "kept")
    assert "Acme Museum" in await page(site, "/accounts?tag=pilot")
    assert "Beta" not in await page(site, "/accounts?tag=pilot")
    _, text = await act(site, "/acts/custom-values", field="tier", value="gold")
    assert "Acme Museum" in await page(site, "/accounts?field=tier%3DGold")
    assert "Acme Museum" not in await page(site, "/accounts?field=tier%3Dsilver&tag=pilot")
    _, text = await undo(site, text)
    assert "<dd>–</dd>" in panel(text, "kept")
    status, text = await act(site, "/acts/custom-values", field="tier", value="lead")
    assert (status, "One of gold, silver." in text) == (422, True)


async def test_a_file_is_attached_and_comes_back_as_a_file_that_no_browser_shows(site):
    csrf = re.search(r'name="csrf" value="([0-9a-f]+)"', await page(site, "/accounts/ACME"))[1]

    async def attached(name, content, **fields):
        form = aiohttp.FormData(quote_fields=False)  # as browsers send names
        for key, value in ({"csrf": csrf, "account": "ACME"} | fields).items():
            form.add_field(key, value)
        form.add_field("file", content, filename=name)
        async with site.client.post(f"{site.url}/acts/attachments", data=form) as answer:
            return answer.status, html.unescape(await answer.text())

    status, text = await attached("楼层 plan.pdf", PDF)
    assert (status, "Attached: 楼层 plan.pdf" in text) == (200, True)
    href = re.search(r'href="(/attachments/[^"]+)"', panel(text, "attachments"))[1]
    async with site.client.get(site.url + href) as answer:
        assert (answer.status, await answer.read()) == (200, PDF)
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["Content-Disposition"].startswith("attachment;")
        assert answer.headers["Content-Security-Policy"].startswith("sandbox")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert (await attached("page.html", b"<script>"))[0] == 422
    assert (await attached("plan.pdf", b"<script>"))[0] == 422
    assert (await attached("plan.pdf", PDF, csrf="0" * 64))[0] == 403
    for role in OF_SOME_ACCOUNTS:
        await sign_in(site, role)
        async with site.client.get(site.url + href, allow_redirects=False) as answer:
            assert answer.status in {303, 401, 403, 404}, role
            assert PDF not in await answer.read()


async def test_today_shows_who_is_mentioned_until_it_is_put_away(site):
    await act(site, "/acts/notes", text="@staff please look")
    text = await page(site, "/")
    assert "please look" in panel(text, "mentions")
    mention = re.search(r'name="mention" value="(\d+)"', text)[1]
    _, text = await act(site, "/acts/mentions/see", mention=mention)
    assert 'id="mentions"' not in text
    _, text = await undo(site, text)
    assert "please look" in panel(text, "mentions")
