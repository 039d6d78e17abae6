"""What `collector cta` prints for people, from the API's JSON. Pure; English and Chinese beside each other."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any
from unicodedata import east_asian_width

from collector.commands import cta_evidence

Json = Mapping[str, Any]
_TEXTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "none": ("nothing to do", "没有待办"),
        "head": (
            "    id  priority  state    due        account          owner        what",
            "  编号    优先级  状态     截止       客户             负责人       事项",
        ),
        "more": ("… there are more: raise --limit or narrow the list", "……还有更多:调大 --limit 或缩小范围"),
        "digest": ("digest", "摘要"),
        "open": ("open", "待办"),
        "snoozed": ("snoozed", "已推迟"),
        "closed": ("closed", "已关闭"),
        "priority": ("priority {p:.1f}, due {due}, owner {owner}", "优先级 {p:.1f},截止 {due},负责人 {owner}"),
        "outcome": ("closed {day}: {outcome}, {useful}", "{day} 关闭:{outcome},{useful}"),
        "useful": ("useful", "有用"),
        "not_useful": ("not useful", "无用"),
        "evidence": ("evidence", "证据"),
        "tasks": ("tasks", "步骤"),
        "history": ("history", "历史"),
        "due": ("due {day}", "截止 {day}"),
        "done": ("done {day} by {who}", "{day} 由 {who} 完成"),
        "no_tasks": ("no tasks", "没有步骤"),
        "precision": ("{useful} of {closed} useful", "{closed} 条中 {useful} 条有用"),
        "flagged": (" FLAGGED: below half", " 标记:不足一半"),
        "unjudged": ("none closed yet", "尚无关闭"),
        "changed": ("What changed since {since}", "自 {since} 以来的变化"),
        "promised": ("What was promised and agreed", "承诺与约定"),
        "ask": ("What to ask", "要问的问题"),
        "nothing": ("nothing", "无"),
        "share": ("{on} of {of} objectives on track", "{of} 个目标中 {on} 个正常"),
        "no_plans": ("no objectives are agreed", "未约定目标"),
        "no_plan": ("without a plan", "未归入计划"),
        "not_started": ("not started", "未开始"),
        "on_track": ("on track", "正常"),
        "behind": ("behind", "落后"),
        "missed": ("missed", "未达成"),
        "unknown": ("unknown", "未知"),
        "per_period": ("{counter} in all", "{counter} 总计"),
        "per_day": ("{counter} a day", "{counter}/天"),
        "per_robot_day": ("{counter} a robot-day", "{counter}/机器人·天"),
        "install": ("install", "安装"),
        "use": ("use", "使用"),
        "set": ("set", "设置"),
        "has": ("{high} of {of} high users have it", "{of} 家高使用客户中 {high} 家有"),
        "lift": ("median use {a} with, {b} without", "有:中位使用 {a},无:{b}"),
        "no_industry_or_scene": ("the account has no industry or no scene", "该客户缺少行业或场景"),
        "too_few_peers": ("too few accounts of this industry and scene ({n})", "同行业同场景客户太少({n})"),
        "uses_much": ("it is among the high users itself", "该客户已属高使用客户"),
        "no_items": ("it has and uses what the high users have", "高使用客户有的它都有"),
    }
)


def say(key: str, lang: str, **words: Any) -> str:
    en, zh = _TEXTS[key]
    return (zh if lang == "zh" else en).format(**words)


def of_list(page: Json, lang: str) -> str:
    items = page["items"]
    if not items:
        return say("none", lang)
    found = [say("head", lang)]
    row = "{:>6}  {:>8.1f}  {}{} {:<10} {:<16} {:<12} {}"
    for one in items:
        state, title = say(one["state"], lang), one["title"][lang]
        found.append(
            row.format(
                one["id"],
                one["priority"],
                state,
                _fill(state, 8),
                one["due_day"] or "",
                one["account"],
                one["owner"],
                _with(title, cta_evidence.clause(one, lang), lang),
            )
        )
    if page["next"]:
        found.append(say("more", lang))
    return "\n".join(found)


def _with(title: str, why: str, lang: str) -> str:
    return title if not why else f"{title}：{why}" if lang == "zh" else f"{title}: {why}"


def _fill(text: str, columns: int) -> str:
    """Spaces up to that many columns of a terminal: a Chinese character takes two."""
    taken = sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)
    return " " * (columns - taken)


def of_one(found: Json, lang: str) -> str:
    cta = found["cta"]
    about = f"{cta['rule']} {cta['reason']}, {say(cta['state'], lang)}"
    text = [
        f"{cta['id']}  {cta['account']}: {cta['title'][lang]} ({about})",
        *([why] if (why := cta_evidence.clause(cta, lang)) else ()),
        say("priority", lang, p=cta["priority"], due=cta["due_day"] or "-", owner=cta["owner"] or "-"),
    ]
    if cta["state"] == "closed":
        useful = "" if cta["useful"] is None else say("useful" if cta["useful"] else "not_useful", lang)
        text.append(say("outcome", lang, day=cta["closed_day"], outcome=cta["outcome"], useful=useful))
    said = cta_evidence.lines(cta["evidence"], lang)
    text += [say("evidence", lang), *(f"  {line}" for line in said)]
    text += [say("tasks", lang), of_tasks(found["tasks"], lang, "  "), say("history", lang)]
    text += [f"  {event['at']} {event['author']}: {event['event']}" for event in found["history"]]
    return "\n".join(text)


def of_tasks(tasks: Sequence[Json], lang: str, indent: str = "") -> str:
    if not tasks:
        return indent + say("no_tasks", lang)
    found = []
    for task in tasks:
        is_done = task["done_day"] is not None
        when = say("done", lang, day=task["done_day"], who=task["done_by"]) if is_done else ""
        due = say("due", lang, day=task["due_day"])
        found.append(f"{indent}{task['step']} [{'x' if is_done else ' '}] {task['text'][lang]} ({when or due})")
    return "\n".join(found)


def of_precision(rows: Sequence[Json], lang: str) -> str:
    found = []
    for row in rows:
        said = say("precision", lang, useful=row["useful"], closed=row["closed"]) if row["closed"] else ""
        flag = say("flagged", lang) if row["flagged"] else ""
        found.append(f"{row['rule']:<12} {row['title'][lang]}: {said or say('unjudged', lang)}{flag}")
    return "\n".join(found)


def of_brief(brief: Json, lang: str) -> str:
    text = [f"{brief['account']}  {brief['day']}"]
    for part, head in (
        ("changed", say("changed", lang, since=brief["since_day"])),
        ("promised", say("promised", lang)),
        ("ask", say("ask", lang)),
    ):
        text.append(head)
        points = [f"  {point['day'] or '':<10} {point['text'][lang]}" for point in brief[part]]
        text += points or [f"  {say('nothing', lang)}"]
    return "\n".join(text)


def of_plans(plans: Json, lang: str) -> str:
    if not plans["plans"]:
        return say("no_plans", lang)
    text = [say("share", lang, on=plans["on_track"], of=plans["judged"])]
    for plan in plans["plans"]:
        text.append(plan["name"] or say("no_plan", lang))
        for one in plan["objectives"]:
            unit = say(f"per_{one['per']}", lang, counter=one["counter"])
            figures = f"{_figure(one['reached'])} / {_figure(one['target'])} {unit}"
            state = say(one["status"], lang) if one["status"] != "done" else f"✓ {one['done_day'] or ''}"
            name = one["text"] or one["counter"]
            text.append(f"  {name}: {figures} ({one['from_day']} – {one['to_day']}): {state}")
    return "\n".join(text)


def of_suggestions(found: Json, lang: str) -> str:
    if found["why"]:
        return say(found["why"], lang, n=found["peers"])
    if not found["items"]:
        return say("no_items", lang)
    text = []
    for one in found["items"]:
        what = one["what"] if one["value"] is None else f"{one['what']} = {one['value']}"
        has = say("has", lang, high=one["high"], of=one["high_users"])
        lift = say("lift", lang, a=_figure(one["with_it"]), b=_figure(one["without_it"]))
        text.append(f"{say(one['kind'], lang)} {what}: {has}; {lift}")
    return "\n".join(text)


def _figure(value: float | None) -> str:
    return "?" if value is None else f"{value:,.1f}".removesuffix(".0")
