"""The ledger over real HTTP, on both databases: one form for every kind, who may see it, and two writers at once."""

import asyncio
import threading

import jsonschema
import pytest
from sqlalchemy import event, text

from collector.accounts.ledger import writing
from collector.accounts.ledger.facts import Origin
from collector.accounts.ledger.kinds import relations
from collector.accounts.ledger.kinds.registry import KINDS
from collector.calendar import days
from collector.operations import ledger as operations_ledger
from collector.store.engine import open_store
from collector.web.api import ledger as api_ledger
from collector.web.api import openapi
from collector.web.api.routes import ROUTES
from tests import fleets
from tests.databases import fresh_database
from tests.fleets import NOON, iso
from tests.policies import TERMS
from tests.waiting import DEADLINE_S

TOUCH = {"account": "ACME", "day": iso(-1), "direction": "out", "channel": "phone"}
A_FILE = b"%PDF-1.7\nminutes"
LATER = "2099-01-01T00:00:00Z"


@pytest.fixture
async def site(store):
    fleets.story(store)
    async with fleets.site(store) as site:
        yield site


def schema_of(document, route):
    operation = document["paths"][f"/api/v1{route.path}"][route.method.lower()]
    schema = operation["responses"][str(int(route.status))]["content"]["application/json"]["schema"]
    return {**schema, "components": document["components"]}


async def test_every_kind_is_added_read_corrected_listed_and_withdrawn_as_its_schema_says(site):
    document, facts = openapi.document("1"), openapi.examples()[api_ledger.FACTS]
    ledger = {(route.method, route.path): route for route in ROUTES}
    for key, kind in KINDS.items():
        body, one = facts[key], f"/{kind.path}/{{{key}}}"
        if key not in {"account", "deployment"}:  # the story has these
            if key == "attachment":  # its file comes as the body
                about = {"account": body["account"], "name": body["name"], "day": body["day"]}
                status, added = await site.ask("POST", f"/{kind.path}", params=about, data=A_FILE)
                facts[key] = body = {named: added[named] for named in body}
            else:
                status, added = await site.ask("POST", f"/{kind.path}", json=body)
            assert status == 201, (key, added)
            jsonschema.validate(added, schema_of(document, ledger["POST", f"/{kind.path}"]))
        for path in (f"/{kind.path}", one, f"{one}/history"):
            status, answer = await site.get(path.format(**{key: body["id"]}))
            assert status == 200, (path, answer)
            jsonschema.validate(answer, schema_of(document, ledger["GET", path]))
        status, corrected = await site.ask("PUT", one.format(**{key: body["id"]}), json=body)
        assert status == 200, corrected
        assert corrected["version"] == (2 if key in {"account", "deployment"} else 1)
        jsonschema.validate(corrected, schema_of(document, ledger["PUT", one]))
    for key, kind in reversed(KINDS.items()):
        if key not in {"account", "deployment", "site", "csm", "reseller"}:  # the account and its deployment name these
            status, gone = await site.ask("DELETE", f"/{kind.path}/{facts[key]['id']}")
            assert (status, gone.get("done"), gone.get("withdrawn")) == (200, True, True), (key, gone)
            jsonschema.validate(gone, schema_of(document, ledger["DELETE", f"/{kind.path}/{{{key}}}"]))


async def test_a_fact_is_corrected_with_history_and_read_as_it_was_known(store):
    fleets.story(store)
    now = [NOON]
    async with fleets.site(store, clock=lambda: now[0]) as site:
        status, added = await site.ask("POST", "/touches", json=TOUCH)
        assert (status, added["version"], added["author"], added["answered"]) == (201, 1, "staff", "no")
        one = f"/touches/{added['id']}"
        now[0] += 3600
        status, corrected = await site.ask("PUT", one, json={**TOUCH, "answered": "yes", "summary": "spoke"})
        assert (status, corrected["version"], corrected["answered"]) == (200, 2, "yes")
        assert (await site.get(f"{one}?as_of={days.rfc3339(NOON + 60)}"))[1]["answered"] == "no"
        assert (await site.get(f"{one}?as_of={days.rfc3339(NOON - 60)}"))[0] == 404
        assert (await site.get(f"/touches?account=ACME&as_of={days.rfc3339(NOON + 60)}"))[1]["items"][0]["version"] == 1
        now[0] += 3600
        assert (await site.ask("DELETE", one))[0] == 200
        status, missing = await site.get(one)
        assert status == 404
        assert "was withdrawn at" in missing["error"]["message"]
        assert (await site.get("/touches"))[1]["items"] == []
        assert [v["withdrawn"] for v in (await site.get("/touches?withdrawn=true"))[1]["items"]] == [True]
        history = (await site.get(f"{one}/history?limit=2"))[1]
        assert [(v["version"], v["withdrawn"]) for v in history["items"]] == [(3, True), (2, False)]
        (first,) = (await site.get(f"{one}/history?limit=2&cursor={history['next']}"))[1]["items"]
        assert first["replaced_at"] == days.rfc3339(NOON + 3600)


async def test_pages_hold_every_fact_once_while_others_are_added_and_they_are_corrected(site):
    names = [f"T{n:02}" for n in range(20)]
    for name in names:
        await site.ask("POST", "/touches", json={**TOUCH, "id": name})
    seen, cursor = [], ""
    for n in range(10):
        _, page = await site.get(f"/touches?limit=4{cursor}")
        seen += [touch["id"] for touch in page["items"]]
        for name in (names[n], names[-1 - n]):
            await site.ask("PUT", f"/touches/{name}", json={**TOUCH, "channel": "email"})
        for day in (-1, -2, 0):
            await site.ask("POST", "/touches", json={**TOUCH, "id": f"new-{n}-{day}", "day": iso(day)})
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert [name for name in seen if name in names] == names[::-1]
    assert len(seen) == len(set(seen))


async def test_what_ends_is_ended_and_a_correction_may_ask_that_nobody_was_faster(site):
    body = {"id": "front-desk", "account": "ACME", "name": "Front desk", "since_day": iso(-9)}
    await site.ask("POST", "/contacts", json=body)
    status, ended = await site.ask("POST", "/contacts/front-desk/end", json={"to_day": iso(0)})
    assert (status, ended["left_day"], ended["version"], ended["done"]) == (200, iso(0), 2, True)
    status, error = await site.ask("POST", "/contacts/front-desk/end", json={"to_day": iso(-10)})
    assert (status, error["error"]["code"]) == (422, "unprocessable")
    status, error = await site.ask("PUT", "/contacts/front-desk?after_version=1", json=body)
    assert (status, error["error"]["code"]) == (409, "conflict")
    assert (await site.ask("PUT", "/contacts/front-desk?after_version=2", json=body))[0] == 200


BAD = [
    ("POST", "/touches", {**TOUCH, "account": "NOBODY"}, 422, "there is no account NOBODY"),
    ("POST", "/touches", {**TOUCH, "chanel": "phone"}, 422, "chanel"),
    ("POST", "/touches", {**TOUCH, "day": "1 May"}, 422, "write it as 2026-05-01"),
    ("POST", "/touches", {**TOUCH, "answered_day": iso(-2)}, 422, "is before day"),
    ("POST", "/touches", {**TOUCH, "summary": "a\x00b"}, 422, "summary"),
    ("POST", "/surveys", {"account": "ACME", "day": iso(0), "kind": "csat", "score": 9}, 422, "no CSAT score"),
    ("POST", "/accounts", {"id": "ACME", "name": "again"}, 409, "exists already"),
    ("PUT", "/touches/t-9", TOUCH, 404, "there is no touch t-9"),
    ("PUT", "/touches/t-9", {**TOUCH, "id": "t-8"}, 422, "the body's id is t-8"),
    ("DELETE", "/touches/t-9", None, 404, "there is no touch t-9"),
    ("DELETE", "/accounts/BETA", None, 409, "is named by deployment"),
    ("GET", "/touches/t-9", None, 404, "there is no touch t-9"),
    ("GET", "/touches/t-9/history", None, 404, "there is no touch t-9"),
    ("GET", "/touches?as_of=2026-05-01", None, 400, "with its time zone"),
    ("GET", "/touches?account=NOBODY", None, 404, "there is no account NOBODY"),
    ("GET", "/touches?basis=guessed", None, 400, "basis"),
    ("GET", "/touches?cursor=WyJhIl0", None, 400, "cursor"),
    ("GET", "/touches?reseller=x", None, 400, "reseller"),
]


async def test_bad_input_is_named_with_its_remedy(site):
    for method, path, body, status, said in BAD:
        answered, told = await site.ask(method, path, **({} if body is None else {"json": body}))
        assert answered == status, (path, told)
        assert said in told["error"]["message"] + told["error"]["remedy"], told
        assert told["error"]["remedy"]


async def test_moments_and_ids_that_could_not_be_shown_again_are_refused(site):
    for moment in ("9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "1969-12-31T23:59:59Z"):
        step = {"account": "ACME", "step": "map", "started_at": moment}
        status, answer = await site.ask("POST", "/onboarding", json=step)
        assert (status, answer["error"]["remedy"]) == (422, "correct the year"), (moment, answer)
    for dots in (".", ".."):
        status, answer = await site.ask("POST", "/accounts", json={"id": dots, "name": "Dots"})
        assert (status, "cannot stand in an address" in str(answer["error"])) == (422, True), answer


async def test_a_customer_sees_its_own_rows_and_nothing_of_the_ledger(site):
    (own,) = (await site.get("/accounts", "customer"))[1]["items"]
    assert own == {"id": "BETA", "name": "Beta KTV", "robots": 2, "created_at": days.rfc3339(NOON)}
    stays = (await site.get("/deployments", "customer"))[1]["items"]
    assert {stay["account"] for stay in stays} == {"BETA"}
    assert set(stays[0]) == {"id", "robot", "account", "from_day", "to_day"}
    assert len((await site.get("/deployments?robot=park-1", "customer"))[1]["items"]) == 1
    assert (await site.get("/deployments?account=ACME", "customer"))[0] == 404
    for more in (f"as_of={LATER}", "withdrawn=true", "q=a", "csm=x", "from=2020-01-01"):
        status, told = await site.get(f"/accounts?{more}", "customer")
        assert (status, told["error"]["code"]) == (400, "bad_request"), more
    for route in api_ledger.ROUTES:
        if (route.method, route.path) not in {("GET", "/accounts"), ("GET", "/deployments")}:
            path = route.path.format(**openapi.path_examples())
            assert (await site.ask(route.method, path, "customer"))[0] == 403, path
            if route.method != "GET":
                assert (await site.ask(route.method, path, "reader"))[0] == 403, path


async def test_accounts_tell_more_to_the_inside_and_are_found(site):
    (acme,) = (await site.get("/accounts?q=museum"))[1]["items"]
    assert (acme["id"], acme["robots"], acme["timezone"], acme["version"]) == ("ACME", 2, "UTC", 1)
    status, _ = await site.ask("PUT", "/accounts/ACME", json={"name": "Acme Museum", "region": "East"})
    assert status == 200
    assert [a["id"] for a in (await site.get("/accounts?region=East"))[1]["items"]] == ["ACME"]
    page = (await site.get("/accounts?limit=1"))[1]
    assert [a["id"] for a in (await site.get(f"/accounts?limit=1&cursor={page['next']}"))[1]["items"]] == ["BETA"]


async def test_one_robot_at_two_accounts_is_refused_or_kept_as_a_conflict(site):
    claim = {"id": "d-9", "robot": "hall-7", "account": "BETA", "from_day": iso(-3)}
    status, refused = await site.ask("POST", "/deployments", json=claim)
    assert (status, refused["error"]["code"]) == (409, "conflict")
    assert "keep_conflict=true" in refused["error"]["remedy"]
    status, kept = await site.ask("POST", "/deployments?keep_conflict=true", json=claim)
    assert (status, kept["conflicts"]) == (201, ["deployment-1"])
    (found,) = (await site.get("/conflicts?account=BETA"))[1]["items"]
    assert (found["robot"], found["stands"]["id"], found["waits"]["id"]) == ("hall-7", "deployment-1", "d-9")
    shown = (await site.get("/deployments?robot=hall-7"))[1]["items"]
    assert {d["id"]: d["conflicts"] for d in shown} == {"d-9": ["deployment-1"], "deployment-1": ["d-9"]}
    assert (await site.get("/robots/hall-7"))[1]["account"] == "ACME"  # usage goes on counting for the one that stands
    assert (await site.get("/robots/hall-7", "customer"))[0] == 404
    assert (await site.ask("POST", "/deployments/deployment-1/end", json={"to_day": iso(-4)}))[0] == 200
    assert (await site.get("/conflicts"))[1]["items"] == []
    assert (await site.get("/robots/hall-7"))[1]["account"] == "BETA"


async def test_of_two_writers_of_one_id_at_the_same_moment_one_is_told_so(site):
    answers = await asyncio.gather(*(site.ask("POST", "/touches", json={**TOUCH, "id": "t-1"}) for _ in range(4)))
    assert sorted(status for status, _ in answers) == [201, 409, 409, 409]


def a_touch(**more):
    said = {"direction": "out", "channel": "phone", "summary": "spoke", **more}
    return relations.Touch(id="t-1", account="ACME", day=20_000, **said)


def test_two_collectors_that_write_one_fact_take_turns(postgresql_server, migrated_postgresql):
    with fresh_database(postgresql_server, migrated_postgresql) as url:
        store, other = open_store(url), open_store(url)
        fleets.story(store)
        said, second = [], threading.Thread(target=lambda: said.append(write(other, a_touch(answered="yes"), NOON)))
        waits = threading.Event()

        @event.listens_for(other.writer, "before_cursor_execute")
        def before(_connection, _cursor, statement, *_more):
            if "pg_advisory_xact_lock" in statement:
                waits.set()

        with store.write() as connection:
            (first,) = writing.write(connection, KINDS["touch"], [a_touch()], Origin("one", NOON + 5), TERMS)
            second.start()
            assert waits.wait(DEADLINE_S)
        second.join(DEADLINE_S)
        assert (first.did, [outcome.did for outcome in said]) == ("created", ["corrected"])
        with store.read() as connection:
            rows = connection.execute(text("SELECT arrived_at, replaced_at FROM fact WHERE kind = 'touch' ORDER BY id"))
            assert [tuple(row) for row in rows] == [(NOON + 5, NOON + 5), (NOON + 5, None)]
        store.close()
        other.close()


def write(store, fact, now_s):
    with store.write() as connection:
        (outcome,) = writing.write(connection, KINDS["touch"], [fact], Origin("two", now_s), TERMS)
        return outcome


async def test_a_writer_whose_turn_does_not_come_is_asked_to_try_again(
    postgresql_server, migrated_postgresql, monkeypatch
):
    monkeypatch.setattr(operations_ledger, "TURN_WAIT_S", 1)
    with fresh_database(postgresql_server, migrated_postgresql) as url:
        store, other = open_store(url), open_store(url)
        fleets.story(store)
        async with fleets.site(store) as site:
            with other.write() as connection:
                writing.take_turn(connection)
                status, told = await site.ask("POST", "/touches", json=TOUCH)
            assert (status, told["error"]["code"]) == (503, "unavailable")
            assert (await site.ask("POST", "/touches", json=TOUCH))[0] == 201
        store.close()
        other.close()


async def test_a_writer_that_took_no_turn_makes_a_409_not_a_500(postgresql_server, migrated_postgresql):
    with fresh_database(postgresql_server, migrated_postgresql) as url:
        store, other = open_store(url), open_store(url)
        fleets.story(store)
        taken = "INSERT INTO account (external_id, name, created_at) VALUES ('NEW', 'first', 1)"

        @event.listens_for(store.writer, "before_cursor_execute")
        def between(_connection, _cursor, statement, *_more):
            if statement.startswith("INSERT INTO account"):
                with other.write() as connection:
                    connection.execute(text(taken))

        async with fleets.site(store) as site:
            status, told = await site.ask("POST", "/accounts", json={"id": "NEW", "name": "second"})
            assert (status, told["error"]["code"]) == (409, "conflict")
        store.close()
        other.close()
