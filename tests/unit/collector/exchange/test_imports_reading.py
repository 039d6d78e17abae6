"""Tables as people really write them: every nasty thing about a file is understood or named."""

import io
import zipfile
from datetime import date, datetime

import openpyxl
import pytest

from collector.accounts.ledger.kinds.registry import KINDS
from collector.exchange.imports import headings, rows, templates, tray, workbook
from collector.exchange.imports.cells import value_of
from collector.exchange.imports.choices import choice_of
from collector.exchange.imports.facts import Fact, ReadingOptions, table_of
from collector.exchange.imports.fields import Field, fields_of
from collector.exchange.imports.layouts import layout_of
from collector.exchange.imports.problems import BadRow, BadTable
from collector.exchange.imports.spelling import BadCell, safe
from collector.exchange.imports.tray import Tray
from tests.plain_facts import BASE

CONTRACT = KINDS["contract"]


def read(kind, content, sheet=None, **reading):
    content = content if isinstance(content, bytes) else content.encode()
    with rows.opened(io.BytesIO(content), (kind.path, kind.zh), sheet) as source:
        table = table_of(kind, source, ReadingOptions(BASE, **reading))
        return table, list(table.facts)


def book(*sheets):
    made = openpyxl.Workbook()
    made.remove(made.active)
    for title, lines in sheets:
        page = made.create_sheet(title)
        for line in lines:
            page.append(line)
    file = io.BytesIO()
    made.save(file)
    return file.getvalue(), made


def test_a_merged_heading_of_three_rows_is_understood_in_a_workbook_and_in_the_csv_made_from_it():
    lines = [
        ["合同台账"],
        ["编号", "客户编号", "合同期", None, "币种"],
        [None, None, "开始日期", "结束日期", None],
        ["HT-1", "C-1", datetime(2026, 5, 1), date(2027, 4, 30), "人民币"],  # noqa: DTZ001 - a cell has no time zone
    ]
    content, made = book(("合同", lines))
    page = made["合同"]
    for cells in ("A1:E1", "A2:A3", "B2:B3", "C2:D2", "E2:E3"):
        page.merge_cells(cells)
    file = io.BytesIO()
    made.save(file)
    text = "合同台账,,,,\n编号,客户编号,合同期,,币种\n,,开始日期,结束日期,\nHT-1,C-1,2026-05-01,2027-04-30,人民币\n"
    found = [read(CONTRACT, one)[1] for one in (content, file.getvalue(), text)]
    assert found[0] == found[1] == found[2]
    (fact,) = found[0]
    assert isinstance(fact, Fact)
    assert (fact.row, fact.said.currency) == (4, "CNY")


def test_a_cell_merged_over_data_rows_says_so_in_the_rows_below():
    _, (first, second) = read(
        CONTRACT, "id,account,starts,ends\nA,C-1,2026-01-01,2026-02-01\nB,,2026-01-01,2026-02-01\n"
    )
    assert isinstance(first, Fact)
    assert str(second) == "row 3: account: it is empty; fill it (a merged cell fills only its first row)"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_encodings_and_separators(encoding, separator):
    text = "id,客户编号,starts,ends,备注\nHT-1,C-1,2026-01-01,2026-02-01,酒店\n".replace(",", separator)
    _, (fact,) = read(CONTRACT, text.encode(encoding))
    assert fact.said.note == "酒店"


def test_a_formula_in_a_workbook_is_refused_by_row_and_an_error_too():
    content, _ = book(("contracts", [["id", "account", "starts", "ends"], ["=A1", "C-1", "2026-01-01", "#N/A"]]))
    _, (bad,) = read(CONTRACT, content)
    assert "row 2: id: the cell holds a formula; copy the column and paste it as values" in str(bad)


@pytest.mark.parametrize(
    "text", ["=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3+cmd|' /C calc'!A0", "＝1+1", "＠SUM(A1)", "＋cmd|x!A0"]
)
def test_formula_injection_is_refused_on_the_way_in_and_escaped_on_the_way_out(text):
    with pytest.raises(BadCell, match="would run as a formula"):
        value_of(text, Field("name", "text", required=True), timezone=None)
    assert safe(text) == f"'{text}"
    assert value_of(safe(text), Field("name", "text", required=True), timezone=None) == text


def test_an_amount_whose_comma_separates_cells_is_a_bad_row_and_not_a_smaller_amount():
    _, (bad, good, note) = read(
        KINDS["account"], "id,name,potential\nC-1,One,¥1,234.50\nC-2,Two,5,,\n#,,,,\nC-3,Three,\n"
    )
    assert "row 2: 4 cells where the heading has 3; put cells that hold a separator" in str(bad)
    assert (good.said.potential, note.said.id) == (500, "C-3")


def test_a_phone_number_and_a_dash_are_no_formulas():
    field = Field("phone", "text", required=False)
    assert value_of("+86 21 5555 0100", field, timezone=None) == "+86 21 5555 0100"
    assert value_of("- met the owner", field, timezone=None) == "- met the owner"


def test_the_sheet_named_like_the_kind_is_read_else_the_first_or_the_one_asked_for():
    head = ["id", "account", "starts", "ends"]
    content, _ = book(
        ("notes", [["x"]]),
        ("合同", [head, ["A", "C-1", "2026-01-01", "2026-02-01"]]),
        ("old", [head, ["B", "C-1", "2026-01-01", "2026-02-01"]]),
    )
    assert [fact.said.id for fact in read(CONTRACT, content)[1]] == ["A"]
    assert [fact.said.id for fact in read(CONTRACT, content, "old")[1]] == ["B"]
    with pytest.raises(BadTable, match="there are: notes, 合同, old"):
        read(CONTRACT, content, "new")


def test_a_mapping_stands_over_headings_and_two_columns_of_one_meaning_are_refused():
    text = "id,Kunde,von,bis,account,x\nHT-1,C-1,2026-01-01,2026-02-01,ours,1\n"
    mapping = {"Kunde": "account", "von": "starts", "bis": "ends", "account": ""}
    table, (fact,) = read(CONTRACT, text, mapping=mapping)
    assert fact.said.account == "C-1"
    assert table.columns.ignored == ("account", "x")
    with pytest.raises(BadTable, match="both mean account"):
        read(CONTRACT, text, mapping={**mapping, "account": "account"})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "the file is empty"),
        ("a,b\n1,2\n", "no heading of a column is known"),
        ("id,account,starts\nA,C,2026-01-01\n", "no column ends (到期日)"),
        ('id,account,starts,ends\n"A,C,2026-01-01,2026-02-01\n', None),
    ],
)
def test_a_file_that_is_no_table_says_what_to_do(text, says):
    if says is None:
        assert isinstance(read(CONTRACT, text)[1][0], BadRow)
        return
    with pytest.raises(BadTable) as refused:
        read(CONTRACT, text)
    assert says in str(refused.value)


def test_a_sign_beside_an_amount_is_the_currency_or_contradicts_it():
    kind = KINDS["invoice"]
    head = "id,account,issued_day,due_day,amount,currency\n"
    _, (euro, yuan, wrong) = read(
        kind,
        head + 'I-1,C,2026-01-01,2026-02-01,"€1.234,50",\nI-2,C,2026-01-01,2026-02-01,"￥1,234.50",CNY\n'
        "I-3,C,2026-01-01,2026-02-01,$12,EUR\n",
    )
    assert (euro.said.currency, euro.said.amount) == ("EUR", 123_450)
    assert (yuan.said.currency, yuan.said.amount) == ("CNY", 123_450)
    assert "its sign says USD and the currency EUR" in str(wrong)


def test_an_id_twice_and_one_that_a_spreadsheet_shortened_are_named():
    text = (
        "id,account,starts,ends\n" + "１００１,C-1,2026-01-01,2026-02-01\n1001,C-1,2026-01-01,2026-02-01\n1.2E+11,C,,\n"
    )
    with Tray(CONTRACT) as held, rows.opened(io.BytesIO(text.encode())) as source:
        held.take(table_of(CONTRACT, source, ReadingOptions(BASE)))
        assert [problem.row for problem in held.complaints] == [3, 4]
        assert "1001 stands in row 2 already" in held.complaints[0].text
        assert "format the column as text" in held.complaints[1].text


def test_a_file_with_too_many_rows_ends_at_the_limit(monkeypatch):
    monkeypatch.setattr(tray, "ROWS_MAX", 3)
    lines = "".join(f"H-{n},C-1,2026-01-01,2026-02-01\n" for n in range(9))
    with Tray(CONTRACT) as held, rows.opened(io.BytesIO(("id,account,starts,ends\n" + lines).encode())) as source:
        held.take(table_of(CONTRACT, source, ReadingOptions(BASE)))
        assert "more than 3 rows; split it" in held.complaints[0].text


@pytest.mark.parametrize("bounded", [True, False], ids=["bounded", "control"])
def test_reading_ends_at_so_many_bad_rows_and_says_where(monkeypatch, bounded):
    monkeypatch.setattr(tray, "BAD_MAX", 3 if bounded else 10**9)
    lines = "H-0,C-1,2026-01-01,2026-02-01\n" + "".join(f"H-{n},C-1,never,2026-02-01\n" for n in range(1, 9))
    with Tray(CONTRACT) as held, rows.opened(io.BytesIO(("id,account,starts,ends\n" + lines).encode())) as source:
        held.take(table_of(CONTRACT, source, ReadingOptions(BASE)))
        assert (held.rows, held.bad) == ((5, 4) if bounded else (9, 8))
        assert ("3 rows above it are bad" in str(held.complaints[0])) is bounded
        assert [fact.row for chunk in held.chunks() for fact in chunk] == [2], "what was good before stays"


def with_far_cell(letters, cell):
    """A sheet whose second row has one cell there."""
    content, _ = book(("contracts", [["id", "account", "starts", "ends"]]))
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as parts, zipfile.ZipFile(file, "w") as made:
        for name in parts.namelist():
            row = f'<row r="2"><c r="{letters}2"{cell}</row></sheetData>'.encode()
            made.writestr(name, parts.read(name).replace(b"</sheetData>", row))
    return file.getvalue()


def test_an_empty_cell_far_to_the_right_is_nothing_and_a_filled_one_is_named(monkeypatch):
    """No cell between is looked at: a cell that looks costs. The control is the filled one, of which one is."""
    looked = []
    monkeypatch.setattr(workbook, "_raw", lambda cell, _: looked.append(cell) or (cell.value, "n", None))
    empty, filled = with_far_cell("XFD", "/>"), with_far_cell("XFD", "><v>1</v></c>")
    with rows.opened(io.BytesIO(empty)) as source:
        _, far = source.rows
        assert (len(looked), set(far.cells), len(far.cells)) == (4, {None}, rows.COLUMNS_MAX)
    with rows.opened(io.BytesIO(filled)) as source:
        assert [str(row) for row in source.rows][1] == "row 2: 16384 columns; a table has at most 500"
    with rows.opened(io.BytesIO(with_far_cell("E", "><v>1</v></c>"))) as source:
        assert [row.cells for row in source.rows][1] == (None, None, None, None, 1)


def test_a_workbook_that_unpacks_to_too_much_or_declares_a_document_type_is_not_opened(monkeypatch):
    content, _ = book(("contracts", [["id"], ["x" * 5000]]))
    monkeypatch.setattr(workbook, "SHEET_MAX_BYTES", 1000)
    with pytest.raises(BadTable, match="at most 1,000 are read; save the sheet as CSV"):
        read(CONTRACT, content)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as parts:
        parts.writestr("xl/workbook.xml", '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "b">]><workbook/>')
    with pytest.raises(BadTable, match="no XLSX file"):
        read(CONTRACT, file.getvalue())


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.key)
def test_a_template_is_read_as_nothing_and_its_example_as_a_fact(kind):
    for content in (templates.template_csv(kind), templates.template_xlsx([kind])):
        table, found = read(kind, content)
        assert found == []
        assert (table.columns.ignored, table.absent) == ((), ())
    _, (fact,) = read(kind, templates.template_csv(kind).replace("# example 示例: ".encode(), b""))
    assert isinstance(fact, Fact), fact


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.key)
def test_every_field_is_found_by_its_name_and_by_both_labels(kind):
    for field in fields_of(kind):
        for heading in (field, *headings.label(field), field.upper().replace("_", " "), f"*{headings.label(field)[1]}"):
            assert layout_of(kind).field_of(heading) == field, heading


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.key)
def test_the_names_of_a_fields_choices_are_not_shared(kind):
    for field in fields_of(kind).values():
        for choice in field.choices:
            assert choice_of(choice.upper(), field.choices) == choice


@pytest.mark.parametrize(
    ("kind", "former"), [("renewal", "续约"), ("renewal_step", "续约步骤"), ("closure", "闭馆日"), ("line", "合同明细")]
)
def test_a_table_with_the_words_of_an_older_release_is_read(kind, former):
    layout = layout_of(KINDS[kind])
    assert {former, KINDS[kind].zh} <= set(layout.sheets)
    assert layout.field_of(f"{former}编号") == layout.field_of(f"{KINDS[kind].zh}编号") == "id"
    assert layout_of(KINDS["contract"]).field_of("自动续约") == "auto_renews"
    assert layout_of(KINDS["renewal"]).field_of("通知离开日") == "notice_day"
    assert layout_of(KINDS["objective"]).field_of("计数器") == "counter"
    assert layout_of(KINDS["mute"]).field_of("测量项") == "measure"
    outcomes = fields_of(KINDS["renewal"])["outcome"].choices
    assert [choice_of(text, outcomes) for text in ("已续约", "已续费", "部分续约")] == ["renewed", "renewed", "partial"]


@pytest.mark.parametrize("is_styled", [False, True])
def test_a_cell_far_below_and_to_the_right_makes_no_million_rows_and_keeps_its_number(is_styled):
    made = openpyxl.Workbook()
    page = made.active
    page.append(["id", "name"])
    page.append(["C-1", "Museum"])
    page["A50000" if is_styled else "XFD1048576"] = "x"
    for row in range(3, 2_000 if is_styled else 3):
        page[f"A{row}"].number_format = "0.00"  # written, with nothing in it
    file = io.BytesIO()
    made.save(file)
    with rows.opened(file) as source:
        given = list(source.rows)
    assert len(given) < 200
    number = 50_000 if is_styled else 1_048_576
    assert (given[-1].row if isinstance(given[-1], BadRow) else given[-1].number) == number
    _, (fact, wrong) = read(KINDS["account"], file.getvalue())
    assert (fact.said.name, wrong.row) == ("Museum", number)


def test_only_a_row_with_nothing_else_is_a_note_and_an_id_may_begin_with_a_hash():
    table = "id,account,opened_day,subject\n#1001,C-1001,2026-05-01,Stops\n# closed ones are left out,,,\n#1002\n"
    _, found = read(KINDS["ticket"], table)
    assert [one.said.id for one in found] == ["#1001"]
    _, found = read(KINDS["ticket"], table.replace("left out,", "left out,x"))  # the control: it says something else
    assert [isinstance(one, BadRow) for one in found] == [False, True]


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.key)
def test_the_example_of_an_older_templates_is_a_note_and_a_row_of_that_id_is_none(kind):
    today = templates.template_csv(kind).decode()
    assert read(kind, today.replace("# example 示例: ", "#"))[1] == []
    assert len(read(kind, today.replace("# example 示例: ", "#7"))[1]) == 1
