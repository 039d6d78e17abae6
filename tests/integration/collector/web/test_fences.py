"""Sessions that end at the server, sign-in behind a proxy, the names we answer to, odd requests, slow headers."""

import asyncio
import contextlib

import pytest

from collector import app as process
from collector.store.engine import open_store
from collector.web import server
from collector.web.api import openapi
from collector.web.api.routes import ROUTES
from collector.web.auth import sessions
from collector.web.auth.addresses import client_of, host_allowed, networks, throttled_by
from collector.web.pages import static
from tests import fleets

FORM = {"allow_redirects": False}


@pytest.fixture
async def site(tmp_path):
    with contextlib.closing(open_store(f"sqlite:///{tmp_path}/fleet.db")) as store:
        fleets.story(store)
        async with fleets.site(
            store, trusted_proxies="127.0.0.1", hosts="fleet.example", public_url="https://invited.example"
        ) as site:
            yield site


async def sign_in(site, token, **more):
    """In a browser of its own: another sign-in with the same browser would end this session."""
    site.client.cookie_jar.clear()
    async with site.client.post(f"{site.url}/sign-in", data={"token": token}, **FORM, **more) as answer:
        found = answer.cookies.get(sessions.COOKIE)
        return answer.status, found.value if found else ""


async def shown(site, cookie):
    """The status of a page for whoever holds that cookie."""
    headers = {"Cookie": f"{sessions.COOKIE}={cookie}"}
    async with site.client.get(f"{site.url}/api/v1/robots", headers=headers) as answer:
        return answer.status


async def csrf(site, cookie):
    async with site.client.get(f"{site.url}/accounts", headers={"Cookie": f"{sessions.COOKIE}={cookie}"}) as answer:
        return (await answer.text()).split('name="csrf" value="')[1].split('"')[0]


async def test_a_copy_of_the_cookie_is_worthless_after_signing_out(site):
    _, cookie = await sign_in(site, site.secrets["staff"])
    _, other = await sign_in(site, site.secrets["staff"])
    assert (await shown(site, cookie), await shown(site, other)) == (200, 200)
    site.client.cookie_jar.clear()
    headers = {"Cookie": f"{sessions.COOKIE}={cookie}"}
    form = {"csrf": await csrf(site, cookie)}
    async with site.client.post(f"{site.url}/sign-out", data=form, headers=headers, **FORM) as answer:
        assert answer.status == 303
    assert (await shown(site, cookie), await shown(site, other)) == (401, 200)  # the control: another browser stays


async def test_sessions_are_listed_and_ended_by_an_admin_and_by_their_own_token(site):
    _, staff = await sign_in(site, site.secrets["staff"])
    _, customer = await sign_in(site, site.secrets["customer"])
    site.client.cookie_jar.clear()
    listed = (await site.get("/sessions", "admin"))[1]["items"]
    assert [(one["name"], one["address"]) for one in listed] == [("customer", "127.0.0.1"), ("staff", "127.0.0.1")]
    (own,) = (await site.get("/sessions", "customer"))[1]["items"]
    assert own["name"] == "customer"
    foreign = next(one["id"] for one in listed if one["name"] == "staff")
    assert (await site.ask("DELETE", f"/sessions/{foreign}", "customer"))[0] == 404
    assert await shown(site, staff) == 200  # the control: a stranger ends nothing
    assert (await site.ask("DELETE", f"/sessions/{own['id']}", "customer"))[0] == 200
    assert (await site.ask("DELETE", f"/sessions/{foreign}", "admin"))[0] == 200
    assert (await shown(site, staff), await shown(site, customer)) == (401, 401)


async def test_the_store_keeps_no_cookie(site):
    _, cookie = await sign_in(site, site.secrets["staff"])
    with site.store.read() as connection:
        kept = str(connection.exec_driver_sql("SELECT hash FROM web_session").all())
    session = sessions.read(cookie, site_key(site), fleets.NOON)
    assert session.nonce not in kept


def site_key(site):
    with site.store.read() as connection:
        query = "SELECT value FROM store_fact WHERE name = 'web_session_key'"
        return bytes.fromhex(connection.exec_driver_sql(query).scalar_one())


async def test_a_stranger_who_guesses_locks_out_nobody(site):
    """Behind one proxy, and from one address: the right token opens whatever others did before."""
    stranger = {"X-Forwarded-For": "203.0.113.9"}
    statuses = [(await sign_in(site, "guessguess", headers=stranger))[0] for _ in range(7)]
    assert statuses == [401] * 5 + [429] * 2  # the control: the stranger is slowed down
    assert (await sign_in(site, "mistyped", headers={"X-Forwarded-For": "198.51.100.2"}))[0] == 401
    assert (await sign_in(site, "mistyped", headers=stranger))[0] == 401  # another token of the same office
    assert (await sign_in(site, site.secrets["staff"], headers=stranger))[0] == 303


async def test_many_different_guesses_of_one_address_are_slowed_down_too(site):
    stranger = {"X-Forwarded-For": "203.0.113.9"}
    statuses = [(await sign_in(site, f"{n:08}", headers=stranger))[0] for n in range(server.GUESS_BURST + 1)]
    assert statuses[-2:] == [401, 429]


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("10.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", ["1.1.1.1, 203.0.113.9, 10.0.0.2"], "203.0.113.9"),  # what the stranger wrote stands left
        ("10.0.0.1", ["1.1.1.1", "203.0.113.9"], "203.0.113.9"),
        ("203.0.113.9", ["1.1.1.1"], "203.0.113.9"),  # the control: nobody believes a stranger's header
        ("10.0.0.1", ["rubbish"], "10.0.0.1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("::ffff:10.0.0.1", ["2001:db8::7"], "2001:db8::7"),
    ],
)
def test_the_client_is_the_right_most_address_that_is_no_proxy_of_ours(peer, forwarded, client):
    assert client_of(peer, forwarded, networks("10.0.0.0/8")) == client


def test_the_addresses_of_one_ipv6_site_are_one_stranger():
    assert throttled_by("2001:db8::1") == throttled_by("2001:db8::ffff") != throttled_by("2001:db8:0:1::1")
    assert throttled_by("192.0.2.1") != throttled_by("192.0.2.2")


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("127.0.0.1:8380", True), ("[::1]:8380", True), ("LOCALHOST", True), ("fleet.example.", True),
        ("evil.example", False), ("fleet.example.evil.example", False), ("", False), ("127.0.0.1.evil.example", False),
    ],
)  # fmt: skip
def test_a_host_is_an_address_or_one_of_our_names(host, allowed):
    assert host_allowed(host, {"localhost", "fleet.example"}) is allowed


async def test_a_strangers_name_that_points_here_is_not_answered(site):
    async def status(host, path="/sign-in", **headers):
        async with site.client.get(site.url + path, headers={"Host": host, **headers}, **FORM) as answer:
            return answer.status

    assert await status("rebound.example") == 400
    assert await status("rebound.example", "/api/v1/robots") == 400
    assert await status("fleet.example") == 200  # the control: our own name
    assert await status("invited.example") == 200  # and that of the links that we send
    assert await status("rebound.example", "/healthz") == 200
    bearer = f"Bearer {site.secrets['staff']}"
    assert await status("rebound.example", "/api/v1/robots", Authorization=bearer) == 200


async def test_a_script_whose_session_has_ended_is_sent_to_the_sign_in_page_and_given_none(site):
    """The control: a browser that asks for a whole page is redirected."""
    for method, path in (("GET", "/"), ("POST", "/acts/calls/done")):
        asked = {"Host": "fleet.example"}
        async with site.client.request(
            method, site.url + path, headers=asked | {"HX-Request": "true"}, **FORM
        ) as answer:
            assert (answer.status, await answer.text()) == (401, "")
            assert answer.headers["HX-Redirect"].startswith("/sign-in")
    async with site.client.get(site.url + "/", headers={"Host": "fleet.example"}, **FORM) as answer:
        assert answer.status == 303


ODD = (
    {"Authorization": b"Bearer \xff\xfe"}, {"Authorization": b"\xff"}, {"Authorization": b"Bearer "},
    {"Cookie": b"fleetward=\xff\xfe.\xff"}, {"Cookie": b"fleetward=a.b; language=\xff"}, {"Cookie": b";;;=;"},
    {"Cookie": b"fleetward=" + b"=" * 50 + b"." + b"0" * 64}, {"Accept-Language": b"\xff;q=x,zh;q=1e999"},
    {"X-CSRF-Token": b"\xff"}, {"X-Forwarded-For": b"\xff, ,::,%"}, {"Origin": b"\xff"},
    {"Content-Type": b"multipart/form-data"}, {"Content-Type": b"multipart/form-data; boundary="},
    {"Content-Type": b"multipart/form-data; boundary=x"}, {"Content-Type": b"multipart/mixed; boundary=\xff"},
    {"Content-Type": b"application/x-www-form-urlencoded; charset=nonsense"}, {"Content-Type": b"\xff/\xff"},
    {"Content-Type": b"application/json; charset=utf-99"}, {"Content-Encoding": b"gzip"}, {"Range": b"bytes=9-1"},
    {"If-Modified-Since": b"\xff"}, {"Host": b"\xff"}, {"Host": b"[::1"}, {"Host": b"127.0.0.1:x"}, {"Expect": b"x"},
    {"Expect": b"\xff"},
)  # fmt: skip


async def raw(site, method, path, headers):
    """The status of a request written byte by byte."""
    host, port = site.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    body = b"--x\r\n\xff"
    sent = {"Host": b"127.0.0.1", "Connection": b"close", "Content-Length": str(len(body)).encode(), **headers}
    lines = b"".join(name.encode() + b": " + value + b"\r\n" for name, value in sent.items())
    writer.write(f"{method} {path} HTTP/1.1\r\n".encode() + lines + b"\r\n" + body)
    answer = await asyncio.wait_for(reader.readline(), 30)
    writer.close()
    return int(answer.split()[1]) if answer else 0


async def test_no_odd_request_is_an_error_of_ours(site):
    _, cookie = await sign_in(site, site.secrets["admin"])
    paths = {(route.method, "/api/v1" + route.path.format(**openapi.path_examples())) for route in ROUTES}
    script = static.files().address("scripts/page.js")
    own = ("/", "/fleet", "/robots/hall-7", "/accounts", "/accounts/ACME", "/parked", "/sign-in", script)
    paths |= {("GET", path) for path in own}
    paths |= {("POST", "/sign-in"), ("POST", "/sign-out"), ("GET", "/healthz"), ("GET", "/metrics")}
    failed = []
    for n, (method, path) in enumerate(sorted(paths)):
        odd_ones = ODD if "/api/v1" not in path else ODD[n % 4 :: 4]  # every oddity meets every kind of handler
        for odd in odd_ones:
            for known in ({}, {"Cookie": f"fleetward={cookie}".encode()}):
                status = await raw(site, method, path, known | odd)
                if status >= 500:
                    failed.append((method, path, odd, status))
    assert failed == []
    assert await shown(site, cookie) == 200  # the control: the cookie was good all the time


async def test_a_body_that_is_no_form_is_never_an_error_of_ours_at_any_page_that_takes_one(site):
    _, cookie = await sign_in(site, site.secrets["admin"])
    taking = {
        route.resource.canonical.replace("{account}", "ACME")
        .replace("{robot}", "hall-7")
        .replace("{", "")
        .replace("}", "")
        for route in site.app.router.routes()
        if route.method == "POST" and route.resource is not None and not route.resource.canonical.startswith("/api/")
    }
    assert {"/sign-in", "/acts/touches"} <= taking
    bodies = [odd for odd in ODD if "Content-Type" in odd or "Content-Encoding" in odd]
    bodies += [
        {"Content-Type": b"multipart/form-data; boundary=x", "Content-Length": b"0"},
        {"Content-Type": b"multipart/form-data; boundary=" + b"x" * 200},
    ]
    known = {"Cookie": f"fleetward={cookie}".encode(), "Origin": site.url.encode()}
    asked = [(path, odd) for path in sorted(taking) for odd in bodies]
    failed = [(path, odd) for path, odd in asked if await raw(site, "POST", path, known | odd) >= 500]
    assert failed == []


async def test_headers_that_never_end_close_the_connection(site, monkeypatch):
    """A slow client gets HEADERS_S; the control is one with a long limit, which stays."""

    async def closed(limit_s):
        monkeypatch.setattr(server, "HEADERS_S", limit_s)
        runner = await process._web(await server.build(site.parts), ("127.0.0.1", 0))
        try:
            reader, writer = await asyncio.open_connection(*runner.addresses[0][:2])
            writer.write(b"GET /healthz HTTP/1.1\r\nX-Slow: ")
            with contextlib.suppress(TimeoutError):
                return await asyncio.wait_for(reader.read(), 3.0) == b""
            return False
        finally:
            writer.close()
            await runner.cleanup()

    assert isinstance(server.HEADERS_S, float)
    assert await closed(0.2)
    assert not await closed(60.0)
