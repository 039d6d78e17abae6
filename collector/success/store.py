"""The day's update of the calls to action in the store: what `decisions` decided, in the caller's transaction."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam, insert, or_, select
from sqlalchemy import update as sql_update

from collector.calendar.days import working_day
from collector.store.tables.success import cta, cta_event, task
from collector.success.decisions import (
    NO_LONGER_NEEDED,
    Decision,
    ExistingCta,
    Opening,
    StandingCta,
    decide,
)
from collector.success.playbooks import Playbooks, rule_of
from collector.success.priority import Situation, known_arr
from collector.success.proposals import Proposal

COLLECTOR = "collector"  # who did it, where nobody did


@dataclass(frozen=True, slots=True)
class Case:
    """One account of the day that is closed: how it stands, and what there is to do."""

    situation: Situation
    proposals: tuple[Proposal, ...]


@dataclass(frozen=True, slots=True)
class Updated:
    """Row ids of calls to action that a day's update opened for a person, that it put into the digest, that it closed
    though a person had them, because the customer has left.
    """

    opened: tuple[int, ...] = ()
    digest: tuple[int, ...] = ()
    no_longer_needed: tuple[int, ...] = ()


def update(
    connection: Connection,
    day: int,
    cases: Iterable[Case],
    now_s: int,
    *,
    playbooks: Playbooks,
    ordered_arr: Sequence[int] | None = None,
    left: Collection[int] = (),
) -> Updated:
    """Bring the calls to action up to the closed `day`, for these accounts; again with the same day changes nothing.

    Call it with every account that was scored, also those without proposals, and with the newest day only: an account
    that was updated for a later day already is left alone. `ordered_arr` is the ARR of all accounts, ascending, where
    `cases` are not all of them. `left` are rows of customers that are gone: what is open for them is closed.
    """
    situations: dict[int, Situation] = {}
    proposals: list[Proposal] = []
    for case in cases:
        situations[case.situation.row_id] = case.situation
        proposals += case.proposals
    ranks = sorted(known_arr(situations.values())) if ordered_arr is None else ordered_arr
    standing = _standing(connection, day, playbooks.limits.cooldown_days)
    decision = decide(
        standing, proposals, situations, ranks, day, left, limits=playbooks.limits, priorities=playbooks.priority
    )
    opened, digest = _open(connection, decision, day, now_s, playbooks)
    promoted = _refresh(connection, decision, day, now_s, playbooks)
    _close(connection, decision, day, now_s)
    taken = {one.id for one in standing if one.state != "digest"}.intersection(decision.no_longer_needed)
    return Updated(tuple(sorted([*opened, *promoted])), tuple(sorted(digest)), tuple(sorted(taken)))


def _standing(connection: Connection, day: int, cooldown_days: int) -> list[StandingCta]:
    relevant = or_(cta.c.state != "closed", cta.c.closed_day > day - cooldown_days, cta.c.seen_day >= day)
    # the transaction's own lock on PostgreSQL; SQLite has one writer anyway
    rows = connection.execute(select(cta).where(relevant).order_by(cta.c.id).with_for_update())
    return [
        StandingCta(
            id=row.id,
            row_id=row.account_id,
            rule=row.rule,
            reason=row.reason,
            severity=row.severity,
            state=row.state,
            given_to=row.given_to,
            opened_day=row.opened_day,
            seen_day=row.seen_day,
            snoozed_until=row.snoozed_until,
            closed_day=row.closed_day,
            outcome=row.outcome,
        )
        for row in rows
    ]


def _open(
    connection: Connection, decision: Decision, day: int, now_s: int, playbooks: Playbooks
) -> tuple[list[int], list[int]]:
    """Ids of those that were opened, and of those that wait in the digest."""
    if not decision.openings:
        return [], []
    rows = [_row(one, day, playbooks) for one in decision.openings]
    ids = list(connection.execute(insert(cta).returning(cta.c.id, sort_by_parameter_order=True), rows).scalars())
    opened = [row_id for row_id, one in zip(ids, decision.openings, strict=True) if not one.to_digest]
    digest = [row_id for row_id, one in zip(ids, decision.openings, strict=True) if one.to_digest]
    begin_tasks(
        connection,
        [(i, one.proposal.rule) for i, one in zip(ids, decision.openings, strict=True) if not one.to_digest],
        day + 1,
        playbooks,
    )
    record(connection, opened, "opened", now_s)
    record(connection, digest, "digest", now_s)
    return opened, digest


def _row(one: Opening, day: int, playbooks: Playbooks) -> dict[str, Any]:
    proposal = one.proposal
    return {
        "account_id": proposal.row_id,
        "rule": proposal.rule,
        "reason": proposal.reason,
        "severity": proposal.severity,
        "priority": one.priority,
        "evidence": orjson.dumps(proposal.evidence, option=orjson.OPT_NON_STR_KEYS).decode(),
        "owner": one.owner,
        "given_to": "" if one.to_digest else one.owner,
        "state": "digest" if one.to_digest else "open",
        "opened_day": day,
        "seen_day": day,
        "due_day": None if one.to_digest else _due(proposal, day, playbooks),
    }


def _due(proposal: Proposal, day: int, playbooks: Playbooks) -> int:
    if proposal.due_day is not None:
        return proposal.due_day
    return working_day(day + 1, rule_of(proposal.rule, playbooks).due_in_days)


_REFRESH = (
    sql_update(cta)
    .where(cta.c.id == bindparam("cta_id"))
    .values(priority=bindparam("new_priority"), state=bindparam("new_state"))
)
_RENEW = (
    sql_update(cta)
    .where(cta.c.id == bindparam("cta_id"))
    .values(
        priority=bindparam("new_priority"),
        state=bindparam("new_state"),
        seen_day=bindparam("new_seen_day"),
        severity=bindparam("new_severity"),
        evidence=bindparam("new_evidence"),
    )
)
_PROMOTE = (
    sql_update(cta)
    .where(cta.c.id == bindparam("cta_id"))
    .values(
        owner=bindparam("new_owner"),
        given_to=bindparam("new_owner"),
        opened_day=bindparam("new_day"),
        due_day=bindparam("new_due_day"),
    )
)


def _refresh(connection: Connection, decision: Decision, day: int, now_s: int, playbooks: Playbooks) -> list[int]:
    """Ids of those that went from the digest to a person."""
    if not decision.seen:
        return []
    ranked = [
        {"cta_id": one.id, "new_priority": one.priority, "new_state": one.state}
        for one in decision.seen
        if one.proposal is None
    ]
    renewed = [
        {
            "cta_id": one.id,
            "new_priority": one.priority,
            "new_state": one.state,
            "new_seen_day": day,
            "new_severity": one.proposal.severity,
            "new_evidence": orjson.dumps(one.proposal.evidence, option=orjson.OPT_NON_STR_KEYS).decode(),
        }
        for one in decision.seen
        if one.proposal is not None
    ]
    if ranked:
        connection.execute(_REFRESH, ranked)
    if renewed:
        connection.execute(_RENEW, renewed)
    record(connection, [one.id for one in decision.seen if one.is_woken], "woken", now_s)
    return _promote(connection, [one for one in decision.seen if one.is_promoted], day, now_s, playbooks)


def _promote(
    connection: Connection, seen: Sequence[ExistingCta], day: int, now_s: int, playbooks: Playbooks
) -> list[int]:
    rows: list[dict[str, Any]] = []
    rules: list[tuple[int, str]] = []
    for one in seen:
        assert one.proposal is not None
        due_day = _due(one.proposal, day, playbooks)
        rows.append({"cta_id": one.id, "new_owner": one.owner, "new_day": day, "new_due_day": due_day})
        rules.append((one.id, one.proposal.rule))
    if not rows:
        return []
    connection.execute(_PROMOTE, rows)
    begin_tasks(connection, rules, day + 1, playbooks)
    ids = [cta_id for cta_id, _ in rules]
    record(connection, ids, "opened", now_s)
    return ids


def _close(connection: Connection, decision: Decision, day: int, now_s: int) -> None:
    """Close what waited in the digest and is no longer so, and what is open for customers that are gone."""
    if not decision.no_longer_needed:
        return
    chosen = sql_update(cta).where(cta.c.id == bindparam("cta_id"))
    closed = chosen.values(state="closed", closed_day=bindparam("new_day"), outcome=NO_LONGER_NEEDED)
    connection.execute(closed, [{"cta_id": cta_id, "new_day": day} for cta_id in decision.no_longer_needed])
    record(connection, decision.no_longer_needed, NO_LONGER_NEEDED, now_s)


def record(
    connection: Connection,
    cta_ids: Sequence[int],
    event: str,
    now_s: int,
    author: str = COLLECTOR,
    detail: dict[str, Any] | None = None,
) -> None:
    """Write into the history of these calls to action what happened, and who did it."""
    said = orjson.dumps(detail or {}).decode()
    rows = [{"cta_id": one, "at": now_s, "author": author, "event": event, "detail": said} for one in cta_ids]
    if rows:
        connection.execute(insert(cta_event), rows)


def begin_tasks(connection: Connection, opened: Sequence[tuple[int, str]], from_day: int, playbooks: Playbooks) -> None:
    """Write the steps of these (row, rule) down as the playbooks say them today; the first working day is `from_day`'s.

    A closed day is read on the day after it: that is where its tasks begin.
    """
    rows = [
        {
            "cta_id": cta_id,
            "step": number,
            "text": orjson.dumps({"en": step.en, "zh": step.zh}).decode(),
            "due_day": working_day(from_day, step.in_days),
        }
        for cta_id, rule in opened
        for number, step in enumerate(rule_of(rule, playbooks).steps, 1)
    ]
    if rows:
        connection.execute(insert(task), rows)
