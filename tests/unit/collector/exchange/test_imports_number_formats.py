"""What only a workbook's number format shows: the currency, zeros before a number, signs of a phone number, percent."""

import io

import pytest
from openpyxl import Workbook

from collector.accounts.ledger.kinds.registry import KINDS
from collector.exchange.imports import rows, workbook
from collector.exchange.imports.facts import Fact, ReadingOptions, table_of
from collector.exchange.imports.number_formats import number_format
from collector.exchange.imports.problems import BadRow
from tests.plain_facts import BASE

ACCOUNT, INVOICE, CONTACT, COST = (KINDS[key] for key in ("account", "invoice", "contact", "cost"))
INVOICE_HEAD = ("id", "account", "issued_day", "due_day", "amount")


def read(kind, *table):
    """Rows of cells; a cell may be (value, number format)."""
    book = Workbook()
    page = book.active
    for number, line in enumerate(table, 1):
        for column, said in enumerate(line, 1):
            cell = page.cell(number, column)
            cell.value = said[0] if isinstance(said, tuple) else said
            if isinstance(said, tuple):
                cell.number_format = said[1]
    file = io.BytesIO()
    book.save(file)
    with rows.opened(file) as source:
        return list(table_of(kind, source, ReadingOptions(BASE)).facts)


def invoice(code, amount=1200, currency=None):
    head = INVOICE_HEAD if currency is None else (*INVOICE_HEAD, "currency")
    line = ("I-1", "C-1", "2026-01-01", "2026-02-01", (amount, code), currency)
    return read(INVOICE, head, line[: len(head)])[0]


CURRENCIES = [
    ("[$$-409]#,##0.00", "USD"),
    ("[$€-407]#,##0.00", "EUR"),
    ("#,##0.00\\ [$€-407];[Red]\\-#,##0.00\\ [$€-407]", "EUR"),
    ('"$"#,##0', "USD"),
    ("\\$#,##0", "USD"),
    ("$#,##0_);($#,##0)", "USD"),
    ('_("$"* #,##0.00_);_("$"* \\(#,##0.00\\);_("$"* "-"??_);_(@_)', "USD"),
    ('_-* #,##0.00\\ "€"_-;\\-* #,##0.00\\ "€"_-', "EUR"),
    ("[$$-1009]#,##0", "CAD"),
    ("[$$-C09]#,##0", "AUD"),
    ("[$$-1004]#,##0", "SGD"),
    ("[$$-80A]#,##0", "MXN"),
    ("[$$-en-CA]#,##0", "CAD"),
    ("[$$-4000409]#,##0", "USD"),
    ("[$¥-411]#,##0", "JPY"),
    ("[$￥-804]#,##0.00", "CNY"),
    ("[$kr-41D]\\ #,##0", "SEK"),
    ("[$CHF]\\ #,##0", "CHF"),
    ("[$HK$-C04]#,##0", "HKD"),
    ('#,##0"元"', "CNY"),
    ('#,##0.00\\ "PLN"', "PLN"),
    ("#,##0.00\\ [$R$-416]", "BRL"),
]


@pytest.mark.parametrize(("code", "currency"), CURRENCIES)
def test_the_currency_that_only_the_format_shows_is_the_amounts(code, currency):
    assert number_format(code).currency == currency
    said = invoice(code).said
    assert (said.amount, said.currency) == (120_000, currency)


def test_control_without_its_format_the_amount_has_no_currency(monkeypatch):
    assert invoice("[$$-409]#,##0.00").said.currency == "USD"
    monkeypatch.setattr(workbook, "number_format", lambda _: None)
    assert invoice("[$$-409]#,##0.00").said.currency is None


def test_a_format_that_contradicts_the_currency_is_refused():
    assert "its sign says USD and the currency EUR" in invoice("[$$-409]#,##0", currency="EUR").text
    assert "its sign says JPY and the currency CNY" in invoice("[$¥-411]#,##0", currency="CNY").text
    assert invoice('"¥"#,##0', currency="JPY").said.currency == "JPY"  # ¥ alone is of two
    assert invoice('"¥"#,##0').said.currency is None


@pytest.mark.parametrize("code", ["[$$-7C09]#,##0", '#,##0 "kr"', "[$¤-409]#,##0", '"$"#,##0;[$€-407]#,##0'])
def test_a_sign_that_cannot_be_told_is_refused(code):
    assert isinstance(said := invoice(code), BadRow)
    assert "say the currency in a column" in said.text


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        (123, "0000000", "0000123"),
        (12345678, "0000000", "12345678"),
        (0, "000", "000"),
        (7, '"C-"000', "C-007"),
        (7, "\\K0000", "K0007"),
        (5551234, "[<=9999999]###-####;(###) ###-####", "555-1234"),
        (2125551234, "[<=9999999]###-####;(###) ###-####", "(212) 555-1234"),
        (13800138000, '"+86 "000 0000 0000', "+86 138 0013 8000"),
        (123, "General", "123"),
        (1234, "#,##0", "1234"),
        (123, "0_ ", "123"),
        (123, "0_);\\(0\\)", "123"),
        (123, "0.00", "123"),
    ],
)
def test_an_id_and_a_phone_number_are_what_the_format_shows(value, code, shown):
    (said,) = read(ACCOUNT, ("id", "name"), ((value, code), "One"))
    assert said.said.id == shown
    (said,) = read(CONTACT, ("id", "account", "name", "phone"), ("P-1", "C-1", "Ann", (value, code)))
    assert said.said.phone == shown


def test_control_without_its_format_the_id_is_another_customer(monkeypatch):
    monkeypatch.setattr(workbook, "number_format", lambda _: None)
    (said,) = read(ACCOUNT, ("id", "name"), ((123, "0000000"), "One"))
    assert said.said.id == "123"


def test_zeros_and_signs_of_a_format_do_not_change_a_number():
    (said,) = read(ACCOUNT, ("id", "name", "employees"), ("C-1", "One", (42, "0000")))
    assert said.said.employees == 42
    assert invoice("#,##0;(#,##0)", amount=-300).said.amount == -30_000


def test_percent_is_of_shares_alone():
    head = ("id", "day", "category", "amount", "gross_margin")
    line = ("K-1", "2026-01-01", "sales", 5)
    assert read(COST, head, (*line, (0.35, "0%")))[0].said.gross_margin == 0.35
    assert read(COST, head, (*line, (35, '0"%"')))[0].said.gross_margin == 0.35
    assert "shown as a share of a hundred" in invoice("0%", amount=0.35).text
    (said,) = read(ACCOUNT, ("id", "name", "note"), ("C-1", "One", (0.35, "0.0%")))
    assert said.said.note == "35%"


def test_a_scale_that_only_the_format_shows_is_followed_or_refused():
    assert invoice('0.0"万"', amount=12.5).said.amount == 12_500_000
    assert invoice('0.0"万元"', amount=12.5).said.amount == 12_500_000
    assert invoice('0!.0,"万"', amount=125_000).said.amount == 12_500_000  # the format divides
    assert invoice('#,##0,"K"', amount=12_000).said.amount == 1_200_000
    assert "is shown with 'K' behind it" in invoice('0"K"', amount=12).text


def test_plain_numbers_have_no_format():
    assert isinstance(invoice("General"), Fact)
    assert [number_format(code) for code in ("General", "0", "#,##0.00", "0_)", "0.00E+00", "# ?/?")] == [None] * 6
