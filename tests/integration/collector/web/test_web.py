"""What stands around the pages: sign-in, sessions, CSRF, headers, health, metrics. Real HTTP on SQLite."""

import contextlib
import re

import pytest
from prometheus_client.parser import text_string_to_metric_families

from collector.access import session_key, tokens, web_sessions
from collector.access.web_sessions import Holder
from collector.store.engine import open_store
from collector.store.tables.fleet import ahead, api_token, store_fact
from collector.web.auth import sessions
from collector.web.auth.throttle import Throttle
from collector.web.pages import static
from tests import fleets

FORM = {"allow_redirects": False}


@pytest.fixture
async def site(tmp_path):
    with contextlib.closing(open_store(f"sqlite:///{tmp_path}/fleet.db")) as store:
        fleets.story(store)
        async with fleets.site(store) as site:
            yield site


async def sign_in(site, role="staff", **more):
    return await site.client.post(f"{site.url}/sign-in", data={"token": site.secrets[role]}, **FORM, **more)


async def csrf_of(site):
    async with site.client.get(f"{site.url}/accounts") as answer:
        return re.search(r'name="csrf" value="([0-9a-f]+)"', await answer.text())[1]


async def test_nothing_is_shown_without_signing_in(site):
    for path in ("/", "/robots/hall-7", "/accounts", "/parked", "/api/docs"):
        async with site.client.get(site.url + path, **FORM) as answer:
            wanted = "" if path == "/" else f"?next={path}"
            assert (answer.status, answer.headers["Location"]) == (303, f"/sign-in{wanted}")
    async with site.client.get(f"{site.url}/api/v1/robots") as answer:
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert "have one made by an admin" in (await answer.json())["error"]["remedy"]


async def test_the_session_cookie_cannot_be_read_by_scripts_or_sent_from_elsewhere(site):
    cookie = (await sign_in(site)).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert site.secrets["staff"] not in cookie


async def test_a_cookie_is_secure_behind_https(tmp_path):
    with contextlib.closing(open_store(f"sqlite:///{tmp_path}/fleet.db")) as store:
        async with fleets.site(store, secure_cookies=True) as site:
            assert "Secure" in (await sign_in(site)).headers["Set-Cookie"]


async def test_a_session_writes_only_with_its_csrf_token(site):
    await sign_in(site)
    body = {"id": "GAMMA", "name": "Gamma"}
    async with site.client.post(f"{site.url}/api/v1/accounts", json=body) as answer:
        assert answer.status == 403
    headers = {"X-CSRF-Token": await csrf_of(site)}
    async with site.client.post(f"{site.url}/api/v1/accounts", json=body, headers=headers) as answer:
        assert answer.status == 201


async def test_a_form_from_another_site_cannot_sign_anybody_in(site):
    answer = await sign_in(site, headers={"Origin": "https://evil.example"})
    assert answer.status == 403
    assert "Set-Cookie" not in answer.headers


async def test_signing_out_needs_the_csrf_token(site):
    await sign_in(site)
    async with site.client.post(f"{site.url}/sign-out", data={"csrf": "0"}, **FORM) as answer:
        assert answer.status == 403
    async with site.client.post(f"{site.url}/sign-out", data={"csrf": await csrf_of(site)}, **FORM) as answer:
        assert answer.status == 303


async def test_a_revoked_token_ends_its_sessions_at_once(site):
    await sign_in(site)
    (number,) = [t["id"] for t in (await site.get("/tokens", "admin"))[1]["items"] if t["role"] == "staff"]
    assert (await site.ask("DELETE", f"/tokens/{number}", "admin"))[0] == 200
    async with site.client.get(f"{site.url}/", **FORM) as answer:
        assert answer.headers["Location"] == "/sign-in"
    assert (await site.get("/robots"))[0] == 401


async def test_an_expired_token_opens_nothing(site):
    status, made = await site.ask(
        "POST", "/tokens", "admin", json={"name": "short", "role": "reader", "expires_days": 1}
    )
    assert status == 201
    with site.store.read() as connection:
        assert tokens.caller_by_secret(connection, made["secret"], fleets.NOON) is not None
        assert tokens.caller_by_secret(connection, made["secret"], fleets.NOON + 86_400) is None


async def test_only_the_hash_of_a_token_is_stored(site):
    status, made = await site.ask("POST", "/tokens", "admin", json={"name": "x", "role": "reader"})
    assert status == 201
    with site.store.read() as connection:
        stored = connection.exec_driver_sql("SELECT group_concat(hash || name || scope) FROM api_token").scalar_one()
    assert made["secret"] not in stored
    assert tokens.digest(made["secret"]) in stored


async def test_guessing_tokens_is_slowed_down_and_signing_in_is_not(site):
    for _ in range(5):
        async with site.client.post(f"{site.url}/sign-in", data={"token": "guess"}) as answer:
            assert answer.status == 401
    async with site.client.post(f"{site.url}/sign-in", data={"token": "guess"}) as answer:
        assert answer.status == 429
        assert int(answer.headers["Retry-After"]) > 0


async def test_every_answer_carries_the_security_headers_and_no_page_has_inline_code(site):
    await sign_in(site)
    paths = ("/", "/robots/hall-7", "/accounts", "/parked", "/api/docs", "/nothing", "/api/v1/nothing", "/healthz",
             static.files().address("scripts/page.js"))  # fmt: skip
    for path in paths:
        async with site.client.get(site.url + path) as answer:
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            if answer.content_type == "text/html":
                text = await answer.text()
                assert not re.search(r"<script(?! src=)|<style|\sstyle=|\son\w+=|javascript:", text), path
                assert not re.search(r"(?:src|href|action)=\"https?:", text), path


async def test_names_of_robots_and_faults_are_text_never_markup(site):
    rows = fleets.Writer("hall-7", rows=[{}] * 98)
    rows.breaks(fleets.NOON - 60, family="<b>x", code="<script>alert(1)</script>", detail='"><img src=x>')
    rows.rows = rows.rows[98:]
    rows.send(site.store, fleets.NOON)
    await sign_in(site)
    async with site.client.get(f"{site.url}/robots/hall-7") as answer:
        text = await answer.text()
    assert "<script>alert" not in text
    assert "<img src=x" not in text
    assert "&lt;script&gt;alert(1)" in text


async def seen(site, path, role="staff"):
    """What a page shows: its status, its live figures and its text."""
    await (await sign_in(site, role)).release()
    async with site.client.get(site.url + path) as answer:
        text = await answer.text()
    found = dict(re.findall(r'data-live="([^"]+)"[^>]*>([^<]*)<', text))
    return answer.status, found, re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", text))


async def test_a_sum_says_how_many_of_the_reporting_robots_can_count_it(site):
    _, live, _ = await seen(site, "/robots")
    assert live["counting-foot_traffic"] == "1 of 2 robots count it"
    assert "counting-wake_up" not in live


async def test_one_accounts_page_sums_its_own_robots_and_leads_back_to_the_whole_fleet(site):
    _, whole, _ = await seen(site, "/robots")
    status, live, text = await seen(site, "/robots?account=BETA")
    assert status == 200
    assert (whole["robots"], live["robots"]) == ("4", "2")
    assert (whole["fleet-foot_traffic"], live["fleet-foot_traffic"]) == ("480", "not supported")
    assert "Show the whole fleet" in text


async def test_a_customer_does_not_learn_whether_another_account_exists(site):
    answers = [(await seen(site, f"/fleet?account={account}", "customer"))[0] for account in ("BETA", "ACME", "NOBODY")]
    assert answers == [200, 404, 404]


async def test_files_outside_the_static_folder_are_not_served(site):
    for path in ("/static/../server.py", "/static/%2e%2e/server.py", "/static/..%2fserver.py", "/static/"):
        async with site.client.get(site.url + path) as answer:
            assert answer.status in {403, 404}, path


async def test_health_says_what_is_wrong(site):
    async with site.client.get(f"{site.url}/healthz") as answer:
        assert answer.status == 200
        said = {"status": "ok", "store": "ok", "mqtt": "connected", "closing": "ok", "last_commit_age_s": 2.0}
        assert await answer.json() == said
    site.parts.figures.connected = False
    async with site.client.get(f"{site.url}/healthz") as answer:
        assert answer.status == 503
        assert (await answer.json())["mqtt"] == "disconnected"


async def test_robots_ahead_of_a_restored_store_are_seen_wherever_one_looks_until_it_is_cleared(site):
    restored = {"from_s": fleets.NOON - 600, "to_s": fleets.NOON - 300, "noted_at": fleets.NOON, "records": 1}
    with site.parts.context.store.write() as connection:
        for robot_id in (1, 2):
            connection.execute(ahead.insert().values(robot_id=robot_id, **restored))
    text = "2 robots hold acknowledgements this store does not know, from 2026-05-29T11:50:00Z to 2026-05-29T11:55:00Z"
    async with site.client.get(f"{site.url}/healthz") as answer:
        assert (answer.status, (await answer.json())["store_behind"]["text"]) == (200, text)
    async with site.client.get(f"{site.url}/metrics") as answer:
        assert "fleetward_collector_robots_ahead 2.0" in await answer.text()
    assert (await site.get("/overview", "staff"))[1]["ahead"]["robots"] == 2
    assert (await site.get("/overview", "customer"))[1]["ahead"] is None, "a customer is not told of the fleet"
    assert [a["detail"] for a in (await site.get("/alarms?uncleared=true", "staff"))[1] if not a["robot"]] == [text]
    await sign_in(site)
    async with site.client.get(f"{site.url}/fleet") as answer:
        assert text in await answer.text()
    assert (await site.ask("POST", "/alarms/clear", json={"kind": "ahead"}))[0] == 200
    assert (await site.ask("POST", "/alarms/clear", json={"kind": "ahead"}))[0] == 404, "it holds no longer"
    assert [a for a in (await site.get("/alarms?uncleared=true", "staff"))[1] if not a["robot"]] == []


async def test_metrics_are_in_the_form_that_prometheus_reads(site):
    site.parts.figures.verdicts["commit"] += 3
    site.parts.figures.ack_latency_s.add(0.02, 4)
    async with site.client.get(f"{site.url}/metrics") as answer:
        families = {family.name: family for family in text_string_to_metric_families(await answer.text())}
    assert families["fleetward_collector_records"].samples[0].value == 1234
    assert families["fleetward_collector_verdicts"].samples[0].labels == {"verdict": "commit"}
    buckets = {s.labels.get("le"): s.value for s in families["fleetward_collector_ack_latency_seconds"].samples}
    assert (buckets["0.01"], buckets["0.025"], buckets["+Inf"]) == (0, 4, 4)


async def test_two_collectors_on_one_store_accept_the_same_session(site):
    with site.store.read() as connection:
        key = connection.execute(store_fact.select().where(store_fact.c.name == session_key.FACT)).one().value
    await sign_in(site)
    async with fleets.site(site.store) as other, site.client.get(f"{other.url}/", **FORM) as answer:
        assert answer.status == 200
    assert len(bytes.fromhex(key)) == 32


async def test_the_stores_key_alone_signs_nobody_in(site):
    with site.store.read() as connection:
        value = connection.execute(store_fact.select().where(store_fact.c.name == session_key.FACT)).one().value
        row = connection.execute(api_token.select().where(api_token.c.name == "admin")).one()
    key = bytes.fromhex(value)

    async def status(token_hash):
        proof = sessions.proof_of(token_hash, "ab", key)
        with site.store.write() as connection:
            web_sessions.end_of_nonce(connection, "ab")
            web_sessions.begin(
                connection, Holder(token=row.id), "ab", "", now_s=fleets.NOON, expires_s=fleets.NOON + 60
            )
        cookie = sessions.write(sessions.Session(row.id, fleets.NOON + 60, "ab", proof), key)
        headers = {"Cookie": f"{sessions.COOKIE}={cookie}"}
        async with site.client.get(f"{site.url}/api/v1/robots", headers=headers) as answer:
            return answer.status

    assert await status(tokens.digest("guessed")) == 401
    assert await status(row.hash) == 200  # the control: the forgery is right but for the token


def test_a_session_that_was_touched_or_is_too_old_is_nobody():
    session = sessions.Session(7, 1000, "ab", "proof")
    cookie = sessions.write(session, b"key")
    assert sessions.read(cookie, b"key", 999) == session
    assert sessions.read(cookie, b"key", 1000) is None
    assert sessions.read(cookie, b"other", 999) is None
    assert sessions.read("x" + cookie, b"key", 999) is None
    assert sessions.read("", b"key", 0) is None


def test_the_throttle_lets_tries_return_with_time():
    throttle = Throttle(2, 10.0)
    for _ in range(2):
        assert throttle.wait_s("a", 0) == 0
        throttle.failed("a", 0)
    assert throttle.wait_s("a", 0) == 10
    assert throttle.wait_s("b", 0) == 0
    assert throttle.wait_s("a", 10) == 0
