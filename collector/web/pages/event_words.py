"""What happened to an agent, in words: the names of events and of what they tell.

An event's detail is the robot's own document. What is known has a label here; what a newer agent adds is shown
with its key, so nothing is hidden. Identities that mean nothing to a reader are left to the JSON.
"""

from collections.abc import Mapping
from typing import Any

from collector.web.pages import shown
from collector.web.pages.texts import Words

_EVENTS = {
    "start": ("Started", "启动"),
    "stop": ("Stopped", "停止"),
    "clock": ("Clock set", "校时"),
    "configuration": ("Settings changed", "配置变更"),
    "counters": ("Counters declared", "声明计数项"),
    "lost": ("Records lost", "记录丢失"),
    "epoch": ("New data file", "更换数据文件"),
}
_LABELS = {
    "agent": ("agent", "代理"),
    "clean": ("before that", "此前"),
    "timezone": ("time zone", "时区"),
    "model": ("model", "型号"),
    "rom": ("ROM", "系统版本"),
    "step_s": ("moved by", "调整"),
    "sample_s": ("samples every", "采样间隔"),
    "window_s": ("window", "统计窗口"),
    "upload_s": ("uploads every", "上报间隔"),
    "sources": ("sources", "数据来源"),
    "outbox_max_mb": ("keeps at most, MB", "本地上限(MB)"),
    "supported": ("can count", "可统计"),
    "unsupported": ("cannot count", "不可统计"),
    "epoch": ("data file", "存储期"),
    "closes": ("replaces", "替代"),
    "cause": ("cause", "原因"),
    "salvaged": ("records saved", "已挽救记录"),
    "records": ("records", "记录数"),
    "first": ("from number", "起始编号"),
    "last": ("to number", "结束编号"),
}
_CLEAN = {True: ("stopped cleanly", "正常停止"), False: ("no clean stop", "未正常停止")}
_YES_NO = {True: ("yes", "是"), False: ("no", "否")}
_CAUSES = {
    "corrupt": ("damaged file", "文件损坏"),
    "full": ("storage full", "存储已满"),
    "refused": ("refused by the collector", "服务端拒收"),
    "rewound": ("older file restored", "恢复了旧文件"),
    "replaced": ("file replaced", "文件被替换"),
    "reset": ("factory reset", "恢复出厂设置"),
    "foreign_hardware": ("card from another robot", "存储卡来自其他机器人"),
}
_SECONDS = frozenset({"sample_s", "window_s", "upload_s"})
_HIDDEN = frozenset({"os_boot"})
_NAMES_SHOWN = 6


def name(event: str, words: Words) -> str:
    return words.of(_EVENTS, event)


def details(detail: Mapping[str, Any], words: Words) -> list[tuple[str, str]]:
    """(label, text) of each thing that the event tells; what is empty is left out."""
    told = ((key, _text(key, value, words)) for key, value in detail.items() if key not in _HIDDEN)
    return [(words.of(_LABELS, key), text) for key, text in told if text]


def _text(key: str, value: Any, words: Words) -> str:
    if isinstance(value, bool):
        return words.of(_CLEAN if key == "clean" else _YES_NO, value)
    if isinstance(value, int | float):
        return _figure(key, value, words)
    if isinstance(value, list):
        names = [words.counter(str(one)) if key in {"supported", "unsupported"} else str(one) for one in value]
        more = len(names) - _NAMES_SHOWN
        return ", ".join(names[:_NAMES_SHOWN]) + (f" +{more}" if more > 0 else "")
    if isinstance(value, dict):
        return ", ".join(f"{inner}: {one}" for inner, one in value.items())
    return words.of(_CAUSES, value) if key == "cause" else str(value or "")


def _figure(key: str, value: float, words: Words) -> str:
    if key == "step_s":
        return ("−" if value < 0 else "+") + shown.duration(abs(int(value)), words)
    return shown.duration(int(value), words) if key in _SECONDS else shown.number(value)
