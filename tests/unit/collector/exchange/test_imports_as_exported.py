"""Tables as other systems export them: totals, repeated headings, headings that are not there, look-alike ids."""

import io
import unicodedata

import pytest

from collector.accounts.ledger.kinds.registry import KINDS
from collector.calendar import days
from collector.exchange.imports import body, rows
from collector.exchange.imports.cells import value_of
from collector.exchange.imports.facts import Fact, ReadingOptions, table_of
from collector.exchange.imports.fields import Field
from collector.exchange.imports.layouts import layout_of
from collector.exchange.imports.problems import BadRow, BadTable
from collector.exchange.imports.spelling import BadCell, safe_key
from tests.plain_facts import BASE

ACCOUNT, INVOICE = KINDS["account"], KINDS["invoice"]


def read(kind, text, **reading):
    with rows.opened(io.BytesIO(text.encode())) as source:
        return list(table_of(kind, source, ReadingOptions(BASE, **reading)).facts)


TOTALS = ["合计", "总计", "小计：", "Total", "Grand Totals (15 records)", "Subtotal", "Summe", "Gesamtsumme", "TOTAL:"]


@pytest.mark.parametrize("word", TOTALS)
def test_a_row_of_totals_is_refused_by_its_name(word):
    head = "id,account,issued_day,due_day,amount\n"
    _, (said) = read(INVOICE, f"{head}I-1,C,2026-01-01,2026-02-01,5\n{word},,,,5\n")
    assert said.text == f"{word!r} begins a row of totals; remove the row"
    _, said = read(ACCOUNT, f"name,id\nOne,C-1\n{word},\n")
    assert "begins a row of totals" in said.text
    assert "begins a row of totals" in read(ACCOUNT, f"id,name\n{word},15\n")[0].text


def test_control_a_total_was_a_customer_and_a_customer_called_so_still_is(monkeypatch):
    (said,) = read(ACCOUNT, "name,id\nTotal,C-9\n")
    assert (said.said.id, said.said.name) == ("C-9", "Total")
    monkeypatch.setattr(body, "_no_row", lambda *_: None)
    assert isinstance(read(ACCOUNT, "id,name\n合计,15\n")[0], Fact)


def test_a_second_heading_row_and_one_among_the_rows_are_refused_by_name(monkeypatch):
    text = "id,name\n编号,名称\nC-1,One\nID,Name\n"
    first, good, last = read(ACCOUNT, text)
    assert first.text == last.text == "it is a heading once more; remove the row"
    assert good.said.id == "C-1"
    monkeypatch.setattr(body, "_no_row", lambda *_: None)
    assert isinstance(read(ACCOUNT, text)[0], Fact)  # the control: it was a customer


def test_a_heading_of_the_mapping_that_the_file_does_not_have_is_refused():
    with pytest.raises(BadTable, match="mapping: the file has no heading 'Kunde'; did you mean 'Kunden'"):
        read(ACCOUNT, "id,Kunden\nC-1,One\n", mapping={"Kunde": "name"})
    with pytest.raises(BadTable, match="the file has no heading 'Fax'; its headings: id, name"):
        read(ACCOUNT, "id,name\nC-1,One\n", mapping={"Fax": ""})
    assert read(ACCOUNT, "id,Kunde\nC-1,One\n", mapping={"KUNDE ": "name"})[0].said.name == "One"


def test_two_columns_of_one_name_have_a_remedy_that_works():
    with pytest.raises(BadTable, match="two columns are called 'name'; remove one of them, or give it another name"):
        read(ACCOUNT, "id,name,name\nC-1,One,Two\n")


def test_ids_that_look_the_same_are_one_and_an_id_of_the_store_keeps_its_letters():
    field = Field("id", "key", required=True)
    looks = ["Köln-1", unicodedata.normalize("NFD", "Köln-1"), "K\u200böln-1", "\ufeffKöln-1", "Köln\u00ad-1"]
    assert {value_of(look, field, timezone=None) for look in looks} == {"Köln-1"}
    for look in looks:
        assert value_of(safe_key(look), field, timezone=None) == look
    assert layout_of(ACCOUNT).field_of("\u200bname\ufeff") == "name"


def test_a_moment_with_its_offset_is_the_day_that_it_was_in_the_zone():
    head = "id,name,signed_day\n"
    for said, zone, day in [
        ("2026-05-01T10:33:00Z", None, "2026-05-01"),
        ("2026-05-01T22:33:00Z", "Asia/Shanghai", "2026-05-02"),
        ("2026-05-01 22:33:00 +00:00", "Asia/Shanghai", "2026-05-02"),
        ("2026-05-01T00:33:00.000+0000", "America/New_York", "2026-04-30"),
        ("2026/05/01 22:33Z", "Asia/Shanghai", "2026-05-02"),
        ("2026-05-01T22:33:00", "Asia/Shanghai", "2026-05-01"),  # the control: without an offset it is the written day
    ]:
        (fact,) = read(ACCOUNT, f"{head}C-1,One,{said}\n", timezone=zone)
        assert days.iso(fact.said.signed_day) == day, said
    (fact,) = read(ACCOUNT, f"{head}C-1,One,2026-05-01T22:33:00Z\n")
    assert days.iso(fact.said.signed_day) == ("2026-05-02" if BASE.timezone == "Asia/Shanghai" else "2026-05-01")


def test_a_moment_is_no_day_where_no_zone_says_whose():
    with pytest.raises(BadCell, match="no time zone says whose day"):
        value_of("2026-05-01T22:33:00Z", Field("day", "day", required=True), timezone=None)
    with pytest.raises(BadCell, match="is not a day"):
        value_of("2026-05-41T22:33:00Z", Field("day", "day", required=True), timezone="UTC")


def days_of(text, **how):
    return [
        said.text if isinstance(said, BadRow) else days.iso(said.said.signed_day)
        for said in read(ACCOUNT, "id,name,signed_day\n" + text, **how)
    ]


def test_a_stamp_with_slashes_goes_by_what_its_column_shows():
    stamps = 'C-1,One,"3/4/2026, 3:04 PM"\nC-2,Two,"5/13/2026, 12:04 AM"\nC-3,Three,3/4/2026\n'
    assert days_of(stamps) == ["2026-03-04", "2026-05-13", "2026-03-04"]
    assert days_of(stamps.replace("5/13", "13/5")) == ["2026-04-03", "2026-05-13", "2026-04-03"]
    first, _, third = days_of(stamps.replace("5/13", "5/5"))
    assert "could be 2026-03-04 or 2026-04-03, and no other cell of the column says which" in first
    assert "--day-order month-first" in third
    both = days_of(stamps + "C-4,Four,13/5/2026\n")
    assert ["could be" in said for said in both] == [True, False, True, False], "a column that contradicts itself"
    assert days_of("C-1,One,3/4/2026\n", day_order="day-first") == ["2026-04-03"]
    assert days_of("C-1,One,3/4/2026\n", day_order="month-first") == ["2026-03-04"]


def test_a_moment_with_slashes_is_read_in_the_zone_of_the_file():
    field = Field("started_at", "moment", required=True, day_order="month-first")
    for said, moment in [
        ("5/3/2026, 3:04 PM", "2026-05-03T15:04:00Z"),
        ("5/3/2026 12:04:05 a.m.", "2026-05-03T00:04:05Z"),
        ("13/5/2026 15:04", "2026-05-13T15:04:00Z"),
        ("May 3, 2026, 12:04\u202fPM", "2026-05-03T12:04:00Z"),
    ]:
        assert value_of(said, field, timezone="UTC") == moment
    for wrong in ("5/3/2026, 13:04 PM", "5/3/2026", "2/30/2026, 3:04 PM"):
        with pytest.raises(BadCell):
            value_of(wrong, field, timezone="UTC")
