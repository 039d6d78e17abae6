"""Every address, asked as every role, with own and foreign names: the answers are those of docs/people.md."""

import re

import pytest

from collector.access.caller import OF_SOME_ACCOUNTS, Role
from collector.operations.operation import Operation
from collector.web.api import openapi
from collector.web.api.routes import ROUTES
from tests import ROOT, fleets, reference
from tests.package_repositories import Installation

FOREIGN = ("hall-7", "Acme", "ACME", "old-9")  # of the story: the scoped callers have BETA
OWN = {"robot": "ktv-2", "account": "BETA"}
ASKED = ("account=ACME", "robot=hall-7", "search=a")
NO_PAGE = re.compile(
    r"^/(api/v1|static|sign-out|healthz|metrics|robots/[^/]+/live)"
)  # a stream has its own: test_live.py


@pytest.fixture
async def site(store, tmp_path):
    fleets.one_of_everything(store)
    Installation(tmp_path / "repository", now_s=fleets.NOON).found()
    async with fleets.site(store, skills_folder=str(tmp_path / "repository")) as site:
        yield site


def table():
    """What docs/people.md says: operation -> the roles that may call it."""
    text = (ROOT / "docs" / "people.md").read_text(encoding="utf-8")
    body = next(match["body"] for match in reference.BLOCK.finditer(text) if match["name"] == "operations and roles")
    head, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in body.strip().splitlines()]
    roles = [Role(word.replace(" ", "_")) for word in head[1:]]
    return {
        cells[0].strip("`"): {role for role, mark in zip(roles, cells[1:], strict=True) if mark == "●"}
        for cells in rows
    }


def key_of(operation):
    return f"{operation.run.__module__.rpartition('.')[2]}.{operation.name}"


async def differences(site, roles):
    """Routes that let somebody in, or keep somebody out, otherwise than the table says."""
    said, found = table(), []
    for route in ROUTES:
        allowed = said[key_of(route.operation)] if route.operation else set(Role)
        unknown = openapi.path_examples() | {"parked": 1, "token": 999, "view": 999}  # whose it is: test_saved_views.py
        path = f"{site.url}/api/v1" + route.path.format(**unknown)
        for role in roles:
            headers = {"Authorization": f"Bearer {site.secrets[role]}", "Content-Type": "application/json"}
            more = {} if route.method == "GET" else {"data": b"{}"}
            async with site.client.request(route.method, path, headers=headers, **more) as answer:
                await answer.read()
                if (answer.status == 403) != (role not in allowed) or answer.status in {401, 500}:
                    found.append((route.method, route.path, role, answer.status))
    return found


async def test_every_route_lets_in_whom_the_table_names_and_nobody_else(site, monkeypatch):
    wrong = await differences(site, Role)
    export = [
        one for one in wrong if one[1] == "/export/{list}"
    ]  # it judges the list: a customer takes out the fleet's
    assert {role for *_, role, _ in export} <= set(Role) - {Role.ADMIN, Role.STAFF}
    assert [one for one in wrong if one not in export] == []
    asked = Operation.forbids
    monkeypatch.setattr(
        Operation, "forbids", lambda self, context: None if self.name == "list_parked" else asked(self, context)
    )
    caught = await differences(site, [Role.CUSTOMER, Role.PUBLISHER])
    assert {(path, role) for _, path, role, _ in caught if path != "/export/{list}"} == {
        ("/parked", Role.CUSTOMER), ("/parked", Role.PUBLISHER)
    }, "the control: a route without its check is found"  # fmt: skip


async def leaks(site, role):
    """Answers that tell a caller who has BETA something of ACME."""
    found = []
    for route in [route for route in ROUTES if route.method == "GET"]:
        taken = {info.alias or name for name, info in route.query.model_fields.items()}
        queries = [f"?{asked}" for asked in ASKED if asked.partition("=")[0] in taken]
        for names in ({}, OWN) if "{" in route.path else ({},):
            examples = openapi.path_examples() | {"parked": 1, "token": 999, "list": "robots"} | names
            path = f"{site.url}/api/v1" + route.path.format(**examples)
            for query in ("", *queries):
                headers = {"Authorization": f"Bearer {site.secrets[role]}"}
                async with site.client.get(f"{path}{query}", headers=headers) as answer:
                    text = await answer.text(errors="replace")
                    if answer.status < 400 and any(word in text for word in FOREIGN):
                        found.append((route.path, query))
    return found


async def test_who_sees_some_accounts_reads_nothing_of_another_on_any_route(site):
    own = [path for path, _ in await leaks(site, "reader")]
    assert len(set(own)) > 20, "the control: whoever sees everything meets those names on these routes"
    for role in OF_SOME_ACCOUNTS:
        assert await leaks(site, role) == [], role


async def sign_in(site, role):
    site.client.cookie_jar.clear()
    form = {"token": site.secrets[role]}
    async with site.client.post(f"{site.url}/sign-in", data=form, allow_redirects=False) as answer:
        assert answer.status == 303


def pages(site):
    """Every address that a browser opens."""
    paths = {resource.canonical for resource in site.app.router.resources()}
    return sorted(path for path in paths if not NO_PAGE.match(path) and not path.startswith("/link"))


async def seen(site, path):
    async with site.client.get(site.url + path, allow_redirects=False) as answer:
        return answer.status, await answer.text(errors="replace")


async def test_no_page_shows_a_customer_anything_of_another_and_none_opens_without_a_session(site):
    paths = pages(site)
    assert {"/", "/accounts", "/robots/{robot}", "/parked"} <= set(paths)
    own = {"robot": "ktv-2", "account": "BETA", "parked": "1", "person": "1", "key": "BETA"}
    foreign = own | {"robot": "hall-7", "account": "ACME", "key": "ACME"}

    def filled(path, names):
        return re.sub(r"{(\w+)(:[^}]*)?}", lambda match: names.get(match[1], "1"), path)

    for path in paths:
        site.client.cookie_jar.clear()
        if path != "/sign-in":
            assert (await seen(site, filled(path, own)))[0] in {303, 401, 404, 405}, path
    for role in (Role.CUSTOMER, Role.CUSTOMER_ADMIN, Role.RESELLER):
        await sign_in(site, role)
        for path in paths:
            for names in (own, foreign):
                status, text = await seen(site, filled(path, names))
                assert status < 500, (path, role)
                told = [word for word in FOREIGN if status < 400 and word in text.replace(filled(path, names), "")]
                assert path == "/api/docs" or not told, (path, role, told)  # the document's examples are nobody's
    await sign_in(site, Role.READER)
    assert "Acme" in (await seen(site, "/accounts"))[1], "the control: whoever sees everything reads it"


async def test_every_role_begins_on_a_page_that_it_may_see_and_finds_its_way_and_out(site):
    for role in Role:
        await sign_in(site, role)
        async with site.client.get(site.url + "/") as answer:
            status, text = answer.status, await answer.text()
        assert (status, 'action="/sign-out"' in text, 'class="nav"' in text) == (200, True, True), role
        for href in set(re.findall(r'href="(/[a-z/]*)"', text)):
            assert (await seen(site, href))[0] in {200, 303}, (role, href)
        assert (await seen(site, "/search?q=a"))[0] == 200, role
        async with site.client.get(site.url + "/parked") as answer:
            refused = await answer.text()
        assert 'action="/sign-out"' in refused, f"{role}: also a page that says no leads on"


def test_whatever_a_role_may_not_do_is_left_out_of_what_the_api_says_of_it():
    document = openapi.document("1")
    said = table()
    for route in ROUTES:
        roles = document["paths"][f"/api/v1{route.path}"][route.method.lower()].get("x-roles")
        if route.operation is not None:
            assert set(roles or Role) == said[key_of(route.operation)], route.path
