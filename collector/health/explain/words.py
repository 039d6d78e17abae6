"""What measures, bands, profiles, exceptions and reasons are called, in English and Chinese. Pure tables.

A measure's form says how its raw value is written: share (62 %), days, points, ratio (0.73), rate (5.2 per 100 h).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Lang = Literal["en", "zh"]
Form = Literal["share", "ratio", "rate", "points", "number"]


@dataclass(frozen=True, slots=True)
class Word:
    """One thing in both languages."""

    en: str
    zh: str

    def say(self, lang: Lang) -> str:
        return self.zh if lang == "zh" else self.en


@dataclass(frozen=True, slots=True)
class MeasureWord:
    """A measure's name, how its value is written, and in which unit."""

    name: Word
    form: Form
    unit: Word = Word("", "")


MEASURE_WORDS: Mapping[str, MeasureWord] = MappingProxyType(
    {
        "A1": MeasureWord(Word("onboarding milestones in time", "启动里程碑按时完成"), "share"),
        "A2": MeasureWord(Word("active robots", "活跃机器人占比"), "share"),
        "B1": MeasureWord(
            Word("use per active robot", "台均使用强度"), "number", Word("per active robot-day", "次/活跃台日")
        ),
        "B2": MeasureWord(Word("momentum", "使用趋势"), "ratio", Word("of what was expected", "倍预期")),
        "B3": MeasureWord(Word("licensed skills in use", "已购技能使用率"), "share"),
        "B4": MeasureWord(Word("interaction conversion", "交互转化率"), "share"),
        "C1": MeasureWord(Word("fault burden", "故障负担"), "rate", Word("per 100 robot-hours", "次/百台时")),
        "C2": MeasureWord(Word("availability", "可用率"), "share"),
        "C3": MeasureWord(Word("robots with recurring faults", "反复故障机器人占比"), "share"),
        "D1": MeasureWord(
            Word("time since two-way contact", "距上次双向沟通"),
            "ratio",
            Word("times the planned cadence", "倍约定周期"),
        ),
        "D2": MeasureWord(Word("active contacts", "活跃联系人"), "points", Word("", "人")),
        "D3": MeasureWord(Word("response rate", "回复率"), "share"),
        "D4": MeasureWord(Word("planned reviews held", "定期回顾完成率"), "share"),
        "E1": MeasureWord(Word("satisfaction", "满意度"), "points", Word("points", "分")),
        "E2": MeasureWord(Word("objectives on track", "成功目标达标率"), "share"),
        "E3": MeasureWord(Word("advocacy", "推荐与背书"), "points", Word("points", "分")),
        "F1": MeasureWord(Word("renewal progress", "续约进度"), "share"),
        "F2": MeasureWord(Word("overdue invoices", "逾期账款"), "number", Word("days overdue", "天")),
        "F3": MeasureWord(Word("urgent tickets", "紧急工单"), "number", Word("per robot", "件/台")),
    }
)

BAND_WORDS: Mapping[str, Word] = MappingProxyType(
    {
        "red": Word("red", "红"),
        "yellow": Word("yellow", "黄"),
        "green": Word("green", "绿"),
        "grey": Word("grey: insufficient data", "灰：数据不足"),
    }
)

PROFILE_WORDS: Mapping[str, Word] = MappingProxyType(
    {
        "onboarding": Word("onboarding", "启动期"),
        "growth": Word("growth", "成长期"),
        "mature": Word("mature", "成熟期"),
        "renewal": Word("renewal", "续约期"),
    }
)

EXCEPTION_WORDS: Mapping[str, Word] = MappingProxyType(
    {
        "ZOMBIE": Word("used well, but already leaving", "僵尸客户：用得好，但正在离开"),
        "SILENT": Word("answers nothing", "沉默客户：多次联系无回复"),
        "SINGLE": Word("only one active contact", "单一联系人"),
        "REF_REFUSE": Word("declined to be a reference", "拒绝背书"),
        "DARK": Word("half of the robots or more are not heard of", "半数以上机器人失联"),
        "FAULT": Word("severe faults stay open", "严重故障长期未解决"),
        "DROP": Word("use has dropped", "使用量骤降"),
        "STALL": Word("not activated in time", "启动停滞"),
        "OVERDUE": Word("an invoice is long overdue", "账款严重逾期"),
        "LAPSED": Word("the contract has ended without a renewal", "合同到期未续"),
        "OVERRIDE": Word("set by a person", "人工调整"),
    }
)

CAUSE_WORDS: Mapping[str, Word] = MappingProxyType(
    {
        "firmware": Word("firmware", "固件"),
        "model": Word("robot model", "机型"),
        "region": Word("region", "区域"),
        "skill": Word("skill", "技能"),
        "date": Word("the days around", "日期"),
    }
)

WHY_WORDS: Mapping[str, Word] = MappingProxyType(
    {
        "no_deployment": Word("no robot was deployed lately", "近期没有部署机器人"),
        "no_robots": Word("no robot is deployed", "没有部署机器人"),
        "closed": Word("the sites were closed", "场地关闭"),
        "unsupported": Word("its robots cannot count this", "机器人不支持该计数"),
        "not_arrived": Word("the data has not arrived", "数据尚未到达"),
        "never_asked": Word("nobody was asked", "从未询问"),
        "never_answered": Word("nobody answered", "从未答复"),
        "too_old": Word("the newest fact is too old", "最新数据过旧"),
        "muted": Word("muted by a person", "已被人工静音"),
        "incident": Word("part of an incident of ours", "属于厂商侧事故"),
        "none_due": Word("nothing was due", "没有到期事项"),
        "no_objectives": Word("no objectives are agreed", "未约定成功目标"),
        "not_near": Word("the renewal is not near", "距续约尚远"),
        "no_contract": Word("there is no contract", "没有合同"),
        "no_skills": Word("no skill is licensed", "没有已购技能"),
        "too_early": Word("its first steps are not due yet", "首批步骤尚未到期"),
        "not_recorded": Word("nobody keeps a record of it", "没有记录"),
        "no_source": Word("no system tells it", "没有数据来源"),
        "auto_renews": Word("the contract renews by itself", "合同自动续约"),
        "no_history": Word("there is too little history to compare with", "历史太短，无法对比"),
        "no_target": Word("its scene has no target and too few peers", "该场景没有目标值，同类客户也太少"),
        "no_opportunity": Word("there was nothing to count it by", "没有可计的机会"),
        "nothing_sent": Word("nothing was sent lately", "近期没有主动联系"),
        "too_few": Word("too few events to judge", "事件太少，无法判断"),
    }
)


def why(word: str, lang: Lang) -> str:
    """A reason's text; a reason without one is shown as its word."""
    known = WHY_WORDS.get(word)
    return known.say(lang) if known else word.replace("_", " ")


def figure(measure: str, value: float) -> str:
    """A measure's raw value without its unit: `62 %`, `0.73`, `5.2`."""
    form = MEASURE_WORDS[measure].form
    if form == "share":
        return f"{value * 100:.0f} %"
    digits = 2 if form == "ratio" else 1 if abs(value) < 100 else 0  # noqa: PLR2004 - three figures are enough
    return f"{value:,.{digits}f}".removesuffix(".0")


def written(measure: str, value: float, lang: Lang) -> str:
    """A measure's raw value as a person reads it: `62 %`, `0.73 of what was expected`, `5.2 per 100 robot-hours`."""
    unit = MEASURE_WORDS[measure].unit.say(lang)
    return f"{figure(measure, value)} {unit}".strip() if lang == "en" else f"{figure(measure, value)}{unit}"
