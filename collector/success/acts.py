"""What a person does with a call to action: close, snooze, assign, tick a task off, set one by hand.

Each change is one transaction of the caller's, and is written into the history with who did it. A refusal is a value.
"""

from dataclasses import dataclass
from typing import Any, Literal

import orjson
from sqlalchemy import Connection, Row, insert, select, update

from collector.accounts.ledger import facts
from collector.accounts.ledger.kinds.registry import KINDS
from collector.accounts.own_day import own_today
from collector.calendar import days
from collector.store.tables.ledger import fact
from collector.store.tables.success import cta, cta_event, task
from collector.success.decisions import NO_LONGER_NEEDED
from collector.success.playbooks import MANUAL, Playbooks, rule_of
from collector.success.store import Updated, begin_tasks, record
from collector.values.refusal import Refused, Remedy
from collector.values.sentence import Sentence

Outcome = Literal["resolved", "agreed", "no_reply", "declined", "not_so", "other"]
OUTCOMES: tuple[Outcome, ...] = ("resolved", "agreed", "no_reply", "declined", "not_so", "other")


def close(
    connection: Connection,
    cta_id: int,
    outcome: Outcome,
    note: str,
    author: str,
    now_s: int,
    base_timezone: str,
    *,
    useful: bool,
) -> Refused | None:
    """Close it with its outcome; `useful` is what the rule's precision is made of."""
    row = _taken(connection, cta_id)
    if not isinstance(row, Row):
        return row
    today = own_today(connection, row.account_id, now_s, base_timezone)
    values = {"state": "closed", "closed_day": today, "outcome": outcome, "useful": useful, "snoozed_until": None}
    connection.execute(update(cta).where(cta.c.id == cta_id).values(values))
    said = {"outcome": outcome, "useful": useful, "note": note, "before": _before(row)}
    record(connection, [cta_id], "closed", now_s, author, said)
    return None


def take_back(connection: Connection, cta_id: int, author: str, now_s: int) -> Refused | None:
    """Undo the newest thing that was done with it, where `author` closed or snoozed it: it is as it was before."""
    row = connection.execute(select(cta).where(cta.c.id == cta_id).with_for_update()).one_or_none()
    if row is None:
        return _missing(cta_id)
    its = select(cta_event).where(cta_event.c.cta_id == cta_id).order_by(cta_event.c.id.desc()).limit(1)
    newest = connection.execute(its).one_or_none()
    said = {} if newest is None else orjson.loads(newest.detail)
    if newest is None or newest.event not in {"closed", "snoozed"} or "before" not in said:
        return Refused("nothing was done with it that can be taken back", "set a new one instead", "conflict")
    if newest.author != author:
        return Refused(Sentence("{author} did it", author=newest.author), "ask who did it to take it back", "forbidden")
    if newest.event == "closed" and (same := _alive(connection, row.account_id, row.rule, row.reason)) is not None:
        return Refused(
            Sentence("call to action {same} was opened for the same since", same=same), "work on that one", "conflict"
        )
    before = said["before"]
    values = {
        "state": before["state"], "snoozed_until": before["snoozed_until"], "closed_day": None, "outcome": "",
        "useful": None,
    }  # fmt: skip
    connection.execute(update(cta).where(cta.c.id == cta_id).values(values))
    record(connection, [cta_id], "taken_back", now_s, author, {"event": newest.event})
    return None


def _alive(connection: Connection, account_id: int, rule: str, reason: str) -> int | None:
    """The call to action that is not closed: an account, a rule and a reason are one at a time."""
    same = (cta.c.account_id == account_id) & (cta.c.rule == rule) & (cta.c.reason == reason)
    return connection.execute(select(cta.c.id).where(same, cta.c.state != "closed").limit(1)).scalar()


def _before(row: Row[Any]) -> dict[str, Any]:
    """What taking an act back restores."""
    return {"state": row.state, "snoozed_until": row.snoozed_until}


def snooze(
    connection: Connection, cta_id: int, until_day: int, note: str, author: str, now_s: int, base_timezone: str,
    playbooks: Playbooks,
) -> Refused | None:  # fmt: skip
    """Put it away until a day; it then comes back by itself."""
    row = _taken(connection, cta_id)
    if not isinstance(row, Row):
        return row
    today = own_today(connection, row.account_id, now_s, base_timezone)
    last_day = today + playbooks.limits.snooze_max_days
    if not today < until_day <= last_day:
        last = days.iso(last_day)
        return Refused(
            Sentence("{until_day} is not within reach", until_day=days.iso(until_day)),
            Sentence("give a day after today and up to {last}", last=last),
            "unprocessable",
        )
    if row.state == "digest":
        return Refused("it waits in the digest, nobody works on it yet", "assign it first", "conflict")
    connection.execute(update(cta).where(cta.c.id == cta_id).values(state="snoozed", snoozed_until=until_day))
    said = {"until": days.iso(until_day), "note": note, "before": _before(row)}
    record(connection, [cta_id], "snoozed", now_s, author, said)
    return None


def assign(
    connection: Connection, cta_id: int, owner: str, author: str, now_s: int, base_timezone: str, playbooks: Playbooks
) -> Updated | Refused:
    """Give it to a CSM of the ledger. One of the digest is opened by that, also beyond the day's limit.

    The answer names what was opened: its new owner has to be told.
    """
    row = _taken(connection, cta_id)
    if not isinstance(row, Row):
        return row
    refused = _no_csm(connection, owner)
    if refused is not None:
        return refused
    values: dict[str, Any] = {"owner": owner}
    if row.state == "digest":
        today = own_today(connection, row.account_id, now_s, base_timezone)
        due_day = days.working_day(today, rule_of(row.rule, playbooks).due_in_days)
        values |= {"state": "open", "given_to": owner, "opened_day": today, "due_day": due_day}
        begin_tasks(connection, [(cta_id, row.rule)], today, playbooks)
    connection.execute(update(cta).where(cta.c.id == cta_id).values(values))
    record(connection, [cta_id], "assigned", now_s, author, {"owner": owner, "before": row.owner})
    return Updated((cta_id,)) if row.state == "digest" else Updated()


def finish(
    connection: Connection, cta_id: int, step: int, author: str, now_s: int, base_timezone: str, *,
    touch: str | None = None,
) -> Refused | None:  # fmt: skip
    """Tick a task off; again changes nothing. `touch`: the one that did it."""
    row = connection.execute(select(cta).where(cta.c.id == cta_id).with_for_update()).one_or_none()
    if row is None:
        return _missing(cta_id)
    chosen = (task.c.cta_id == cta_id) & (task.c.step == step)
    found = connection.execute(select(task.c.done_day).where(chosen)).one_or_none()
    if found is None:
        return Refused(
            Sentence("there is no task {step} of call to action {cta_id}", step=step, cta_id=cta_id),
            Remedy("list its tasks", f"cta tasks {cta_id}", f"GET /api/v1/ctas/{cta_id}", "/"),
            "not_found",
        )
    if found.done_day is None:
        today = own_today(connection, row.account_id, now_s, base_timezone)
        connection.execute(update(task).where(chosen).values(done_day=today, done_by=author))
        record(connection, [cta_id], "task_done", now_s, author, {"step": step} | _after(touch))
    return None


def unfinish(connection: Connection, cta_id: int, step: int, author: str, now_s: int) -> None:
    """A task that was ticked off by mistake is open again."""
    chosen = (task.c.cta_id == cta_id) & (task.c.step == step) & task.c.done_day.is_not(None)
    done = connection.execute(update(task).where(chosen).values(done_day=None, done_by=""))
    if done.rowcount:
        record(connection, [cta_id], "taken_back", now_s, author, {"event": "task_done", "step": step})


def _after(touch: str | None) -> dict[str, Any]:
    return {} if touch is None else {"touch": touch}


def drop(connection: Connection, cta_id: int, author: str, now_s: int, base_timezone: str) -> bool:
    """One that a person set by mistake is no longer needed: it counts for no rule's precision. False: it was closed."""
    row = connection.execute(select(cta).where(cta.c.id == cta_id, cta.c.state != "closed")).one_or_none()
    if row is None:
        return False
    values = {
        "state": "closed", "closed_day": own_today(connection, row.account_id, now_s, base_timezone),
        "outcome": NO_LONGER_NEEDED, "snoozed_until": None,
    }  # fmt: skip
    connection.execute(update(cta).where(cta.c.id == cta_id).values(values))
    record(connection, [cta_id], NO_LONGER_NEEDED, now_s, author)
    return True


@dataclass(frozen=True, slots=True)
class ByHand:
    """A call to action that a person sets. `due_day` None: as the playbook says. `touch`: what it follows from."""

    account_id: int
    title: str
    owner: str | None = None
    due_day: int | None = None
    severity: float | None = None
    touch: str | None = None


def add(
    connection: Connection, wanted: ByHand, author: str, now_s: int, base_timezone: str, playbooks: Playbooks
) -> int | Refused:
    """The new one's id. It is open at once and counts against nobody's limit; the next day's update gives its rank."""
    if wanted.owner is not None:
        refused = _no_csm(connection, wanted.owner)
        if refused is not None:
            return refused
    standing = _alive(connection, wanted.account_id, MANUAL, wanted.title)
    if standing is not None:
        return Refused(
            Sentence("call to action {standing} says the same", standing=standing),
            "work on that one, or give this one another title",
            "conflict",
        )
    today = own_today(connection, wanted.account_id, now_s, base_timezone)
    if wanted.due_day is not None and wanted.due_day < today:
        why = Sentence(
            "{field}: {why}", field="due_day", why=Sentence("{day} is in the past", day=days.iso(wanted.due_day))
        )
        return Refused(why, Sentence("give {today} or a later day", today=days.iso(today)), "unprocessable")
    rule = playbooks[MANUAL]
    severity = rule.severity if wanted.severity is None else wanted.severity
    assert severity is not None
    owner = _csm(connection, wanted.account_id) if wanted.owner is None else wanted.owner
    values = {
        "account_id": wanted.account_id,
        "rule": MANUAL,
        "reason": wanted.title,
        "title": wanted.title,
        "severity": severity,
        "priority": 100.0
        * playbooks.priority.severity
        * severity,  # the formula's part of severity, until a day's update knows the others
        "evidence": orjson.dumps({"by": author}).decode(),
        "owner": owner,
        "given_to": owner,
        "state": "open",
        "opened_day": today,
        "seen_day": today,
        "due_day": days.working_day(today, rule.due_in_days) if wanted.due_day is None else wanted.due_day,
    }
    cta_id = int(connection.execute(insert(cta).values(values).returning(cta.c.id)).scalar_one())
    record(connection, [cta_id], "opened", now_s, author, _after(wanted.touch))
    return cta_id


def _missing(cta_id: int) -> Refused:
    return Refused(
        Sentence("there is no call to action {cta_id}", cta_id=cta_id),
        Remedy("list them", "cta list", "GET /api/v1/ctas", "/"),
        "not_found",
    )


def _taken(connection: Connection, cta_id: int) -> Row[Any] | Refused:
    """The row, locked; or why nothing can be done with it."""
    row = connection.execute(select(cta).where(cta.c.id == cta_id).with_for_update()).one_or_none()
    if row is None:
        return _missing(cta_id)
    if row.state == "closed":
        on = days.iso(row.closed_day)
        return Refused(
            Sentence("it was closed on {on} ({outcome})", on=on, outcome=row.outcome),
            Remedy("set a new one", "cta add", "POST /api/v1/ctas"),
            "conflict",
        )
    return row


def _no_csm(connection: Connection, owner: str) -> Refused | None:
    found = facts.newest(connection, KINDS["csm"], owner)
    if found is None or found.withdrawn:
        return Refused(
            Sentence("there is no CSM {owner}", owner=owner),
            Remedy("list them", "export csms", "GET /api/v1/csms", "/portfolio/capacity"),
            "not_found",
        )
    return None


def _account(connection: Connection, account_id: int) -> Any:
    """The account's standing fact; None where it has only a row."""
    said = select(fact.c.body).where(
        fact.c.account_id == account_id, fact.c.kind == "account", fact.c.replaced_at.is_(None)
    )
    body = connection.execute(said).scalar_one_or_none()
    return None if body is None else KINDS["account"].load(body)


def _csm(connection: Connection, account_id: int) -> str:
    said = _account(connection, account_id)
    return "" if said is None or said.csm is None else said.csm
