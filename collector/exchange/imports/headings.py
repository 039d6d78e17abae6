"""What a column may be called and what a choice may be written as, in English and Chinese. Pure.

A heading is understood by the field's name, its English or Chinese label, or an alias, whatever its letter case, width,
spaces, underscores, brackets and stars. What stands beside a name is heading_units'.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from protocol.counters import COUNTERS

RECORDED = "recorded_day"
"""A column that is no field: the day on which the source system knew the row (imports of history)."""

_LABELS: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    "id": ("id", "编号", ("external id", "外部编号", "number", "no", "号码", "代码", "code")),
    "account": ("account", "客户编号", ("account id", "customer", "customer id", "客户", "客户号", "客户代码")),
    "name": ("name", "名称", ("姓名", "全称", "full name")),
    "region": ("region", "地区", ("区域", "大区", "area")),
    "signed_day": ("signed", "签约日", ("signed on", "签约日期", "签约时间", "签订日期", "signature date")),
    "email": ("e-mail", "邮箱", ("mail", "email address", "电子邮箱", "邮件")),
    "team": ("team", "团队", ("小组", "pod")),
    "cost_year": ("cost a year", "年成本", ("annual cost", "年度成本", "年人力成本")),
    "currency": ("currency", "币种", ("货币",)),
    "hours_year": ("hours a year", "年工时", ("annual hours", "productive hours", "年有效工时")),
    "from_day": ("from", "开始日", ("start", "start date", "from date", "开始日期", "起始日期", "启用日期")),
    "to_day": ("to", "结束日", ("end", "end date", "to date", "until", "结束日期", "终止日期", "截止日期")),
    "industry": ("industry", "行业", ("sector", "所属行业")),
    "scene": ("scene", "场景", ("应用场景", "使用场景", "scenario")),
    "timezone": ("time zone", "时区", ("tz",)),
    "brand": ("brand", "品牌知名度", ("brand strength", "知名度", "品牌")),
    "referenceable": ("referenceable", "可背书程度", ("背书",)),
    "employees": ("employees", "员工数", ("size", "人数", "规模", "员工人数", "headcount")),
    "potential": ("potential", "潜力金额", ("white space", "潜力", "潜在金额")),
    "segment": ("segment", "分层", ("客户分层", "客户等级", "tier")),
    "csm": ("csm", "客户成功经理", ("customer success manager", "成功经理", "csm id", "负责人")),
    "reseller": ("reseller", "代理商", ("partner", "经销商", "代理商编号")),
    "referred_by": ("referred by", "推荐人", ("referrer", "推荐客户", "由谁推荐")),
    "note": ("note", "备注", ("notes", "remark", "remarks", "comment", "说明")),
    "site": ("site", "场地", ("site id", "场地编号", "门店", "location")),
    "open_weekdays": ("open weekdays", "营业星期", ("weekdays", "开放星期")),
    "opens": ("opens", "开门时间", ("opening time", "营业开始")),
    "closes": ("closes", "关门时间", ("closing time", "营业结束")),
    "reason": ("reason", "原因", ("理由", "cause")),
    "role": ("role", "角色", ("联系人角色",)),
    "title": ("title", "职务", ("职位", "job title", "position")),
    "phone": ("phone", "电话", ("telephone", "mobile", "手机", "联系电话", "手机号")),
    "language": ("language", "语言", ()),
    "since_day": ("since", "起始日", ("since date", "建立联系日期")),
    "left_day": ("left", "离职日", ("left on", "离职日期")),
    "bounced_day": ("bounced", "退信日", ("bounced on", "退信日期", "失联日期")),
    "robot": ("robot", "机器人", ("robot id", "机器人编号", "设备编号", "sn", "serial number", "序列号")),
    "starts": ("starts", "起始日", ("start", "start date", "开始日", "开始日期", "起始日期", "生效日期", "合同开始")),
    "ends": ("ends", "到期日", ("end", "end date", "结束日", "结束日期", "到期日期", "终止日期", "合同到期")),
    "auto_renews": (
        "renews automatically",
        "自动续费",
        ("auto renew", "auto renewal", "auto-renews", "自动续约", "自动续签"),
    ),
    "notice_days": ("notice days", "提前通知天数", ("notice period", "通知期")),
    "renews": ("renews", "续自合同", ("previous contract", "原合同", "原合同编号")),
    "moved_from": ("moved from", "转自合同", ("transferred from", "转移自合同")),
    "terminated_day": ("terminated", "提前终止日", ("terminated on", "提前终止日期", "解约日期")),
    "contract": ("contract", "合同编号", ("contract id", "合同", "合同号", "contract number")),
    "product": ("product", "产品", ("产品类型", "产品类别")),
    "amount": ("amount", "金额", ("sum", "price", "value", "合同金额", "年费", "价格", "总额")),
    "recurring": ("recurring", "经常性", ("是否经常性", "按年收费", "年付")),
    "skill": ("skill", "技能包", ("opk", "skill package", "技能")),
    "quantity": ("quantity", "数量", ("qty", "件数")),
    "for_success": ("customer success work", "成功服务费", ("for success", "付费成功服务")),
    "due_day": ("due", "应办日", ("due date", "due on", "到期日", "到期日期", "应付日期", "计划日期", "截止日期")),
    "outcome": ("outcome", "结果", ("result", "状态", "status")),
    "decided_day": ("decided", "决定日", ("decided on", "决定日期")),
    "new_contract": ("new contract", "新合同", ("新合同编号",)),
    "notice_day": ("notice given", "通知不续费日", ("notice date", "通知离开日", "通知日期")),
    "step": ("step", "步骤", ("阶段",)),
    "done_day": ("done", "完成日", ("done on", "完成日期")),
    "kind": ("kind", "类别", ("type", "类型", "种类")),
    "opened_day": ("opened", "建立日", ("opened on", "created", "创建日期", "建立日期", "提交日期")),
    "stage": ("stage", "阶段", ("status", "状态")),
    "closed_day": ("closed", "关闭日", ("closed on", "关闭日期", "解决日期")),
    "referred": ("referred customer", "被推荐客户", ("brought",)),
    "issued_day": ("issued", "开票日", ("issued on", "invoice date", "开票日期")),
    "paid_day": ("paid", "付款日", ("paid on", "付款日期", "回款日期")),
    "status": ("status", "状态", ("invoice status", "state", "发票状态", "单据状态")),
    "base": ("base currency", "本位币", ("base",)),
    "day": ("day", "日期", ("date", "on", "日", "时间", "发生日期")),
    "worth": ("rate", "汇率", ("exchange rate", "worth")),
    "source": ("source", "来源", ()),
    "category": ("category", "类别", ("成本类别", "type")),
    "gross_margin": ("gross margin", "毛利率", ("margin", "毛利")),
    "direction": ("direction", "方向", ()),
    "channel": ("channel", "渠道", ("方式", "沟通方式")),
    "contact": ("contact", "联系人", ("contact id", "联系人编号")),
    "answered": ("answered", "是否回复", ("replied", "回复", "有无回复")),
    "answered_day": ("answered on", "回复日", ("reply date", "回复日期")),
    "occasion": ("occasion", "缘由", ("触达类型",)),
    "hours": ("hours", "工时", ("耗时", "小时")),
    "summary": ("summary", "摘要", ("内容", "沟通内容", "notes", "备注")),
    "score": ("score", "分数", ("评分", "打分", "得分")),
    "comment": ("comment", "评语", ("意见", "反馈", "备注")),
    "urgency": ("urgency", "紧急程度", ("priority", "优先级")),
    "sla_day": ("service level day", "时限日", ("sla", "sla date", "时限")),
    "subject": ("subject", "主题", ("标题", "问题")),
    "made_day": ("made", "承诺日", ("made on", "承诺日期")),
    "text": ("text", "内容", ("content", "description", "描述")),
    "kept_day": ("kept", "兑现日", ("kept on", "兑现日期")),
    "by": ("by", "经手人", ("who", "责任人", "填写人")),
    "asked_day": ("asked", "请求日", ("asked on", "请求日期")),
    "outcome_day": ("outcome on", "结果日", ("outcome date", "结果日期")),
    "accepted_day": ("accepted", "接受日", ("accepted on", "接受日期")),
    "signal": ("signal", "信号", ()),
    "count": ("count", "次数", ("times",)),
    "held_day": ("held", "举行日", ("held on", "举行日期", "实际日期")),
    "value": ("value", "数值", ("score", "分值", "评分")),
    "shipped_day": ("shipped", "发货日", ("shipped on", "发货日期")),
    "csm_named_day": ("csm named", "指定经理日", ("csm assigned", "指定客户成功经理日")),
    "customer_told_day": ("customer told", "告知客户日", ("告知客户日期",)),
    "promises_written_day": ("promises written", "承诺交底日", ("承诺交底日期",)),
    "started_at": ("started", "开始时刻", ("start time", "started at", "开始时间")),
    "done_at": ("done", "完成时刻", ("done at", "finished", "完成时间")),
    "counter": ("counter", "计数项", ("metric", "计数器", "指标")),
    "target": ("target", "目标值", ("goal", "目标")),
    "per": ("per", "按", ()),
    "plan": ("plan", "成功计划", ("success plan", "计划")),
    "agreed_with": ("agreed with", "与谁商定", ("商定联系人",)),
    "measure": ("measure", "指标", ("测量项",)),
    "owner": ("owner", "负责人", ("责任人",)),
    "bound": ("cap or floor", "上限或下限", ("bound",)),
    "tag": ("tag", "标签", ("label", "标记", "标签名")),
    "of": ("of", "所属对象", ("record type", "对象")),
    "form": ("form", "字段类型", ("data type", "值类型")),
    "choices": ("choices", "可选项", ("options", "选项")),
    "field": ("custom field", "自定义字段", ("field", "字段")),
    "record": ("record", "所属记录", ("record id", "记录编号")),
    "size_bytes": ("bytes", "字节数", ("size", "大小", "文件大小")),
    "sha256": ("sha-256", "SHA-256 校验值", ("sha256", "校验值", "digest")),
    RECORDED: ("recorded", "录入日", ("recorded on", "entered", "录入日期", "登记日期")),
}
_SEPARATORS = re.compile(r"[\s_\-*:()\[\]【】<>\"'/、]+")
INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")  # of no width
SCRIPTS = re.compile(r"[⺀-鿿豈-﫿]+|[^⺀-鿿豈-﫿]+")


def folded(heading: str) -> str:
    """A heading without letter case, width, spaces and marks."""
    return _SEPARATORS.sub("", unicodedata.normalize("NFKC", INVISIBLE.sub("", heading)).casefold())


COUNTER_NAMES: Mapping[str, str] = MappingProxyType(
    {folded(name): key for key, counter in COUNTERS.items() for name in (counter.zh, counter.en, key)}
)
"""Folded name of a counter, in either language -> its key."""


_CHINESE = frozenset(
    folded(name) for en, zh, others in _LABELS.values() for name in (en, zh, *others) if not name.isascii()
) | frozenset(name for name in COUNTER_NAMES if not name.isascii())


def is_chinese_heading(word: str) -> bool:
    """Some table has a column, or a counter, of that Chinese name."""
    return not word.isascii() and folded(word) in _CHINESE


class ColumnName(NamedTuple):
    """What people call a column."""

    en: str
    zh: str


def label(field: str) -> ColumnName:
    en, zh, _ = _LABELS[field]
    return ColumnName(en, zh)


def spellings(fields: Iterable[str], own: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Folded heading -> field. A field's own name is surer than a label, a label surer than an alias.

    `own`: what the table calls a field besides, as sure as a label.
    """
    found: dict[str, str] = {}
    names = list(fields)
    for rank in range(3):
        for field in names:
            en, zh, aliases = _LABELS[field]
            for name in ((field,), (en, zh, *own.get(field, ())), aliases)[rank]:
                found.setdefault(folded(name), field)
    return found
