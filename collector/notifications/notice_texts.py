"""The words of notices in English and Chinese: what a person reads on a telephone, one line, then the steps."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from collector.language import names
from collector.success.ctas import Cta
from collector.success.playbooks import Text

if TYPE_CHECKING:  # statistics take a second to load
    from collector.health.anomalies.swings import Swing

LINES_MAX = 50  # of a digest
_DOT = "• "
_TEXTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "cta": ("{account}: {title}", "{account}:{title}"),
        "due": ("Due {day}. Priority {priority:.0f} of 100.", "截止 {day},优先级 {priority:.0f}/100。"),
        "waiting": (
            "{n} calls to action wait, the list of {owner} is full",
            "{owner} 今日任务已满,另有 {n} 条待办",
        ),
        "nobody": ("nobody", "未分配"),
        "owner": ("For {owner}.", "负责人:{owner}。"),
        "first": ("First: {step}.", "先做:{step}。"),
        "digest": ("Fleetward: {n} things since the last digest", "Fleetward:上次摘要以来 {n} 条"),
        "more": ("… and {n} more", "……还有 {n} 条"),
        "incident": (
            "One cause for several accounts: {cause} {value}",
            "多个客户的共同原因:{cause} {value}",
        ),
        "swing": ("{figure}: {rate:.0%}, usually {usual:.0%}", "{figure}:{rate:.0%},通常为 {usual:.0%}"),
        "swing_body": ("28 days, {label}.", "28 天,{label}。"),
        "active": ("Active customers", "活跃客户"),
        "renewal": ("Renewal rate", "续约率"),
        "upsell": ("Upsell rate", "增购率"),
        "churn": ("Logo churn", "客户流失率"),
        "test": ("Fleetward: a test", "Fleetward:测试消息"),
        "test_body": ("This channel works.", "通道可用。"),
    }
)


def say(key: str, language: str, **words: Any) -> str:
    en, zh = _TEXTS[key]
    return (zh if language == "zh" else en).format(**words)


def of_cta(cta: Cta, first: Text | None, language: str) -> tuple[str, str]:
    """Title and body of the notice of a call to action; `first` is the first step of its playbook."""
    lines = [say("due", language, day=cta.due_day, priority=cta.priority)]
    if cta.owner:
        lines.append(say("owner", language, owner=cta.owner))
    if first is not None:
        lines.append(say("first", language, step=first.say(language)))
    return _title(cta, language), "\n".join(lines)


def of_waiting(owner: str, waiting: Sequence[Cta], language: str) -> tuple[str, str]:
    """Title and body of the notice of what a CSM has no room for today, the most urgent first."""
    name = owner or say("nobody", language)
    titles = [_title(each, language) for each in waiting]
    return say("waiting", language, n=len(waiting), owner=name), _lines(titles, language)


def _title(cta: Cta, language: str) -> str:
    return say("cta", language, account=cta.account, title=cta.title.say(language))


def of_incident(cause: str, value: str, accounts: Sequence[str], language: str) -> tuple[str, str]:
    """Title and body of the notice of one cause that explains several accounts' falls."""
    word = names.cause(cause, language)
    return say("incident", language, cause=word, value=value), ", ".join(accounts[:LINES_MAX])


def of_swing(one: "Swing", language: str) -> tuple[str, str]:
    """Title and body of the notice of a figure of the whole portfolio that is out of its usual range."""
    figure = say(one.figure, language)
    title = say("swing", language, figure=figure, rate=one.rate or 0.0, usual=one.usual or 0.0)
    return title, say("swing_body", language, label=one.label)


def of_digest(parts: Sequence[tuple[str, str]], language: str) -> tuple[str, str]:
    """One notice of many: their titles, and below one that is itself a list, that list."""
    lines = []
    for title, body in parts:
        lines.append(f"{_DOT}{title}")
        lines += [f"  {line}" for line in body.splitlines() if line.startswith(_DOT)]
    return say("digest", language, n=len(parts)), _cut(lines, language)


def _lines(titles: Sequence[str], language: str) -> str:
    return _cut([f"{_DOT}{title}" for title in titles], language)


def _cut(lines: Sequence[str], language: str) -> str:
    more = [say("more", language, n=len(lines) - LINES_MAX)] if len(lines) > LINES_MAX else []
    return "\n".join([*lines[:LINES_MAX], *more])
