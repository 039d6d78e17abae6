"""The words of notices in English and Chinese. Pure; what a person reads on a telephone: one line, then the steps."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from collector.success.ctas import Cta, Task

LINES_MAX = 50  # of a digest
_TEXTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "cta": ("{account}: {title}", "{account}:{title}"),
        "due": ("Due {day}. Priority {priority:.0f} of 100.", "截止 {day},优先级 {priority:.0f}/100。"),
        "waiting": (
            "Waits in the digest: today's list is full. Priority {priority:.0f}.",
            "今日任务已满,暂列摘要。优先级 {priority:.0f}。",
        ),
        "owner": ("For {owner}.", "负责人:{owner}。"),
        "first": ("First: {step}.", "先做:{step}。"),
        "digest": ("Fleetward: {n} things since the last digest", "Fleetward:上次摘要以来 {n} 条"),
        "more": ("… and {n} more", "……还有 {n} 条"),
        "incident": (
            "One cause for several accounts: {cause} {value}",
            "多个客户的共同原因:{cause} {value}",
        ),
        "test": ("Fleetward: a test", "Fleetward:测试消息"),
        "test_body": ("This channel works.", "通道可用。"),
    }
)


def say(key: str, language: str, **words: Any) -> str:
    en, zh = _TEXTS[key]
    return (zh if language == "zh" else en).format(**words)


def of_cta(cta: Cta, tasks: Sequence[Task], language: str) -> tuple[str, str]:
    """Title and body of the notice of a call to action."""
    title = say("cta", language, account=cta.account, title=cta.title.say(language))
    if cta.state == "digest":
        return title, say("waiting", language, priority=cta.priority)
    lines = [say("due", language, day=cta.due_day, priority=cta.priority)]
    if cta.owner:
        lines.append(say("owner", language, owner=cta.owner))
    if tasks:
        lines.append(say("first", language, step=tasks[0].text.say(language)))
    return title, "\n".join(lines)


def of_incident(cause: str, value: str, accounts: Sequence[str], language: str) -> tuple[str, str]:
    """Title and body of the notice of one cause that explains several accounts' falls."""
    return say("incident", language, cause=cause, value=value), ", ".join(accounts[:LINES_MAX])


def of_digest(titles: Sequence[str], language: str) -> tuple[str, str]:
    """One notice of many: their titles, the first LINES_MAX of them."""
    lines = [f"• {title}" for title in titles[:LINES_MAX]]
    if len(titles) > LINES_MAX:
        lines.append(say("more", language, n=len(titles) - LINES_MAX))
    return say("digest", language, n=len(titles)), "\n".join(lines)
