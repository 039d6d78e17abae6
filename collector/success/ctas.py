"""Calls to action as people see them: lists by priority, one with its tasks and its history, precision by rule."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import orjson
from sqlalchemy import Connection, Row, Select, and_, func, or_, select

from collector.accounts.ledger.csm_names import csm_names
from collector.calendar import days
from collector.fleet.accounts import is_there
from collector.store.tables.fleet import account, robot
from collector.store.tables.success import cta, cta_event, task
from collector.success.decisions import NO_LONGER_NEEDED
from collector.success.playbooks import Playbooks, Text, rule_of
from collector.values.paging import NOT_OURS, BadCursor, Page, page_of, read_cursor


@dataclass(frozen=True, slots=True)
class Cta:
    """A call to action: what to do next for an account, and why. `priority` is the newest day's, 0 to 100.

    `seen_day` is the newest day on which its rule held. `account` and `owner` are ids; both names are those of today.
    """

    id: int
    account: str
    account_name: str
    rule: str
    reason: str
    title: Text
    severity: float
    priority: float
    state: Literal["digest", "open", "snoozed", "closed"]
    owner: str
    owner_name: str
    occasion: str
    opened_day: str
    seen_day: str
    due_day: str | None
    snoozed_until: str | None
    closed_day: str | None
    outcome: str
    useful: bool | None
    evidence: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Task:
    """A step of the playbook, as it was when the call to action was opened."""

    step: int
    text: Text
    due_day: str | None
    done_day: str | None
    done_by: str


@dataclass(frozen=True, slots=True)
class CtaEvent:
    """What happened with a call to action. `author` is a token's name, or `collector`."""

    at: str
    author: str
    event: str
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class CtaWithHistory:
    """One call to action with its tasks and everything that was done with it."""

    cta: Cta
    tasks: list[Task]
    history: list[CtaEvent]


@dataclass(frozen=True, slots=True)
class Precision:
    """How often a rule was useful, as those say who closed its calls to action. `share` null: none was closed yet."""

    rule: str
    title: Text
    closed: int
    useful: int
    share: float | None
    flagged: bool


@dataclass(frozen=True, slots=True)
class CtaFilter:
    """What a list is narrowed to; None: everything. Without a state, closed ones are left out."""

    state: str | None = None
    owner: str | None = None
    account_id: int | None = None
    rule: str | None = None


def page(
    connection: Connection, chosen: CtaFilter, playbooks: Playbooks, *, limit: int, cursor: str | None = None
) -> Page[Cta]:
    """The most urgent first."""
    query = _query().order_by(cta.c.priority.desc(), cta.c.id).limit(limit + 1)
    query = query.where(cta.c.state != "closed" if chosen.state is None else cta.c.state == chosen.state)
    query = query.where(is_there(cta.c.account_id))
    if chosen.owner is not None:
        query = query.where(cta.c.owner == chosen.owner)
    if chosen.account_id is not None:
        query = query.where(cta.c.account_id == chosen.account_id)
    if chosen.rule is not None:
        query = query.where(cta.c.rule == chosen.rule)
    if after := read_cursor(cursor, str, int):
        rank = _number(after[0])
        query = query.where(or_(cta.c.priority < rank, and_(cta.c.priority == rank, cta.c.id > after[1])))
    rows, following = page_of(connection.execute(query).all(), limit, lambda row: (repr(row.priority), row.id))
    return Page(_ctas(connection, rows, playbooks), following)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise BadCursor(NOT_OURS) from error


def one(connection: Connection, cta_id: int, playbooks: Playbooks) -> CtaWithHistory | None:
    row = connection.execute(_query().where(cta.c.id == cta_id)).one_or_none()
    if row is None:
        return None
    events = connection.execute(select(cta_event).where(cta_event.c.cta_id == cta_id).order_by(cta_event.c.id))
    history = [CtaEvent(days.rfc3339(e.at), e.author, e.event, orjson.loads(e.detail)) for e in events]
    return CtaWithHistory(_ctas(connection, [row], playbooks)[0], tasks(connection, cta_id), history)


def some(connection: Connection, cta_ids: Sequence[int], playbooks: Playbooks) -> list[Cta]:
    """These, the most urgent first."""
    found: list[Cta] = []
    for start in range(0, len(cta_ids), 500):
        chosen = _query().where(cta.c.id.in_(cta_ids[start : start + 500]))
        found += _ctas(connection, connection.execute(chosen).all(), playbooks)
    return sorted(found, key=urgency)


def urgency(each: Cta) -> tuple[float, int]:
    """The most urgent sorts first."""
    return -each.priority, each.id


def accounts_of(connection: Connection, cta_ids: Sequence[int]) -> dict[int, int]:
    """The account's row of each of these."""
    found: dict[int, int] = {}
    for start in range(0, len(cta_ids), 500):
        chosen = select(cta.c.id, cta.c.account_id).where(cta.c.id.in_(cta_ids[start : start + 500]))
        found.update((row.id, row.account_id) for row in connection.execute(chosen))
    return found


def tasks(connection: Connection, cta_id: int) -> list[Task]:
    rows = connection.execute(select(task).where(task.c.cta_id == cta_id).order_by(task.c.step))
    return [
        Task(row.step, Text(**orjson.loads(row.text)), _iso(row.due_day), _iso(row.done_day), row.done_by)
        for row in rows
    ]


def tasks_of(connection: Connection, cta_ids: Sequence[int]) -> dict[int, list[Task]]:
    """The steps of each of these, in order."""
    found: dict[int, list[Task]] = {}
    for start in range(0, len(cta_ids), 500):
        chosen = task.c.cta_id.in_(cta_ids[start : start + 500])
        for row in connection.execute(select(task).where(chosen).order_by(task.c.cta_id, task.c.step)):
            said = Task(row.step, Text(**orjson.loads(row.text)), _iso(row.due_day), _iso(row.done_day), row.done_by)
            found.setdefault(row.cta_id, []).append(said)
    return found


def first_tasks(connection: Connection, cta_ids: Sequence[int]) -> dict[int, Text]:
    """The first step of each of these that has one."""
    found: dict[int, Text] = {}
    for start in range(0, len(cta_ids), 500):
        chosen = task.c.cta_id.in_(cta_ids[start : start + 500]) & (task.c.step == 1)
        for cta_id, text in connection.execute(select(task.c.cta_id, task.c.text).where(chosen)):
            found[cta_id] = Text(**orjson.loads(text))
    return found


def precision(connection: Connection, playbooks: Playbooks) -> list[Precision]:
    """By rule, of everything that a person closed and judged. One below the limit is flagged."""
    counted: dict[str, list[int]] = {}
    judged = (
        select(cta.c.rule, cta.c.useful, func.count())
        .where(cta.c.state == "closed", cta.c.outcome != NO_LONGER_NEEDED, cta.c.useful.is_not(None))
        .group_by(cta.c.rule, cta.c.useful)
    )
    for rule, useful, count in connection.execute(judged):
        counted.setdefault(rule, [0, 0])[bool(useful)] += count
    found = []
    for key in sorted({*playbooks, *counted}):
        not_useful, useful = counted.get(key, (0, 0))
        closed = useful + not_useful
        share = useful / closed if closed else None
        flagged = share is not None and share < playbooks.limits.useful_share_min
        rule = rule_of(key, playbooks)
        found.append(Precision(key, rule.title, closed, useful, share, flagged))
    return found


def _query() -> Select[Any]:
    return select(cta, account.c.external_id, account.c.name.label("account_name")).join(
        account, account.c.id == cta.c.account_id
    )


def _iso(day: int | None) -> str | None:
    return None if day is None else days.iso(day)


def _ctas(connection: Connection, rows: Sequence[Row[Any]], playbooks: Playbooks) -> list[Cta]:
    """With the robots of the evidence by name: kept are their rows, which nobody knows them by."""
    said = [orjson.loads(row.evidence) for row in rows]
    kept = sorted({each for evidence in said for each in evidence.get("robots", ()) if isinstance(each, int)})
    name_of: dict[int, str] = {}
    for start in range(0, len(kept), 500):
        chosen = select(robot.c.id, robot.c.name).where(robot.c.id.in_(kept[start : start + 500]))
        name_of.update((found.id, found.name) for found in connection.execute(chosen))
    for evidence in said:
        if "robots" in evidence:
            evidence["robots"] = [name_of.get(each, each) for each in evidence["robots"]]
    csms = csm_names(connection) if rows else {}
    return [_cta(row, evidence, playbooks, csms) for row, evidence in zip(rows, said, strict=True)]


def _cta(row: Row[Any], evidence: dict[str, Any], playbooks: Playbooks, csms: Mapping[str, str]) -> Cta:
    rule = rule_of(row.rule, playbooks)
    return Cta(
        id=row.id,
        account=row.external_id,
        account_name=row.account_name,
        rule=row.rule,
        reason=row.reason,
        title=Text(row.title, row.title) if row.title else rule.title,
        severity=row.severity,
        priority=row.priority,
        state=row.state,
        owner=row.owner,
        owner_name=csms.get(row.owner, row.owner),
        occasion=rule.occasion,
        opened_day=days.iso(row.opened_day),
        seen_day=days.iso(row.seen_day),
        due_day=_iso(row.due_day),
        snoozed_until=_iso(row.snoozed_until),
        closed_day=_iso(row.closed_day),
        outcome=row.outcome,
        useful=row.useful,
        evidence=shown(evidence),
    )


def shown(value: Any, name: str = "") -> Any:
    """Evidence as it goes out: day numbers (`…_day`) as dates, everything else as it is."""
    if isinstance(value, dict):
        return {key: shown(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [shown(inner, name) for inner in value]
    is_day = name == "day" or name.endswith("_day")
    if is_day and isinstance(value, int) and not isinstance(value, bool) and days.DAY_MIN <= value <= days.DAY_MAX:
        return days.iso(value)
    return value
