"""The customer's portal: its own facts and nothing else, whatever stands in the other ones."""

import re

import pytest
from pydantic import ValidationError

from collector.access.caller import CUSTOMERS, Role
from collector.accounts.ledger import writing
from collector.accounts.ledger.facts import Origin
from collector.accounts.ledger.kinds.registry import KINDS
from collector.fleet.scope import account_id_of
from collector.health.explain import customers_view
from collector.health.model import Cap, MeasureScore, Scored
from collector.language.pages import Words
from collector.operations import portal as operations
from collector.scores import scores
from collector.web.api import ledger as api_ledger
from collector.web.api import openapi
from collector.web.api.routes import ROUTES
from tests import fleets, page_words
from tests.policies import TERMS

PORTAL = ("/portal", "/portal/use", "/portal/plan", "/portal/report", "/portal/help")
ARR = "7,654,321"
# What the portal is there to show: everything else is planted with a word that must not appear.
SHOWN = {
    ("account", "name"), ("csm", "name"), ("csm", "email"), ("site", "name"), ("site", "id"), ("objective", "text"),
    ("ticket", "subject"), ("invoice", "id"), ("invoice", "amount"), ("account", "id"), ("csm", "id"),
    ("contact", "id"), ("contract", "id"), ("reseller", "id"),
}  # fmt: skip
AMOUNTS = {"amount", "potential", "cost_year"}
REFERS = {
    "account", "contact", "csm", "contract", "new_contract", "renews", "moved_from", "robot", "site", "reseller",
    "referred_by", "agreed_with", "owner", "by", "counter", "measure", "timezone", "currency", "language",
    "field", "of", "type", "values", "sha256",
}  # fmt: skip


def planted(kind, body):
    """The example with a secret in every text that somebody may write, and with amounts that nobody else has."""
    if kind == "custom_field":  # a choice takes its own words only
        return {"id": "tier", "name": "planted-field", "form": "text"}
    if kind == "custom_value":
        return body | {"value": "planted-value"}
    said = dict(body)
    for name in KINDS[kind].model.__dataclass_fields__:
        if name in REFERS or (kind, name) in SHOWN:
            continue
        amounts = ("7654321.00",) if name in AMOUNTS else ()
        for value in (f"planted-{kind}-{name}".replace("_", "-"), *amounts):
            try:
                KINDS[kind].adapter.validate_python(said | {name: value})
            except ValidationError:
                continue
            said[name] = value
            break
    return said


def plant(store):
    """One fact of every kind, of BETA, and a score that rests on all of them."""
    secrets = set()
    examples = openapi.examples()[api_ledger.FACTS]
    with store.write() as connection:
        for kind, example in examples.items():
            if kind == "deployment":
                continue
            of = {"account": "BETA"} if "account" in example else {}
            robot = {"robot": "ktv-2"} if "robot" in example else {}
            own = {"id": "BETA", "name": "Beta KTV", "scene": "ktv"} if kind == "account" else {}
            body = planted(kind, example | of | robot)
            ids = dict(own)
            if kind == "invoice":
                ids["paid_day"] = None
            said = KINDS[kind].adapter.validate_python(body | ids)
            (outcome,) = writing.write(connection, KINDS[kind], [said], Origin("story", fleets.NOON), TERMS)
            assert outcome.did in {"created", "corrected"}, outcome
            secrets |= {str(value) for value in (body | ids).values() if str(value).startswith("planted-")}
        row_id = account_id_of(connection, "BETA")
        scores.append(connection, [scores.row_of(row_id, a_score("ZOMBIE"), fleets.NOON)], "arrived", fleets.NOON)
    return secrets


def a_score(*codes):
    """A score on which everything rests that is nothing of the customer's own."""
    measures = {
        name: MeasureScore(
            state="present", value=0.5, score=40.0, weight=5.0, lost=3.0, peer_median=0.9,
            detail={"note": f"planted-measure-{name}", "contacts": ["planted-somebody"]},
        )
        for name in ("A2", "B1", "D1", "D2", "D3", "E1", "E3", "F1")
    }  # fmt: skip
    evidence = {"signs": ["competitor"], "contacts": ["planted-somebody"], "since_day": fleets.TODAY - 9}
    caps = tuple(Cap(code=code, value=49.0, reason="planted-reason", evidence=evidence) for code in codes)
    return Scored(
        account="BETA", day=fleets.TODAY - 1, policy="0" * 64, profile="mature", raw=71.0,
        final=49.0 if caps else 71.0, band="yellow", coverage=1.0, caps=caps, measures=measures,
        peer_group="planted-peers", peer_n=7, tags=("planted-tag",), sentiment=2,
    )  # fmt: skip


@pytest.fixture
async def site(store):
    fleets.story(store)
    secrets = plant(store)
    assert len(secrets) > 40, "the plan of the test: there is something to find"
    async with fleets.site(store, support_contact="400 800 1234", billing_contact="bills@example.com") as site:
        site.planted = secrets | {"planted", ARR, ARR.replace(",", ""), "contact-1", "contract-1", "reseller-1"}
        yield site


async def enter(site, role):
    site.client.cookie_jar.clear()
    async with site.client.post(f"{site.url}/sign-in", data={"token": site.secrets[role]}) as answer:
        assert answer.status == 200
        return str(answer.url.path)


async def seen(site, path, language="en-US"):
    async with site.client.get(site.url + path, headers={"Accept-Language": language}) as answer:
        return answer.status, await answer.text(errors="replace")


async def told(site, paths):
    """Which of these answers says something that was planted."""
    found = {}
    for path in paths:
        for language in ("en-US", "zh-CN"):
            status, text = await seen(site, path, language)
            assert status < 500, path
            if said := sorted(word for word in site.planted if word in text):
                found[path] = said
    return found


def everything(site):
    """Every page and every file that a customer's browser may ask for."""
    names = {"robot": "ktv-2", "account": "BETA", "form": "csv"}
    pages = {resource.canonical for resource in site.app.router.resources()}
    filled = {re.sub(r"{(\w+)(:[^}]*)?}", lambda match: names.get(match[1], "1"), path) for path in pages}
    examples = openapi.path_examples() | {"parked": 1, "token": 999, "list": "usage"} | names
    api = {f"/api/v1{route.path.format(**examples)}" for route in ROUTES if route.method == "GET"}
    files = {
        f"/api/v1/export/{name}?format={form}" for name in ("usage", "faults", "robots") for form in ("csv", "json")
    }
    kept = {path for path in filled if not path.startswith(("/static", "/api", "/sign-out")) and "/live" not in path}
    return sorted(kept | api | files | set(PORTAL))


async def test_no_page_chart_or_file_tells_a_customer_what_is_not_its_own_fact(site):
    for role in sorted(CUSTOMERS):
        assert await enter(site, role) == "/portal", "it lands there"
        paths = everything(site)
        assert len(paths) > 100
        assert await told(site, [path for path in paths if path != "/api/docs"]) == {}, role
    await enter(site, Role.READER)
    control = await told(site, ["/accounts/BETA", "/api/v1/contacts", "/api/v1/signals"])
    assert len(control) == 3, "the control: whoever sees everything reads the same words"


async def test_a_presenter_that_leaks_is_found(site, monkeypatch):
    monkeypatch.setattr(
        operations.customers_view, "tickets_of",
        lambda ledger, _: (customers_view.OpenTicket(subject=ledger.account.note, robot="", opened_day=1),),
    )  # fmt: skip
    await enter(site, "customer_admin")
    assert set(await told(site, PORTAL)) == {"/portal", "/portal/help", "/portal/report"}, "the control"


async def test_where_people_weigh_the_contact_talks_and_the_number_is_the_csms(site):
    await enter(site, "customer_admin")
    _, text = await seen(site, "/portal")
    assert "Your contact will talk with you about this." in text
    assert re.search(r'class="band yellow chip"><i[^>]*></i>49 ', text)
    await enter(site, "staff")
    _, account = await seen(site, "/accounts/BETA")
    assert re.search(r'class="band yellow chip"><i[^>]*></i>49 ', account), "the same number and band"


async def test_a_customer_reads_its_own_tickets_bills_goals_and_whom_to_call(site):
    await enter(site, "customer_admin")
    text = page_words.text_of((await seen(site, "/portal"))[1])
    for word in ("does not find its charger", "invoice-1", "ktv-2", "400 800 1234", "bills@example.com"):
        assert word in text, word
    _, html = await seen(site, "/portal/help")
    assert 'href="tel:4008001234"' in html
    assert 'href="mailto:bills@example.com"' in html
    assert "20,000" in page_words.text_of((await seen(site, "/portal/plan"))[1])


async def test_a_colleague_sees_the_portal_of_every_account_and_a_customer_no_other_one(site):
    await enter(site, "csm")
    status, text = await seen(site, "/portal?account=ACME")
    assert (status, "You see what the customer sees" in text) == (200, True)
    await enter(site, "customer_admin")
    assert (await seen(site, "/portal?account=ACME"))[0] == 404
    assert "You see what the customer sees" not in (await seen(site, "/portal"))[1]
    await enter(site, "fleet_engineer")
    assert (await seen(site, "/portal"))[0] == 403


async def test_the_portal_in_chinese_has_no_english_word_and_no_iso_day(site):
    await enter(site, "customer_admin")
    names = ["Beta KTV", "ktv-2", "park-1", "luckibot", "greetbot", "customer_admin", "invoice-1", "CSM 1",
             "does not find its charger", "bills@example.com", *Role]  # fmt: skip
    taken = {"Fleetward", "English", "API", "CSV", "XLSX", "Ctrl", "PDF"}
    for path in PORTAL:
        _, text = await seen(site, path, "zh-CN")
        assert page_words.latin_words(text, names) - taken == set(), path
        assert page_words.iso_days(text) == [], path
    assert page_words.latin_words((await seen(site, "/portal"))[1], names) > {"Good"}, "the control"


def test_every_reason_has_a_sentence_in_every_language():
    for key in customers_view.ReasonKey.__args__:
        one = customers_view.ScoreReason(key=key, value=0.5, some=1, of=3, since_day=fleets.TODAY)
        for language in ("en", "zh"):
            said = operations_language().reason(one, language)
            assert said, key
            assert "{" not in said, key
    assert Words("zh")("my_robots") == "我的机器人"


def operations_language():
    from collector.language import portal  # noqa: PLC0415 - of this alone

    return portal


async def test_what_a_customer_opens_is_counted_and_shown_to_the_csm_and_nothing_else_is(site):
    await enter(site, "csm")
    await seen(site, "/portal/report?account=BETA")
    _, said = await site.get("/accounts/BETA/portal-use")
    assert said == {"people": 0, "days": 0, "sign_ins": 0, "reports": 0, "last_day": None}, "a colleague is no customer"
    for _ in range(2):
        await enter(site, "customer_admin")
    await seen(site, "/portal/report")
    _, said = await site.get("/accounts/BETA/portal-use")
    assert said == {"people": 1, "days": 1, "sign_ins": 2, "reports": 1, "last_day": fleets.iso(0)}
    await enter(site, "staff")
    assert "Portal, 28 days: 1 person on 1 day, 1 report opened" in (await seen(site, "/accounts/BETA"))[1]
