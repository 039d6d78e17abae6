"""Tables with the headings of other systems: no mapping is needed."""

import csv
import io

import pytest

from collector.accounts.ledger.kinds.registry import KINDS
from collector.exchange.imports import layouts, rows
from collector.exchange.imports.facts import ReadingOptions, table_of
from collector.exchange.imports.layouts import layout_of
from collector.exchange.imports.problems import BadTable
from tests.plain_facts import BASE

# System and table: {its heading: a cell}, and what is read of it.
SYSTEMS = {
    ("HubSpot", "account"): (
        {
            "Record ID": "901",
            "Company name": "Nordlicht",
            "Company owner": "Ada",
            "Create Date": "2026-05-01 10:33",
            "Phone Number": "+49 1",
            "City": "Kiel",
            "Country/Region": "Germany",
            "Industry": "RETAIL",
            "Lifecycle Stage": "customer",
        },
        {"id": "901", "name": "Nordlicht", "region": "Germany", "industry": "RETAIL", "csm": None},
    ),
    ("HubSpot", "contact"): (
        {
            "Record ID": "77",
            "First Name": "Ann",
            "Last Name": "Lee",
            "Email": "ann@x.example",
            "Phone Number": "1",
            "Contact owner": "Ada",
            "Associated Company": "Nordlicht",
            "Associated Company IDs": "901",
            "Job Title": "COO",
        },
        {"id": "77", "name": "Ann Lee", "account": "901", "title": "COO", "email": "ann@x.example"},
    ),
    ("HubSpot", "ticket"): (
        {
            "Ticket ID": "5",
            "Ticket name": "Stops",
            "Ticket status": "New",
            "Priority": "HIGH",
            "Create date": "2026-05-01 10:33",
            "Close date": "",
            "Ticket owner": "Ada",
            "Associated Company IDs": "901",
        },
        {"id": "5", "subject": "Stops", "urgency": "urgent", "account": "901", "closed_day": None},
    ),
    ("Salesforce", "account"): (
        {
            "Account ID": "0015",
            "Account Name": "Nordlicht",
            "Billing City": "Kiel",
            "Type": "Customer",
            "Industry": "Retail",
            "Account Owner": "Ada",
            "Employees": "40",
            "Created Date": "2026-05-01",
        },
        {"id": "0015", "name": "Nordlicht", "employees": 40},
    ),
    ("Salesforce", "contact"): (
        {
            "Contact ID": "0035",
            "Salutation": "Ms",
            "First Name": "Ann",
            "Last Name": "Lee",
            "Title": "COO",
            "Account ID": "0015",
            "Account Name": "Nordlicht",
            "Phone": "1",
            "Mobile": "2",
            "Email": "ann@x.example",
        },
        {"id": "0035", "name": "Ann Lee", "account": "0015", "phone": "1", "title": "COO"},
    ),
    ("Salesforce data loader", "contact"): (
        {
            "Id": "0035",
            "AccountId": "0015",
            "FirstName": "Ann",
            "LastName": "Lee",
            "MobilePhone": "2",
        },
        {"id": "0035", "name": "Ann Lee", "account": "0015", "phone": "2"},
    ),
    ("Salesforce", "ticket"): (
        {
            "Case Number": "00001026",
            "Account Name": "Nordlicht",
            "Subject": "Stops",
            "Priority": "Medium",
            "Date/Time Opened": "2026-05-01 10:33",
            "Date/Time Closed": "2026-05-02 09:00",
        },
        {"id": "00001026", "account": "Nordlicht", "urgency": "normal"},
    ),
    ("Zoho", "account"): (
        {
            "Record Id": "zcrm_1",
            "Account Name": "Nordlicht",
            "Account Owner": "Ada",
            "Phone": "1",
            "Industry": "Retail",
            "Employees": "40",
            "Created Time": "2026-05-01 10:33:00",
        },
        {"id": "zcrm_1", "name": "Nordlicht", "employees": 40},
    ),
    ("Zoho", "contact"): (
        {
            "Record Id": "zcrm_2",
            "First Name": "Ann",
            "Last Name": "Lee",
            "Account Name.id": "zcrm_1",
            "Account Name": "Nordlicht",
            "Email": "ann@x.example",
            "Phone": "1",
            "Mobile": "2",
        },
        {"id": "zcrm_2", "account": "zcrm_1", "name": "Ann Lee"},
    ),
    ("Pipedrive", "account"): (
        {
            "Organization - ID": "3",
            "Organization - Name": "Nordlicht",
            "Organization - Owner": "Ada",
            "Organization - Address": "Kiel",
        },
        {"id": "3", "name": "Nordlicht"},
    ),
    ("Pipedrive", "contact"): (
        {
            "Person - ID": "4",
            "Person - Name": "Ann Lee",
            "Person - Organization": "Nordlicht",
            "Person - Email - Work": "ann@x.example",
            "Person - Phone - Work": "1",
            "Person - Phone - Mobile": "2",
        },
        {"id": "4", "name": "Ann Lee", "account": "Nordlicht", "email": "ann@x.example", "phone": "1"},
    ),
    ("Odoo", "contact"): (
        {
            "External ID": "__export__.res_partner_7",
            "Display Name": "Ann Lee",
            "Phone": "1",
            "Mobile": "2",
            "Email": "ann@x.example",
            "Related Company": "Nordlicht",
            "Job Position": "COO",
        },
        {"id": "__export__.res_partner_7", "name": "Ann Lee", "account": "Nordlicht", "title": "COO"},
    ),
    ("Odoo", "invoice"): (
        {
            "Number": "INV-1",
            "Invoice Partner Display Name": "Nordlicht",
            "Invoice/Bill Date": "2026-05-01",
            "Due Date": "2026-06-01",
            "Total": "1200.00",
            "Currency": "EUR",
        },
        {"id": "INV-1", "account": "Nordlicht", "amount": 120_000, "currency": "EUR"},
    ),
    ("ERPNext", "account"): (
        {
            "ID": "CUST-1",
            "Customer Name": "Nordlicht",
            "Customer Group": "Commercial",
            "Territory": "Germany",
        },
        {"id": "CUST-1", "name": "Nordlicht", "region": "Germany"},
    ),
    ("ERPNext", "ticket"): (
        {
            "ID": "ISS-1",
            "Subject": "Stops",
            "Customer": "CUST-1",
            "Priority": "Low",
            "Opening Date": "2026-05-01",
        },
        {"id": "ISS-1", "account": "CUST-1", "urgency": "low"},
    ),
    ("ERPNext", "invoice"): (
        {
            "ID": "SINV-1",
            "Customer": "CUST-1",
            "Customer Name": "Nordlicht",
            "Date": "2026-05-01",
            "Payment Due Date": "2026-06-01",
            "Grand Total": "1200.00",
            "Currency": "EUR",
        },
        {"id": "SINV-1", "account": "CUST-1", "amount": 120_000},
    ),
    ("Zendesk", "ticket"): (
        {
            "Id": "9",
            "Subject": "Stops",
            "Organization": "Nordlicht",
            "Requester": "Ann Lee",
            "Priority": "Normal",
            "Created at": "2026-05-01 10:33",
            "Solved at": "2026-05-02 09:00",
            "Status": "Solved",
        },
        {"id": "9", "account": "Nordlicht", "urgency": "normal"},
    ),
    ("Xero", "account"): (
        {
            "*ContactName": "Nordlicht",
            "AccountNumber": "N-1",
            "EmailAddress": "a@x.example",
            "FirstName": "Ann",
            "LastName": "Lee",
        },
        {"id": "N-1", "name": "Nordlicht"},
    ),
    ("Xero", "invoice"): (
        {
            "*ContactName": "Nordlicht",
            "*InvoiceNumber": "INV-1",
            "*InvoiceDate": "2026-05-01",
            "*DueDate": "2026-06-01",
            "Total": "1200.00",
            "Currency": "GBP",
        },
        {"id": "INV-1", "account": "Nordlicht", "amount": 120_000, "currency": "GBP"},
    ),
    ("纷享销客", "account"): (
        {
            "客户编号": "K1",
            "客户名称": "北光",
            "客户级别": "重点",
            "行业": "零售",
            "省": "浙江",
            "创建时间": "2026-05-01 10:33",
        },
        {"id": "K1", "name": "北光", "segment": "重点", "region": "浙江"},
    ),
    ("纷享销客", "contact"): (
        {
            "唯一性ID": "L1",
            "姓名": "李安",
            "客户名称": "北光",
            "职务": "店长",
            "手机1": "1",
            "电话1": "2",
            "邮件": "a@x.example",
        },
        {"id": "L1", "name": "李安", "account": "北光", "phone": "1", "title": "店长"},
    ),
    ("销售易", "account"): (
        {
            "客户ID": "K1",
            "客户名称": "北光",
            "客户所有人": "阿达",
            "客户级别": "A",
            "行业": "零售",
            "总人数": "40",
        },
        {"id": "K1", "name": "北光", "employees": 40},
    ),
    ("销售易", "contact"): (
        {
            "联系人ID": "L1",
            "联系人姓名": "李安",
            "公司名称": "北光",
            "职务": "店长",
            "手机": "1",
            "电话": "2",
            "电子邮件": "a@x.example",
        },
        {"id": "L1", "name": "李安", "account": "北光", "phone": "1"},
    ),
    ("企业微信", "csm"): (
        {
            "姓名": "李安",
            "账号": "lian",
            "职务": "顾问",
            "部门": "成功部",
            "手机": "1",
            "企业邮箱": "a@x.example",
        },
        {"id": "lian", "name": "李安", "team": "成功部", "email": "a@x.example"},
    ),
    ("企业微信", "contact"): (
        {
            "外部联系人ID": "wm1",
            "客户昵称": "安",
            "企业名称": "北光",
            "职务": "店长",
            "手机号码": "1",
            "添加时间": "2026-05-01 10:33",
        },
        {"id": "wm1", "name": "安", "account": "北光"},
    ),
}


def read(kind, *lines, **reading):
    file = io.StringIO()
    csv.writer(file).writerows(lines)
    with rows.opened(io.BytesIO(file.getvalue().encode())) as source:
        table = table_of(KINDS[kind], source, ReadingOptions(BASE, **reading))
        return table, list(table.facts)


@pytest.mark.parametrize(("system", "kind"), SYSTEMS)
def test_the_headings_of_a_system_need_no_mapping(system, kind):
    cells, said = SYSTEMS[system, kind]
    for columns in (list(cells), list(cells)[::-1]):  # the order of columns decides nothing
        _, (fact,) = read(kind, columns, [cells[heading] for heading in columns])
        assert {name: getattr(fact.said, name) for name in said} == said


def test_control_without_these_names_most_need_one(monkeypatch):
    monkeypatch.setattr(layouts, "yielding", lambda *_: {})
    layout_of.cache_clear()
    refused = 0
    for (_, kind), (cells, _) in SYSTEMS.items():
        try:
            read(kind, list(cells), list(cells.values()))
        except BadTable:
            refused += 1
    layout_of.cache_clear()
    assert refused > len(SYSTEMS) / 2


def test_a_column_that_yields_is_told_as_left_out():
    table, _ = read("contact", ["Contact ID", "Full Name", "Account Name", "Account ID", "First Name"])
    assert table.columns.headings == {"id": "Contact ID", "name": "Full Name", "account": "Account ID"}
    assert table.columns.ignored == ("Account Name", "First Name")


def test_a_mapping_goes_before_and_two_of_one_rank_are_refused():
    head, line = ["Contact ID", "Full Name", "Account ID", "Account Name"], ["P", "Ann", "1", "One"]
    assert read("contact", head, line, mapping={"Account Name": "account"})[1][0].said.account == "One"
    with pytest.raises(BadTable, match="both mean account"):
        read("contact", head, line, mapping={"Account Name": "account", "Account ID": "account"})


def test_first_and_last_name_join():
    head = ["id", "account", "First Name", "Last Name"]
    lines = [["1", "C", "Ann", "Lee"], ["2", "C", "", "Lee"], ["3", "C", "安", "李"], ["4", "C", "", ""]]
    table, (both, last, chinese, none) = read("contact", head, *lines)
    assert table.columns.headings["name"] == "First Name + Last Name"
    assert [fact.said.name for fact in (both, last, chinese)] == ["Ann Lee", "Lee", "李安"]
    assert none.text.startswith("name: it is empty")
    german = ["id", "account", "Vorname", "Nachname"]
    mapping = {"Vorname": "first_name", "Nachname": "last_name"}
    assert read("contact", german, lines[0], mapping=mapping)[1][0].said.name == "Ann Lee"


@pytest.mark.parametrize(
    ("head", "first", "second", "name"),
    [
        ("First Name,Last Name", "小明", "王", "王小明"),
        ("First Name,Last Name", "王", "小明", "王小明"),  # as it is spoken, under the wrong headings
        ("Last Name,First Name", "小明", "王", "王小明"),
        ("First Name,Last Name", "欧阳", "修", "欧阳修"),
        ("First Name,Last Name", "高", "王", "王高"),  # both are families': the headings say it
        ("姓,名", "王", "小明", "王小明"),
        ("名,姓", "小明", "王", "王小明"),
        ("姓氏,名字", "陳", "大文", "陳大文"),
        ("First Name,Last Name", "太郎", "やまだ", "やまだ太郎"),
        ("First Name,Last Name", "민수", "김", "김민수"),
        ("First Name,Last Name", "David", "王", "David 王"),
        ("First Name,Last Name", "Ann", "Lee", "Ann Lee"),
        ("姓,名", "Lee", "Ann", "Ann Lee"),
    ],
)
@pytest.mark.parametrize("kind", ["contact", "csm"])
def test_an_eastern_name_has_the_familys_first_whichever_column_holds_it(kind, head, first, second, name):
    account = ("account,", "A-1,") if kind == "contact" else ("", "")
    text = f"id,{account[0]}{head}\nK-1,{account[1]}{first},{second}\n"
    with rows.opened(io.BytesIO(text.encode())) as source:
        (fact,) = table_of(KINDS[kind], source, ReadingOptions(BASE)).facts
    assert fact.said.name == name


@pytest.mark.parametrize(
    ("heading", "word", "status"),
    [
        ("Status", "Voided", "void"),
        ("Status", "Cancelled", "void"),
        ("State", "Draft", "draft"),
        ("Invoice Status", "Authorised", "issued"),
        ("发票状态", "已作废", "void"),
        ("Status", "Paid", "paid"),
        ("Payment Status", "whatever", "issued"),  # the control: no column says it
    ],
)
def test_the_status_of_an_invoice_is_read(heading, word, status):
    text = f"Invoice Number,Customer,Invoice Date,Due Date,Total,{heading}\nI-1,A-1,2026-01-01,2026-02-01,5.00,{word}\n"
    with rows.opened(io.BytesIO(text.encode())) as source:
        (fact,) = table_of(KINDS["invoice"], source, ReadingOptions(BASE)).facts
    assert fact.said.status == status


def test_a_status_that_is_not_known_is_refused_with_those_that_are():
    text = "Invoice Number,Customer,Invoice Date,Due Date,Total,Status\nI-1,A-1,2026-01-01,2026-02-01,5.00,Half done\n"
    with rows.opened(io.BytesIO(text.encode())) as source:
        (bad,) = table_of(KINDS["invoice"], source, ReadingOptions(BASE)).facts
    assert "status: 'Half done' is not known; write one of issued, paid, draft, void" in bad.text
