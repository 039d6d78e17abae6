"""Laws of the tables' reader: nothing breaks it, what is written is read back, and spelling changes nothing."""

import contextlib
import csv
import io
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.accounts.ledger.kinds.registry import KINDS
from collector.exchange.imports import rows
from collector.exchange.imports.amounts import money
from collector.exchange.imports.cells import value_of
from collector.exchange.imports.facts import Fact, ReadingOptions, table_of
from collector.exchange.imports.fields import Field, fields_of
from collector.exchange.imports.headings import RECORDED
from collector.exchange.imports.problems import BadRow, BadTable
from collector.exchange.imports.spelling import BadCell, safe
from collector.exchange.imports.telling import cells_of, columns_of
from collector.exchange.spreadsheet import XlsxBook
from tests.plain_facts import BASE

KIND = st.sampled_from(sorted(KINDS)).map(KINDS.get)
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30).map(str.strip)
KEYS = st.from_regex(r"[^,/\s\x00-\x1f\x7f][^,/\s\x00-\x1f\x7f]{0,9}", fullmatch=True).filter(
    lambda text: text.isprintable() and text not in {".", ".."}
)
BY_FORM = {
    "text": TEXT,
    "key": KEYS
    | st.sampled_from(["none", "-", "=1+1", "1.2E+11", "'=x", "#7", "００7", "无", "+1", "'none", "@a", "＝1", "'＠a"]),
    "day": st.integers(0, 2_900_000),
    "moment": st.integers(0, 4_000_000_000),
    "amount": st.integers(-(10**14), 10**14),
    "number": st.integers(1, 5),
    "share": st.integers(0, 10_000).map(lambda n: n / 10_000),  # a workbook keeps 16 digits
    "flag": st.booleans(),
    "clock": st.sampled_from(["09:00", "23:59", "24:00"]),
    "weekdays": st.sampled_from(["0000001", "1111100", "0111111"]),
    "currency": st.sampled_from(["CNY", "EUR", "USD"]),
    "language": st.sampled_from(["zh", "en", "zh-Hant", "pt-BR"]),
}
OWN = {
    "sha256": st.from_regex(r"[0-9a-f]{64}", fullmatch=True),
    "timezone": st.just("Asia/Shanghai"),
    "worth": st.integers(1, 10**12).map(lambda n: n / 10**9),
    "target": st.integers(1, 10**6).map(float),
}


@st.composite
def facts(draw):
    """A kind and a fact of it, with nasty texts and ids."""
    kind = draw(KIND)
    said = {}
    for name, field in fields_of(kind).items():
        if name == RECORDED or (not field.required and draw(st.booleans())):
            continue
        values = st.sampled_from(field.choices) if field.choices else OWN.get(name, BY_FORM[field.form])
        said[name] = draw(values)
        if field.required and field.form == "text" and not said[name]:
            said[name] = "x"
    return kind, kind.model(**kind.with_base(said, BASE))


def read_back(kind, content):
    with rows.opened(io.BytesIO(content), (kind.path,)) as source:
        return list(table_of(kind, source, ReadingOptions(BASE)).facts)


@given(facts())
@settings(max_examples=200)
def test_what_is_written_as_csv_is_read_as_the_same_fact(made):
    kind, said = made
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(columns_of(kind))
    table.writerow([safe(cell) for cell in cells_of(kind, said, plain=False)])
    assert read_back(kind, text.getvalue().encode("utf-8-sig")) == [Fact(2, said)]


@given(facts())
@settings(max_examples=60, deadline=None)
def test_what_is_written_as_xlsx_is_read_as_the_same_fact(made):
    kind, said = made
    book, file = XlsxBook(), io.BytesIO()
    book.sheet(kind.path, columns_of(kind), [cells_of(kind, said, plain=False)])
    book.save(file)
    assert read_back(kind, file.getvalue()) == [Fact(2, said)]


@given(KIND, st.binary(max_size=400), st.sampled_from([b"", b"id,account,name,day\n", b"PK\x03\x04", b"\xff\xfe"]))
@settings(max_examples=300)
def test_no_bytes_break_the_reader(kind, tail, head):
    try:
        found = read_back(kind, head + tail)
    except BadTable:
        return
    assert all(isinstance(row, Fact | BadRow) for row in found)


def sound():
    """A workbook with one contract."""
    book, file = XlsxBook(), io.BytesIO()
    book.sheet(
        "contracts", ["id", "account", "starts", "ends"], [["HT-1", "C-1", date(2026, 1, 1), date(2026, 12, 31)]]
    )
    book.save(file)
    return file.getvalue()


SOUND = sound()


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_damaged_workbook_is_refused_or_read_and_never_breaks(data):
    kind, content = KINDS["contract"], bytearray(SOUND)
    for _ in range(data.draw(st.integers(1, 20))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = read_back(kind, bytes(content[: data.draw(st.integers(0, len(content)))]))
    except BadTable:
        return
    assert all(isinstance(row, Fact | BadRow) for row in found)


CELL = st.none() | st.text(max_size=20) | st.integers() | st.floats() | st.booleans() | st.datetimes() | st.times()


@given(CELL, st.sampled_from([*BY_FORM, "choice"]))
@settings(max_examples=500)
def test_a_cell_is_understood_or_refused_with_words(cell, form):
    field = Field("x", form, required=False, choices=("yes", "no") if form == "choice" else ())
    with contextlib.suppress(BadCell):
        value_of(cell, field, timezone="Asia/Shanghai")


DAY = Field("day", "day", required=True)


@given(st.dates(date(1970, 1, 1), date(2099, 12, 31)))
def test_a_day_is_the_same_day_in_every_style(day):
    styles = [
        day.isoformat(),
        f"{day.year}/{day.month}/{day.day}",
        f"{day.year}年{day.month}月{day.day}日",
        f"{day:%d.%m.%Y}",
        f"{day:%Y%m%d}",
        f"{day.day} {day:%b} {day.year}",
        f"{day:%B} {day.day}, {day.year}",
        str((day - date(1899, 12, 30)).days),
        (day - date(1899, 12, 30)).days,
        f"{day.year}／{day.month}／{day.day}".translate({48 + n: 0xFF10 + n for n in range(10)}),
        f"{day.isoformat()} 00:00:00",
    ]
    assert {value_of(style, DAY, timezone=None) for style in styles} == {day.isoformat()}
    assert value_of((day - date(1904, 1, 1)).days, DAY, timezone=None, since_1904=True) == day.isoformat()


@given(st.integers(1, 12), st.integers(1, 12), st.integers(1970, 2099))
def test_a_day_that_could_be_two_is_refused(first, second, year):
    text = f"{first}/{second}/{year}"
    if first == second:
        assert value_of(text, DAY, timezone=None) == date(year, first, first).isoformat()
        return
    with pytest.raises(BadCell, match=f"{year}-{first:02d}-{second:02d} or {year}-{second:02d}-{first:02d}"):
        value_of(text, DAY, timezone=None)


@given(st.integers(-(10**12), 10**12))
def test_an_amount_is_the_same_in_every_style(hundredths):
    amount = Decimal(hundredths).scaleb(-2)
    wide = f"{amount:,.2f}".translate({ord(c): ord(c) + 0xFEE0 for c in "0123456789,.-"})
    styles = [str(amount), f"{amount:,.2f}", f"¥{amount:,.2f}", f"￥ {amount:,.2f}", f"{amount:,.2f}元", wide]
    styles += [f"CNY {amount}", f"{amount} 元"]
    if hundredths < 0:
        styles.append(f"({-amount:,.2f})")
    assert {Decimal(money(style)[0]) for style in styles} == {amount}


def test_a_long_run_of_days_by_serial_number_has_no_gap():
    first = date(1970, 1, 1)
    serial = (first - date(1899, 12, 30)).days
    shown = [value_of(serial + n, DAY, timezone=None) for n in range(2000)]
    assert shown == [(first + timedelta(days=n)).isoformat() for n in range(2000)]
