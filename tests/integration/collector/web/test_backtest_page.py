"""The back-test on its page: begun there, watched, kept with its hour; the proposal as a file that nothing adopts."""

import asyncio
import json
import threading

import pytest
from sqlalchemy import select, update

from collector.health.policy.file import Policy
from collector.store.tables.fleet import store_fact
from tests import fleets, page_words
from tests.past_losses import fill

HERE = "/portfolio/backtest"


async def signed_in(site, who="admin"):
    async with site.client.post(f"{site.url}/sign-in", data={"token": site.secrets[who]}) as answer:
        assert answer.status == 200


async def read(site, path=HERE, language="en-US", **headers):
    async with site.client.get(site.url + path, headers={"Accept-Language": language, **headers}) as answer:
        return answer.status, await answer.text(), answer.headers


async def begin(site, **fields):
    _, text, _ = await read(site)
    csrf = text.partition('name="csrf" value="')[2].partition('"')[0]
    async with site.client.post(site.url + HERE, data={"csrf": csrf, "basis": "arrived"} | fields) as answer:
        return answer.status, await answer.text()


async def over(site):
    """How the one under way ended."""
    while True:
        _, run = await site.get("/scores/backtest/run")
        if run["state"] != "running":
            return run
        await asyncio.sleep(0.02)


@pytest.fixture
async def site(store):
    async with fleets.site(store) as site:
        yield site


async def test_a_store_without_scores_teaches_what_a_back_test_needs(site):
    await signed_in(site)
    assert "fewer than 20 losses" in (await read(site))[1]
    await begin(site)
    assert (await over(site))["state"] == "failed"
    assert "There is no score of this kind to judge" in (await read(site))[1]
    status, refused = await site.get("/scores/backtest")
    assert (status, refused["error"]["code"]) == (404, "not_found")


async def test_what_it_finds_is_kept_with_its_hour_and_its_proposal_is_a_file(site, store):
    fill(store)
    await signed_in(site)
    assert (await begin(site))[0] == 200
    assert (await over(site))["state"] == "done"
    _, kept = await site.get("/scores/backtest")
    assert (kept["by"], kept["proposal"]["proposal"]["says"]) == ("admin", "better")
    status, text, _ = await read(site)
    assert status == 200
    for said in ("of 78 losses", "adds nothing on your data", "false alarms", "save as a policy file", "by admin"):
        assert said in text.lower(), said
    assert 'href="/portfolio/backtest?lead=60#ranks"' in text
    _, file, headers = await read(site, f"{HERE}/policy-proposed.toml")
    assert Policy.load(file).hash == kept["proposal"]["proposal"]["proposed"]
    assert "attachment" in headers["Content-Disposition"]
    _, settings = await site.get("/settings", "admin")
    assert kept["proposal"]["proposal"]["proposed"] not in str(settings), "nothing adopts it"
    chinese = (await read(site, language="zh-CN"))[1]
    assert page_words.latin_words(chinese, ["admin"]) <= {
        "Fleetward", "English", "Ctrl", "CSM", "ARR", "AUC", "Brier", "API",
    }  # fmt: skip


async def test_what_an_earlier_release_kept_is_read_and_says_what_it_did_not_keep(site, store):
    """Its form is that of the first release that kept one: without currency, intervals and what waits."""
    fill(store)
    await signed_in(site)
    await begin(site)
    assert (await over(site))["state"] == "done"
    with store.write() as connection:
        form = json.loads(connection.scalar(select(store_fact.c.value).where(store_fact.c.name == "backtest")))
        assert form.pop("currency") == "CNY"
        del form["proposal"]["effect"]["waiting"]
        for one in form["proposal"]["effect"]["accounts"]:
            del one["band_settled"]
        for one in form["report"]["leads"]:
            for name in ("score_interval", "momentum_interval", "better_by"):
                assert one["first_calls"].pop(name)["low"] is not None
        connection.execute(update(store_fact).where(store_fact.c.name == "backtest").values(value=json.dumps(form)))
    status, kept = await site.get("/scores/backtest")
    assert (status, kept["currency"], kept["proposal"]["effect"]["waiting"]) == (200, "", None)
    assert kept["report"]["outcomes"] == form["report"]["outcomes"]
    text = (await read(site))[1]
    assert "its currency was not kept" in text
    assert "¥" not in text.partition('class="tiles"')[2].partition("</section>")[0]


async def test_a_kept_one_keeps_its_currency_when_the_setting_changes(site, store):
    fill(store)
    await signed_in(site)
    await begin(site)
    assert (await over(site))["state"] == "done"
    before = (await read(site))[1].partition('class="tiles"')[2].partition("</section>")[0]
    assert "¥" in before
    async with fleets.site(store, base_currency="EUR") as later:
        await signed_in(later)
        assert (await read(later))[1].partition('class="tiles"')[2].partition("</section>")[0] == before
        assert (await later.get("/scores/backtest"))[1]["currency"] == "CNY"


async def test_one_at_a_time_and_its_progress_is_on_the_page_until_it_is_over(site):
    await signed_in(site)
    held, backtests = threading.Event(), site.parts.context.services.backtests
    assert backtests.start(lambda _: "held" if held.wait(60) else None)
    try:
        _, text, _ = await read(site)
        assert ("A back-test is under way" in text, "Begin a back-test" in text) == (True, False)
        status, part, _ = await read(site, f"{HERE}/run", **{"HX-Request": "true"})
        assert (status, part.lstrip().startswith("<section")) == (200, True)
        status, refused = await site.ask("POST", "/scores/backtest", "admin", json={})
        assert (status, refused["error"]["message"]) == (409, "a back-test is under way")
    finally:
        held.set()
    await over(site)
    status, _, headers = await read(site, f"{HERE}/run", **{"HX-Request": "true"})
    assert (status, headers["HX-Refresh"]) == (204, "true")


async def test_who_closes_days_begins_one_and_others_read_it(site):
    await signed_in(site, "viewer")
    _, text, _ = await read(site)
    assert "An administrator or the head of CS begins one" in text
    assert '<form method="post" action="/portfolio' not in text
    assert (await site.ask("POST", "/scores/backtest", "viewer", json={}))[0] == 403
