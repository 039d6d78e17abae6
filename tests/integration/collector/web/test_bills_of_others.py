"""Seats, disputes, credit notes and bills of another account: a customer's admin meets them nowhere."""

import re

import pytest

from collector.access.caller import Caller, Role
from collector.fleet.scope import EVERYTHING, Scope, account_id_of
from collector.operations import bill_desk, entitlements, skill_bills, skill_credits
from collector.operations.bill_desk import BillDeskOf
from collector.operations.entitlements import EndSeat, NameSeat
from collector.operations.skill_bills import BillLineOf, ListSkillBills
from collector.operations.skill_credits import ContestLine, DecideCredit, ListCreditNotes, ProposeCredit, SettleDispute
from collector.values.paging import Page
from collector.values.refusal import Refused
from collector.web.api import openapi
from collector.web.api.routes import ROUTES
from tests import billed, fleets
from tests.fleets import NOON, TODAY

WORDS = ("line", "holder", "dispute", "credit", "proposed", "anna", "ben", "carl")
PLANTED = {f"planted-{one}" for one in WORDS} | {"hall-7", "Acme Museum"}


def person(number, name, role=Role.FINANCE, scope=EVERYTHING):
    return Caller(0, name, role, scope, person_id=number, roles=frozenset({role}))


def plant(store, account, prefix, robot):
    """A closed bill with seats, a contested line, an approved credit note and one that waits; the bill's number."""
    with store.read() as connection:
        row_id = account_id_of(connection, account)
    billed.sell(store, row_id, line=f"{prefix}-line", from_day=TODAY - 70)
    billed.count(store, robot, {TODAY - 15: 9})

    def as_of(caller):
        return billed.a_desk(store, NOON, caller)

    admin = as_of(person(5, f"{prefix}-carl", Role.STAFF))
    seat = NameSeat(account=account, skill="guide", holder=f"{prefix}-holder", from_day=TODAY)
    assert not isinstance(entitlements.name_seat(admin, seat), Refused)
    billed.close(store, NOON)
    bill = next(one.bill.id for one in billed.bills(store, account) if one.lines)
    anna, ben = as_of(person(1, f"{prefix}-anna")), as_of(person(2, f"{prefix}-ben"))
    for amount, reason in (("1.00", "credit"), ("2.00", "proposed")):
        wanted = ProposeCredit(bill=bill, line=0, amount=amount, reason=f"{prefix}-{reason}")
        note = skill_credits.propose_credit_note(anna, wanted)
        if reason == "credit":
            skill_credits.decide_credit_note(ben, DecideCredit(credit_note=note.id, approve=True))
    skill_credits.contest_bill_line(anna, ContestLine(bill=bill, line=0, reason=f"{prefix}-dispute"))
    return bill


@pytest.fixture
def numbers(store):
    """Of ACME's bill and of BETA's own."""
    fleets.story(store)
    billed.offer(store)
    return plant(store, "ACME", "planted", "hall-7"), plant(store, "BETA", "own", "ktv-2")


@pytest.fixture
async def site(store, numbers):
    async with fleets.site(store) as site:
        site.numbers = numbers
        yield site


def everything(site):
    """Each page and each GET of the API, with ACME's bill, seat, note and dispute, of either account."""
    pages = {resource.canonical for resource in site.app.router.resources()}
    kept = {path for path in pages if not path.startswith(("/static", "/api", "/sign-out")) and "/live" not in path}
    found = set()
    for account in ("ACME", "BETA"):
        names = {"robot": "ktv-2", "account": account, "form": "csv", "bill": str(site.numbers[0]), "place": "0",
                 "month": "2026-05", "currency": "CNY"}  # fmt: skip
        found |= {re.sub(r"{(\w+)(:[^}]*)?}", lambda one, names=names: names.get(one[1], "1"), path) for path in kept}
        examples = openapi.path_examples() | {"parked": 1, "token": 999, "list": "usage", "line": 0} | names
        found |= {f"/api/v1{route.path.format(**examples)}" for route in ROUTES if route.method == "GET"}
    found |= {f"{path}?account=ACME" for path in found if path.startswith("/portal")}
    found |= {f"/api/v1/search?q={word}" for word in ("planted", "hall-7", "Acme")} | {"/search?q=planted"}
    return sorted(path for path in found if path != "/api/docs")


async def enter(site, role):
    site.client.cookie_jar.clear()
    async with site.client.post(f"{site.url}/sign-in", data={"token": site.secrets[role]}) as answer:
        assert answer.status == 200


async def told(site, paths, words):
    found = {}
    for path in paths:
        async with site.client.get(site.url + path) as answer:
            assert answer.status < 500, path
            text = await answer.text(errors="replace")
        said = {word for word in words if word in text and word not in path}
        if said:
            found[path] = sorted(said)
    return found


async def test_no_page_and_no_answer_tells_a_customers_admin_of_another_ones_bills(site):
    await enter(site, "customer_admin")
    assert await told(site, everything(site), PLANTED) == {}
    own = site.numbers[1]
    sees = await told(site, [f"/portal/bills/{own}"], {"own-dispute", "own-credit", "own-proposed", "own-anna"})
    assert sees == {f"/portal/bills/{own}": ["own-credit", "own-dispute"]}, "its own it sees, and not who made them"


async def test_whoever_sees_everything_reads_the_same_words(site):
    """The control: they are there to be found, in the same places."""
    await enter(site, "finance")
    found = await told(site, everything(site), PLANTED)
    assert {f"/bills/{site.numbers[0]}", "/bills", f"/api/v1/skill-bills/{site.numbers[0]}"} <= set(found)
    await enter(site, "staff")
    found |= await told(site, everything(site), PLANTED)
    assert set().union(*found.values()) >= PLANTED - {"planted-carl"}


def test_what_is_another_ones_is_refused_as_what_is_not_there(store, numbers):
    with store.read() as connection:
        beta = account_id_of(connection, "BETA")
    asked = billed.a_desk(store, NOON, person(9, "Wang", Role.CUSTOMER_ADMIN, Scope.of(beta)))
    foreign, none = numbers[0], 4711
    for act, wanted in (
        (skill_bills.one_skill_bill, lambda bill: bill),
        (skill_bills.skill_bill_line, lambda bill: BillLineOf(bill=bill, line=0)),
        (skill_credits.contest_bill_line, lambda bill: ContestLine(bill=bill, line=0, reason="we were closed")),
    ):
        one, other = act(asked, wanted(foreign)), act(asked, wanted(none))
        assert one.kind == other.kind == "not_found", act
        assert str(one.reason).replace(str(foreign), "") == str(other.reason).replace(str(none), ""), act
    theirs, absent = (
        entitlements.end_seat(asked, EndSeat(account="BETA", seat=seat, last_day=TODAY)) for seat in (1, none)
    )
    assert (theirs.kind, str(theirs.reason).replace("1", "")) == ("not_found", str(absent.reason).replace("4711", ""))
    for kind in (
        skill_credits.settle_bill_dispute(asked, SettleDispute(dispute=1, why="no")),
        skill_credits.list_credit_notes(asked, ListCreditNotes(limit=10)),
        entitlements.name_seat(asked, NameSeat(account="ACME", skill="guide", holder="me", from_day=TODAY)),
    ):
        assert isinstance(kind, Refused), kind
        assert "planted" not in str(kind.reason)


@pytest.mark.usefixtures("numbers")
def test_lists_and_counts_of_bills_are_of_its_own_account(store):
    with store.read() as connection:
        beta = account_id_of(connection, "BETA")
    asked = billed.a_desk(store, NOON, person(9, "Wang", Role.CUSTOMER_ADMIN, Scope.of(beta)))
    page = skill_bills.list_skill_bills(asked, ListSkillBills(limit=10))
    assert isinstance(page, Page)
    assert {one.account for one in page.items} == {"BETA"}
    desk = bill_desk.bill_desk(asked, BillDeskOf(view="contested", limit=10))
    assert [one.account for one in desk.contested] == ["BETA"]
    assert desk.credits == []
    assert all(one.bills == 1 for one in desk.months), "ACME's bills of the same months are in no sum"
