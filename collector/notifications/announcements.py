"""Tells others what has happened: webhooks get every event, people's channels what they have to do or to know.

Everything is queued in the transaction of what it tells, and sent by the jobs later. Nothing is read for it while
nobody listens.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

import orjson
from sqlalchemy import Connection, Row, exists, func, or_, select, update

from collector.calendar import days
from collector.health.policy.file import Policy
from collector.language.catalogue import in_every_language
from collector.notifications import notices, webhooks
from collector.notifications.notice_texts import (
    of_cta,
    of_handed_over,
    of_incident,
    of_mention,
    of_swing,
    of_waiting,
    of_withdrawal,
)
from collector.notifications.notices import NoticeText
from collector.store import fence
from collector.store.fence import Failed
from collector.store.lists import among
from collector.store.tables.fleet import account, store_fact
from collector.store.tables.health import incident, score
from collector.store.tables.notifications import notice_channel, webhook
from collector.success import ctas
from collector.success.ctas import Cta, CtaWithHistory
from collector.success.playbooks import Playbooks, Text
from collector.success.store import Updated

_USAGE = ("values", "robot_days", "new_accounts", "new_robots", "new_deployments")
log = logging.getLogger(__name__)
MARK = "announced_day"


def somebody_listens(connection: Connection) -> bool:
    listening = or_(
        exists().where(webhook.c.disabled_at.is_(None)), exists().where(notice_channel.c.disabled_at.is_(None))
    )
    return bool(connection.execute(select(listening)).scalar_one())


def closed_day(
    connection: Connection, day: int, updated: Updated, now_s: int, *, policy: Policy, playbooks: Playbooks,
    currency: str,
) -> Failed:  # fmt: skip
    """What the closing of the newest day gives to tell. Again with the same day only new calls to action are told.

    Returns what cannot be told: of which account, or which part of the day ("everybody"). The rest is told.
    """
    is_new = _is_new(connection, day)
    failed: Failed = {}
    if not somebody_listens(connection):
        return failed

    def part(work: Callable[[], None]) -> None:
        if (error := fence.alone(connection, work)) is not None:
            failed["everybody", 0] = fence.named(error)

    def bands() -> None:
        changes = _band_changes(connection, day)
        webhooks.announce(connection, "band.changed", changes, now_s)
        scored = {"day": days.iso(day), "bands_changed": len(changes), "ctas_opened": len(updated.opened)}
        webhooks.announce(connection, "day.closed", [scored], now_s)

    part(lambda: failed.update(opened(connection, updated, now_s, playbooks)))
    part(lambda: failed.update(no_longer_needed(connection, updated.no_longer_needed, now_s, playbooks)))
    if is_new:
        part(lambda: _incidents(connection, day, now_s))
        part(lambda: _swings(connection, day, now_s, policy, currency))
        part(bands)
    return failed


def _readable(connection: Connection, cta_ids: Sequence[int], playbooks: Playbooks, failed: Failed) -> list[Cta]:
    """These calls to action, the most urgent first. `failed` gets the accounts of those that cannot be read."""
    found: list[Cta] = []
    broken: Failed = {}
    fence.each(cta_ids, lambda some: found.extend(ctas.some(connection, some, playbooks)), broken)
    if broken:
        account_of = ctas.accounts_of(connection, [row_id for _, row_id in broken])
        for (_, row_id), reason in sorted(broken.items()):
            extra = {"action": "cta_not_told", "cta": row_id, "reason": reason}
            log.error("a call to action cannot be told; the others are", extra=extra)
        failed.update({("account", account_of[row_id]): reason for (_, row_id), reason in broken.items()})
    return sorted(found, key=ctas.urgency)


def opened(connection: Connection, updated: Updated, now_s: int, playbooks: Playbooks) -> Failed:
    """New calls to action: an event and a notice for each that a person has; one notice, in the digest, of the rest.

    Returns the accounts whose calls cannot be told.
    """
    failed: Failed = {}
    found = _readable(connection, updated.opened, playbooks, failed)
    webhooks.announce(connection, "cta.opened", [_shown(each) for each in found], now_s)
    first: dict[int, Text] = {}
    fence.each(
        [each.id for each in found], lambda some: first.update(ctas.first_tasks(connection, some)), {}
    )  # one whose first step cannot be read is told without it
    waiting: dict[str, list[Cta]] = {}
    for each in _readable(connection, updated.digest, playbooks, failed):
        waiting.setdefault(each.owner, []).append(each)
    messages = [_message(each, first.get(each.id)) for each in found]
    messages += [
        NoticeText(in_every_language(of_waiting, mine), owner, today=False) for owner, mine in sorted(waiting.items())
    ]
    notices.tell(connection, messages, now_s)
    return failed


def mentioned(connection: Connection, account: str, by: str, text: str, csms: Sequence[str], now_s: int) -> None:
    """A note names these CSMs: each is told in the own channel, and in those that are everybody's."""
    said = [NoticeText(in_every_language(of_mention, account, by, csm, text), csm) for csm in csms]
    notices.tell(connection, said, now_s)


def handed_over(
    connection: Connection, csm: str, name: str, by: str, named: Sequence[str], now_s: int, *, accounts: int, calls: int
) -> None:
    """Accounts went to this CSM in one act: one notice. `named`: what some of them are called, `calls`: went along."""
    said = in_every_language(of_handed_over, name, by, named, accounts, calls)
    notices.tell(connection, [NoticeText(said, csm)], now_s)


def closed(connection: Connection, done: CtaWithHistory, now_s: int) -> None:
    """A person closed a call to action."""
    webhooks.announce(connection, "cta.closed", [_shown(done.cta)], now_s)


def no_longer_needed(connection: Connection, cta_ids: Sequence[int], now_s: int, playbooks: Playbooks) -> Failed:
    """They were closed without anybody's outcome. Returns the accounts whose calls cannot be told."""
    failed: Failed = {}
    closed = [_shown(each) for each in _readable(connection, cta_ids, playbooks, failed)]
    webhooks.announce(connection, "cta.closed", closed, now_s)
    return failed


def taken_back(connection: Connection, cta_id: int, now_s: int, playbooks: Playbooks) -> None:
    """A closing was undone by who did it: webhooks, which were told `cta.closed`, are told that it is open."""
    found = [_shown(each) for each in _readable(connection, [cta_id], playbooks, {})]
    webhooks.announce(connection, "cta.opened", found, now_s)


def reopened(connection: Connection, cta_ids: Sequence[int], now_s: int, playbooks: Playbooks) -> None:
    """Calls to action that a clock that was ahead closed are not: said to the webhooks that got their `cta.closed`."""
    told = webhooks.told_of(connection, "cta.closed", now_s + days.DAY_S)
    for each in _readable(connection, [one for one in cta_ids if one in told], playbooks, {}):
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
    shown = [_shown(each) for each in _readable(connection, closed, playbooks, {})]
    webhooks.announce(connection, "cta.closed", shown, now_s)
    message = NoticeText(in_every_language(of_withdrawal, first, last))
    return sum(notices.tell(connection, [message], now_s, only=channel) for channel in told)


def imported(
    connection: Connection, import_id: int, kind: str, author: str, rows: Mapping[str, int], now_s: int
) -> None:
    """A file came in; `rows` counts them by what became of them."""
    done = {"import": import_id, "kind": kind, "author": author, "undone": False, **rows}
    webhooks.announce(connection, "import.done", [done], now_s)


def usage_imported(connection: Connection, author: str, counts: Mapping[str, int], now_s: int) -> None:
    """A file of usage came in. It is no import that can be undone, so it has no number."""
    done = {"import": None, "kind": "usage", "author": author, "undone": False}
    webhooks.announce(connection, "import.done", [done | {name: counts[name] for name in _USAGE}], now_s)


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


def _message(cta: Cta, first: Text | None) -> NoticeText:
    return NoticeText(in_every_language(of_cta, cta, first), cta.owner)


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
        shown = list(fence.every(rows, partial(_incident, today=today), _unreadable_incident))
        webhooks.announce(connection, event, shown, now_s)
        if event == "incident.opened":
            told: dict[tuple[str, str], set[str]] = {}  # one cause is one notice: use that fell, faults that rose
            for each in shown:
                told.setdefault((each["cause"], each["value"]), set()).update(map(str, each.get("accounts", [])))
            named = _account_names(connection, sorted(set().union(*told.values())))
            said = [(*cause, sorted(named.get(key, key) for key in keys)) for cause, keys in told.items()]
            notices.tell(connection, [NoticeText(in_every_language(of_incident, *each)) for each in said], now_s)


def _account_names(connection: Connection, keys: Sequence[str]) -> dict[str, str]:
    query = select(account.c.external_id, account.c.name).where(among(connection, account.c.external_id, keys))
    return {row.external_id: row.name for row in connection.execute(query)}


def _incident(row: Row[Any], *, today: str) -> dict[str, Any]:
    return {**ctas.shown(orjson.loads(row.detail)), "id": row.id, "cause": row.cause, "value": row.value, "day": today}


def _unreadable_incident(row: Row[Any], reason: str) -> None:
    extra = {"action": "incident_not_told", "incident": row.id, "reason": reason}
    log.error("an incident cannot be told; the others are", extra=extra)


def _swings(connection: Connection, day: int, now_s: int, policy: Policy, currency: str) -> None:
    """Once a week, on Sundays: the figures of the last 28 days that swung the way that costs money."""
    if days.weekday(day) != days.SUNDAY:
        return
    from collector.scores import portfolio_swings  # noqa: PLC0415 - statistics take a second that commands have not

    found = portfolio_swings.swings(connection, day, policy.anomaly, currency, policy.renewal.grace_days)
    bad = [one for one in found if one.bad]
    webhooks.announce(connection, "figure.swung", [asdict(one) for one in bad], now_s)
    told = [NoticeText(in_every_language(of_swing, one)) for one in bad]
    notices.tell(connection, told, now_s)
