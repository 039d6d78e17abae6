"""A contract that nobody linked renews the one that ends about when it begins: one rule for all who read contracts."""

import sys

import pytest

from collector.accounts.contracts.arr import arr_on
from collector.accounts.contracts.renewed import Period, expired_in
from collector.accounts.contracts.terms import all_terms, lapsed, next_due
from collector.accounts.rates.answer import value_of
from collector.accounts.rates.figures import FIGURES
from collector.accounts.rates.rates import movements
from collector.backtest.lives import life_of
from collector.health.measures.commercial import f1
from collector.health.model import AccountInputs
from tests.ledgers import FX, contract, ledger, line, on, renewal
from tests.plain_facts import a_contract
from tests.policies import GRACE_DAYS, HEALTH

Y2025 = Period(on("2025-01-01"), on("2025-12-31"), on("2026-06-01"), grace_days=GRACE_DAYS)
OLD = (contract("A", "2024-07-01", "2025-06-30"), line("A", 10))


def after(starts, ends="2026-06-30", key="B", amount=10, **fields):
    return contract(key, starts, ends, **fields), line(key, amount)


def fates(*facts):
    return {each.contract: (each.fate, each.renewed) for each in expired_in(ledger(*OLD, *facts), Y2025, FX)}


def rates(*facts):
    moves = movements([ledger(*OLD, *facts)], Y2025, FX)
    return {key: value_of(FIGURES[key], moves, FX.scale).value for key in ("renewal_customers", "renewal_gross", "grr")}


def test_a_renewal_without_a_link_is_one_for_every_reader():
    facts = after("2025-07-01")
    assert fates(*facts) == {"A": ("renewed", 1000)}
    assert rates(*facts) == {"renewal_customers": 1, "renewal_gross": 1, "grr": 1}
    book = ledger(*OLD, *facts)
    (ending, _) = life_of(book, on("2025-12-31"), FX, GRACE_DAYS).endings  # the back-test; the other is B's own
    assert (ending.due_day, ending.kept) == (on("2025-06-30"), True)
    due = next_due(book, on("2025-07-10"), grace_days=GRACE_DAYS)  # calls to action and health
    assert due.contract.id == "B"
    read = f1(AccountInputs(ledger=book, day=on("2025-07-10"), days=()), due, HEALTH)
    assert (read.state, read.why) == ("na", "not_near")


@pytest.mark.parametrize(
    ("facts", "fate"),
    [
        (after("2025-06-10"), "early"),
        (after("2025-05-31"), "lost"),  # 31 days before the day after the end
        (after("2025-07-31"), "late"),  # 30 days after that day
        (after("2025-08-01"), "won_back"),
        ((*after("2025-07-01")[:1], line("B", 10, recurring=False)), "lost"),  # a one-off
        (after("2025-06-10", ends="2025-06-20"), "lost"),  # over before the former: it continues nothing
        (after("2025-07-01", moved_from="X"), "lost"),  # it goes on from another account
        (after("2025-07-01", renews="X"), "lost"),  # it was linked to another
        ((*after("2025-07-01"), renewal("A", "2025-06-30", "lost", decided_day="2025-05-01")), "lost"),
        ((*after("2025-07-01"), renewal("A", "2025-06-30", "pending", notice_day="2025-05-01")), "renewed"),
        (after("2025-07-01", signed_day="2026-07-01"), "lost"),  # not signed yet by who asks
    ],
)  # fmt: skip
def test_which_contract_renews_another_without_a_link(facts, fate):
    assert fates(*facts)["A"][0] == fate


def test_each_contract_renews_one_and_the_nearest_first():
    other = (contract("C", "2024-07-01", "2025-07-10"), line("C", 20))
    found = fates(*other, *after("2025-07-11", key="D", amount=20), *after("2025-07-01", key="E"))
    assert found == {"A": ("renewed", 1000), "C": ("renewed", 2000)}
    assert fates(*other, *after("2025-07-11", key="D", amount=20)) == {"A": ("lost", 0), "C": ("renewed", 2000)}


def test_what_was_linked_is_continued_by_that_alone():
    linked = after("2025-07-01", key="C", amount=12, renews="A")
    assert fates(*linked, *after("2025-07-02", amount=3)) == {"A": ("renewed", 1200)}
    named = renewal("A", "2025-06-30", decided_day="2025-06-01", new_contract="C")
    plain = after("2025-07-01", key="C", amount=12)
    assert fates(named, *plain, *after("2025-07-02", amount=3)) == {"A": ("renewed", 1200)}


def test_a_contract_that_was_ended_early_is_renewed_by_the_one_that_begins_then():
    facts = (contract("A", "2024-07-01", "2025-06-30", terminated_day="2025-03-31"), line("A", 10))
    book = ledger(*facts, *after("2025-04-01", amount=15))
    assert [(each.fate, each.renewed) for each in expired_in(book, Y2025, FX)] == [("early", 1500)]


def test_a_contract_that_renews_itself_gives_way_only_to_one_that_begins_the_day_after_a_term():
    runs_on = (contract("A", "2023-07-01", "2024-06-30", auto_renews=True), line("A", 10))

    def arr(starts):
        book = ledger(*runs_on, *after(starts, amount=4))
        return arr_on(book, on("2025-10-01"), FX, grace_days=GRACE_DAYS)

    assert arr("2025-07-01") == 400  # it takes the place of the second term
    assert arr("2025-07-02") == 1400  # beside it


def test_a_renewal_that_names_no_contract_is_the_one_that_begins_then():
    book = ledger(*OLD, renewal("A", "2025-06-30", decided_day="2025-06-01"), *after("2025-07-01", amount=12))
    assert arr_on(book, on("2025-10-01"), FX, grace_days=GRACE_DAYS) == 1200
    assert not lapsed(book, on("2025-10-01"), GRACE_DAYS)


def test_nothing_is_renewed_before_the_contract_is_signed():
    book = ledger(*OLD, *after("2025-07-01", signed_day="2025-06-20"))
    assert next_due(book, on("2025-06-19"), grace_days=GRACE_DAYS).contract.id == "A"
    assert next_due(book, on("2025-06-20"), grace_days=GRACE_DAYS).contract.id == "B"


def calls_for(contracts):
    """How many functions run to find the terms of so many contracts that overlap and that nobody linked."""
    starts = [on("2015-01-01") + 40 * number for number in range(contracts)]
    book = ledger(*(a_contract(id=f"C{n}", account="ACME", starts=n, ends=n + 364) for n in starts))
    calls = 0

    def count(_frame, event, _arg):
        nonlocal calls
        calls += event == "call"

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        all_terms(book, on("2025-01-01"), on("2025-01-01"), GRACE_DAYS)
    finally:
        sys.setprofile(before)
    return calls


def test_twice_the_contracts_are_paired_in_four_times_the_steps():
    assert calls_for(40) < 5 * calls_for(20)  # eight times, where every contract has all of them paired again
