"""Which contract people look at, and what stands under it."""

from collector.accounts.contracts.current import current_contract
from collector.accounts.ledger.kinds.money import ContractLine, Invoice
from collector.accounts.ledger.view import AccountLedger
from tests.plain_facts import a_contract, an_account

TODAY = 20_600


def a_ledger(**facts):
    return AccountLedger(row_id=1, account=an_account(id="a", name="A"), **facts)


OLD = a_contract(id="old", account="a", starts=TODAY - 700, ends=TODAY - 300, currency="CNY")
DUE = a_contract(id="due", account="a", starts=TODAY - 300, ends=TODAY + 40, currency="CNY", notice_days=30)
LONG = a_contract(id="long", account="a", starts=TODAY - 100, ends=TODAY + 900, currency="CNY")


def test_it_is_the_one_that_is_due_and_otherwise_the_one_that_ends_last():
    ledger = a_ledger(contracts=(OLD, DUE, LONG))
    assert [current_contract(ledger, due, TODAY).contract.id for due in ("due", "", "gone")] == ["due", "long", "long"]
    assert current_contract(a_ledger(), "", TODAY) is None


def test_only_what_recurs_by_it_stands_under_it_and_only_invoices_that_wait_are_counted():
    def a_line(key, contract, **more):
        return ContractLine(id=key, account="a", contract=contract, amount=100, **more)

    def an_invoice(key, **more):
        return Invoice(id=key, account="a", issued_day=TODAY - 9, due_day=TODAY + 9, **{"amount": 5, **more})

    found = current_contract(
        a_ledger(
            contracts=(DUE, LONG),
            lines=(a_line("1", "due"), a_line("2", "due", recurring=False), a_line("3", "long")),
            invoices=(an_invoice("i"), an_invoice("j", paid_day=TODAY - 1), an_invoice("k", status="draft"),
                      an_invoice("credit", amount=-5)),
        ),
        "due", TODAY,
    )  # fmt: skip
    assert ([one.id for one in found.lines], found.owed) == (["1"], 1)
    assert found.notice_until == DUE.notice_until(DUE.ends)
    assert current_contract(a_ledger(contracts=(LONG,)), "", TODAY).notice_until is None
