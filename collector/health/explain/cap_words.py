"""What an exception's evidence says, in one clause, English and Chinese. Pure.

The keys are those of health.exceptions, health.zombie and health.score. A clause is made of what is there, so that an
old stored score still reads; without anything to say it is empty, and the exception's name stands alone.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from collector.calendar import days
from collector.health.explain.words import Lang, Word
from collector.health.model import Cap
from protocol.counters import FAMILIES

NAMES_SHOWN = 3

SIGN_WORDS: Mapping[str, Word] = MappingProxyType(
    {
        "no_renewal_step": Word("the renewal is near and nobody has begun it", "续约临近但无人启动"),
        "no_answer": Word("sponsor or champion does not answer", "决策人或拥护者不回复"),
        "edits_fell": Word("nobody edits its content any more", "内容配置几乎不再更新"),
        "updates_declined": Word("updates are declined", "拒绝升级"),
        "skill_uninstalled": Word("a skill was removed", "卸载了技能"),
        "competitor": Word("a competitor was seen", "出现竞争对手"),
        "data_export": Word("much data is exported", "大量导出数据"),
        "reference_declined": Word("declined to be a reference", "拒绝背书"),
    }
)


DEMAND_WORDS: Mapping[str, Word] = MappingProxyType(
    {
        "demand": Word("fewer people pass by", "经过的人少了"),
        "conversion": Word("as many people pass by, fewer of them use it", "经过的人没少，使用的人少了"),
        "both": Word("fewer people pass by, and fewer of them use it", "经过的人少了，使用的比例也低了"),
    }
)


def evidence_text(cap: Cap, robots: Mapping[int, str], lang: Lang) -> str:
    """One clause without a full stop; "" where the evidence says nothing that can be read aloud."""
    clause = _CLAUSES.get(cap.code)
    return clause(cap, robots, lang) if clause else ""


def _zombie(cap: Cap, robots: Mapping[int, str], lang: Lang) -> str:  # noqa: ARG001 - one signature
    signs = [SIGN_WORDS[sign].say(lang) if sign in SIGN_WORDS else sign for sign in cap.evidence.get("signs", ())]
    if not signs:
        return ""
    return f"使用良好，但{'；'.join(signs)}" if lang == "zh" else f"used well, but {'; '.join(signs)}"


def _silent(cap: Cap, robots: Mapping[int, str], lang: Lang) -> str:  # noqa: ARG001 - one signature
    messages, since = cap.evidence.get("messages"), cap.evidence.get("since_day")
    if messages is None or since is None:
        return ""
    if lang == "zh":
        return f"自 {days.iso(since)} 起联系 {messages} 次，无回复"
    return f"{messages} messages since {days.iso(since)}, no reply"


def _single(cap: Cap, robots: Mapping[int, str], lang: Lang) -> str:  # noqa: ARG001 - one signature
    people, since = _listed(cap.evidence.get("contacts", ())), cap.evidence.get("since_day")
    if cap.reason == "one_contact":
        return f"仅有一位活跃联系人（{people}）" if lang == "zh" else f"only {people} has been in touch for a quarter"
    when = "" if since is None else f" {days.iso(since)}"
    if lang == "zh":
        gone = "起无法送达" if cap.reason == "contact_bounced" else "离开"
        return f"最后的联系人（{people}）{'已' + gone if since is None else f'于 {days.iso(since)} {gone}'}"
    verb = "bounces since" if cap.reason == "contact_bounced" else "left on"
    return f"the last contact, {people}, {verb}{when}" if when else f"the last contact, {people}, is gone"


def _ref_refuse(cap: Cap, robots: Mapping[int, str], lang: Lang) -> str:  # noqa: ARG001 - one signature
    since = cap.evidence.get("since_day")
    if since is None:
        return ""
    if lang == "zh":
        return f"{days.iso(since)} {'撤回了背书' if cap.reason == 'withdrawn' else '拒绝背书'}"
    return f"{'withdrew a yes' if cap.reason == 'withdrawn' else 'declined to speak for us'} on {days.iso(since)}"


def _dark(cap: Cap, robots: Mapping[int, str], lang: Lang) -> str:
    which, of = cap.evidence.get("robots", ()), cap.evidence.get("of")
    since = cap.evidence.get("from_day")
    if not which or of is None or since is None:
        return ""
    names = _listed([robots.get(robot, str(robot)) for robot in which])
    if lang == "zh":
        return f"{of} 台中有 {len(which)} 台自 {days.iso(since)} 起无心跳（{names}）"
    return f"{len(which)} of {of} robots not heard of since {days.iso(since)} ({names})"


def _fault(cap: Cap, robots: Mapping[int, str], lang: Lang) -> str:
    which, of, open_h = cap.evidence.get("robots", ()), cap.evidence.get("of"), cap.evidence.get("open_h")
    if not which or of is None:
        return ""
    names = _listed([robots.get(robot, str(robot)) for robot in which])
    if lang == "zh":
        return f"{of} 台中有 {len(which)} 台的严重故障超过 {open_h} 小时未解决（{names}）"
    return f"{len(which)} of {of} robots have a severe fault open for more than {open_h} h ({names})"


def _drop(cap: Cap, robots: Mapping[int, str], lang: Lang) -> str:  # noqa: ARG001 - one signature
    ratio, since = cap.evidence.get("ratio"), cap.evidence.get("since_day")
    if ratio is None:
        return ""
    fall = f"{(1 - ratio) * 100:.0f} %"
    when = "" if since is None else (f"，自 {days.iso(since)} 起" if lang == "zh" else f", since {days.iso(since)}")
    demand, family = (
        DEMAND_WORDS.get(cap.evidence.get("demand") or ""),
        FAMILIES.get(cap.evidence.get("fault_before") or ""),
    )
    text = f"使用量比预期低 {fall}{when}" if lang == "zh" else f"use is {fall} below what was expected{when}"
    if demand is not None:
        text += ("；" if lang == "zh" else "; ") + demand.say(lang)
    if family is not None:
        text += f"；此前{family.zh}故障增多" if lang == "zh" else f"; {family.en.lower()} faults rose before it"
    return text


def _stall(cap: Cap, robots: Mapping[int, str], lang: Lang) -> str:  # noqa: ARG001 - one signature
    since, active = cap.evidence.get("since_day"), cap.evidence.get("active_days")
    if since is None:
        return ""
    if lang == "zh":
        return f"首台机器人 {days.iso(since)} 到场，至今仅 {active} 天有使用"
    used = "1 day" if active == 1 else f"{active} days"
    return f"the first robot came on {days.iso(since)}, used on {used} since"


def _overdue(cap: Cap, robots: Mapping[int, str], lang: Lang) -> str:  # noqa: ARG001 - one signature
    late, invoices = cap.evidence.get("days"), _listed(cap.evidence.get("invoices", ()))
    if late is None:
        return ""
    if lang == "zh":
        return f"发票 {invoices} 逾期，最长 {late} 天"
    many = len(cap.evidence.get("invoices", ())) > 1
    if many:
        return f"invoices {invoices} are up to {late} days overdue"
    return f"invoice {invoices} is {late} days overdue"


def _lapsed(cap: Cap, robots: Mapping[int, str], lang: Lang) -> str:  # noqa: ARG001 - one signature
    contracts = _listed(cap.evidence.get("contracts", ()))
    if not contracts:
        return ""
    if lang == "zh":
        return f"合同 {contracts} 到期未续，宽限期已过"
    many = len(cap.evidence["contracts"]) > 1
    return f"{'contracts' if many else 'contract'} {contracts} {'have' if many else 'has'} ended, the grace is over"


def _override(cap: Cap, robots: Mapping[int, str], lang: Lang) -> str:  # noqa: ARG001 - one signature
    by, text = cap.evidence.get("by"), cap.evidence.get("text", "")
    until = "" if cap.until_day is None else days.iso(cap.until_day)
    if lang == "zh":
        return f"{by} 设置，至 {until}：{text}"
    return f"set by {by} until {until}: {text}"


def _listed(names: Sequence[str] | str) -> str:
    """`a, b, c and 4 more`, readable in both languages."""
    if isinstance(names, str):
        return names
    shown = ", ".join(names[:NAMES_SHOWN])
    return shown if len(names) <= NAMES_SHOWN else f"{shown} +{len(names) - NAMES_SHOWN}"


_CLAUSES: Mapping[str, Callable[[Cap, Mapping[int, str], Lang], str]] = MappingProxyType(
    {
        "ZOMBIE": _zombie,
        "SILENT": _silent,
        "SINGLE": _single,
        "REF_REFUSE": _ref_refuse,
        "DARK": _dark,
        "FAULT": _fault,
        "DROP": _drop,
        "STALL": _stall,
        "OVERDUE": _overdue,
        "LAPSED": _lapsed,
        "OVERRIDE": _override,
    }
)
