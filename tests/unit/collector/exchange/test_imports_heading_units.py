"""What stands beside a column's name in its heading is understood, or the column is refused by its name."""

import io

import pytest

from collector.accounts.ledger.kinds.registry import KINDS
from collector.calendar import days
from collector.exchange.imports import rows
from collector.exchange.imports.facts import ReadingOptions, table_of
from collector.exchange.imports.problems import BadRow, BadTable
from collector.exchange.imports.usage_sheet import HISTORY
from collector.exchange.imports.usage_sheet import read as usage
from tests.plain_facts import BASE


def read(kind, heading, *lines, **reading):
    content = "\n".join([heading, *lines, ""]).encode()
    with rows.opened(io.BytesIO(content), encoding="utf-8") as source:
        return list(table_of(KINDS[kind], source, ReadingOptions(BASE, **reading)).facts)


def an_opportunity(heading, cell, base="id,account,kind,opened_day", **reading):
    (found,) = read("opportunity", f'{base},"{heading}"', f'o,C-1,upsell,2026-05-01,"{cell}"', **reading)
    return found if isinstance(found, BadRow) else (found.said.amount, found.said.currency)


@pytest.mark.parametrize(
    ("heading", "hundredths", "currency"),
    [
        ("金额", 125, None),
        ("金额（万元）", 1_250_000, "CNY"),
        ("金额(千元)", 125_000, "CNY"),
        ("金额（单位：万元）", 1_250_000, "CNY"),
        ("金额/万元", 1_250_000, "CNY"),
        ("金额 万元", 1_250_000, "CNY"),
        ("金额【百万美元】", 125_000_000, "USD"),
        ("金额（万元", 1_250_000, "CNY"),
        ("金额（元）", 125, "CNY"),
        ("金额（人民币万元）", 1_250_000, "CNY"),
        ("金额（RMB 万元）", 1_250_000, "CNY"),
        ("Amount (k)", 125_000, None),
        ("Amount (USD)", 125, "USD"),
        ("Amount, EUR", 125, "EUR"),
        ("Amount (k€)", 125_000, "EUR"),
        ("Amount (kEUR)", 125_000, "EUR"),
        ("Amount [m USD]", 125_000_000, "USD"),
        ("Amount (in thousands)", 125_000, None),
        ("Amount ('000 GBP)", 125_000, "GBP"),
        ("金额 Amount (USD)", 125, "USD"),
        ("合同金额 Contract Value", 125, None),
        ("金额（必填）", 125, None),
        ("金额（必填，万元）", 1_250_000, "CNY"),
        ("Amount (¥)", 125, None),
    ],
)
def test_a_power_of_ten_is_applied_and_a_currency_is_the_rows(heading, hundredths, currency):
    assert an_opportunity(heading, "1.25") == (hundredths, currency)


@pytest.mark.parametrize(
    "heading",
    ["金额(月)", "Amount (per month)", "Amount (monthly)", "金额（元/月）", "金额/月", "金额（不含税）", "金额（吨）",
     "金额 每月", "Amount (all)", "Amount (USD/EUR)", "金额（万元）（千元）", "Amount (net)"],
)  # fmt: skip
def test_a_unit_that_is_not_understood_is_refused_by_the_headings_name_with_a_way_out(heading):
    with pytest.raises(BadTable, match="which is not understood here") as refused:
        an_opportunity(heading, "1.25")
    assert repr(heading) in str(refused.value)
    assert an_opportunity(heading, "1.25", mapping={heading: ""})[0] is None
    with pytest.raises(BadTable, match="which is not understood here"):  # nor is it where somebody says what it is
        an_opportunity(heading, "1.25", mapping={heading: "amount"})


def test_a_heading_that_is_mapped_keeps_a_unit_that_is_understood():
    assert an_opportunity("Umsatz (k€)", "1.25", mapping={"Umsatz (k€)": "amount"}) == (125_000, "EUR")
    assert an_opportunity("Umsatz / gesamt", "1.25", mapping={"Umsatz / gesamt": "amount"}) == (125, None)
    assert an_opportunity("Umsatz in EUR", "1.25", mapping={"Umsatz in EUR": "amount"}) == (125, "EUR")
    assert an_opportunity("合同额万元", "1.25", mapping={"合同额万元": "amount"}) == (1_250_000, "CNY")
    with pytest.raises(BadTable, match="which is not understood here"):
        an_opportunity("Umsatz per month", "1.25", mapping={"Umsatz per month": "amount"})


def test_the_plain_column_goes_before_one_with_a_unit_and_that_before_one_that_is_not_understood():
    head = "id,account,kind,opened_day,"
    lines = "o,C-1,upsell,2026-05-01,5,7"
    for heading, amount in (("金额（月）,金额", 700), ("金额（万元）,金额", 700), ("金额（月）,金额（千元）", 700_000)):
        (found,) = read("opportunity", head + heading, lines)
        assert found.said.amount == amount


def test_the_headings_currency_must_be_the_rows():
    base = "id,account,kind,opened_day"
    head, line = f"{base},currency,Amount (USD)", "o,C-1,upsell,2026-05-01,"
    (agreed,) = read("opportunity", head, line + "USD,5")
    (against,) = read("opportunity", head, line + "EUR,5")
    assert agreed.said.currency == "USD"
    assert "currency EUR" in against.text
    assert "its sign says EUR and its heading USD" in an_opportunity("Amount (USD)", "€5").text
    twice = an_opportunity("金额（万元）", "1.25万")
    assert "both multiply" in twice.text
    assert an_opportunity("金额（元）", "1.25万") == (1_250_000, "CNY")


@pytest.mark.parametrize(
    ("heading", "cell", "worth"),
    [("汇率", "7.1234", 7.1234), ("汇率（100外币）", "712.34", 7.1234),
     ("汇率（每100单位外币）", "712.34", 7.1234), ("Rate (per 100)", "712.34", 7.1234)],
)  # fmt: skip
def test_a_rate_for_a_hundred(heading, cell, worth):
    (found,) = read("exchange_rate", f"id,currency,base,day,{heading}", f"r,EUR,CNY,2026-05-01,{cell}")
    assert found.said.worth == pytest.approx(worth)


@pytest.mark.parametrize(
    ("heading", "cell", "found"),
    [("提前通知天数", "3", 3), ("提前通知天数（天）", "3", 3), ("Notice days (days)", "3", 3),
     ("提前通知天数（月）", "3", None),
     ("提前通知天数（工作日）", "3", None), ("提前通知天数（千天）", "3", None)],
)  # fmt: skip
def test_days_of_notice_are_days(heading, cell, found):
    def notice():
        (fact,) = read("contract", f"id,account,starts,ends,{heading}", f"c,C-1,2026-01-01,2026-12-31,{cell}")
        return fact.said.notice_days

    if found is not None:
        assert notice() == found
        return
    with pytest.raises(BadTable, match="which is not understood here"):
        notice()


@pytest.mark.parametrize(
    ("heading", "cell", "found"),
    [("员工数（千人）", "1.2", 1_200), ("员工数（人）", "12", 12), ("Employees (k)", "2", 2_000)],
)
def test_people_by_thousands(heading, cell, found):
    (fact,) = read("account", f"客户编号,客户名称（Account Name）,{heading}", f"C-1,Museum,{cell}")
    assert (fact.said.employees, fact.said.name) == (found, "Museum")


@pytest.mark.parametrize(("cell", "margin"), [("35", 0.35), ("35%", 0.35), ("0", 0), ("0.35", None), ("1", None)])
def test_a_share_below_a_heading_in_percent(cell, margin):
    (found,) = read("cost", "id,day,category,amount,毛利率（%）", f"c,2026-05-01,delivery,5,{cell}")
    assert (None if isinstance(found, BadRow) else found.said.gross_margin) == margin
    assert not isinstance(found, BadRow) or "write it with %" in found.text


@pytest.mark.parametrize(
    ("heading", "cell", "day"),
    [("签约日（YYYY-MM-DD）", "2026-05-01", "2026-05-01"), ("签约日（格式：2026-01-01）", "2026-05-01", "2026-05-01"),
     ("Signed (dd/mm/yyyy)", "3/4/2026", "2026-04-03"), ("Signed (mm/dd/yyyy)", "3/4/2026", "2026-03-04")],
)  # fmt: skip
def test_a_heading_may_say_how_its_days_are_written(heading, cell, day):
    (fact,) = read("account", f"id,name,{heading}", f"C-1,Museum,{cell}")
    assert days.iso(fact.said.signed_day) == day
    with pytest.raises(BadTable, match="which is not understood here"):
        read("account", "id,name,签约日（UTC）", "C-1,Museum,2026-05-01")


def test_a_heading_and_the_file_must_not_contradict_each_other_about_days():
    with pytest.raises(BadTable, match="correct one of them"):
        read("account", "id,name,Signed (dd/mm/yyyy)", "C-1,Museum,3/4/2026", day_order="month-first")


@pytest.mark.parametrize("heading", ["电话（手机）", "电话(必填)", "Phone (required)", "电话 Telephone No."])
def test_texts_have_no_unit(heading):
    (fact,) = read("contact", f"id,account,name,{heading}", "k,C-1,Ann,1")
    assert fact.said.phone == "1"


@pytest.mark.parametrize(
    ("kind", "head", "line"),
    [("touch", "id,account,day,direction,channel,工时 Working Hours", "t,C-1,2026-05-01,out,phone,2"),
     ("account", "id,name,签约日 Signing Day", "C-1,Museum,2026-05-01"),
     ("account", "id,name,员工数 Number of People", "C-1,Museum,3"),
     ("csm", "id,name,年成本（元/年）", "c,Ann,5")],
)  # fmt: skip
def test_a_translation_beside_a_name_is_no_unit(kind, head, line):
    table = table_of_one(kind, head, line)
    assert len(table.columns.fields) == len(head.split(","))


def table_of_one(kind, head, line):
    with rows.opened(io.BytesIO(f"{head}\n{line}\n".encode()), encoding="utf-8") as source:
        table = table_of(KINDS[kind], source, ReadingOptions(BASE))
        assert not isinstance(next(iter(table.facts)), BadRow)
        return table


def test_an_english_heading_of_a_text_with_a_note_is_another_column_as_before():
    (fact,) = read("contact", "id,account,name,Phone (work)", "k,C-1,Ann,1")
    assert fact.said.phone == ""
    with pytest.raises(BadTable, match="旧"):
        read("contact", "id,客户编号（旧）,name", "k,C-1,Ann")


def test_usage_is_counted_in_ones():
    def values(heading):
        return list(
            usage(io.BytesIO(f"account,robot,day,counter,{heading}\nC-1,r-1,2026-05-01,导览,5\n".encode()), HISTORY)
        )

    assert values("数值（次）")[0].value == 5
    for heading in ("数值（千次）", "数值（km）"):
        with pytest.raises(BadTable, match="which is not understood here"):
            values(heading)


@pytest.mark.parametrize(
    ("title", "hundredths", "currency"),
    [
        ("单位：万元", 1_250_000, "CNY"),
        ("2026年商机台账（金额单位:千元）", 125_000, "CNY"),
        ("All amounts in thousands of EUR", 125_000, "EUR"),
        ("编制单位：万元科技公司", 125, None),
        ("单位：上海分公司", 125, None),
        ("商机台账", 125, None),
    ],
)
def test_a_line_above_the_table_says_the_unit_of_its_amounts(title, hundredths, currency):
    head = "id,account,kind,opened_day,"
    (found,) = read("opportunity", f"{title},,,,", f"{head}amount", "o,C-1,upsell,2026-05-01,1.25")
    assert (found.said.amount, found.said.currency) == (hundredths, currency)
    (own,) = read("opportunity", f"{title},,,,", f"{head}Amount (m)", "o,C-1,upsell,2026-05-01,1.25")
    assert own.said.amount == 125_000_000  # its own heading goes before


@pytest.mark.parametrize(
    ("upper", "lower", "hundredths", "currency"),
    [
        (",,,,费用（万元）", "amount", 1_250_000, "CNY"),
        (",,,,ARR (万元)", "amount", 1_250_000, "CNY"),
        (",,,Money (kEUR),", "amount", 125_000, "EUR"),  # merged over the day and the amount
        (",,,,费用万元", "amount", 1_250_000, "CNY"),
        (",,,,Money (k)", "Amount (USD)", 125_000, "USD"),
        (",,,,Money (2026)", "amount", 125, None),
        (",,,,费用（2026年）", "amount", 125, None),
        (",,,,Pipeline (25)", "amount", 125, None),
        (",,,,Money", "amount", 125, None),  # the control
    ],
)
def test_a_unit_in_the_upper_cell_of_a_heading_is_of_the_amounts_below_it(upper, lower, hundredths, currency):
    (found,) = read("opportunity", upper, f"id,account,kind,opened_day,{lower}", "o,C-1,upsell,2026-05-01,1.25")
    assert (found.said.amount, found.said.currency) == (hundredths, currency)


@pytest.mark.parametrize(
    ("upper", "lower"),
    [
        ("Money (per half-year)", "amount"),
        ("Contracts (M)", "amount"),
        ("Value (CNY; 10k)", "amount"),
        ("费用（万元）", "金额（元）"),
        ("Money (USD)", "amount (EUR)"),
        ("Money (kEUR)", "Amount (m)"),
    ],
)
def test_a_unit_in_the_upper_cell_that_is_not_understood_or_contradicts_is_refused(upper, lower):
    with pytest.raises(BadTable, match=r"is not understood here|does not plainly say"):
        read("opportunity", f",,,,{upper}", f"id,account,kind,opened_day,{lower}", "o,C-1,upsell,2026-05-01,1.25")


def test_the_unit_of_a_column_of_its_own_is_not_its_right_neighbours():
    head = "id,account,kind,opened_day,amount (k),"
    (found,) = read("opportunity", head, ",,,,,closed_day", "o,C-1,upsell,2026-05-01,1.25,2026-06-01")
    assert found.said.amount == 125_000


def test_a_unit_above_the_table_that_is_not_understood_is_refused_where_there_are_amounts():
    with pytest.raises(BadTable, match="above the table"):
        read("opportunity", "单位：万元/台,,,,", "id,account,kind,opened_day,amount", "o,C-1,upsell,2026-05-01,1.25")
    (found,) = read("account", "单位：万元/台,", "id,name", "C-1,Museum")
    assert found.said.name == "Museum"
