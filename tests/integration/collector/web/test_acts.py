"""What is done from Today and from an account: only what was ticked, with what is left beside it, and its undo."""

import re

import pytest

from collector.accounts.ledger.kinds import relations
from tests import fleets, portfolios
from tests.fleets import TODAY

HTMX = {"HX-Request": "true"}


@pytest.fixture
async def site(store):
    fleets.story(store)
    portfolios.fill(store)
    fleets.scored(store)
    portfolios.calls(store)
    with store.write() as connection:
        fleets.add(
            connection, "promise",
            relations.Promise(id="P1", account="ACME", made_day=TODAY - 20, due_day=TODAY - 3, text="Train the shift"),
        )  # fmt: skip
    async with fleets.site(store) as site:
        async with site.client.post(f"{site.url}/sign-in", data={"token": site.secrets["staff"]}) as answer:
            assert answer.status == 200
        yield site


async def page(site, path):
    async with site.client.get(site.url + path) as answer:
        assert answer.status == 200, path
        return await answer.text()


async def act(site, path, *fields, htmx=True):
    csrf = re.search(r'name="csrf" value="([0-9a-f]+)"', await page(site, "/"))[1]
    sent = [("csrf", csrf), ("whose", "all"), ("account", "ACME"), ("name", "Acme Museum"), *fields]
    async with site.client.post(site.url + path, data=sent, headers=HTMX if htmx else {}) as answer:
        return answer.status, await answer.text()


async def reasons(site):
    text = await page(site, "/?whose=all")
    row = re.search(r"<form[^>]*/acts/calls/done.*?</form>", text[text.index("Acme Museum") :], re.DOTALL)[0]
    return re.findall(r'name="cta" value="(\d+)"', row)


def waiting(text):
    assert re.search(r"reason", text), text[:3000]
    return tuple(map(int, re.search(r"(\d+) reasons? at (\d+) accounts?", text).groups()))


async def test_done_closes_what_was_ticked_and_the_row_has_what_is_left(site):
    first, *rest = await reasons(site)
    many, accounts = waiting(await page(site, "/?whose=all"))
    status, text = await act(site, "/acts/calls/done", ("which", "1"))
    assert (status, "No reason was ticked." in text) == (422, True)
    status, text = await act(site, "/acts/calls/done", ("which", "1"), ("cta", first))
    assert (status, waiting(text)) == (200, (many - 1, accounts))
    assert all(re.search(rf'name="ctas?" value="{one}"', text.partition("toasts")[0]) for one in rest)
    open_now = {str(one["id"]) for one in (await site.get("/ctas?account=ACME"))[1]["items"] if one["state"] == "open"}
    assert open_now == set(rest), "what was not ticked is open"
    undo = re.search(r'name="ctas" value="([^"]+)"><input type="hidden" name="name"', text)[1]
    assert undo == first
    status, text = await act(site, "/acts/calls/take-back", ("ctas", undo))
    assert (status, waiting(text)) == (200, (many, accounts))
    assert await reasons(site) == [first, *rest]


async def test_the_last_reason_done_takes_the_row_away(site):
    ids = await reasons(site)
    many, accounts = waiting(await page(site, "/?whose=all"))
    _, text = await act(site, "/acts/calls/done", ("which", "1"), *(("cta", one) for one in ids))
    assert ('class="call"' in text, waiting(text)) == (False, (many - len(ids), accounts - 1))


async def test_a_promise_is_kept_on_the_account_and_reopened(site):
    text = await page(site, "/accounts/ACME")
    assert "3 d late" in text
    assert "3 d late" in await page(site, "/?whose=all")
    assert "3 days" in await page(site, "/accounts/ACME/brief"), "one day is one distance everywhere"
    back = (("promise", "P1"), ("back", "/accounts/ACME"))
    status, text = await act(site, "/acts/promises/kept", *back, htmx=False)
    assert (status, "/acts/promises/reopen" in text, "Promise kept" in text) == (200, True, True)
    assert (await site.get("/promises/P1"))[1]["kept_day"] == fleets.iso(0)
    assert (await act(site, "/acts/promises/kept", *back, htmx=False))[0] == 409
    await act(site, "/acts/promises/reopen", *back, htmx=False)
    assert (await site.get("/promises/P1"))[1]["kept_day"] is None


async def test_a_touch_of_today_is_in_the_list_of_accounts_too_and_gone_when_it_is_taken_back(site):
    def row(text):
        return re.search(r"<tr><td>(?:(?!<tr>).)*?Acme Museum.*?</tr>", text, re.DOTALL)[0]

    before = row(await page(site, "/accounts"))
    assert "29 May" not in before
    fields = (("channel", "phone"), ("answered", "yes"), ("summary", "Spoke"), ("day", fleets.iso(0)))
    _, text = await act(site, "/acts/touches", *fields)
    assert "29 May" in row(await page(site, "/accounts"))
    assert "take-back" in text, text[:1500]
    undo = re.search(r'name="touch" value="([^"]+)"', text)[1]
    assert (await act(site, "/acts/touches/take-back", ("touch", undo)))[0] == 200
    assert row(await page(site, "/accounts")) == before


async def test_an_account_is_handed_over_with_its_calls_and_taken_back(site):
    sheet = await page(site, "/accounts/ACME/handover")
    assert all(word in sheet for word in ("Handover sheet", "Train the shift", 'value="csm-ben"', "Anna"))
    mine = {one["id"] for one in (await site.get("/ctas?account=ACME&owner=csm-anna"))[1]["items"]}
    assert mine
    to_ben = (("csm", "csm-ben"), ("back", "/accounts/ACME"))
    status, text = await act(site, "/acts/handovers", *to_ben, htmx=False)
    assert (status, "Handed over to Ben" in text) == (200, True)
    assert (await site.get("/accounts/ACME"))[1]["csm"] == "csm-ben"
    assert {one["id"] for one in (await site.get("/ctas?account=ACME&owner=csm-ben"))[1]["items"]} == mine
    assert "ACME" in await page(site, "/accounts?csm=csm-ben"), "lists follow at once"
    assert (await act(site, "/acts/handovers", *to_ben, htmx=False))[0] == 409
    undo = undo_of(text)
    assert (undo["account"], undo["csm"]) == ("ACME", "csm-anna")
    await act(site, "/acts/handovers", *undo.items(), htmx=False)
    assert (await site.get("/accounts/ACME"))[1]["csm"] == "csm-anna"
    assert {one["id"] for one in (await site.get("/ctas?account=ACME&owner=csm-anna"))[1]["items"]} == mine


async def test_a_hand_over_is_undone_with_what_was_snoozed_and_without_what_the_other_had(site):
    first, second, *_ = await reasons(site)
    assert (await site.ask("POST", f"/ctas/{first}/snooze", json={"until": fleets.iso(3)}))[0] == 200
    assert (await site.ask("POST", f"/ctas/{second}/assign", json={"owner": "csm-ben"}))[0] == 200
    before = await owners(site)
    assert before[int(first)] == ("csm-anna", "snoozed")
    _, text = await act(site, "/acts/handovers", ("csm", "csm-ben"), ("back", "/accounts/ACME"), htmx=False)
    assert {owner for owner, _ in (await owners(site)).values()} == {"csm-ben"}
    await act(site, "/acts/handovers", *undo_of(text).items(), htmx=False)
    assert await owners(site) == before


def undo_of(text):
    """The fields of the undo in the toast."""
    toast = re.search(r'<div class="toast">.*?</form>', text, re.DOTALL)[0]
    return dict(re.findall(r'name="(account|csm|ctas|back)" value="([^"]*)"', toast))


async def owners(site):
    found = (await site.get("/ctas?account=ACME"))[1]["items"]
    return {one["id"]: (one["owner"], one["state"]) for one in found}


@pytest.mark.parametrize(("csm", "status"), [("", 422), ("csm-nobody", 422)])
async def test_nobody_is_handed_an_account(site, csm, status):
    assert (await act(site, "/acts/handovers", ("csm", csm), htmx=False))[0] == status
    assert (await site.get("/accounts/ACME"))[1]["csm"] == "csm-anna"


@pytest.mark.parametrize(("zone", "ahead"), [("Pacific/Kiritimati", 1), ("UTC", 0)])
async def test_what_a_page_offers_for_an_account_goes_by_the_accounts_own_day(site, zone, ahead):
    answer = (await site.get("/accounts/ACME"))[1]
    changed = {key: answer[key] for key in ("id", "name", "scene", "csm") if answer.get(key)} | {"timezone": zone}
    async with site.client.put(
        f"{site.url}/api/v1/accounts/ACME", json=changed, headers={"Authorization": f"Bearer {site.secrets['staff']}"}
    ) as put:
        assert put.status == 200, await put.text()
    text = await page(site, "/?whose=all")
    row = re.search(r"<form[^>]*/acts/calls/snooze.*?</form>", text[text.index("Acme Museum") :], re.DOTALL)[0]
    offered = re.findall(r'value="(\d{4}-\d\d-\d\d)"', row)
    assert min(offered) > fleets.iso(ahead)
    form = await page(site, "/accounts/ACME/touch")
    day = re.search(r'name="day"[^>]*value="([^"]+)"', form)[1]
    assert day == fleets.iso(ahead)
    status, _ = await act(
        site, "/acts/touches", ("channel", "phone"), ("answered", "yes"), ("summary", "spoke of lifts"), ("day", day)
    )
    assert status == 200
    assert "spoke of lifts" in await page(site, "/accounts/ACME")
    ids = re.search(r'name="ctas?" value="([^"]+)"', row)[1]
    status, text = await act(
        site, "/acts/calls/snooze", ("ctas", ids), ("cta", ids.split(",")[0]), ("until", offered[0])
    )
    assert status == 200, text[:500]
