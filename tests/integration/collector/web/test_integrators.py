"""What programs of others rely on: names of schemas, ETags, keys of requests, HEAD, Allow, files in forms."""

import asyncio
import re
from collections import Counter

import aiohttp
import pytest
import yarl
from pydantic import TypeAdapter

from collector.access import request_keys
from collector.operations import ctas
from collector.values.refusal import Refused
from collector.web.api import openapi, schema_names
from collector.web.api.routes import ROUTES
from tests import fleets

CTA = {"account": "ACME", "title": "Call them"}
TOUCH = {"account": "ACME", "day": "2026-05-01", "direction": "out", "channel": "phone"}
BODY = {"id": "C-9", "name": "Museum"}


@pytest.fixture
async def site(store):
    fleets.story(store)
    async with fleets.site(store) as site:
        yield site


async def raw(site, method, path, role="staff", **more):
    headers = {"Authorization": f"Bearer {site.secrets[role]}"} | more.pop("headers", {})
    async with site.client.request(method, f"{site.url}/api/v1{path}", headers=headers, **more) as answer:
        return answer.status, answer.headers, await answer.read()


def test_every_schema_has_a_title_of_its_own_that_is_its_name_and_every_reference_leads_somewhere(monkeypatch):
    document = openapi.document("1")
    schemas = document["components"]["schemas"]
    assert len(schemas) > 200
    assert [name for name, schema in schemas.items() if schema["title"] != name] == []
    assert [name for name in schemas if not re.fullmatch("[A-Za-z][A-Za-z0-9]*", name)] == []
    referred = set(re.findall(r"'\$ref': '#/components/schemas/(\w+)'", str(document)))
    assert referred <= set(schemas)
    assert "PageOfAccountVersion" in referred
    monkeypatch.setattr(openapi, "with_readable_names", lambda made: made)  # the control: pages had one title
    openapi.document.cache_clear()
    titles = Counter(schema["title"] for schema in openapi.document("1")["components"]["schemas"].values())
    openapi.document.cache_clear()
    assert titles["Page"] > 20


def test_every_operation_has_a_name_of_its_own_and_says_what_it_answers_and_takes():
    document = openapi.document("1")
    operations = [one for path in document["paths"].values() for one in path.values()]
    assert len(operations) == len(ROUTES) == len({one["operationId"] for one in operations})
    for one in operations:
        content = one["responses"][next(iter(one["responses"]))]["content"]
        assert all(media["schema"] for media in content.values()), one["operationId"]
        taken = one.get("requestBody", {}).get("content", {})
        assert not taken or {"application/json", "application/octet-stream"} & set(taken), one["operationId"]


def test_two_schemas_of_one_name_are_refused():
    made = {"components": {"schemas": {"Page_A_": {}, "PageOfA": {}}}}
    with pytest.raises(ValueError, match="no name of its own"):
        schema_names.with_readable_names(made)
    assert schema_names.readable("Page_Page_A__") == "PageOfPageOfA"
    assert TypeAdapter(dict).validate_python(schema_names.with_readable_names({"components": {"schemas": {}}}))


async def test_an_answer_that_the_caller_has_is_not_sent_again(site):
    for path in ("/accounts/ACME", "/robots?limit=2"):
        status, headers, body = await raw(site, "GET", path)
        assert (status, len(body) > 10) == (200, True)
        tag = headers["ETag"]
        for known in (tag, f'"x", W/{tag}', "*"):
            status, headers, body = await raw(site, "GET", path, headers={"If-None-Match": known})
            assert (status, headers["ETag"], body) == (304, tag, b"")
        assert (await raw(site, "GET", path, headers={"If-None-Match": '"other"'}))[0] == 200


async def test_a_fact_is_changed_only_as_it_was_read(site):
    _, headers, _ = await raw(site, "GET", "/accounts/ACME")
    first = {"If-Match": headers["ETag"]}
    status, headers, _ = await raw(site, "PUT", "/accounts/ACME", json={"name": "One"}, headers=first)
    assert status == 200
    for method, more in (("PUT", {"json": {"name": "Two"}}), ("DELETE", {})):
        status, _, body = await raw(site, method, "/accounts/ACME", headers=first, **more)
        assert (status, b"precondition_failed" in body) == (412, True)
    assert (await site.get("/accounts/ACME"))[1]["name"] == "One"
    newest = {"If-Match": headers["ETag"]}
    assert (await raw(site, "PUT", "/accounts/ACME", json={"name": "Two"}, headers=newest))[0] == 200
    for wrong, status in (("W/" + headers["ETag"], 412), ('"abc"', 412), ("x", 400)):
        asked = {"headers": {"If-Match": wrong}, "json": {"name": "Three"}}
        assert (await raw(site, "PUT", "/accounts/ACME", **asked))[0] == status
    parameter = await raw(site, "PUT", "/accounts/ACME?after_version=1", json={"name": "Three"})
    assert parameter[0] == 409, "the parameter is a conflict, as before"
    assert (await raw(site, "POST", "/ctas", json=CTA, headers={"If-Match": '"1.a"'}))[0] == 400


async def test_a_request_that_is_sent_again_with_its_key_is_done_once(site):
    key = {"Idempotency-Key": "order-7"}
    answers = [await raw(site, "POST", "/touches", json=TOUCH, headers=key) for _ in range(3)]
    assert {(status, body) for status, _, body in answers} == {(answers[0][0], answers[0][2])}
    assert [headers.get("Idempotent-Replayed") for _, headers, _ in answers] == [None, "true", "true"]
    assert len((await site.get("/touches"))[1]["items"]) == 1
    other = await raw(site, "POST", "/touches", json={**TOUCH, "summary": "Again"}, headers=key)
    assert (other[0], b"another request" in other[2]) == (422, True)
    assert (await raw(site, "POST", "/touches", "admin", json=TOUCH, headers=key))[0] == answers[0][0], "another's key"
    assert len((await site.get("/touches"))[1]["items"]) == 2
    await raw(site, "POST", "/touches", json=TOUCH)
    assert len((await site.get("/touches"))[1]["items"]) == 3, "the control: without a key it is done again"


async def test_a_refused_request_may_be_sent_again_and_a_secret_is_not_kept(site, store):
    key = {"Idempotency-Key": '"k-1"'}
    assert (await raw(site, "POST", "/accounts", json={"id": "A/B", "name": "x"}, headers=key))[0] == 422
    refused = {**BODY, "csm": "nobody"}
    assert (await raw(site, "POST", "/accounts", json=refused, headers=key))[0] == 422
    assert (await raw(site, "POST", "/accounts", json=BODY, headers=key))[0] == 201
    assert (await raw(site, "POST", "/accounts", json=BODY, headers=key))[0] == 201
    made = [
        await raw(site, "POST", "/tokens", "admin", json={"name": "bi", "role": "reader"}, headers=key) for _ in "ab"
    ]
    assert [status for status, *_ in made] == [200, 409] or [status for status, *_ in made] == [201, 409]
    secret = re.search(rb'"secret":"([^"]+)"', made[0][2])[1].decode()
    with store.read() as connection:
        kept = connection.exec_driver_sql("SELECT answer FROM request_key").all()
    assert len(kept) == 2
    assert secret not in str(kept)
    assert (await raw(site, "POST", "/accounts", json=BODY, headers={"Idempotency-Key": "x y"}))[0] == 400


@pytest.mark.parametrize("in_a_form", [False, True])
async def test_a_key_of_another_file_is_refused_though_it_is_as_long(site, in_a_form):
    def sent(csv):
        if not in_a_form:
            return csv
        form = aiohttp.FormData()
        form.add_field("file", csv, filename="accounts.csv", content_type="text/csv")
        return form

    key = {"Idempotency-Key": "file-1"}
    first, other = b"id,name\nC-1,Museum\n", b"id,name\nC-2,Museum\n"
    answers = [await raw(site, "POST", "/import/accounts", data=sent(first), headers=key) for _ in "ab"]
    assert [(status, headers.get("Idempotent-Replayed")) for status, headers, _ in answers] == [
        (200, None), (200, "true")
    ]  # fmt: skip
    status, _, body = await raw(site, "POST", "/import/accounts", data=sent(other), headers=key)
    assert (status, b"this key was used for another request" in body) == (422, True)
    assert (await site.get("/accounts/C-2"))[0] == 404
    assert (await raw(site, "POST", "/import/accounts", data=sent(other)))[0] == 200, "the control: without a key"


async def test_the_number_of_a_paper_has_slashes_and_stands_quoted_in_an_address(site):
    key, address = "INV/2026/0001", "INV%2F2026%2F0001"
    csv = f"id,account,issued_day,due_day,amount\n{key},ACME,2026-01-01,2026-02-01,5.00\n".encode()
    assert b'"created":1' in (await raw(site, "POST", "/import/invoices", data=csv))[2]
    days = {"issued_day": "2026-01-01", "due_day": "2026-02-01", "paid_day": "2026-02-03"}
    paid = {"account": "ACME", "amount": "5.00", **days}
    one = yarl.URL(f"{site.url}/api/v1/invoices/{address}", encoded=True)
    headers = {"Authorization": f"Bearer {site.secrets['staff']}"}
    async with site.client.get(one, headers=headers) as answer:
        found = await answer.json()
    assert (answer.status, found.get("id")) == (200, key), found
    async with site.client.put(one, headers=headers, json=paid) as answer:
        assert (answer.status, (await answer.json())["version"]) == (200, 2)
    async with site.client.get(yarl.URL(f"{one}/history", encoded=True), headers=headers) as answer:
        assert len((await answer.json())["items"]) == 2
    contracts = b"id,account,starts,ends\nHT/2026/7,ACME,2026-01-01,2026-12-31\n"
    lines = b"id,account,contract,amount\nHT/2026/7/1,ACME,HT/2026/7,100\n"
    assert b'"created":1' in (await raw(site, "POST", "/import/contracts", data=contracts))[2]
    assert b'"created":1' in (await raw(site, "POST", "/import/lines", data=lines))[2]
    async with site.client.delete(one, headers=headers) as answer:
        assert answer.status == 200
    for wrong in (b"/1", b"A/B"):  # no paper begins so, and an account is none
        table = b"/import/invoices" if wrong == b"/1" else b"/import/accounts"
        body = csv.replace(key.encode(), wrong) if wrong == b"/1" else b"id,name\nA/B,x\n"
        status, _, said = await raw(site, "POST", table.decode(), data=body)
        assert (status, b"without comma or slash" in said) == (422, True), said


async def test_a_file_whose_line_ends_were_lost_is_refused_with_the_remedy(site):
    lost = b"id,name,regionC-1,Museum,NorthC-2,Hall,South"  # what curl -d @FILE sends
    for path in ("/import/accounts", "/import/accounts/preview", "/import/usage"):
        status, _, body = await raw(site, "POST", path, data=lost)
        assert (status, b"--data-binary" in body) == (422, True), path
    assert b'"created":0' in (await raw(site, "POST", "/import/accounts", data=b"id,name\n"))[2], (
        "an empty table is one"
    )


async def test_a_key_under_way_is_a_conflict_and_a_key_lasts_a_day(site, store, monkeypatch):
    with store.write() as connection:
        begun = [request_keys.begin(connection, 1, "k", "f", now) for now in (fleets.NOON, fleets.NOON + 60)]
        late = request_keys.begin(connection, 1, "k", "f", fleets.NOON + request_keys.KEPT_S)
    assert [before.is_new for before in (*begun, late)] == [True, False, True]
    entered, go_on = asyncio.Event(), asyncio.Event()
    real = fleets.Parts.do

    async def slow(self, operation, context, request):
        if operation is ctas.add_cta:
            entered.set()
            await go_on.wait()
        return await real(self, operation, context, request)

    monkeypatch.setattr(fleets.Parts, "do", slow)
    key = {"Idempotency-Key": "slow"}
    first = asyncio.create_task(raw(site, "POST", "/ctas", json=CTA, headers=key))
    await entered.wait()
    status, _, body = await raw(site, "POST", "/ctas", json=CTA, headers=key)
    assert (status, b"under way" in body) == (409, True)
    go_on.set()
    assert not isinstance(await first, Refused)
    assert (await raw(site, "POST", "/ctas", json=CTA, headers=key))[1]["Idempotent-Replayed"] == "true"


async def test_head_says_what_get_would_and_a_wrong_method_which_are_right(site):
    for path in ("/accounts/ACME", "/accounts", "/export/accounts", "/nothing"):
        got, asked = await raw(site, "GET", path), await raw(site, "HEAD", path)
        assert (asked[0], asked[2]) == (got[0], b"")
        assert asked[1].get("ETag") == got[1].get("ETag")
        assert asked[1]["Content-Type"] == got[1]["Content-Type"]
    status, headers, _ = await raw(site, "PATCH", "/accounts/ACME")
    assert (status, headers["Allow"]) == (405, "DELETE,GET,HEAD,PUT")


async def test_a_file_comes_as_bytes_or_in_a_form(site):
    csv = b"id,name\nC-1,Museum\n"
    form = aiohttp.FormData()
    form.add_field("note", "x")
    form.add_field("file", csv, filename="accounts.csv", content_type="text/csv")
    status, _, body = await raw(site, "POST", "/import/accounts", data=form)
    assert (status, b'"created":1' in body) == (200, True)
    assert b'"unchanged":1' in (await raw(site, "POST", "/import/accounts", data=csv))[2]
    nothing = aiohttp.FormData()
    nothing.add_field("note", "x", content_type="text/plain")
    broken = {"data": b"x", "headers": {"Content-Type": "multipart/form-data"}}
    for wrong, why in (({"data": nothing}, b"holds no file"), (broken, b"cannot be read")):
        status, _, body = await raw(site, "POST", "/import/accounts", **wrong)
        assert (status, why in body, b"curl -F file=@FILE" in body) == (400, True, True)
