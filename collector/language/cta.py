"""Calls to action for people: lists, one with its steps and history, precision, briefs, plans, suggestions.

Everything comes as the API's JSON, whose texts of playbooks and briefs are in English and Chinese beside each other.
"""

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from types import MappingProxyType
from typing import Any

from collector.language import brief, cta_evidence, figures, names
from collector.language.catalogue import SOURCE, deferred_in, gettext, ngettext, pgettext
from collector.language.table import left, right

Json = Mapping[str, Any]
_STATES: Mapping[str, str] = MappingProxyType(
    {
        "digest": deferred_in("call to action", "digest"),
        "open": deferred_in("call to action", "open"),
        "snoozed": deferred_in("call to action", "snoozed"),
        "closed": deferred_in("call to action", "closed"),
    }
)
_OUTCOMES: Mapping[str, str] = MappingProxyType(
    {
        "resolved": deferred_in("outcome", "resolved"),
        "agreed": deferred_in("outcome", "agreed"),
        "no_reply": deferred_in("outcome", "no reply"),
        "declined": deferred_in("outcome", "declined"),
        "not_so": deferred_in("outcome", "not so"),
        "other": deferred_in("outcome", "other"),
        "no_longer_needed": deferred_in("outcome", "no longer needed"),
    }
)
_EVENTS: Mapping[str, str] = MappingProxyType(
    {
        "opened": deferred_in("history", "opened"),
        "digest": deferred_in("history", "put into the digest"),
        "woken": deferred_in("history", "woken"),
        "closed": deferred_in("history", "closed"),
        "snoozed": deferred_in("history", "snoozed"),
        "assigned": deferred_in("history", "assigned"),
        "task_done": deferred_in("history", "task done"),
        "taken_back": deferred_in("history", "taken back"),
        "no_longer_needed": deferred_in("history", "no longer needed"),
    }
)
_SUGGESTED: Mapping[str, str] = MappingProxyType(
    {
        "install": deferred_in("suggestion", "install"),
        "use": deferred_in("suggestion", "use"),
        "set": deferred_in("suggestion", "set"),
    }
)
_COLUMNS = (6, 8, 8, 10, 16, 12)  # of a list; number and priority end at one place
_ENDS = 2


def of_list(page: Json, language: str) -> str:
    items = page["items"]
    if not items:
        return gettext(language, "nothing to do")
    found = [
        _row(
            [
                pgettext(language, "column", "id"),
                pgettext(language, "column", "priority"),
                pgettext(language, "column", "state"),
                pgettext(language, "column", "due"),
                pgettext(language, "column", "account"),
                pgettext(language, "column", "owner"),
                pgettext(language, "column", "what"),
            ]
        )
    ]
    for one in items:
        cells = [
            str(one["id"]), figures.number(one["priority"], language, 1), _state(one["state"], language),
            one["due_day"] or "", one["account_name"], one["owner_name"], _with_reason(one, language),
        ]  # fmt: skip
        found.append(_row(cells))
    if page["next"]:
        found.append(gettext(language, "… there are more: raise --limit or narrow the list"))
    return "\n".join(found)


def of_one(found: Json, language: str, zone: tzinfo | None) -> str:
    """`zone`: of whoever reads it; none: this machine's."""
    cta = found["cta"]
    text = [
        gettext(
            language, "{id}  {account}: {title} ({state})", id=cta["id"],
            account=names.with_id(cta["account_name"], cta["account"], language),
            title=in_language(cta["title"], language), state=_state(cta["state"], language),
        ),
        *([why] if (why := cta_evidence.clause(cta, language)) else ()),
        gettext(
            language, "priority {priority}, due {due}, owner {owner}",
            priority=figures.number(cta["priority"], language, 1),
            due=figures.iso_day(cta["due_day"] or "-", language),
            owner=names.with_id(cta["owner_name"], cta["owner"], language) if cta["owner"] else "-",
        ),
    ]  # fmt: skip
    if cta["state"] == "closed":
        text.append(_closed(cta, language))
    text += [gettext(language, "evidence"), *(f"  {line}" for line in cta_evidence.lines(cta["evidence"], language))]
    text += [gettext(language, "tasks"), of_tasks(found["tasks"], language, "  "), gettext(language, "history")]
    text += [f"  {_happened(event, language, zone)}" for event in found["history"]]
    return "\n".join(text)


def _happened(event: Json, language: str, zone: tzinfo | None) -> str:
    who = pgettext(language, "author", "collector") if event["author"] == "collector" else event["author"]
    at, what = figures.moment(event["at"], language, zone), _event(event["event"], language)
    return gettext(language, "{at} {who}: {what}", at=at, who=who, what=what)


def of_tasks(tasks: Sequence[Json], language: str, indent: str = "") -> str:
    if not tasks:
        return indent + gettext(language, "no tasks")
    found = []
    for task in tasks:
        is_done = task["done_day"] is not None
        if is_done:
            day = figures.iso_day(task["done_day"], language)
            when = gettext(language, "done {day} by {who}", day=day, who=task["done_by"])
        else:
            when = gettext(language, "due {day}", day=figures.iso_day(task["due_day"] or "-", language))
        text = in_language(task["text"], language)
        step, mark = task["step"], "x" if is_done else " "
        found.append(
            indent + gettext(language, "{step} [{mark}] {text} ({when})", step=step, mark=mark, text=text, when=when)
        )
    return "\n".join(found)


def of_precision(rows: Sequence[Json], language: str) -> str:
    found = []
    for row in rows:
        line = gettext(language, "{rule} {title}: {precision}", rule=left(row["rule"], 12),
                       title=in_language(row["title"], language), precision=_precision(row, language))  # fmt: skip
        found.append(line)
    return "\n".join(found)


def _precision(row: Json, language: str) -> str:
    if not row["closed"]:
        return gettext(language, "none closed yet")
    if row["flagged"]:
        return ngettext(
            language, "{useful} of {n} useful FLAGGED: below half", "{useful} of {n} useful FLAGGED: below half",
            row["closed"], useful=row["useful"],
        )  # fmt: skip
    return ngettext(language, "{useful} of {n} useful", "{useful} of {n} useful", row["closed"], useful=row["useful"])


def of_brief(found: Json, language: str) -> str:
    text = [f"{found['account']}  {figures.iso_day(found['day'], language)}"]
    since = figures.iso_day(found["since_day"], language)
    for part, head in (
        ("changed", gettext(language, "What changed since {day}", day=since)),
        ("promised", gettext(language, "What was promised and agreed")),
        ("ask", gettext(language, "What to ask")),
    ):
        text.append(head)
        points = [
            f"  {figures.iso_day(point['day'] or '', language):<11} {in_language(point['text'], language)}"
            for point in found[part]
        ]
        text += points or ["  " + gettext(language, "nothing")]
    return "\n".join(text)


def of_plans(plans: Json, language: str) -> str:
    if not plans["plans"]:
        return gettext(language, "no objectives are agreed")
    on, judged = plans["on_track"], plans["judged"]
    text = [ngettext(language, "{on} of {n} objective on track", "{on} of {n} objectives on track", judged, on=on)]
    for plan in plans["plans"]:
        text.append(plan["name"] or gettext(language, "without a plan"))
        text += [f"  {_objective(one, language)}" for one in plan["objectives"]]
    return "\n".join(text)


def _objective(one: Json, language: str) -> str:
    target = brief.per_text(_figure(one["target"], language), one["counter"], one["per"], language)
    state = brief.objective_status(one["status"], language)
    if one["status"] == "done":
        state = f"✓ {figures.iso_day(one['done_day'] or '', language)}"
    return gettext(
        language, "{name}: {reached} / {target} ({first} – {last}): {state}",
        name=one["text"] or names.counter(one["counter"], language), reached=_figure(one["reached"], language),
        target=target, first=figures.iso_day(one["from_day"], language), last=figures.iso_day(one["to_day"], language),
        state=state,
    )  # fmt: skip


def of_suggestions(found: Json, language: str) -> str:
    if found["why"]:
        return _no_suggestion(found, language)
    if not found["items"]:
        return gettext(language, "it has and uses what the high users have")
    return "\n".join(_suggestion(one, language) for one in found["items"])


def _no_suggestion(found: Json, language: str) -> str:
    if found["why"] == "no_industry_or_scene":
        return gettext(language, "the account has no industry or no scene")
    if found["why"] == "uses_much":
        return gettext(language, "it is among the high users itself")
    return gettext(language, "too few accounts of this industry and scene ({n})", n=found["peers"])


def _suggestion(one: Json, language: str) -> str:
    what = one["what"] if one["value"] is None else f"{one['what']} = {one['value']}"
    return ngettext(
        language,
        "{act} {what}: {high} of {n} high user has it; median use {with_it} with, {without} without",
        "{act} {what}: {high} of {n} high users have it; median use {with_it} with, {without} without",
        one["high_users"],
        act=pgettext(language, "suggestion", _SUGGESTED[one["kind"]]), what=what, high=one["high"],
        with_it=_figure(one["with_it"], language), without=_figure(one["without_it"], language),
    )  # fmt: skip


def in_language(text: Json, language: str) -> str:
    """A text that the API carries in English and Chinese; in a third language the catalogue's for the English one."""
    own: str | None = text.get(language)
    return own if own is not None else gettext(language, text[SOURCE])


def with_reason(title: str, reason: str, language: str) -> str:
    """`Answers nothing: 4 messages since 2026-10-01, no reply`."""
    return gettext(language, "{title}: {reason}", title=title, reason=reason) if reason else title


def _with_reason(one: Json, language: str) -> str:
    return with_reason(in_language(one["title"], language), cta_evidence.clause(one, language), language)


def outcome(key: str, language: str) -> str:
    """What became of a call to action."""
    return pgettext(language, "outcome", _OUTCOMES[key]) if key in _OUTCOMES else key


def _closed(cta: Json, language: str) -> str:
    slots = {"day": figures.iso_day(cta["closed_day"], language), "outcome": outcome(cta["outcome"], language)}
    if cta["useful"] is None:
        return gettext(language, "closed {day}: {outcome}", **slots)
    if cta["useful"]:
        return gettext(language, "closed {day}: {outcome}, useful", **slots)
    return gettext(language, "closed {day}: {outcome}, not useful", **slots)


def _event(key: str, language: str) -> str:
    return pgettext(language, "history", _EVENTS[key]) if key in _EVENTS else key.replace("_", " ")


def _state(key: str, language: str) -> str:
    return pgettext(language, "call to action", _STATES[key])


def _row(cells: Sequence[str]) -> str:
    fitted = [
        right(cell, columns) if at < _ENDS else left(cell, columns)
        for at, (cell, columns) in enumerate(zip(cells, _COLUMNS, strict=False))
    ]
    return f"{fitted[0]}  {fitted[1]}  {' '.join([*fitted[_ENDS:], cells[-1]])}".rstrip()


def _figure(value: float | None, language: str) -> str:
    return "?" if value is None else figures.short(value, language)
