"""Units above the headings of columns: obeyed where they are plainly understood, refused by name where they are not."""

import io

import openpyxl
import pytest

from collector.accounts.ledger.kinds.registry import KINDS
from collector.exchange.imports import rows
from collector.exchange.imports.facts import ReadingOptions, table_of
from collector.exchange.imports.problems import BadRow, BadTable
from tests.plain_facts import BASE

REFUSED = r"is not understood here|does not plainly say"


def of_file(kind, content):
    with rows.opened(io.BytesIO(content), encoding=None if content[:2] == b"PK" else "utf-8") as source:
        return list(table_of(KINDS[kind], source, ReadingOptions(BASE)).facts)


def of_lines(kind, *lines):
    return of_file(kind, "".join(f"{line}\n" for line in lines).encode())


def an_amount(title, upper, own, cell="1.25"):
    """The amount and its currency of a table with a title line, a cell above a heading, and the heading."""
    lines = [f'"{title}",,,,'] if title else []
    lines += [f',,,,"{upper}"'] if upper else []
    (found,) = of_lines(
        "opportunity", *lines, f'id,account,kind,opened_day,"{own}"', f'o,C-1,upsell,2026-05-01,"{cell}"'
    )
    assert not isinstance(found, BadRow), found.text
    return found.said.amount, found.said.currency


@pytest.mark.parametrize(
    ("title", "upper", "own", "hundredths", "currency"),
    [
        # a period beside a unit is none of it
        ("", "费用（2026年，万元）", "金额", 1_250_000, "CNY"),
        ("", "Fees (2026, k)", "Amount", 125_000, None),
        ("", "费用（2026年度万元）", "金额", 1_250_000, "CNY"),
        ("", "费用（Q1 万元）", "金额", 1_250_000, "CNY"),
        ("", "Fees (2026 in k€)", "Amount", 125_000, "EUR"),
        ("", "Fees (FY kEUR)", "Amount", 125_000, "EUR"),
        ("", "Fees (FY2026, kEUR)", "Amount", 125_000, "EUR"),
        ("", "Fees (kEUR, 2026/27)", "Amount", 125_000, "EUR"),
        ("", "费用（2026年3月，千元）", "金额", 125_000, "CNY"),
        ("", "费用（上半年，万元）", "金额", 1_250_000, "CNY"),
        ("", "Fees (Q1/2026)", "Amount", 125, None),
        ("", "费用（2026年度）", "金额", 125, None),
        # two places say one unit
        ("", "金额（USD）", "金额（万）", 1_250_000, "USD"),
        ("", "Money (EUR)", "Amount (k)", 125_000, "EUR"),
        ("", "Money (kEUR)", "Amount (kEUR)", 125_000, "EUR"),
        ("", "费用（万元）", "金额（万）", 1_250_000, "CNY"),
        ("amounts in thousands", "", "Amount (EUR)", 125_000, "EUR"),
        ("单位：元", "", "金额（万）", 1_250_000, "CNY"),
        ("单位：万元", "", "金额（万元）", 1_250_000, "CNY"),
        ("单位：万元", "", "Amount (m)", 125_000_000, "CNY"),  # the heading's own scale goes before a title's
        ("单位：千", "Money (USD)", "amount", 125_000, "USD"),
        # without brackets
        ("", "Fees kEUR", "Amount", 125_000, "EUR"),
        ("", "k€", "Amount", 125_000, "EUR"),
        ("", "Fees USD", "Amount", 125, "USD"),
        ("", "Fees, USD k", "Amount", 125_000, "USD"),
        ("", "Fees in thousands of EUR", "Amount", 125_000, "EUR"),
        ("", "Fees '000 GBP", "Amount", 125_000, "GBP"),
        ("", "费用美元", "金额", 125, "USD"),
        ("", "费用 万元", "金额", 1_250_000, "CNY"),
        ("", "单位：万元", "金额", 1_250_000, "CNY"),
        ("", "预算（单位：万元）", "金额", 1_250_000, "CNY"),
        # titles
        ("All figures in thousands of EUR", "", "Amount", 125_000, "EUR"),
        ("Figures in k€", "", "Amount", 125_000, "EUR"),
        ("Beträge in TEUR", "", "Amount", 125_000, "EUR"),
        ("金额以万元计", "", "金额", 1_250_000, "CNY"),
        ("商机台账（2026年，万元）", "", "金额", 1_250_000, "CNY"),
        # names that are no units
        ("", "Top customers", "Amount", 125, None),
        ("", "业务单元", "金额", 125, None),
        ("", "Contract value 2026", "Amount", 125, None),
        ("Pipeline of 2026", "Deals (25)", "Amount", 125, None),
        ("编制单位：万元科技公司", "", "金额", 125, None),
    ],
)
def test_what_stands_above_a_heading_and_the_heading_say_together(title, upper, own, hundredths, currency):
    assert an_amount(title, upper, own) == (hundredths, currency)


@pytest.mark.parametrize(
    ("title", "upper", "own"),
    [
        # they contradict each other, or say a scale twice
        ("amounts in thousands of EUR", "", "Amount (EUR)"),
        ("单位：万元", "", "金额（元）"),
        ("单位：万元", "", "金额（人民币）"),
        ("单位：万元", "", "金额（美元）"),
        ("", "单位：万元", "金额（CNY）"),
        ("", "金额（USD）", "金额（万元）"),
        ("", "Money (kEUR)", "Amount (m)"),
        ("单位：万元", "Money (USD)", "amount"),
        # not understood
        ("", "费用（2026年，万元/月）", "金额"),
        ("", "Fees (2026 kEUR)", "Amount"),  # or 2,026,000 EUR
        ("", "Fees (2026, per month)", "Amount"),
        ("", "Contracts M", "Amount"),
        ("", "kEUR Fees", "Amount"),
        ("", "Euro sales", "Amount"),
        ("", "Fees 1000", "Amount"),
        ("", "Fees per k EUR", "Amount"),
        ("", "Fees THB", "Amount"),
        ("", "万元费用", "金额"),
        ("", "费用元", "金额"),
        ("", "规模（千人）", "金额"),
        # titles that look as if they said a scale
        ("Totals: thousands, before tax", "", "Amount"),
        ("Everything is TEUR here", "", "Amount"),
        ("本表均按万元填列", "", "金额"),
        ("Pipeline (k€ per month)", "", "Amount"),
    ],
)
def test_what_is_not_plainly_said_is_refused_by_name(title, upper, own):
    with pytest.raises(BadTable, match=REFUSED) as refused:
        an_amount(title, upper, own)
    assert (upper or title) in str(refused.value) or title in str(refused.value)


INVOICE = "id,account,issued_day,due_day,currency"
INVOICED = "I-1,C-1,2026-01-01,2026-01-31,EUR"


def an_invoice(upper, lower, row):
    (found,) = of_lines("invoice", upper, lower, row)
    assert not isinstance(found, BadRow), found.text
    return found.said.amount


def test_a_unit_goes_to_no_neighbour_of_a_column_that_has_nothing_below_it():
    merged_over_two_rows = f"{INVOICE},Budget (k EUR),"
    assert an_invoice(merged_over_two_rows, ",,,,,,amount", f"{INVOICED},3,1250") == 125_000
    assert an_invoice(",,,,,Budget (k EUR),Fees (k EUR)", f"{INVOICE},,amount", f"{INVOICED},3,1250") == 125_000_000
    for below in ("Plan", "数量"):  # it may be over both, or not
        with pytest.raises(BadTable, match=REFUSED):
            an_invoice(",,,,,Budget (k EUR),", f"{INVOICE},{below},amount", f"{INVOICED},3,1250")
    with pytest.raises(BadTable, match=REFUSED):  # a title, or the heading of an unnamed first column
        of_lines("invoice", "Bills (k EUR),,,,,,", f",{INVOICE},amount", f"1,{INVOICED},1250")


def test_a_currency_is_not_of_a_quantity_and_a_scale_may_be():
    head, row = "id,account,contract,amount,quantity", "l,C-1,K-1,5,3"
    (line,) = of_lines("line", ",,,Money (kEUR),", head, row)
    assert (line.said.amount, line.said.quantity) == (500_000, 3)
    with pytest.raises(BadTable, match=REFUSED):
        of_lines("line", ",,,Size (k),", head, row)


def book(lines, *merged):
    made = openpyxl.Workbook()
    for line in lines:
        made.active.append(line)
    for cells in merged:
        made.active.merge_cells(cells)
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


def test_a_workbook_says_which_columns_a_cell_is_over():
    row = ["I-1", "C-1", "2026-01-01", "2026-01-31", "EUR", 3, 1250]

    def amount(upper, lower, *merged):
        (found,) = of_file("invoice", book([upper, lower, row], *merged))
        return found.said.amount

    head = INVOICE.split(",")
    alone = [[*head, "Budget (k EUR)", None], [None] * 6 + ["amount"]]
    assert amount(*alone, *(f"{letter}1:{letter}2" for letter in "ABCDEF")) == 125_000
    over = [[None] * 5 + ["Budget (k EUR)", None], [*head, "Plan", "amount"]]
    assert amount(*over, "F1:G1") == 125_000_000
    assert amount(*over, "E1:F1") == 125_000  # over its own column and the one to the left of it
    with pytest.raises(BadTable, match=REFUSED):  # the control: nothing is merged
        amount(*over)
    block = [[None] * 3 + ["Money (k EUR)", None, None, None], [*head, "Plan", "amount"]]
    assert amount(*block, "D1:G1") == 125_000_000
    assert amount(*block, "D1:F1") == 125_000


RATE, COST = "id,currency,base,day,worth", "id,day,category,amount,gross_margin"


@pytest.mark.parametrize(
    ("kind", "upper", "lower", "row", "field", "value"),
    [
        ("exchange_rate", ",,,,汇率（100外币）", RATE, "r,JPY,CNY,2026-05-01,4.8", "worth", 0.048),
        ("account", ",,规模（千人）", "编号,名称,员工数", "C-1,Museum,2", "employees", 2_000),
        ("account", ",,规模千人", "编号,名称,员工数", "C-1,Museum,2", "employees", 2_000),
        ("account", ",,规模（2026年，千人）", "编号,名称,员工数", "C-1,Museum,2", "employees", 2_000),
        ("account", ",,规模（千人）", "编号,名称,员工数（千人）", "C-1,Museum,2", "employees", 2_000),
        ("account", ",,规模（万美元）", "编号,名称,员工数", "C-1,Museum,2", "employees", 2),  # is of money
        ("cost", ",,,,比例（%）", COST, "c,2026-05-01,delivery,5,35", "gross_margin", 0.35),
        ("cost", ",,,,比例%", COST, "c,2026-05-01,delivery,5,35", "gross_margin", 0.35),
        ("cost", ",,,,比例", COST, "c,2026-05-01,delivery,5,0.35", "gross_margin", 0.35),
    ],
)  # fmt: skip
def test_units_of_rates_people_and_shares_are_obeyed(kind, upper, lower, row, field, value):
    (found,) = of_lines(kind, upper, lower, row)
    assert getattr(found.said, field) == pytest.approx(value)


@pytest.mark.parametrize(
    ("kind", "upper", "lower", "row"),
    [
        ("exchange_rate", ",,,,汇率（30外币）", RATE, "r,JPY,CNY,2026-05-01,4.8"),
        ("account", ",,规模（千人）", "编号,名称,员工数（人/天）", "C-1,Museum,2"),
        ("account", ",规模（千人）,", "编号,名称,员工数", "C-1,Museum,2"),  # beside it
        ("account", "规模（千人）,,", "编号,名称,员工数", "C-1,Museum,2"),  # a title
        ("contract", ",,,,通知（月）", "id,account,starts,ends,notice_days", "c,C-1,2026-01-01,2026-12-31,3"),
        ("contract", ",,,,Notice (wk)", "id,account,starts,ends,notice_days", "c,C-1,2026-01-01,2026-12-31,3"),
        ("cost", ",,,比例（%）,", COST, "c,2026-05-01,delivery,5,35"),
        ("account", ",,Dates (UTC)", "id,name,signed", "C-1,Museum,2026-05-01"),
    ],
)
def test_units_of_anything_else_that_are_not_plain_are_refused(kind, upper, lower, row):
    with pytest.raises(BadTable, match=r"not understood here|does not plainly say"):
        of_lines(kind, upper, lower, row)


def test_an_upper_heading_may_say_how_its_days_are_written():
    (fact,) = of_lines("account", ",,Contract (dd/mm/yyyy)", "id,name,signed", "C-1,Museum,3/4/2026")
    (other,) = of_lines("account", ",,Contract (mm/dd/yyyy)", "id,name,signed", "C-1,Museum,3/4/2026")
    assert other.said.signed_day - fact.said.signed_day == -30
