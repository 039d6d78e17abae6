"""What other systems call their columns: HubSpot, Salesforce, Zoho, Pipedrive, Odoo, ERPNext, Zendesk, Xero, 纷享销客,
销售易, 企业微信. Pure.

Such a heading yields: to the field's own names, and to those that stand before it here. So "Account ID" beats
"Account Name", and both may be in a file. Who owns a record there is a seller, and is not taken for a CSM.
"""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from collector.exchange.imports.headings import folded

FIRST_NAME, LAST_NAME = "first_name", "last_name"
NAME_PARTS = (FIRST_NAME, LAST_NAME)
OF_PERSONS = frozenset({"contact", "csm"})
"""Kinds whose name may stand in two columns."""

_Names = Mapping[str, tuple[str, ...]]
_ACCOUNT = (
    "Account ID",
    "Customer ID",
    "客户编号",
    "Associated Company IDs (Primary)",
    "Primary Associated Company ID",
    "Associated Company IDs",
    "Associated Company ID",
    "Company ID",
    "Organization ID",
    "Person - Organization ID",
    "Account Name.id",
    "客户ID",
    "Account Number",
    "Account",
    "Customer",
    "Account Name",
    "Customer Name",
    "客户名称",
    "客户",
    "Associated Company (Primary)",
    "Associated Company",
    "Company Name",
    "Company",
    "Organization Name",
    "Organization",
    "Person - Organization",
    "Requester organization",
    "Related Company",
    "Related Company/Name",
    "Parent Account",
    "所属客户",
    "公司名称",
    "所属公司",
    "企业名称",
    "企业",
    "客户全称",
)
_OPENED = (
    "Opened",
    "Create date",
    "Created at",
    "Created Date",
    "Created On",
    "Created Time",
    "Date/Time Opened",
    "Opened Date",
    "Opening Date",
    "创建时间",
    "提交时间",
    "Created",
)
_CLOSED = (
    "Closed",
    "Close date",
    "Closed at",
    "Closed Date",
    "Date/Time Closed",
    "Solved at",
    "Resolution Date",
    "Resolved On",
    "Closed On",
    "Closed Time",
    "关闭时间",
    "完成时间",
    "解决时间",
)
_RECORD = ("Record ID", "External ID", "唯一性ID", "数据ID")
_BY_KIND: Mapping[str, _Names] = {
    "account": {
        "id": (
            "Account ID",
            "Company ID",
            "Organization ID",
            "Customer ID",
            "客户编号",
            "Record ID - Company",
            *_RECORD,
            "客户ID",
            "Account Number",
            "Customer Number",
        ),
        "name": (
            "Account Name",
            "Company Name",
            "Organization Name",
            "Customer Name",
            "客户名称",
            "客户全称",
            "公司名称",
            "企业名称",
            "Company",
            "Organization",
            "Display Name",
            "Complete Name",
            "Contact Name",
        ),
        "industry": ("Industry Sector", "所属行业", "客户行业", "一级行业"),
        "employees": ("Number of Employees", "No. of Employees", "Total Employees", "总人数", "人员规模"),
        "region": ("Territory", "Country/Region", "Billing Country", "Country", "省份", "省"),
        "segment": ("客户级别",),
        "currency": ("Account Currency", "Default Currency", "Billing Currency", "Currency ISO Code"),
    },
    "contact": {
        "id": (
            "Contact ID",
            "Person - ID",
            "联系人ID",
            "外部联系人ID",
            "external_userid",
            "Record ID - Contact",
            *_RECORD,
        ),
        "name": (
            "Full Name",
            "Contact Name",
            "Person - Name",
            "联系人姓名",
            "联系人名称",
            "姓名",
            "Display Name",
            "Complete Name",
            "客户昵称",
            "昵称",
        ),
        "email": ("Email", "Person - Email - Work", "Person - Email", "邮箱", "邮件", "邮箱1", "电子邮件"),
        "phone": (
            "Phone",
            "Phone Number",
            "Mobile",
            "Mobile Phone",
            "Mobile Phone Number",
            "Mobile No",
            "Telephone",
            "Business Phone",
            "Person - Phone - Work",
            "Person - Phone - Mobile",
            "Person - Phone",
            "手机",
            "手机号",
            "手机号码",
            "手机1",
            "移动电话",
            "联系电话",
            "电话",
            "电话1",
        ),
        "title": ("Job Title", "Title", "Job Position", "Designation", "职务", "职位"),
        "since_day": ("添加时间",),
    },
    "csm": {
        "id": ("User ID", "Owner ID", "Employee ID", "工号", "账号", "帐号", *_RECORD),
        "name": ("Full Name", "姓名", "User Name", "Display Name"),
        "email": ("Email", "Email Address", "邮箱", "企业邮箱", "电子邮件"),
        "team": ("Department", "部门", "所属部门"),
    },
    "ticket": {
        "id": (
            "Ticket ID",
            "Ticket Number",
            "Case Number",
            "Case ID",
            "Issue ID",
            "工单号",
            "工单ID",
            "Ticket Sequence",
            *_RECORD,
        ),
        "opened_day": _OPENED,
        "closed_day": _CLOSED,
        "subject": ("Subject", "Ticket Name", "Ticket Subject", "工单主题", "工单标题"),
    },
    "contract": {
        "id": ("Contract ID", "合同编号", "Contract Number", "合同号", "合同ID", *_RECORD),
        "starts": ("Contract Start Date", "合同开始日期", "合同开始时间"),
        "ends": ("Contract End Date", "合同结束日期", "合同到期日期", "合同结束时间"),
        "signed_day": ("Customer Signed Date", "Signed Date", "Date Signed"),
        "currency": ("Contract Currency", "Currency ISO Code"),
    },
    "invoice": {
        "id": ("Invoice ID", "Invoice Number", "Invoice No", "发票号码", "发票号", "Number", *_RECORD),
        "account": ("ContactName", "Partner", "Invoice Partner Display Name", "购方名称"),
        "issued_day": ("Invoice Date", "Invoice/Bill Date", "Posting Date", "Date", "开票时间"),
        "due_day": ("Payment Due Date",),
        "amount": (
            "Invoice Amount",
            "Total",
            "Grand Total",
            "Total in Currency",
            "Total in Currency Signed",
            "价税合计",
            "开票金额",
        ),
        "paid_day": ("Fully Paid On Date", "Paid Date"),
        "currency": ("Currency Code", "Invoice Currency"),
    },
    "touch": {
        "day": ("拜访日期", "拜访时间", "跟进日期", "跟进时间", "Activity Date"),
        "channel": ("拜访方式", "跟进方式", "Activity Type"),
        "summary": ("拜访内容", "跟进内容", "Comments"),
    },
}
_PARTS: _Names = {
    FIRST_NAME: ("First Name", "Given Name", "名字", "名", "Person - First Name"),
    LAST_NAME: ("Last Name", "Family Name", "Surname", "姓氏", "姓", "Person - Last Name"),
}


@cache
def yielding(kind: str, fields: frozenset[str]) -> Mapping[str, tuple[str, int]]:
    """Folded heading -> the field that it means for that kind, and its rank, 1 before 2."""
    names = {**({"account": _ACCOUNT} if "account" in fields else {}), **_BY_KIND.get(kind, {})}
    if "account" in fields and "account" in _BY_KIND.get(kind, {}):
        names["account"] = (*_ACCOUNT, *_BY_KIND[kind]["account"])
    if kind in OF_PERSONS:
        names.update(_PARTS)
    found: dict[str, tuple[str, int]] = {}
    for field, headings in names.items():
        for rank, heading in enumerate(headings, 1):
            found.setdefault(folded(heading), (field, rank))
    return MappingProxyType(found)
