"""The ledger's operations without any caller: who may, what is refused and why, and that a refusal changes nothing."""

from dataclasses import replace

import pytest
from sqlalchemy import text

from collector import config, context
from collector.access.caller import Caller, Role
from collector.accounts.ledger.facts import NOW, Knowledge
from collector.accounts.ledger.kinds.registry import KINDS
from collector.accounts.ledger.reading import FactFilter
from collector.calendar import days
from collector.fleet.scope import EVERYTHING, Scope, account_id_of
from collector.operations import ledger
from collector.values.money import amount_of
from collector.values.refusal import Refused
from tests import fleets
from tests.fleets import NOON, TODAY

TOUCH = KINDS["touch"]
FIELDS = {"account": "ACME", "day": TODAY - 1, "direction": "out", "channel": "phone"}
STAFF = Caller(1, "staff", Role.STAFF, EVERYTHING)
ANY = {"limit": 10}


@pytest.fixture
def staff(store):
    fleets.story(store)
    return context.of(config.load(), store, lambda: NOON, STAFF)


def customer(staff, account):
    row_id = staff.read(lambda connection: account_id_of(connection, account))
    return staff.seen_by(Caller(2, "customer", Role.CUSTOMER, Scope.of(row_id), account))


def reader(staff):
    return staff.seen_by(replace(STAFF, role=Role.READER))


def test_a_fact_is_written_in_its_callers_name_and_a_reader_may_only_read_it(staff):
    made = ledger.create_fact(staff, ledger.CreateFact(kind=TOUCH, fields=FIELDS))
    assert (made["version"], made["author"], made["arrived_at"]) == (1, "staff", days.rfc3339(NOON))
    wanted = ledger.OneFact(kind=TOUCH, key=made["id"], knowledge=NOW)
    assert ledger.one_fact(reader(staff), wanted) == made
    refused = ledger.withdraw_fact(reader(staff), wanted)
    assert isinstance(refused, Refused)
    assert refused.kind == "forbidden"
    assert ledger.one_fact(staff, wanted) == made


def test_a_refused_correction_changes_nothing_and_says_who_was_faster(staff):
    made = ledger.create_fact(staff, ledger.CreateFact(kind=TOUCH, fields=FIELDS))
    wanted = ledger.CorrectFact(
        kind=TOUCH, key=made["id"], fields={**FIELDS, "summary": "the next order"}, after_version=1
    )
    assert ledger.correct_fact(staff, wanted)["version"] == 2
    refused = ledger.correct_fact(staff, wanted)
    assert isinstance(refused, Refused)
    assert (refused.kind, "version 2 meanwhile, by staff" in refused.reason) == ("outdated", True)
    assert [each["version"] for each in ledger.fact_history(staff, _history(made)).items] == [2, 1]


def _history(made):
    return ledger.FactHistory(kind=TOUCH, key=made["id"], limit=10)


REFUSED = [
    (ledger.create_fact, ledger.CreateFact(kind=TOUCH, fields={**FIELDS, "account": "NOBODY"}), "unprocessable"),
    (ledger.create_fact, ledger.CreateFact(kind=KINDS["account"], fields={"id": "ACME", "name": "x"}), "conflict"),
    (ledger.correct_fact, ledger.CorrectFact(kind=TOUCH, key="a", fields={**FIELDS, "id": "b"}), "unprocessable"),
    (ledger.end_fact, ledger.EndFact(kind=TOUCH, key="a", last_day=TODAY), "unprocessable"),
    (ledger.end_fact, ledger.EndFact(kind=KINDS["contact"], key="a", last_day=TODAY), "not_found"),
    (ledger.withdraw_fact, ledger.WithdrawFact(kind=KINDS["account"], key="ACME"), "conflict"),
    (ledger.list_facts, ledger.ListFacts(kind=TOUCH, account="NOBODY", knowledge=NOW, **ANY), "not_found"),
    (ledger.list_facts, ledger.ListFacts(kind=TOUCH, knowledge=NOW, limit=10, cursor="?"), "invalid"),
]


@pytest.mark.parametrize(("operation", "wanted", "kind"), REFUSED)
def test_each_refusal_has_a_kind_a_reason_and_a_remedy(staff, operation, wanted, kind):
    refused = operation(staff, wanted)
    assert isinstance(refused, Refused)
    assert refused.kind == kind
    assert refused.reason
    assert refused.remedy


NOT_FOR_CUSTOMERS = [
    {"chosen": FactFilter(search="A")},
    {"chosen": FactFilter(withdrawn=True)},
    {"chosen": FactFilter(fields={"csm": "c-1"})},
    {"knowledge": Knowledge(NOON, "arrived")},
    {"account": "ACME"},
]


@pytest.mark.parametrize("more", NOT_FOR_CUSTOMERS)
def test_a_customer_sees_its_own_rows_and_asks_the_ledger_nothing(staff, more):
    acme = customer(staff, "ACME")
    wanted = ledger.ListFacts(kind=KINDS["account"], knowledge=NOW, **ANY)
    assert [each["id"] for each in ledger.list_accounts(acme, wanted).items] == ["ACME"]
    assert len(ledger.list_accounts(staff, wanted).items) > 1
    refused = ledger.list_accounts(acme, replace(wanted, **more))
    assert isinstance(refused, Refused)
    assert refused.kind == "invalid"
    assert ledger.list_facts(acme, ledger.ListFacts(kind=TOUCH, knowledge=NOW, **ANY)).kind == "forbidden"


def test_a_customer_narrows_its_deployments_by_robot_and_by_its_own_account_only(staff):
    acme = customer(staff, "ACME")
    wanted = ledger.ListFacts(kind=KINDS["deployment"], account="ACME", knowledge=NOW, **ANY)
    robots = {each["robot"] for each in ledger.list_deployments(acme, wanted).items}
    assert "hall-7" in robots
    one = replace(wanted, chosen=FactFilter(fields={"robot": "hall-7"}))
    assert {each["robot"] for each in ledger.list_deployments(acme, one).items} == {"hall-7"}
    assert ledger.list_deployments(acme, replace(wanted, account="BETA")).kind == "not_found"


def test_a_line_has_the_decimals_of_the_currency_that_it_takes_from_its_contract(staff):
    def create(kind, **fields):
        return ledger.create_fact(staff, ledger.CreateFact(kind=KINDS[kind], fields={"account": "ACME", **fields}))

    create("contract", id="k", starts=TODAY, ends=TODAY + 364, currency="KWD")
    create("contract", id="j", starts=TODAY, ends=TODAY + 364, currency="JPY")
    assert create("line", id="k-1", contract="k", amount=amount_of("12.345"))["amount"] == "12.345"
    assert create("line", id="k-2", contract="k", amount=amount_of("12.5"))["amount"] == "12.500"
    assert create("line", id="j-1", contract="j", amount=amount_of("1200"))["amount"] == "1200"
    refused = create("line", id="j-2", contract="j", amount=amount_of("1200.5"))
    assert isinstance(refused, Refused)
    assert (refused.kind, "JPY" in refused.reason) == ("unprocessable", True)
    shown = ledger.list_facts(staff, ledger.ListFacts(kind=KINDS["line"], knowledge=NOW, **ANY)).items
    assert {each["id"]: each["amount"] for each in shown} == {"k-1": "12.345", "k-2": "12.500", "j-1": "1200"}
    view = "SELECT CAST(SUM(amount) AS TEXT) FROM v_renewal WHERE currency = 'KWD'"
    create("renewal", contract="k", due_day=TODAY, outcome="renewed", decided_day=TODAY, amount=amount_of("12.345"))
    assert float(staff.read(lambda connection: connection.execute(text(view)).scalar_one())) == 12.345
