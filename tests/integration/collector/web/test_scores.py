"""Scores over HTTP and on the command line, on both databases: who may see them, what stood, what a run says."""

import asyncio
import json

import pytest
from click.testing import CliRunner

from collector.__main__ import main_group
from collector.closing.runs import Runs
from collector.errors import CollectorError
from tests import fleets
from tests import portfolio as p
from tests.policies import a_closing
from tests.portfolio import NOON, T


@pytest.fixture
async def site(store):
    for name in ("BETA", "ACME", "CENTO"):
        p.add_account(store, name, [f"{name.lower()}-1"], scene="exhibition")
        p.use(store, f"{name.lower()}-1", range(T - 99, T + 1))
    runs = Runs(a_closing(store=store, processes=1), lambda: NOON)
    async with fleets.site(store, clock=lambda: NOON, runs=runs) as site:
        yield site
    runs.thread.close()
    runs.thread.join()


async def run(site, **body):
    status, answer = await site.ask("POST", "/scores/run", json=body)
    assert status == 202, answer
    while answer["state"] == "running":
        await asyncio.sleep(0.02)
        _, answer = await site.get("/scores/run")
    return answer


async def test_a_run_closes_what_is_due_and_the_day_can_be_listed(site):
    done = await run(site)
    assert (done["state"], done["days_done"], done["scored"]) == ("done", 1, 3)
    assert (await run(site))["days_done"] == 0
    _, page = await site.get("/scores?limit=2")
    assert [one["account"] for one in page["items"]] == ["ACME", "BETA"]
    _, rest = await site.get(f"/scores?limit=2&cursor={page['next']}")
    assert [one["account"] for one in rest["items"]] == ["CENTO"]
    _, none = await site.get("/scores?cap=LAPSED")
    assert none["items"] == []


async def test_an_accounts_score_its_versions_and_why(site):
    await run(site)
    again = await run(site, day="2024-10-04", again=True, account="ACME")
    assert (again["scored"], again["error"]) == (1, None)
    _, now = await site.get("/accounts/ACME/score")
    assert (now["score"]["version"], now["score"]["day"]) == (2, "2024-10-04")
    assert now["measures"]["A2"] is not None
    _, versions = await site.get("/accounts/ACME/scores")
    assert [one["version"] for one in versions] == [1, 2]
    _, stood = await site.get("/accounts/ACME/explanation?as_of=2024-10-04&language=zh")
    assert (stood["version"], stood["newer_version"]) == (1, 2)
    assert stood["robots"][0]["robot"] == "acme-1"
    assert stood["robots"][0]["last"] == 28 * p.COUNTS["interaction"]
    _, newest = await site.get("/accounts/ACME/explanation")
    assert (newest["version"], newest["newer_version"]) == (2, None)


async def test_what_cannot_be_said_names_the_remedy(site):
    status, said = await site.get("/accounts/ACME/explanation")
    assert (status, "POST /api/v1/scores/run" in json.dumps(said)) == (404, True)
    for body in ({"day": "2024-10-09"}, {"from": "2024-10-01", "to": "2024-10-09"}):
        status, said = await site.ask("POST", "/scores/run", json=body)
        assert (status, "2024-10-04" in said["error"]["remedy"]) == (422, True), "refused at once"
    assert (await site.get("/scores/run"))[1]["state"] == "idle", "nothing was begun"
    status, _ = await site.ask("POST", "/scores/run", json={"from": "2024-10-04"})
    assert status == 400
    status, _ = await site.get("/accounts/NOBODY/score")
    assert status == 404


async def test_a_customer_sees_no_scores_and_a_reader_starts_no_run(site):
    for path in ("/scores", "/accounts/BETA/score", "/accounts/BETA/explanation", "/scores/run"):
        status, _ = await site.get(path, "customer")
        assert status == 403
    status, _ = await site.ask("POST", "/scores/run", "reader", json={})
    assert status == 403


async def test_the_commands_ask_a_serving_collector(site):
    options = ["--url", site.url, "--token", site.secrets["staff"]]
    scored = await asyncio.to_thread(CliRunner().invoke, main_group, ["score", *options, "--json"])
    assert json.loads(scored.stdout)["scored"] == 3, scored.output
    explained = await asyncio.to_thread(CliRunner().invoke, main_group, ["explain", "ACME", *options, "--lang", "zh"])
    assert "acme-1" in explained.stdout


def test_the_commands_work_on_a_store(store, store_url):
    p.add_account(store, "ACME", ["acme-1"], scene="exhibition")
    p.use(store, "acme-1", range(T - 99, T + 1))
    store.close()
    asked = ["--store", store_url]
    scored = CliRunner().invoke(main_group, ["score", "--day", "2024-10-04", *asked, "--json"])
    assert json.loads(scored.stdout)["scored"] == 1, scored.output
    assert "2024-10-04 (1/1)" in scored.stderr
    explained = CliRunner().invoke(main_group, ["explain", "ACME", *asked, "--as-of", "2024-10-04", "--json"])
    assert json.loads(explained.stdout)["explanation"]["account"] == "ACME"
    text = CliRunner().invoke(main_group, ["explain", "ACME", *asked])
    assert "acme-1" not in text.stdout, "nothing was known of it at that day's cutoff, and nothing is shown"
    recorded = ["--basis", "recorded", *asked]
    CliRunner().invoke(main_group, ["score", "--day", "2024-10-04", *recorded])
    assert "acme-1" in CliRunner().invoke(main_group, ["explain", "ACME", *recorded]).stdout
    missing = CliRunner().invoke(main_group, ["explain", "ACME", *asked, "--as-of", "2024-01-01"])
    assert isinstance(missing.exception, CollectorError)
    assert "2024-10-04" in str(missing.exception)
    nobody = CliRunner().invoke(main_group, ["score", "--account", "NOBODY", *asked])
    assert "NOBODY" in str(nobody.exception)
