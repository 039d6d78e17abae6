"""What contracts say on a day, case by case."""

from dataclasses import replace

import pytest

from collector.accounts.contracts.arr import arr_on, unconverted
from collector.accounts.contracts.exchange_rates import rates_on
from collector.accounts.contracts.terms import (
    _last_signed,
    first_deployed,
    lapsed,
    next_due,
    robots_on,
    standing_contracts,
)
from collector.accounts.ledger.kinds.money import ExchangeRate, RenewalStep
from collector.accounts.ledger.kinds.who import Deployment
from tests.ledgers import FX, contract, ledger, line, on, renewal
from tests.policies import GRACE_DAYS

YEAR = contract("A", "2025-01-01", "2025-12-31")


def arr(book, day, **how):
    found = arr_on(book, on(day), FX, grace_days=GRACE_DAYS, **how)
    return None if found is None else found / 100


@pytest.mark.parametrize(
    ("facts", "day", "expected"),
    [
        ([YEAR, line("A", 1000)], "2024-12-31", 0),
        ([YEAR, line("A", 1000)], "2025-01-01", 1000),
        ([YEAR, line("A", 1000)], "2025-12-31", 1000),
        ([YEAR, line("A", 1000)], "2026-01-01", 0),
        ([YEAR, line("A", 1000), line("A", 500, recurring=False)], "2025-05-01", 1000),
        ([YEAR, line("A", 1000), line("A", 200, starts="2025-07-01")], "2025-06-30", 1000),
        ([YEAR, line("A", 1000), line("A", 200, starts="2025-07-01")], "2025-07-01", 1200),
        ([YEAR, line("A", 100, currency="EUR")], "2025-05-01", 800),
        ([YEAR, line("A", 100, currency="GBP")], "2025-05-01", None),
        # a three years' contract is worth its year
        ([contract("M", "2025-01-01", "2027-12-31"), line("M", 900)], "2027-05-01", 900),
        # ended early
        ([contract("A", "2025-01-01", "2025-12-31", terminated_day="2025-03-31"), line("A", 10)], "2025-03-31", 10),
        ([contract("A", "2025-01-01", "2025-12-31", terminated_day="2025-03-31"), line("A", 10)], "2025-04-01", 0),
        # renewed early: the old one ends where the new one starts, nothing counts twice
        (
            [YEAR, line("A", 10), contract("B", "2025-11-01", "2026-10-31", renews="A"), line("B", 12)],
            "2025-11-15",
            12,
        ),
        # renewed ten days late: nothing falls between
        (
            [
                YEAR,
                line("A", 10),
                contract("B", "2026-01-11", "2026-12-31", renews="A", signed_day="2026-01-02"),
                line("B", 12),
            ],
            "2026-01-05",
            10,
        ),
        # by itself
        ([contract("A", "2025-01-01", "2025-12-31", auto_renews=True), line("A", 10)], "2027-06-01", 10),
        (
            [
                contract("A", "2025-01-01", "2025-12-31", auto_renews=True),
                line("A", 10),
                renewal("A", "2026-12-31", "pending", notice_day="2026-10-01"),
            ],
            "2026-12-31",
            10,
        ),
        (
            [
                contract("A", "2025-01-01", "2025-12-31", auto_renews=True),
                line("A", 10),
                renewal("A", "2026-12-31", "pending", notice_day="2026-10-01"),
            ],
            "2027-01-01",
            0,
        ),
        # a renewal without a new contract: the contract goes on, at the renewed amount
        ([YEAR, line("A", 10), renewal("A", "2025-12-31", amount=8)], "2026-03-01", 8),
        ([YEAR, line("A", 10), renewal("A", "2025-12-31")], "2026-03-01", 10),
        ([YEAR, line("A", 10), renewal("A", "2025-12-31", "lost")], "2026-03-01", 0),
    ],
)
def test_arr_on_a_day(facts, day, expected):
    assert arr(ledger(*facts), day) == expected


def test_a_contract_signed_later_does_not_stand_for_somebody_who_asks_earlier():
    book = ledger(contract("A", "2025-01-01", "2025-12-31", signed_day="2025-02-01"), line("A", 10))
    assert arr(book, "2025-01-15") == 0
    assert arr(book, "2025-01-15", as_of=on("2025-03-01")) == 10


def test_the_next_due_is_the_soonest_that_nobody_has_renewed():
    book = ledger(
        YEAR,
        contract("B", "2025-01-01", "2026-06-30"),
        RenewalStep(id="s", account="ACME", contract="A", step="contacted", done_day=on("2025-10-01")),
    )
    due = next_due(book, on("2025-11-01"), grace_days=GRACE_DAYS)
    assert (due.contract.id, due.days_left, due.steps) == ("A", 60, ("contacted",))
    assert next_due(book, on("2025-09-01"), grace_days=GRACE_DAYS).steps == ()
    renewed = ledger(YEAR, contract("B", "2025-01-01", "2026-06-30"), renewal("A", "2025-12-31", new_contract="C"))
    assert next_due(renewed, on("2026-01-01"), grace_days=GRACE_DAYS).contract.id == "B"


def test_a_due_day_inside_the_grace_is_still_due_and_a_noticed_one_is_not():
    assert next_due(ledger(YEAR), on("2026-01-10"), grace_days=GRACE_DAYS).days_left == -10
    assert next_due(ledger(YEAR), on("2026-02-10"), grace_days=GRACE_DAYS) is None
    noticed = ledger(YEAR, renewal("A", "2025-12-31", "pending", notice_day="2025-11-01"))
    assert next_due(noticed, on("2025-10-01"), grace_days=GRACE_DAYS).noticed is False
    assert next_due(noticed, on("2025-12-01"), grace_days=GRACE_DAYS).noticed is True
    assert next_due(noticed, on("2026-01-10"), grace_days=GRACE_DAYS) is None


def test_a_decision_of_tomorrow_is_pending_today():
    book = ledger(YEAR, renewal("A", "2025-12-31", decided_day="2025-12-20", reason="good"))
    due = next_due(book, on("2025-12-19"), grace_days=GRACE_DAYS)
    assert (due.renewal.outcome, due.renewal.reason) == ("pending", "")
    assert next_due(book, on("2025-12-20"), grace_days=GRACE_DAYS).due_day == on("2026-12-31")


def test_a_contract_that_renews_itself_is_due_again_a_year_later():
    book = ledger(contract("A", "2024-02-29", "2025-02-27", auto_renews=True))
    due = next_due(book, on("2025-06-01"), grace_days=GRACE_DAYS)
    assert due.auto_renews
    assert due.contract.id == "A"
    assert due.due_day > on("2026-02-20")


def test_lapsed_is_after_the_grace():
    assert not lapsed(ledger(YEAR), on("2026-01-30"), grace_days=GRACE_DAYS)
    assert lapsed(ledger(YEAR), on("2026-01-31"), grace_days=GRACE_DAYS)
    assert not lapsed(ledger(), on("2026-01-31"), grace_days=GRACE_DAYS)
    assert not lapsed(ledger(YEAR, renewal("A", "2025-12-31")), on("2026-06-01"), grace_days=GRACE_DAYS)
    assert not lapsed(
        ledger(contract("A", "2025-01-01", "2025-12-31", auto_renews=True)), on("2026-06-01"), grace_days=GRACE_DAYS
    )


def test_standing_contracts_robots_and_the_first_deployment():
    book = ledger(
        YEAR,
        Deployment(id="d1", account="ACME", robot="r-2", from_day=on("2025-02-01")),
        Deployment(id="d2", account="ACME", robot="r-1", from_day=on("2025-03-01"), to_day=on("2025-04-01")),
    )
    assert [each.id for each in standing_contracts(book, on("2025-05-01"), grace_days=GRACE_DAYS)] == ["A"]
    assert robots_on(book, on("2025-03-01")) == ("r-1", "r-2")
    assert robots_on(book, on("2025-05-01")) == ("r-2",)
    assert first_deployed(book) == on("2025-02-01")
    assert first_deployed(book, on("2025-01-31")) is None


def test_exchange_rates_are_the_newest_stated_by_the_day_in_either_direction():
    def rate(key, currency, base, day, worth):
        return ExchangeRate(id=key, currency=currency, base=base, day=on(day), worth=worth)

    facts = [
        rate("1", "EUR", "CNY", "2025-01-01", 7.5),
        rate("2", "EUR", "CNY", "2025-06-01", 8.0),
        rate("3", "CNY", "USD", "2025-01-01", 0.125),
        rate("4", "JPY", "USD", "2025-01-01", 0.01),
    ]
    early, late = rates_on(facts, "CNY", on("2025-05-31")), rates_on(facts, "CNY", on("2025-06-01"))
    assert (early.convert(100, "EUR"), late.convert(100, "EUR")) == (750, 800)
    assert late.convert(100, "USD") == 800
    assert late.convert(100, "GBP") is None
    assert unconverted(ledger(YEAR, line("A", 1, currency="GBP"), line("A", 2)), late) == {"GBP"}


def test_a_currency_is_crossed_through_the_one_currency_that_has_a_rate_to_both():
    def rate(key, currency, base, worth, day="2025-01-01"):
        return ExchangeRate(id=key, currency=currency, base=base, day=on(day), worth=worth)

    yen, euro = rate("1", "JPY", "CNY", 0.05), rate("2", "EUR", "CNY", 8, "2025-03-01")
    found = rates_on([yen, euro], "EUR", on("2025-06-01"))
    assert found.convert(1_000_000 * 100, "JPY") == 6250 * 100  # 1,000,000 × 0.05 / 8
    assert (found.stated["JPY"].via, found.stated["JPY"].day) == ("CNY", on("2025-01-01"))
    assert found.stated["CNY"].via == ""
    # rounded once, after both rates
    exact = rates_on([rate("1", "JPY", "CNY", 0.0487), rate("2", "CNY", "EUR", 0.1277)], "EUR", on("2025-06-01"))
    assert exact.convert(123_457 * 100, "JPY") == 76778  # 123457 × 0.0487 × 0.1277 = 767.7805…
    before = rates_on([yen, euro], "EUR", on("2025-02-28"))
    assert before.convert(100, "JPY") is None  # one of the two was not stated yet
    stated = rates_on([yen, euro, rate("3", "JPY", "EUR", 0.007)], "EUR", on("2025-06-01"))
    assert (stated.convert(10_000, "JPY"), stated.stated["JPY"].via) == (70, "")  # what is stated goes first
    two = [yen, euro, rate("4", "USD", "JPY", 150), rate("5", "EUR", "USD", 1.1)]
    assert rates_on(two, "EUR", on("2025-06-01")).convert(100, "JPY") is None  # two ways, and nobody says which
    three = [rate("1", "JPY", "USD", 0.01), rate("2", "USD", "CNY", 7), euro]
    assert rates_on(three, "EUR", on("2025-06-01")).convert(100, "JPY") is None  # through two others
    assert [one.via for one in rates_on(reversed([yen, euro]), "EUR", on("2025-06-01")).stated.values()] == ["", "CNY"]


@pytest.mark.parametrize(
    ("terminated", "as_of", "last"),
    [
        (None, "2025-06-01", "2025-12-31"),
        ("2025-06-02", "2025-06-01", "2025-12-31"),  # nobody knew that yet
        ("2025-06-01", "2025-06-01", "2025-06-01"),
        ("2026-03-01", "2026-03-01", "2025-12-31"),  # it had run out by then
    ],
)
def test_a_contract_is_signed_until_its_end_or_a_termination_that_was_known(terminated, as_of, last):
    ended = None if terminated is None else on(terminated)
    assert _last_signed(replace(YEAR, terminated_day=ended), on(as_of)) == on(last)
