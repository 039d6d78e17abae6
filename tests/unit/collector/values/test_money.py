"""Money, by examples: the decimals of ISO 4217, what is shown, what does not fit, what old stores hold."""

from decimal import Decimal

import pytest
from babel.core import get_global

from collector.accounts.contracts.exchange_rates import Rates, Stated, rates_on
from collector.accounts.ledger.checks import KnownRefs, complaints
from collector.accounts.ledger.kinds.money import ContractLine, ExchangeRate
from collector.accounts.ledger.kinds.registry import KINDS
from collector.values import money
from tests.policies import FACT_RULES
from tests.sums import sum_text

DECIMALS = {
    "CNY": 2,
    "EUR": 2,
    "JPY": 0,
    "KRW": 0,
    "VND": 0,
    "KWD": 3,
    "BHD": 3,
    "IQD": 3,
    "CLF": 4,
    "MRU": 2,
    "HUF": 2,
}
TEXTS = [
    (1_200_000, "CNY", "12000.00"), (1_200_000, "JPY", "12000"), (1_200_000, "KWD", "12000.000"),
    (Decimal("1234.5"), "KWD", "12.345"), (-5, "CNY", "-0.05"), (0, "JPY", "0"), (0, "CLF", "0.0000"),
    (1_050, "JPY", "10.50"),  # an old store may hold it: what is stored is shown
    (1_050, None, "10.50"),
]  # fmt: skip


def test_decimals_are_those_of_iso_4217():
    assert {currency: money.decimals(currency) for currency in DECIMALS} == DECIMALS


def test_every_currency_that_is_tender_anywhere_is_known_and_nothing_else_of_three_letters():
    tender = {
        code for told in get_global("territory_currencies").values() for code, _, end, is_tender in told
        if is_tender and end is None
    }  # fmt: skip
    assert tender <= set(money.CURRENCIES)
    assert not {"ZZZ", "XTS", "XAU", "kwd", ""} & set(money.CURRENCIES)
    assert len(tender) > 150, "the control: there is something to compare with"


NEAR = [("kwd", "KWD"), ("EURO", "EUR"), ("KWT", "KWD"), ("ZZZ", "CNY, EUR, USD")]


@pytest.mark.parametrize(("text", "named"), NEAR)
def test_a_word_that_is_no_currency_is_refused_with_those_that_are_near(text, named):
    reason, remedy = money.no_currency(text)
    assert reason == f"{text} is no currency of ISO 4217"
    assert named in remedy


def test_a_rate_of_an_older_store_for_what_is_no_currency_is_none(monkeypatch):
    stated = ExchangeRate(id="z", currency="ZZZ", base="CNY", day=1, worth=2.0)
    assert rates_on([stated], "CNY", 2).convert(100, "ZZZ") is None
    monkeypatch.setattr(money, "is_currency", lambda _: True)
    assert rates_on([stated], "CNY", 2).convert(100, "ZZZ") == 200, "the control"


@pytest.mark.parametrize(("amount", "currency", "text"), TEXTS)
def test_an_amount_is_shown_with_its_currencys_decimals(amount, currency, text):
    assert money.amount_text(amount, currency) == text


@pytest.mark.parametrize("text", ["1,5", "1.", ".5", "1e3", "--1", "", "1.00001", "١٢", "12 000", "NaN"])
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(ValueError, match="write an amount"):
        money.amount_of(text)


def test_a_line_of_an_older_store_means_what_it_meant():
    loaded = KINDS["line"].load('{"id":"l","account":"a","contract":"c","amount":1234,"currency":"KWD"}')
    assert money.amount_text(loaded.amount, "KWD") == "12.340"
    assert Rates("KWD").convert(loaded.amount, "KWD") == 12_340


CONVERTED = [
    ("10.00", "EUR", "KWD", 0.335, "3.350"), ("1.000", "KWD", "EUR", 2.985, "2.98"),  # 2.985: the even cent
    ("0.01", "EUR", "JPY", 163.5, "2"), ("100", "JPY", "KWD", 0.00205, "0.205"), ("7", "JPY", "CNY", 0.0475, "0.33"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "currency", "base", "rate", "expected"), CONVERTED)
def test_a_conversion_is_right_across_decimals(text, currency, base, rate, expected):
    rates = Rates(base, {currency: Stated(currency, rate, 0)})
    assert sum_text(rates.convert(money.amount_of(text), currency), base) == expected


def line(amount, currency=None):
    return ContractLine(id="l", account="a", contract="c", amount=money.amount_of(amount), currency=currency)


KNOWN = KnownRefs({"account": {"a": None}, "contract": {"c": "a"}})
FIT = [
    (line("1.005", "CNY"), {}, "1.005 has more decimals than CNY"), (line("1.50", "JPY"), {}, "JPY has no decimals"),
    (line("1.005", "KWD"), {}, ""), (line("1.0005", "KWD"), {}, "KWD has 3 decimals"), (line("1.00", "JPY"), {}, ""),
    (line("1.005"), {"l": "KWD"}, ""), (line("1.005"), {"l": "EUR"}, "EUR has 2 decimals"),
    (line("1.5"), {"l": "JPY"}, "JPY has no decimals"),
]  # fmt: skip


@pytest.mark.parametrize(("fact", "currencies", "said"), FIT)
def test_more_decimals_than_the_currency_has_are_refused_also_when_it_is_the_contracts(fact, currencies, said):
    found = complaints(KINDS["line"], fact, KnownRefs(KNOWN.ids, currencies=currencies), FACT_RULES, 20_000)
    assert [each.field for each in found] == (["amount"] if said else [])
    assert said in "".join(each.text for each in found)


def test_every_amount_of_every_kind_is_known():
    found = {key: kind.amounts for key, kind in KINDS.items() if kind.amounts}
    of_amount = ("line", "renewal", "opportunity", "invoice", "cost")
    assert found == {"csm": ("cost_year",), "account": ("potential",), **dict.fromkeys(of_amount, ("amount",))}
