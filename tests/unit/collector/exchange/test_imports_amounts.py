"""`1,234` and `1.234` are two amounts: the column decides, else the row is refused with the remedy."""

import csv
import io

import pytest

from collector.accounts.ledger.kinds.registry import KINDS
from collector.exchange.imports import body, rows, telling
from collector.exchange.imports.cells import value_of
from collector.exchange.imports.facts import ReadingOptions, table_of
from collector.exchange.imports.fields import Field
from collector.exchange.imports.problems import BadRow
from collector.exchange.imports.separators import decimal_sign
from collector.exchange.imports.spelling import BadCell
from tests.plain_facts import BASE

INVOICE, TOUCH = KINDS["invoice"], KINDS["touch"]


def read(kind, head, lines, **reading):
    text = head + "\n" + "".join(f"{line}\n" for line in lines)
    with rows.opened(io.BytesIO(text.encode())) as source:
        return list(table_of(kind, source, ReadingOptions(BASE, **reading)).facts)


def amounts(*cells, **reading):
    """Hundredths, or the words of a refusal."""
    lines = [f"I-{n};C;2026-01-01;2026-02-01;{cell}" for n, cell in enumerate(cells)]
    found = read(INVOICE, "id;account;issued_day;due_day;amount", lines, **reading)
    return [row.text if isinstance(row, BadRow) else row.said.amount for row in found]


def test_a_column_that_shows_its_decimal_sign_decides_its_other_cells():
    assert amounts("4,25", "1.234,50", "173,900", "1.234") == [425, 123_450, 17_390, 123_400]
    assert amounts("1.234", "12,50") == [123_400, 1_250]  # also when it is shown below
    assert amounts("1,234", "1,234,567") == [123_400, 123_456_700]
    assert amounts("1,234", "99.5") == [123_400, 9_950]
    assert amounts("0,500", "12,500") == [50, 1_250]
    assert amounts("1 234,500", "1.000") == [123_450, 100_000]


def test_a_column_that_does_not_is_refused_with_both_readings_and_the_remedy():
    (said,) = amounts("1.200")
    assert said.startswith("amount: '1.200' could be 1200 or 1.200, and no other cell of the column says which")
    assert "say the decimal sign of the file" in said
    assert amounts("1.200", decimal=",") == [120_000]
    assert amounts("1.200", decimal=".") == [120]
    for contradicting in (("12,500", "4,25", "3.50"), ("12.500", "1,234.5", "1.234,5")):
        assert "could be 12500 or 12.500" in amounts(*contradicting)[0]


def test_control_without_the_look_at_the_column_its_cells_are_refused(monkeypatch):
    monkeypatch.setattr(body, "decimal_sign", lambda _: None)
    assert "could be 1234 or 1.234" in amounts("4,25", "1.234,50", "173,900", "1.234")[3]


def test_a_cell_that_contradicts_the_named_sign_is_refused():
    assert "has the decimal sign '.' where ',' is said" in amounts("1,234.50", decimal=",")[0]


def test_hours_are_read_by_their_column_too():
    head = "id;account;day;direction;channel;hours"
    lines = [f"T-{n};C;2026-01-0{n};out;visit;{cell}" for n, cell in enumerate(("1,500", "0,5"), 1)]
    assert [fact.said.hours for fact in read(TOUCH, head, lines)] == [1.5, 0.5]
    (refused,) = read(TOUCH, head, lines[:1])
    assert "hours: '1,500' could be 1500 or 1.500" in refused.text


@pytest.mark.parametrize(
    ("cell", "says"),
    [("578", 578), ("1,234", 1234), ("1.234", 1234), ("2,000,000", 2_000_000), ("1,000", None), ("12.000", None)],
)
def test_a_count_has_no_fraction_so_only_round_thousands_are_two_counts(cell, says):
    field = Field("value", "count", required=True)
    if says is None:
        with pytest.raises(BadCell, match="could be"):
            value_of(cell, field, timezone=None)
    else:
        assert value_of(cell, field, timezone=None) == says


@pytest.mark.parametrize(
    "text",
    ["1,23,456", "1.2.3", "1,234.567,8", "300-", "1.23E+15", "12,", "1 2", "1.5 000", "12 34", "1 234 5", "1'2",
     "1 234.5 0", "--5", "(-5)", "-¥-5", "(--5)", "- -5"],
)  # fmt: skip
def test_what_is_no_numeral_is_no_amount(text):
    assert "is not an amount" in amounts(text)[0]


def test_spaces_stand_between_thousands_and_one_sign_makes_an_amount_negative():
    written = ("1 234.50", "1 234 567", "1'234.50", "12\u00a0345.00", "-5", "- 5", "(5)", "¥-5", "-¥5", "−5")
    said = [123_450, 123_456_700, 123_450, 1_234_500, *[-500] * 6]
    assert amounts(*written) == said


@pytest.mark.parametrize("text", ["1 2", "1.5 000", "--5"])
def test_what_is_no_numeral_is_no_number_and_no_count(text):
    for form in ("number", "count", "share"):
        with pytest.raises(BadCell, match="is not"):
            value_of(text, Field("value", form, required=True), timezone=None)


def test_numbers_of_a_workbook_show_no_sign():
    assert decimal_sign([1.5, 1234, None, "abc", "7"]) is None


def test_an_export_of_three_decimals_is_read_as_what_it_was():
    kind = KINDS["exchange_rate"]
    said = kind.model(id="R", currency="EUR", base="CNY", day=20_000, worth=7.123)
    text = io.StringIO()
    csv.writer(text).writerows([telling.columns_of(kind), telling.cells_of(kind, said, plain=False)])
    with rows.opened(io.BytesIO(text.getvalue().encode())) as source:
        (fact,) = table_of(kind, source, ReadingOptions(BASE)).facts
    assert fact.said == said


HEAD = "id,account,issued_day,due_day,amount"


@pytest.mark.parametrize(
    ("cell", "currency"),
    [
        ("CNY 5", "CNY"),
        ("JPY 5", "JPY"),
        ("5元", "CNY"),
        ("RMB 5", "CNY"),
        ("人民币5", "CNY"),
        ("¥5", None),
        ("￥5", None),
    ],
)
def test_a_code_beside_an_amount_is_its_currency_and_the_sign_of_two_is_not(cell, currency):
    (found,) = read(INVOICE, HEAD, [f"I,C-1,2026-01-01,2026-02-01,{cell}"])
    assert found.said.currency == currency


@pytest.mark.parametrize(("cell", "given"), [("JPY 5", "CNY"), ("CNY 5", "JPY"), ("5元", "JPY"), ("$5", "CNY")])
def test_a_code_that_contradicts_the_column_of_currencies_is_refused(cell, given):
    (found,) = read(INVOICE, f"{HEAD},currency", [f"I,C-1,2026-01-01,2026-02-01,{cell},{given}"])
    assert isinstance(found, BadRow)
    assert f"and the currency {given}" in found.text
    (own,) = read(INVOICE, f"{HEAD},currency", [f"I,C-1,2026-01-01,2026-02-01,¥5,{given}"])
    assert own.said.currency == given, "the control: ¥ is of both"
