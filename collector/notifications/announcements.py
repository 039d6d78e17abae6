"""Tells others what has happened: webhooks get every event, people's channels what they have to do or to know.

Everything is queued in the transaction of what it tells, and sent by the jobs later. Nothing is read for it while
nobody listens.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import orjson
from sqlalchemy import Connection, exists, func, or_, select, update

from collector.calendar import days
from collector.health.policy.file import Policy
from collector.language.catalogue import in_every_language
from collector.notifications import notices, webhooks
from collector.notifications.notice_texts import of_cta, of_incident, of_swing, of_waiting, of_withdrawal
from collector.notifications.notices import Message
from collector.store.tables.fleet import account, store_fact
from collector.store.tables.health import incident, score
from collector.store.tables.notifications import notice_channel, webhook
from collector.success import ctas
from collector.success.ctas import Cta, CtaWithHistory
from collector.success.playbooks import Playbooks, Text
from collector.success.store import Updated

MARK = "announced_day"


def somebody_listens(connection: Connection) -> bool:
    listening = or_(
        exists().where(webhook.c.disabled_at.is_(None)), exists().where(notice_channel.c.disabled_at.is_(None))
    )
    return bool(connection.execute(select(listening)).scalar_one())


def closed_day(
    connection: Connection, day: int, updated: Updated, now_s: int, *, policy: Policy, playbooks: Playbooks,
    currency: str,
) -> None:  # fmt: skip
    """What the closing of the newest day gives to tell. Again with the same day only new calls to action are told."""
    is_new = _is_new(connection, day)
    if not somebody_listens(connection):
        return
    opened(connection, updated, now_s, playbooks)
    closed = [_shown(each) for each in ctas.some(connection, updated.no_longer_needed, playbooks)]
    webhooks.announce(connection, "cta.closed", closed, now_s)
    if is_new:
        changes = _band_changes(connection, day)
        webhooks.announce(connection, "band.changed", changes, now_s)
        _incidents(connection, day, now_s)
        _swings(connection, day, now_s, policy, currency)
        scored = {"day": days.iso(day), "bands_changed": len(changes), "ctas_opened": len(updated.opened)}
        webhooks.announce(connection, "day.closed", [scored], now_s)


def opened(connection: Connection, updated: Updated, now_s: int, playbooks: Playbooks) -> None:
    """New calls to action: an event and a notice for each that a person has; one notice, in the digest, of the rest."""
    found = ctas.some(connection, updated.opened, playbooks)
    webhooks.announce(connection, "cta.opened", [_shown(each) for each in found], now_s)
    first = ctas.first_tasks(connection, updated.opened)
    waiting: dict[str, list[Cta]] = {}
    for each in ctas.some(connection, updated.digest, playbooks):
        waiting.setdefault(each.owner, []).append(each)
    messages = [_message(each, first.get(each.id)) for each in found]
    messages += [
        Message(in_every_language(of_waiting, owner, mine), owner, today=False)
        for owner, mine in sorted(waiting.items())
    ]
    notices.tell(connection, messages, now_s)


def closed(connection: Connection, done: CtaWithHistory, now_s: int) -> None:
    """A person closed a call to action."""
    webhooks.announce(connection, "cta.closed", [_shown(done.cta)], now_s)


def reopened(connection: Connection, cta_ids: Sequence[int], now_s: int, playbooks: Playbooks) -> None:
    """Calls to action that a clock that was ahead closed are not: said to the webhooks that got their `cta.closed`."""
    told = webhooks.told_of(connection, "cta.closed", now_s + days.DAY_S)
    for each in ctas.some(connection, [one for one in cta_ids if one in told], playbooks):
        for webhook_id in sorted(told[each.id]):
            webhooks.announce(connection, "cta.opened", [_shown(each)], now_s, only=webhook_id)


def days_withdrawn(
    connection: Connection, span: tuple[int, int], closed: Sequence[int], told: Sequence[int], now_s: int, *,
    scores: int, playbooks: Playbooks,
) -> int:  # fmt: skip
    """Days (first, last) that were closed before they were over are taken back. How many notices correct it.

    `closed`: calls to action that nobody needs; `told`: channels that got notices of those days.
    """
    first, last = map(days.iso, span)
    taken_back = {"from_day": first, "to_day": last, "scores": scores, "ctas": list(closed)}
    webhooks.announce(connection, "days.withdrawn", [taken_back], now_s)
    shown = [_shown(each) for each in ctas.some(connection, closed, playbooks)]
    webhooks.announce(connection, "cta.closed", shown, now_s)
    message = Message(in_every_language(of_withdrawal, first, last))
    return sum(notices.tell(connection, [message], now_s, only=channel) for channel in told)


def imported(
    connection: Connection, import_id: int, kind: str, author: str, rows: Mapping[str, int], now_s: int
) -> None:
    """A file came in; `rows` counts them by what became of them."""
    done = {"import": import_id, "kind": kind, "author": author, "undone": False, **rows}
    webhooks.announce(connection, "import.done", [done], now_s)


def import_undone(connection: Connection, import_id: int, author: str, now_s: int) -> None:
    webhooks.announce(connection, "import.done", [{"import": import_id, "author": author, "undone": True}], now_s)


def ping(connection: Connection, webhook_id: int, author: str, now_s: int) -> bool:
    """A test event for one webhook. False: there is none."""
    return webhooks.announce(connection, "ping", [{"by": author}], now_s, only=webhook_id) > 0


def trial(connection: Connection, channel_id: int, now_s: int) -> bool:
    """A test notice for one channel. False: there is none."""
    return notices.tell(connection, [notices.trial()], now_s, only=channel_id) > 0


def _shown(cta: Cta) -> dict[str, Any]:
    return asdict(cta)


def _message(cta: Cta, first: Text | None) -> Message:
    return Message(in_every_language(of_cta, cta, first), cta.owner)


def _is_new(connection: Connection, day: int) -> bool:
    """Whether this day is later than the last one that was announced; then it is the last one."""
    before = connection.execute(select(store_fact.c.value).where(store_fact.c.name == MARK)).scalar_one_or_none()
    if before is not None and int(before) >= day:
        return False
    if before is None:
        connection.execute(store_fact.insert().values(name=MARK, value=str(day)))
    else:
        connection.execute(update(store_fact).where(store_fact.c.name == MARK).values(value=str(day)))
    return True


def _bands(connection: Connection, day: int) -> Mapping[str, tuple[str, float | None]]:
    """Band and score by account, of each account's newest version of that day."""
    newest = (
        select(score.c.account_id, func.max(score.c.version).label("version"))
        .where(score.c.day == day, score.c.basis == "arrived", score.c.withdrawn_at.is_(None))
        .group_by(score.c.account_id)
        .subquery()
    )
    rows = connection.execute(
        select(account.c.external_id, score.c.band, score.c.final)
        .join(account, account.c.id == score.c.account_id)
        .join(newest, (newest.c.account_id == score.c.account_id) & (newest.c.version == score.c.version))
        .where(score.c.day == day, score.c.basis == "arrived")
    )
    return {row.external_id: (row.band, row.final) for row in rows}


def _band_changes(connection: Connection, day: int) -> list[dict[str, Any]]:
    before, after = _bands(connection, day - 1), _bands(connection, day)
    return [
        {"account": name, "day": days.iso(day), "band": band, "before": before[name][0], "final": final}
        for name, (band, final) in sorted(after.items())
        if name in before and before[name][0] != band
    ]


def _incidents(connection: Connection, day: int, now_s: int) -> None:
    today = days.iso(day)
    for event, column in (("incident.opened", incident.c.opened_day), ("incident.closed", incident.c.closed_day)):
        rows = connection.execute(select(incident).where(column == day).order_by(incident.c.id)).all()
        shown = [
            {**ctas.shown(orjson.loads(row.detail)), "id": row.id, "cause": row.cause, "value": row.value, "day": today}
            for row in rows
        ]
        webhooks.announce(connection, event, shown, now_s)
        if event == "incident.opened":
            told: dict[tuple[str, str], set[str]] = {}  # one cause is one notice: use that fell, faults that rose
            for each in shown:
                told.setdefault((each["cause"], each["value"]), set()).update(map(str, each.get("accounts", [])))
            said = [(*cause, sorted(names)) for cause, names in told.items()]
            notices.tell(connection, [Message(in_every_language(of_incident, *each)) for each in said], now_s)


def _swings(connection: Connection, day: int, now_s: int, policy: Policy, currency: str) -> None:
    """Once a week, on Sundays: the figures of the last 28 days that swung the way that costs money."""
    if days.weekday(day) != days.SUNDAY:
        return
    from collector.scores import portfolio_swings  # noqa: PLC0415 - statistics take a second that commands have not

    found = portfolio_swings.swings(connection, day, policy.anomaly, currency, policy.renewal.grace_days)
    bad = [one for one in found if one.bad]
    webhooks.announce(connection, "figure.swung", [asdict(one) for one in bad], now_s)
    told = [Message(in_every_language(of_swing, one)) for one in bad]
    notices.tell(connection, told, now_s)
