"""Webhooks in the store: which system is told of what, and its deliveries in the queue."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import orjson
from sqlalchemy import Connection, Row, insert, select

from collector.calendar import days
from collector.notifications import destinations, queue
from collector.notifications.queue import WEBHOOKS, WEBHOOKS_MAX
from collector.notifications.signing import EVENTS, body_of
from collector.store import fence
from collector.store.tables.notifications import delivery, webhook
from collector.values.paging import Page, page_of, read_cursor
from collector.values.refusal import Refused, Remedy
from collector.values.sentence import Sentence

log = logging.getLogger(__name__)
Delivered = Literal["waiting", "delivered", "dead"]


@dataclass(frozen=True, slots=True)
class Webhook:
    """Who is told of which events. The secret that signs is shown when it is made, and never again."""

    id: int
    url: str
    events: list[str]
    created_at: str
    disabled_at: str | None
    waiting: int
    dead: int


@dataclass(frozen=True, slots=True)
class NewWebhook:
    """A webhook with its secret: keep it now."""

    webhook: Webhook
    secret: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event for one webhook. `answer` is the newest status or error, `next_at` when it is tried again."""

    id: int
    webhook: int
    event: str
    body: dict[str, Any]
    made_at: str
    state: Delivered
    tries: int
    next_at: str | None
    answer: str


def add(
    connection: Connection, url: str, events: Sequence[str], secret: str, now_s: int, *, private: bool
) -> NewWebhook | Refused:
    """`events` empty: all. `private`: the private networks are open."""
    complaint = destinations.url_complaint(url, private=private)
    if complaint is not None:
        return Refused(complaint, destinations.REMEDY, "unprocessable")
    wanted = sorted(set(events))
    unknown = [event for event in wanted if event not in EVENTS]
    if unknown:
        return Refused(
            Sentence("there is no event {unknown}", unknown=unknown[0]),
            Sentence("there are {names}", names=", ".join(EVENTS)),
            "unprocessable",
        )
    if len(listed(connection)) >= WEBHOOKS_MAX:
        return Refused(
            Sentence("there are {webhooks_max} webhooks already", webhooks_max=WEBHOOKS_MAX),
            "delete one that is not used",
            "conflict",
        )
    values = {"url": url, "secret": secret, "events": orjson.dumps(wanted).decode(), "created_at": now_s}
    made = connection.execute(insert(webhook).values(values).returning(webhook)).one()
    return NewWebhook(_webhook(made, {}), secret)


def listed(connection: Connection) -> list[Webhook]:
    """Those that are not deleted, in order of age."""
    counted = queue.counted(connection, WEBHOOKS)
    rows = connection.execute(select(webhook).where(webhook.c.disabled_at.is_(None)).order_by(webhook.c.id))
    return [_webhook(row, counted.get(row.id, {})) for row in rows]


def announce(connection: Connection, event: str, data: Sequence[Any], now_s: int, only: int | None = None) -> int:
    """Queue the event once for each item of `data` and each webhook that wants it; how many deliveries that made.

    An item or a webhook that fails costs its own deliveries, and is named in the log.
    """
    assert event in EVENTS, event
    wanted = select(webhook).where(webhook.c.disabled_at.is_(None))
    if only is not None:
        wanted = wanted.where(webhook.c.id == only)

    def letter(item: Any) -> dict[str, Any]:
        return {"event": event, "body": body_of(event, item, now_s)}

    def put(row: Row[Any]) -> int:
        events = orjson.loads(row.events)
        if only is None and (event == "ping" or (events and event not in events)):
            return 0
        with connection.begin_nested():
            return queue.put(connection, WEBHOOKS, row.id, letters, now_s)

    letters = list(fence.every(data, letter, lambda _, reason: _not_queued(event, None, reason)))
    rows = connection.execute(wanted).all() if letters else ()
    return sum(fence.every(rows, put, lambda row, reason: _not_queued(event, row.id, reason)))


def _not_queued(event: str, webhook_id: int | None, reason: str) -> None:
    extra = {"action": "event_not_queued", "event": event, "webhook": webhook_id, "reason": reason}
    log.error("an event is not queued; the others are", extra=extra)


def told_of(connection: Connection, event: str, after_s: int) -> dict[int, set[int]]:
    """What each delivered event of that kind, queued later, was of (`data.id`), and the webhooks it reached."""
    sent = select(delivery.c.webhook_id, delivery.c.body).where(
        delivery.c.webhook_id.is_not(None),
        delivery.c.event == event,
        delivery.c.state == "delivered",
        delivery.c.made_at > after_s,
    )
    found: dict[int, set[int]] = {}
    for row in connection.execute(sent):
        found.setdefault(orjson.loads(row.body)["data"]["id"], set()).add(row.webhook_id)
    return found


def redeliver(connection: Connection, delivery_id: int, now_s: int) -> Refused | None:
    """Send it again, also one that was delivered: the receiver lost it. Its id stays."""
    standing = queue.standing(connection, WEBHOOKS, delivery_id)
    if standing is None:
        return Refused(
            Sentence("there is no delivery {delivery_id}", delivery_id=delivery_id),
            Remedy("list them", route="GET /api/v1/webhooks/deliveries"),
            "not_found",
        )
    if not standing.is_open:
        return Refused("its webhook was removed", "add the webhook again; later events go there", "conflict")
    queue.again(connection, delivery_id, now_s)
    return None


def deliveries(
    connection: Connection,
    *,
    webhook_id: int | None = None,
    state: Delivered | None = None,
    limit: int,
    cursor: str | None = None,
) -> Page[Delivery]:
    """Newest first."""
    after = read_cursor(cursor, int)
    query = queue.listing(WEBHOOKS, state=state, before_id=after[0] if after else None, limit=limit + 1)
    if webhook_id is not None:
        query = query.where(delivery.c.webhook_id == webhook_id)
    rows, following = page_of(connection.execute(query).all(), limit, lambda row: (row.id,))
    return Page([_delivery(row) for row in rows], following)


def _webhook(row: Row[Any], counted: dict[str, int]) -> Webhook:
    return Webhook(
        row.id, row.url, orjson.loads(row.events), days.rfc3339(row.created_at),
        None if row.disabled_at is None else days.rfc3339(row.disabled_at),
        counted.get("waiting", 0), counted.get("dead", 0),
    )  # fmt: skip


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(
        row.id, row.webhook_id, row.event, orjson.loads(row.body), days.rfc3339(row.made_at), row.state, row.tries,
        None if row.next_at is None else days.rfc3339(row.next_at), row.answer,
    )  # fmt: skip
