"""Every word of the pages in English and Chinese. Names of counters and fault families are the registry's."""

from collections.abc import Mapping
from typing import Any, Literal

from protocol.counters import COUNTERS, FAMILIES

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = ("en", "zh")

_TEXTS: dict[str, tuple[str, str]] = {
    "language": ("English", "中文"),
    "tagline": ("Every count of every robot, once.", "每台机器人的每次计数,一次不多,一次不少。"),
    "skip": ("Skip to content", "跳到正文"),
    "robots": ("Robots", "机器人"),
    "accounts": ("Accounts", "客户"),
    "parked": ("Not taken", "未收下"),
    "api": ("API", "接口"),
    "sign_in": ("Sign in", "登录"),
    "sign_out": ("Sign out", "退出"),
    "token": ("Access token", "访问令牌"),
    "token_help": (
        "Ask your administrator for a token; it is made with “collector token create”.",
        "请向管理员索取令牌,命令为 “collector token create”。",
    ),
    "token_wrong": ("This token is unknown, expired or revoked.", "令牌无效、已过期或已被撤销。"),
    "signed_in_as": ("Signed in as", "当前用户"),
    # states
    "online": ("Online", "在线"),
    "offline": ("Dark", "失联"),
    "stopped": ("Off", "已关机"),
    "never": ("Not connected yet", "尚未连接"),
    "all": ("All", "全部"),
    # the fleet
    "today": ("Today", "今天"),
    "today_note": ("each robot’s own day", "按各机器人当地日期"),
    "reporting": ("{n} robots reporting", "{n} 台机器人已上报"),
    "counting": ("{n} of {all} robots count it", "{all} 台中 {n} 台可统计"),
    "only_account": ("Only robots of", "仅显示客户"),
    "whole_fleet": ("Show the whole fleet", "显示全部机器人"),
    "open_faults": ("Open faults", "未恢复故障"),
    "no_faults": ("none", "无"),
    "completeness": ("Completeness", "数据完整度"),
    "completeness_of": ("of expected robot-hours arrived", "的应到机器人工时已到达"),
    "nothing_expected": ("nothing expected", "暂无应到数据"),
    "days_2": ("today and yesterday", "今天与昨天"),
    "backlog": ("Backlog", "待上传"),
    "backlog_note": ("records still on robots", "条记录仍在机器人上"),
    "records": ("records", "条记录"),
    "arriving": ("Arriving", "正在到达"),
    "arriving_note": ("records committed here", "条记录已在此入库"),
    "last_commit": ("last commit", "最近入库"),
    "no_commit": ("no commit yet", "尚未入库"),
    "broker": ("broker", "消息服务器"),
    "connected": ("connected", "已连接"),
    "disconnected": ("not connected", "未连接"),
    "robot": ("Robot", "机器人"),
    "state": ("State", "状态"),
    "last_seen": ("Last seen", "最近在线"),
    "account": ("Account", "客户"),
    "no_account": ("no account", "未分配客户"),
    "search": ("Search by name", "按名称搜索"),
    "filter": ("Show", "查询"),
    "next_page": ("Next page", "下一页"),
    "first_page": ("First page", "首页"),
    "no_robots": ("No robots yet", "还没有机器人"),
    "no_robots_note": (
        "A robot appears here when its agent first connects: start “edge-agent run” on it (EDGE_AGENT_MQTT_URL).",
        "机器人的代理首次连接后会出现在这里:设置 EDGE_AGENT_MQTT_URL 并运行 “edge-agent run”。",
    ),
    "no_match": ("No robot matches", "没有符合条件的机器人"),
    "no_match_note": ("Change the search or show all states.", "请修改搜索条件或显示全部状态。"),
    "no_own_robots_note": (
        "No robot is deployed with your account today.",
        "您的账户目前没有部署机器人。",
    ),
    "lost_touch": ("The collector does not answer; figures are from", "服务无响应;数据更新于"),
    "alarms": ("Please look at", "请关注"),
    "two_epochs": (
        "the same identity sends from two outboxes (a cloned card?)",
        "同一身份从两个数据文件上报(存储卡被克隆?)",
    ),
    # one robot
    "model": ("Model", "型号"),
    "rom": ("ROM", "系统版本"),
    "agent": ("Agent", "代理版本"),
    "timezone": ("Time zone", "时区"),
    "now_there": ("local time", "当地时间"),
    "last_14_days": ("Last 14 days", "最近 14 天"),
    "counters_today": ("Counters today", "今日计数"),
    "all_counters": ("All counters by day", "全部计数(按天)"),
    "day": ("Day", "日期"),
    "counter": ("Counter", "计数项"),
    "total": ("Total", "合计"),
    "funnel": ("Usage funnel", "使用漏斗"),
    "skill": ("Skills", "技能"),
    "hours": ("Hours and mileage", "工时与里程"),
    "opportunity": ("Opportunities", "机会数"),
    "fault": ("Faults counted", "故障计数"),
    "other": ("Added by skills", "技能自带计数"),
    "unsupported": ("not supported", "不支持"),
    "unsupported_here": ("Not supported by this robot", "该机器人不支持"),
    "unsupported_note": ("this robot cannot count it", "该机器人无法统计此项"),
    "not_arrived": ("–", "–"),
    "not_arrived_note": ("nothing of this has arrived yet; this is not zero", "数据尚未到达,并非零"),
    "legend": (
        "0 is a true zero. “–” has not arrived. “not supported” cannot be counted by this robot.",
        "0 为真实零值;“–” 表示尚未到达;“不支持” 表示该机器人无法统计。",
    ),
    "imported": ("imported", "导入"),
    "estimated": ("placed by estimate", "时间为估计值"),
    "faults": ("Fault episodes", "故障记录"),
    "no_episodes": ("No fault was ever reported.", "从未上报故障。"),
    "opened": ("Opened", "开始"),
    "closed": ("Closed", "恢复"),
    "still_open": ("still open", "未恢复"),
    "lasted": ("Lasted", "持续"),
    "family": ("Family", "类别"),
    "code": ("Code", "代码"),
    "detail": ("Detail", "说明"),
    "could_not": ("could not", "未能执行"),
    "wrong": ("did it wrong", "执行错误"),
    "holes": ("Holes and their causes", "缺口及原因"),
    "no_holes": ("Nothing is missing.", "没有缺口。"),
    "from": ("From", "起"),
    "to": ("To", "止"),
    "cause": ("Cause", "原因"),
    "missing": ("Missing", "缺失"),
    "arrived": ("arrived", "已到达"),
    "expected": ("expected", "应到"),
    "before_deployment": ("not there yet (not expected)", "尚未启用(不计入)"),
    "not_due": ("not due yet (not expected)", "尚未到上报时间(不计入)"),
    "off": ("switched off (not expected)", "正常关机(不计入)"),
    "lost": ("lost, as the robot reported", "机器人上报已丢失"),
    "crash": ("power cut or crash", "断电或崩溃"),
    "on_robot": ("still on the robot", "仍在机器人上"),
    "dark": ("dark", "失联"),
    "never_arrived": ("never arrived, unexplained", "未到达,原因不明"),
    "gauges": ("Readings of the newest hour", "最近一小时读数"),
    "no_gauges": ("No reading has arrived yet.", "尚无读数。"),
    "reading": ("Reading", "读数"),
    "least": ("Lowest", "最低"),
    "mean": ("Mean", "平均"),
    "most": ("Highest", "最高"),
    "skills": ("Skills", "技能包"),
    "no_skills": ("No skill has reported a state.", "尚无技能上报状态。"),
    "version": ("Version", "版本"),
    "reason": ("Reason", "原因"),
    "since": ("Since", "自"),
    "events": ("What happened to its agent", "代理事件"),
    "no_events": ("Nothing has been reported.", "暂无事件。"),
    "event": ("Event", "事件"),
    "at": ("At", "时间"),
    "trace": ("Where a count comes from", "数据来源追溯"),
    "trace_note": (
        "Each outbox file of the robot is an epoch. Everything up to the mark is committed, once.",
        "机器人的每个数据文件对应一个存储期;标记之前的记录均已入库,且仅一次。",
    ),
    "epoch": ("Epoch", "存储期"),
    "mark": ("Mark", "标记"),
    "first_batch": ("First batch", "首个批次"),
    "last_batch": ("Newest batch", "最新批次"),
    "current": ("current", "当前"),
    "replaced": ("replaced", "已替换"),
    "raw": ("As JSON", "JSON 数据"),
    "past_only": (
        "This robot is not with your account today. Shown are the days on which it was.",
        "该机器人今天不属于您的账户,仅显示属于您期间的数据。",
    ),
    # parked, accounts
    "parked_note": (
        "Messages and records that could not be taken, with the reason. The robot’s later records go on.",
        "无法收下的消息和记录及其原因;机器人后续数据不受影响。",
    ),
    "no_parked": ("Nothing was refused.", "没有被拒绝的消息。"),
    "no_parked_note": (
        "When a message does not decode or breaks the schema, it is kept here with its bytes.",
        "无法解码或不符合格式的消息会连同原始字节保存在这里。",
    ),
    "topic": ("Topic", "主题"),
    "bytes": ("Bytes", "字节"),
    "times": ("Times", "次数"),
    "dropped": ("Deleted", "已删除"),
    "received": ("Received", "收到时间"),
    "as_text": ("As text", "文本"),
    "as_hex": ("As bytes (hexadecimal)", "十六进制"),
    "name": ("Name", "名称"),
    "robots_today": ("Robots today", "今日机器人数"),
    "created": ("Since", "创建时间"),
    "no_accounts": ("No accounts yet", "还没有客户"),
    "no_accounts_note": (
        "Add one with POST /api/v1/accounts, or import a fleet’s history: its account column makes them.",
        "可通过 POST /api/v1/accounts 添加,或导入历史数据时按 account 列自动创建。",
    ),
    "deployments": ("Deployments", "部署"),
    "no_deployments": ("No robot was ever deployed.", "尚无部署记录。"),
    "still_there": ("still there", "至今"),
    "usage_note": (
        "Usage belongs to the account that had the robot that day.",
        "使用数据归属于当天拥有该机器人的客户。",
    ),
    "docs": ("The API, route by route", "接口文档"),
    "back": ("Back", "返回"),
    "seconds": ("s", "秒"),
    "minutes": ("min", "分"),
    "hours_short": ("h", "小时"),
    "days_short": ("d", "天"),
    "ago": ("ago", "前"),
    "just_now": ("just now", "刚刚"),
}
# Families beside the registry's: what the agent says of itself, and what VDA 5050 does not place further.
_FAMILIES = {"agent": ("Agent", "代理"), "robot": ("Robot", "机器人")}


class Words:
    """The words of one language. `word(key)` raises KeyError for a key that is not in the table."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self._column = LANGUAGES.index(language)

    def __call__(self, key: str) -> str:
        return _TEXTS[key][self._column]

    def counter(self, key: str) -> str:
        """A counter's name; a skill's own counter is shown as `skill: what it counts`."""
        found = COUNTERS.get(key)
        if found is None:
            return key.replace(".", ": ", 1).replace("_", " ") if "." in key else key
        return found.zh if self.language == "zh" else found.en

    def of(self, table: Mapping[Any, tuple[str, str]], key: Any) -> str:
        """The word of a table of its own; a key that it does not have is shown as it is."""
        return table[key][self._column] if key in table else str(key).replace("_", " ")

    def family(self, key: str) -> str:
        if key in _FAMILIES:
            return self.of(_FAMILIES, key)
        found = FAMILIES.get(key)
        return key if found is None else (found.zh if self.language == "zh" else found.en)

    def either(self, key: str) -> str:
        """The word for a key that came from data, or the key itself."""
        return self(key) if key in _TEXTS else key


def preferred(chosen: str | None, accept_language: str) -> Language:
    """The language somebody chose, else the first of the browser's that we speak, else English."""
    if chosen in LANGUAGES:
        return chosen
    for part in accept_language.split(","):
        wanted = part.split(";")[0].strip().lower()[:2]
        if wanted in LANGUAGES:
            return wanted
    return "en"
