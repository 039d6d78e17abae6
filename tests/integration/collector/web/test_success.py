"""Calls to action, briefs, plans, suggestions, webhooks and channels over the API; the same from the command line."""

import json

import pytest
from click.testing import CliRunner

from collector.__main__ import main_group
from collector.accounts.ledger.kinds import care
from collector.commands.door import CommandRefused
from collector.fleet.scope import account_id_of
from collector.notifications import webhooks
from collector.operations.ctas import AddCta, add_cta
from collector.operations.deliveries import prune_deliveries
from collector.scheduled import sending
from collector.success import store as success
from collector.success.priority import Situation
from collector.success.proposals import Proposal
from tests import fleets
from tests.fleets import NOON, TODAY, iso
from tests.policies import PLAYBOOKS
from tests.receivers import receiver

CTA = "/ctas/1"


@pytest.fixture
async def site(store):
    fleets.story(store)
    fleets.one_fact_of_each_kind(store)
    fleets.one_cta(store)
    async with fleets.site(store, deliver_to_private_networks=True) as site:
        yield site


async def post(site, path, body=None, role="staff"):
    return await site.ask("POST", path, role, **({} if body is None else {"json": body}))


async def test_a_call_to_action_is_worked_on_from_the_list_to_its_end(site):
    (first,) = (await site.get("/ctas?owner=csm-1"))[1]["items"]
    assert (first["account"], first["rule"], first["title"]["zh"]) == ("ACME", "PROMISE", "承诺已逾期")
    assert (await post(site, f"{CTA}/tasks/1/done"))[1]["tasks"][0]["done_by"] == "staff"
    assert (await post(site, f"{CTA}/snooze", {"until": iso(3)}))[1]["cta"]["state"] == "snoozed"
    assert (await post(site, f"{CTA}/assign", {"owner": "csm-1"}))[0] == 200
    status, done = await post(site, f"{CTA}/close", {"outcome": "resolved", "useful": False, "note": "spoke"})
    assert (status, done["cta"]["state"], done["cta"]["useful"]) == (200, "closed", False)
    assert [event["event"] for event in done["history"]] == ["opened", "task_done", "snoozed", "assigned", "closed"]
    assert (await site.get("/ctas"))[1]["items"] == []
    assert len((await site.get("/ctas?state=closed"))[1]["items"]) == 1
    flagged = [row["rule"] for row in (await site.get("/ctas/precision"))[1] if row["flagged"]]
    assert flagged == ["PROMISE"]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/ctas/99/close", {"outcome": "resolved", "useful": True}, 404),
        ("/ctas/x/close", {"outcome": "resolved", "useful": True}, 400),
        (f"{CTA}/close", {"outcome": "resolved"}, 422),
        (f"{CTA}/close", {"outcome": "invented", "useful": True}, 422),
        (f"{CTA}/snooze", {"until": "2020-01-01"}, 422),
        (f"{CTA}/assign", {"owner": "nobody"}, 404),
        (f"{CTA}/tasks/9/done", None, 404),
        ("/ctas", {"account": "NOBODY", "title": "x"}, 404),
        ("/ctas", {"account": "ACME", "title": "a\x00b"}, 422),
        ("/ctas", {"account": "ACME", "title": "x", "owner": "nobody"}, 404),
    ],
)
async def test_what_cannot_be_done_is_refused_with_its_remedy(site, path, body, status):
    found, answer = await post(site, path, body)
    assert found == status, answer
    assert answer["error"]["remedy"]


async def test_customers_and_readers_do_not_write_and_customers_do_not_read(site):
    for path in ("/ctas", CTA, "/ctas/precision", "/accounts/BETA/brief", "/webhooks", "/notices", "/playbooks"):
        assert (await site.get(path, "customer"))[0] == 403, path
    assert (await site.get("/ctas", "reader"))[0] == 200
    assert (await post(site, f"{CTA}/assign", {"owner": "csm-1"}, "reader"))[0] == 403
    for path in ("/webhooks", "/webhooks/deliveries", "/notice-channels", "/notices"):
        assert (await site.get(path, "staff"))[0] == 403, path


async def test_one_set_by_hand_is_told_to_webhooks_and_people(site):
    async with receiver() as there:
        made = await post(site, "/webhooks", {"url": there.url, "events": ["cta.opened", "cta.closed"]}, "admin")
        assert made[0] == 201
        assert made[1]["secret"].startswith("whsec_")
        assert "secret" not in json.dumps((await site.get("/webhooks", "admin"))[1])
        channel = {"name": "East", "url": there.url.replace("http", "json"), "owner": "csm-1", "language": "zh"}
        assert (await post(site, "/notice-channels", channel, "admin"))[0] == 201
        status, cta = await post(site, "/ctas", {"account": "ACME", "title": "Visit the new hall"})
        assert (status, cta["cta"]["owner"]) == (201, "csm-1")
        assert (await post(site, "/ctas", {"account": "ACME", "title": "Visit the new hall"}))[0] == 409
        await post(site, f"/ctas/{cta['cta']['id']}/close", {"outcome": "agreed", "useful": True})
        await sending(site.parts.context).run()
        said = [json.loads(body) for _, body in there.taken]
        assert sorted(one["type"] for one in said if "data" in one) == ["cta.closed", "cta.opened"]
        assert [one["title"] for one in said if "title" in one] == ["Acme Museum：Visit the new hall"]


def one_that_waits(store):
    """A sixth promise of a day on which its CSM gets five: it waits in the digest. Its id."""
    with store.write() as connection:
        row_id = account_id_of(connection, "ACME")
        where = Situation(row_id=row_id, account="ACME", csm="csm-1", arr=1, due_day=None, cadence_days=90.0)
        late = [
            Proposal(row_id=row_id, account="ACME", rule="PROMISE", reason=f"late-{n}", severity=0.6)
            for n in range(PLAYBOOKS.limits.new_per_csm_day + 1)
        ]
        done = success.update(connection, TODAY, [success.Case(where, tuple(late))], NOON, playbooks=PLAYBOOKS)
        return done.digest[0]


async def test_one_assigned_out_of_the_digest_is_told_once_to_webhooks_and_its_new_owner(site):
    waiting = one_that_waits(site.store)
    async with receiver() as there:
        await post(site, "/webhooks", {"url": there.url, "events": ["cta.opened"]}, "admin")
        for owner in ("csm-1", "csm-2"):
            channel = {"name": owner, "url": there.url.replace("http", "json"), "owner": owner, "language": "en"}
            assert (await post(site, "/notice-channels", channel, "admin"))[0] == 201
        assert (await post(site, f"/ctas/{waiting}/assign", {"owner": "nobody"}))[0] == 404
        await sending(site.parts.context).run()
        assert there.taken == [], "what was refused is not told"
        assert (await post(site, f"/ctas/{waiting}/assign", {"owner": "csm-1"}))[0] == 200
        assert (await post(site, f"/ctas/{waiting}/assign", {"owner": "csm-1"}))[0] == 200, "it is open already"
        await sending(site.parts.context).run()
        said = [json.loads(body) for _, body in there.taken]
    (event,) = [one for one in said if "data" in one]
    assert (event["type"], event["data"]["id"], event["data"]["owner"]) == ("cta.opened", waiting, "csm-1")
    (notice,) = [one["title"] for one in said if "title" in one]
    assert "Acme Museum" in notice


async def test_webhooks_are_tried_out_listed_sent_again_and_removed(site):
    async with receiver() as there:
        await post(site, "/webhooks", {"url": there.url}, "admin")
        assert (await post(site, "/webhooks/1/ping", role="admin"))[0] == 200
        assert (await post(site, "/webhooks/9/ping", role="admin"))[0] == 404
        deliveries = sending(site.parts.context)
        await deliveries.run()
        assert [json.loads(body)["type"] for _, body in there.taken] == ["ping"]
        (sent,) = (await site.get("/webhooks/deliveries?webhook=1&state=delivered", "admin"))[1]["items"]
        assert (await post(site, f"/webhooks/deliveries/{sent['id']}/redeliver", role="admin"))[0] == 200
        await deliveries.run()
        assert prune_deliveries(site.parts.context, None) == 0
        assert len(there.taken) == 2
        assert (await site.ask("DELETE", "/webhooks/1", "admin"))[0] == 200
        assert (await site.ask("DELETE", "/webhooks/1", "admin"))[0] == 404
        assert (await post(site, f"/webhooks/deliveries/{sent['id']}/redeliver", role="admin"))[0] == 409


async def test_a_collector_that_keeps_to_public_networks_refuses_others(store):
    async with fleets.site(store) as site:
        status, answer = await post(site, "/webhooks", {"url": "http://10.0.0.1/"}, "admin")
        assert (status, answer["error"]["code"]) == (422, "unprocessable")
        status, answer = await post(site, "/notice-channels", {"name": "x", "url": "json://10.0.0.1/T0P"}, "admin")
        assert status == 422
        assert "T0P" not in json.dumps(answer)
        assert (await post(site, "/webhooks", {"url": "https://example.com/", "events": ["x"]}, "admin"))[0] == 422


async def test_a_brief_says_what_is_open_and_what_to_ask(site):
    brief = (await site.get(f"/accounts/ACME/brief?day={iso(-1)}"))[1]
    assert [point["fact"] for point in brief["promised"]] == ["promise-1"]
    assert {"champion"} == {point["fact"] for point in brief["ask"] if point["about"] == "contact"}
    assert (await site.get("/accounts/NOBODY/brief"))[0] == 404


async def test_an_import_is_told_to_webhooks(site):
    with site.store.write() as connection:
        webhooks.add(connection, "http://127.0.0.1:9/", ["import.done"], "whsec_", NOON, private=True)
    rows = "id,name\nZETA,Zeta Museum\n"
    status, done = await site.ask("POST", "/import/accounts", data=rows, headers={"Content-Type": "text/csv"})
    assert status == 200, done
    await post(site, f"/imports/{done['import_id']}/undo")
    told = (await site.get("/webhooks/deliveries", "admin"))[1]["items"]
    assert [one["body"]["data"]["undone"] for one in told] == [True, False]
    status, answer = await post(site, "/imports/99/undo")
    assert (status, "GET /api/v1/imports" in answer["error"]["remedy"]) == (404, True)
    assert (await post(site, f"/imports/{done['import_id']}/undo"))[0] == 409, "undone already"


async def test_an_import_of_usage_is_told_to_webhooks(site):
    with site.store.write() as connection:
        webhooks.add(connection, "http://127.0.0.1:9/", ["import.done"], "whsec_", NOON, private=True)
    rows = f"account,robot,day,counter,value\nZETA,z-1,{iso(-40)},wake_up,12\n"
    status, done = await site.ask("POST", "/import/usage", data=rows, headers={"Content-Type": "text/csv"})
    assert status == 200, done
    [told] = (await site.get("/webhooks/deliveries", "admin"))[1]["items"]
    data = told["body"]["data"]
    assert (data["import"], data["kind"], data["undone"]) == (None, "usage", False)
    assert {name: data[name] for name in ("values", "robot_days", "new_accounts")} == {
        "values": 1, "robot_days": 1, "new_accounts": 1,
    }  # fmt: skip


async def test_plans_are_tracked_from_account_days(site):
    with site.store.write() as connection:
        target = care.Objective(
            id="O-2", account="ACME", counter="wake_up", target=10.0, from_day=TODAY - 5, to_day=TODAY + 5, plan="Hall"
        )
        fleets.add(connection, "objective", target)
    plans = (await site.get(f"/accounts/ACME/plans?day={iso(-1)}"))[1]
    assert [(plan["name"], len(plan["objectives"])) for plan in plans["plans"]] == [("Hall", 1), ("Spring season", 1)]
    assert plans["plans"][0]["objectives"][0]["status"] == "unknown", "nothing was rolled up: unknown, not zero"


def run(store_url, *arguments):
    done = CliRunner().invoke(main_group, ["cta", *arguments, "--store", store_url], catch_exceptions=False)
    return done.exit_code, done.output


def test_the_command_line_lists_shows_and_closes(store_url):
    from collector.store.engine import open_store  # noqa: PLC0415 - closed again before the command opens it

    store = open_store(store_url)
    fleets.story(store)
    fleets.one_fact_of_each_kind(store)
    fleets.one_cta(store)
    store.close()
    code, text = run(store_url, "list", "--lang", "zh")
    assert (code, "承诺已逾期：Train the new shift.（应于" in text) == (0, True)
    text = run(store_url, "show", "1", "--lang", "zh")[1]
    assert "\nTrain the new shift.（应于" in text, "why, before anything else"
    assert ("  到期日：" in text, "due_day" in text) == (True, False)
    assert "Keep it, or agree on a new day" in run(store_url, "tasks", "1")[1]
    assert "[x]" in run(store_url, "done", "1", "1")[1]
    assert "priority" in run(store_url, "show", "1")[1]
    code, text = run(store_url, "close", "1", "--outcome", "resolved", "--useful", "--json")
    assert json.loads(text)["cta"]["useful"] is True
    assert run(store_url, "list")[1].strip() == "nothing to do"
    with pytest.raises(CommandRefused, match="collector cta add"):
        run(store_url, "snooze", "1", "--until", "2030-01-01")
    with pytest.raises(CommandRefused, match="collector export csms"):
        run(store_url, "add", "ACME", "Call", "--owner", "nobody")
    assert "1 of 1 useful" in run(store_url, "precision")[1]
    assert "What to ask" in run(store_url, "brief", "ACME")[1]
    assert "Spring season" in run(store_url, "plans", "ACME")[1]
    assert "too few" in run(store_url, "suggestions", "ACME")[1]
    code, text = run(store_url, "add", "ACME", "Visit", "--due", "2099-06-10")
    assert "due 10 Jun 2099" in text
    assert "2026-06-09" not in text
    assert run(store_url, "snooze", "2", "--until", "soon")[0] == 2


async def test_the_command_line_asks_a_running_collector_the_same(site):
    import asyncio  # noqa: PLC0415 - the command blocks, and the server runs in this loop

    def ask(*arguments):
        options = ["--url", site.url, "--token", site.secrets["staff"]]
        return CliRunner().invoke(main_group, ["cta", *arguments, *options], catch_exceptions=False).output

    assert "A promise is overdue" in await asyncio.to_thread(ask, "list")
    assert "snoozed" in await asyncio.to_thread(ask, "snooze", "1", "--until", iso(2))
    assert "closed" in await asyncio.to_thread(ask, "close", "1", "--outcome", "other", "--not-useful")
    assert json.loads(await asyncio.to_thread(ask, "precision", "--json"))
    assert "Visit" in await asyncio.to_thread(ask, "add", "ACME", "Visit")
    assert "What was promised" in await asyncio.to_thread(ask, "brief", "ACME")


@pytest.mark.parametrize("title", [" ", "x" * 201])
async def test_a_title_is_refused_in_the_same_words_by_the_api_and_by_the_operation(site, title):
    inside = site.parts.context
    status, answer = await post(site, "/ctas", {"account": "ACME", "title": title})
    refused = add_cta(inside, AddCta(account="ACME", title=title))
    error = answer["error"]
    assert (status, error["message"], error["remedy"]) == (422, refused.reason, refused.remedy)
    assert (await post(site, "/ctas", {"account": "ACME", "title": "x" * 200}))[0] == 201, "the control"
