"""Why there is a call to action, as `collector cta` says it: one clause, and its evidence with readable labels. Pure.

The evidence is the API's JSON: days are dates, robots their names. English and Chinese beside each other.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from collector.calendar import days
from collector.health.explain.cap_words import DEMAND_WORDS, SIGN_WORDS, evidence_text
from collector.health.explain.words import MEASURE_WORDS, Lang, figure, written
from collector.health.model import Cap
from protocol.counters import COUNTERS, FAMILIES

Json = Mapping[str, Any]
SHOWN = 3  # of a list; the rest is counted
_LABELS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "active_days": ("days in use", "有使用的天数"),
        "by": ("set by", "创建人"),
        "cap": ("the score's cap", "评分上限"),
        "channels": ("channels", "渠道"),
        "contacts": ("contacts", "联系人"),
        "contract": ("contract", "合同"),
        "contracts": ("contracts", "合同"),
        "counter": ("counter", "计数项"),
        "day": ("day", "日期"),
        "days": ("days", "天数"),
        "demand": ("people passing by", "客流判断"),
        "due_day": ("due", "到期日"),
        "edits": ("edits", "编辑次数"),
        "expected": ("expected", "预期"),
        "fault_before": ("faults that rose before", "此前增多的故障"),
        "final": ("score", "评分"),
        "from_day": ("from", "起始日"),
        "grace_days": ("days of grace", "宽限天数"),
        "invoices": ("invoices", "发票"),
        "kind": ("kind", "类型"),
        "last_day": ("last contact", "最近联系"),
        "last_reply_day": ("last reply", "最近回复"),
        "lost": ("points lost", "失分"),
        "measures": ("measures", "指标"),
        "messages": ("messages", "联系次数"),
        "notice_day": ("notice given", "通知日期"),
        "objective": ("objective", "目标"),
        "observed": ("observed", "实际"),
        "of": ("robots in all", "机器人总数"),
        "onboarding": ("milestones not done", "未完成的里程碑"),
        "open_h": ("hours open", "未解决时长(小时)"),
        "p": ("chance of it", "偶然概率"),
        "peer_group": ("compared with", "对比组"),
        "promise": ("promise", "承诺"),
        "ratio": ("of what was expected", "实际/预期"),
        "reached": ("reached", "已达成"),
        "references": ("references", "背书"),
        "review": ("review", "回顾"),
        "robots": ("robots", "机器人"),
        "robots_n": ("robots in all", "机器人总数"),
        "signals": ("signals", "信号"),
        "signs": ("signs", "迹象"),
        "since_day": ("since", "自"),
        "sla_day": ("answer was due", "应答期限"),
        "subject": ("subject", "主题"),
        "tag": ("tag", "标签"),
        "target": ("target", "目标值"),
        "text": ("text", "内容"),
        "ticket": ("ticket", "工单"),
        "tickets": ("tickets", "工单"),
        "to_day": ("to", "截止日"),
        "touches": ("touches", "联系记录"),
    }
)


def clause(cta: Json, lang: str) -> str:
    """Why, in one clause without a full stop; "" where the title says all that is known."""
    spoken, evidence = _lang(lang), cta["evidence"]
    of_ledger = _CLAUSES.get(cta["rule"])
    try:
        if of_ledger is not None:
            return of_ledger(evidence, spoken)
        numbered = {key: _numbered(key, value) for key, value in evidence.items()}
        return evidence_text(Cap(code=cta["rule"], reason=cta["reason"], evidence=numbered), {}, spoken)
    except (KeyError, TypeError, ValueError):  # evidence of an older release, or of a newer collector: see its lines
        return ""


def lines(evidence: Json, lang: str) -> list[str]:
    """Everything that is known, a line each; of long lists the first three and how many more."""
    return [f"{_label(key, lang)}: {_value(key, value, _lang(lang))}" for key, value in evidence.items()]


def _lang(lang: str) -> Lang:
    return "zh" if lang == "zh" else "en"


def _label(key: str, lang: str) -> str:
    en, zh = _LABELS.get(key, (key.replace("_", " "),) * 2)
    return zh if lang == "zh" else en


def _numbered(key: str, value: Any) -> Any:
    """A date as the day number that the health model's clauses take."""
    is_day = (key == "day" or key.endswith("_day")) and isinstance(value, str)
    return days.parse(value) if is_day else value


def _value(key: str, value: Any, lang: Lang) -> str:
    if value is None:
        return "无" if lang == "zh" else "none"
    if isinstance(value, bool):
        return ("是" if value else "否") if lang == "zh" else ("yes" if value else "no")
    if isinstance(value, Mapping):
        return "; ".join(f"{_name(name, lang)} {_value(name, inner, lang)}" for name, inner in value.items())
    if isinstance(value, list):
        shown = ", ".join(_value(key, each, lang) for each in value[:SHOWN])
        return shown + (f" +{len(value) - SHOWN}" if len(value) > SHOWN else "") or _value(key, None, lang)
    if isinstance(value, float):
        return f"{value:,.3g}" if abs(value) < 1 else _figure(value)
    return _word(key, str(value), lang)


def _name(key: str, lang: Lang) -> str:
    return MEASURE_WORDS[key].name.say(lang) if key in MEASURE_WORDS else _label(key, lang)


def _word(key: str, value: str, lang: Lang) -> str:
    if key == "signs" and value in SIGN_WORDS:
        return SIGN_WORDS[value].say(lang)
    if key == "demand" and value in DEMAND_WORDS:
        return DEMAND_WORDS[value].say(lang)
    if key == "counter":
        return _counter(value, lang)
    if key == "fault_before" and value in FAMILIES:
        return FAMILIES[value].zh if lang == "zh" else FAMILIES[value].en.lower()
    return value


def _counter(key: str, lang: Lang) -> str:
    known = COUNTERS.get(key)
    return key if known is None else known.zh if lang == "zh" else known.en.lower()


def _figure(value: float) -> str:
    return f"{value:,.1f}".removesuffix(".0")


def _renewal(said: Json, lang: Lang) -> str:
    if lang == "zh":
        return f"合同 {said['contract']} 于 {said['due_day']} 到期，尚无续约动作"
    return f"contract {said['contract']} is due on {said['due_day']}, and no step is taken"


def _notice(said: Json, lang: Lang) -> str:
    when = said.get("notice_day")
    if lang == "zh":
        given = "客户已通知" if when is None else f"客户 {when} 通知"
        return f"{given}不续合同 {said['contract']}，{said['due_day']} 到期"
    given = "notice" if when is None else f"notice of {when}"
    return f"{given}: contract {said['contract']} ends on {said['due_day']}"


def _promise(said: Json, lang: Lang) -> str:
    text = said.get("text") or said["promise"]
    return f"{text}（应于 {said['due_day']} 兑现）" if lang == "zh" else f"{text} (was due on {said['due_day']})"


def _review(said: Json, lang: Lang) -> str:
    return (
        f"应于 {said['due_day']} 举行，尚未举行" if lang == "zh" else f"was due on {said['due_day']}, and is not held"
    )


def _ticket(said: Json, lang: Lang) -> str:
    text = said.get("subject") or said["ticket"]
    return f"{text}（应于 {said['sla_day']} 答复）" if lang == "zh" else f"{text} (answer was due on {said['sla_day']})"


def _objective(said: Json, lang: Lang) -> str:
    counter = _counter(said["counter"], lang)
    reached, expected, target = (
        "?" if said.get(key) is None else _figure(said[key]) for key in ("reached", "expected", "target")
    )
    if lang == "zh":
        return f"{counter} {reached}，此时应为 {expected}（目标 {target}，{said['to_day']} 止）"
    return f"{counter} {reached}, {expected} expected by now ({target} until {said['to_day']})"


def _low_use(said: Json, lang: Lang) -> str:
    parts = []
    for key, one in said["measures"].items():
        if one["value"] is None:
            continue
        text = f"{MEASURE_WORDS[key].name.say(lang)} {written(key, one['value'], lang)}"
        if one["peer_median"] is not None:
            peers = figure(key, one["peer_median"])
            text += f"（同类 {peers}）" if lang == "zh" else f" (peers {peers})"
        parts.append(text)
    return ("；" if lang == "zh" else "; ").join(parts)


def _red(said: Json, lang: Lang) -> str:
    lost = [f"{MEASURE_WORDS[key].name.say(lang)} −{points:.1f}" for key, points in said["lost"].items() if points > 0]
    if not lost:
        return ""
    return f"主要失分：{'；'.join(lost)}" if lang == "zh" else f"lost most on {', '.join(lost)}"


_CLAUSES: Mapping[str, Callable[[Json, Lang], str]] = MappingProxyType(
    {
        "RENEWAL": _renewal,
        "NOTICE": _notice,
        "PROMISE": _promise,
        "REVIEW": _review,
        "TICKET": _ticket,
        "OBJECTIVE": _objective,
        "LOW_USE": _low_use,
        "RED": _red,
    }
)
