"""The status page as HTML. Pure: the status document and a language in, text out.

One column for a phone, system fonts, no script. Colours never stand alone: each state has its word.
"""

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any, Literal

from edge_agent.status.text import duration, size
from protocol.counters import COUNTERS, FAMILIES

Language = Literal["zh", "en"]

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "title": "Robot status",
        "absent": "No agent runs here and there is no outbox to read. Start it, or name its state folder.",
        "running": "The agent is running",
        "down": "The agent is not running",
        "link": "Connection",
        "connected": "connected",
        "disconnected": "not connected",
        "refused": "the collector refuses this robot",
        "answered": "last answer of the collector",
        "ago": "ago",
        "never": "the collector has not answered yet",
        "waiting": "records wait to be delivered",
        "kept": "kept on the disk",
        "trouble": "The disk refuses to store",
        "clock": "Clock",
        "synced": "synchronised",
        "restamped": "known from the collector",
        "unsynced": "not known",
        "sources": "Sources",
        "ok": "ok",
        "failed": "failed",
        "faults": "Open faults",
        "none": "none",
        "today": "Counted since",
        "traffic": "Written to disk and sent, a day",
        "other": "中文",
        "since": "for",
    },
    "zh": {
        "title": "机器人状态",
        "absent": "本机没有运行代理,也没有可读取的数据。请启动代理,或指定其状态目录。",
        "running": "代理正在运行",
        "down": "代理未运行",
        "link": "连接",
        "connected": "已连接",
        "disconnected": "未连接",
        "refused": "平台拒绝本机器人",
        "answered": "平台上次应答",
        "ago": "前",
        "never": "平台尚未应答",
        "waiting": "条记录等待上传",
        "kept": "占用磁盘",
        "trouble": "磁盘无法写入",
        "clock": "时钟",
        "synced": "已同步",
        "restamped": "由平台校准",
        "unsynced": "未知",
        "sources": "数据源",
        "ok": "正常",
        "failed": "故障",
        "faults": "未关闭的故障",
        "none": "无",
        "today": "累计,自",
        "traffic": "每日写盘与流量",
        "other": "English",
        "since": "已运行",
    },
}

STYLE = """
:root{color-scheme:light dark}
body{font:1.05rem/1.5 system-ui,sans-serif;max-width:38rem;margin:0 auto;padding:1rem}
h1{font-size:1.4rem;margin:.2rem 0}h2{font-size:1.05rem;margin:1.4rem 0 .3rem}
.good,.bad{border-left:.4rem solid;padding:.3rem .7rem;margin:.4rem 0}
.good{border-color:#1a7f37}.bad{border-color:#c62828}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;font-weight:400;padding:.25rem .3rem;border-bottom:1px solid #8885;overflow-wrap:anywhere}
td:last-child{text-align:right;font-variant-numeric:tabular-nums}
"""


def render(status: Mapping[str, Any] | None, language: Language) -> str:
    """The whole document; None: there is nothing to show."""
    words = WORDS[language]
    body = "\n".join(_body(status, words, language)) if status else _line(words["absent"], good=False)
    other = "en" if language == "zh" else "zh"
    link = f'<a href="?lang={other}" hreflang="{other}" lang="{other}">{words["other"]}</a>'
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{words['title']}</title><style>{STYLE}</style></head>"
        f"<body><header><h1>{words['title']}</h1>{link}</header><main>{body}</main></body></html>"
    )


def _body(status: Mapping[str, Any], words: Mapping[str, str], language: Language) -> Iterator[str]:
    running = status["running"]
    state = f"{words['running']}, {words['since']} {duration(status['up_s'])}" if running else words["down"]
    yield _line(f"{status['robot']}: {state}", good=running)
    if link := status.get("link"):
        good = link["connected"] and link["ack_age_s"] is not None and not link["refusal"]
        yield _line(_link(link, words), good=good)
    outbox = status["outbox"]
    kept = f"{size(outbox['bytes_on_disk'])} {words['kept']}"
    yield _line(f"{outbox['backlog']} {words['waiting']}; {kept}", good=not outbox.get("full"))
    if outbox.get("trouble"):
        yield _line(f"{words['trouble']}: {outbox['trouble']}", good=False)
    if clock := status.get("clock"):
        text = f"{words['clock']}: {words[clock['state']]}; {clock['detail']}"
        yield _line(text, good=clock["state"] != "unsynced")
    yield f"<h2>{words['faults']}</h2>"
    yield _table([(_fault(fault, language), fault["severity"]) for fault in status["faults"]], words)
    if "sources" in status:
        yield f"<h2>{words['sources']}</h2>"
        yield _table([(source["name"], _source(source, words)) for source in status["sources"]], words)
    if today := status.get("today"):
        yield f"<h2>{words['today']} {escape(today['since'])}</h2>"
        yield _table([(_counter(key, language), f"{amount:,}") for key, amount in today["counts"].items()], words)
    if (traffic := status.get("bytes")) and traffic["wire_per_day"] is not None:
        yield f"<h2>{words['traffic']}</h2>"
        written = size(traffic["written_per_day"] or 0)
        yield f"<p>{written}; {size(traffic['wire_per_day'])}</p>"


def _link(link: Mapping[str, Any], words: Mapping[str, str]) -> str:
    if not link["connected"]:
        return f"{words['link']}: {words['disconnected']}: {link['text'] or link['reason']}"
    if link["refusal"]:
        return f"{words['link']}: {words['refused']}: {link['refusal']}"
    age = words["never"]
    if link["ack_age_s"] is not None:
        age = f"{words['answered']} {duration(link['ack_age_s'])} {words['ago']}"
    return f"{words['link']}: {words['connected']}, {link['broker']}; {age}"


def _source(source: Mapping[str, Any], words: Mapping[str, str]) -> str:
    return f"{words['failed']}: {source['error']}" if source["error"] else words["ok"]


def _line(text: str, *, good: bool) -> str:
    mark = "✓" if good else "✗"
    return f'<p class="{"good" if good else "bad"}">{mark} {escape(text)}</p>'


def _table(rows: list[tuple[str, str]], words: Mapping[str, str]) -> str:
    if not rows:
        return f"<p>{words['none']}</p>"
    cells = "".join(f'<tr><th scope="row">{escape(name)}</th><td>{escape(value)}</td></tr>' for name, value in rows)
    return f"<table>{cells}</table>"


def _counter(key: str, language: Language) -> str:
    counter = COUNTERS.get(key)
    return key if counter is None else f"{getattr(counter, language)} ({counter.unit})"


def _fault(fault: Mapping[str, Any], language: Language) -> str:
    family = FAMILIES.get(fault["family"])
    name = getattr(family, language) if family else fault["family"]
    return " ".join(filter(None, (name, fault["code"], fault["ref"])))
