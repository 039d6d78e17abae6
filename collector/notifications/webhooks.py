"""Webhooks in the store: who wants to be told of what, and the queue of deliveries with its dead letters.

A delivery is written in the transaction of what it tells: it is sent if and only if that was committed, at least once.
It is `waiting` until a receiver takes it or its tries are used up; then it is `delivered` or `dead`. The queue of one
webhook is bounded: beyond QUEUE_MAX a new delivery is dead at once, and can be sent later by hand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import orjson
from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select, update

from collector.calendar import days
from collector.notifications import destinations
from collector.notifications.webhook_rules import EVENTS, TRIES_MAX, body_of, delay_s
from collector.store.tables.success import webhook, webhook_delivery
from collector.values.paging import Page, page_of, read_cursor
from collector.values.refusal import Refused

WEBHOOKS_MAX = 50
QUEUE_MAX = 10_000  # waiting deliveries of one webhook
DEAD_MAX = 10_000  # dead letters of all webhooks; the oldest go first
KEEP_DELIVERED_S = 7 * days.DAY_S
KEEP_DEAD_S = 30 * days.DAY_S
CLAIM_S = 60  # a collector that dies while sending: another one tries again after this
AT_ONCE = 20  # tries at a time: all are over before CLAIM_S
Delivered = Literal["waiting", "delivered", "dead"]
GONE = 410  # HTTP: the receiver wants nothing any more


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


@dataclass(frozen=True, slots=True)
class Letter:
    """A delivery that is due, claimed for this collector. Holds a secret: never log it."""

    id: int
    webhook_id: int
    url: str
    secret: str
    event: str
    body: str
    tries: int  # with this one


def add(
    connection: Connection, url: str, events: Sequence[str], secret: str, now_s: int, *, private: bool
) -> NewWebhook | Refused:
    """`events` empty: all. `private`: the private networks are open."""
    complaint = destinations.url_complaint(url, private=private)
    if complaint is not None:
        return Refused(complaint, destinations.REMEDY)
    unknown = sorted(set(events) - set(EVENTS))
    if unknown:
        return Refused(f"there is no event {unknown[0]}", f"there are {', '.join(EVENTS)}")
    if len(listed(connection)) >= WEBHOOKS_MAX:
        return Refused(f"there are {WEBHOOKS_MAX} webhooks already", "delete one that is not used")
    said = sorted(set(events))
    values = {"url": url, "secret": secret, "events": orjson.dumps(said).decode(), "created_at": now_s}
    made = connection.execute(insert(webhook).values(values).returning(webhook)).one()
    return NewWebhook(_webhook(made, {}), secret)


def listed(connection: Connection) -> list[Webhook]:
    """Those that are not deleted, in order of age."""
    counted: dict[int, dict[str, int]] = {}
    query = select(webhook_delivery.c.webhook_id, webhook_delivery.c.state, func.count()).where(
        webhook_delivery.c.state.in_(["waiting", "dead"])
    )
    for webhook_id, state, count in connection.execute(
        query.group_by(webhook_delivery.c.webhook_id, webhook_delivery.c.state)
    ):
        counted.setdefault(webhook_id, {})[state] = count
    rows = connection.execute(select(webhook).where(webhook.c.disabled_at.is_(None)).order_by(webhook.c.id))
    return [_webhook(row, counted.get(row.id, {})) for row in rows]


def remove(connection: Connection, webhook_id: int, now_s: int) -> bool:
    """Nothing is sent to it any more; what waited is dead. False: there is none."""
    chosen = update(webhook).where(webhook.c.id == webhook_id, webhook.c.disabled_at.is_(None))
    if connection.execute(chosen.values(disabled_at=now_s)).rowcount == 0:
        return False
    waiting = (webhook_delivery.c.webhook_id == webhook_id) & (webhook_delivery.c.state == "waiting")
    connection.execute(
        update(webhook_delivery).where(waiting).values(state="dead", next_at=None, answer="the webhook was removed")
    )
    return True


def announce(connection: Connection, event: str, data: Sequence[Any], now_s: int, only: int | None = None) -> int:
    """Queue the event once for each item of `data` and each webhook that wants it; how many deliveries that made."""
    assert event in EVENTS, event
    wanted = select(webhook).where(webhook.c.disabled_at.is_(None))
    if only is not None:
        wanted = wanted.where(webhook.c.id == only)
    rows: list[dict[str, Any]] = []
    for row in connection.execute(wanted).all() if data else ():
        events = orjson.loads(row.events)
        if only is None and (event == "ping" or (events and event not in events)):
            continue
        queue = (webhook_delivery.c.webhook_id == row.id) & (webhook_delivery.c.state == "waiting")
        room = QUEUE_MAX - connection.execute(select(func.count()).where(queue)).scalar_one()
        rows += [_new(row.id, event, item, now_s, has_room=number < room) for number, item in enumerate(data)]
    if rows:
        connection.execute(insert(webhook_delivery), rows)
    return len(rows)


def _new(webhook_id: int, event: str, item: Any, now_s: int, *, has_room: bool) -> dict[str, Any]:
    return {
        "webhook_id": webhook_id,
        "event": event,
        "body": body_of(event, item, now_s),
        "made_at": now_s,
        "next_at": now_s if has_room else None,
        "state": "waiting" if has_room else "dead",
        "answer": "" if has_room else "the queue was full",
    }


def is_due(connection: Connection, now_s: int) -> bool:
    """Whether there is anything to claim: asked of a reader, so that a quiet collector leaves the writer alone."""
    due = (webhook_delivery.c.state == "waiting") & (webhook_delivery.c.next_at <= now_s)
    return connection.execute(select(webhook_delivery.c.id).where(due).limit(1)).scalar() is not None


def claim(connection: Connection, now_s: int) -> list[Letter]:
    """The oldest deliveries that are due, taken so that no other collector sends them too."""
    due = (
        select(webhook_delivery, webhook.c.url, webhook.c.secret)
        .join(webhook, webhook.c.id == webhook_delivery.c.webhook_id)
        .where(webhook_delivery.c.state == "waiting", webhook_delivery.c.next_at <= now_s)
        .order_by(webhook_delivery.c.next_at, webhook_delivery.c.id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True, of=webhook_delivery)
    )
    letters = [
        Letter(row.id, row.webhook_id, row.url, row.secret, row.event, row.body, row.tries + 1)
        for row in connection.execute(due)
    ]
    if letters:
        taken = update(webhook_delivery).where(webhook_delivery.c.id == bindparam("delivery_id"))
        connection.execute(
            taken.values(tries=bindparam("new_tries"), next_at=now_s + CLAIM_S),
            [{"delivery_id": letter.id, "new_tries": letter.tries} for letter in letters],
        )
    return letters


@dataclass(frozen=True, slots=True)
class DeliveryResult:
    """What became of one try. `status` 0: nobody answered; `answer` is what is shown of it."""

    letter: Letter
    status: int
    answer: str

    @property
    def is_taken(self) -> bool:
        return 200 <= self.status < 300  # noqa: PLR2004 - HTTP's successes


def settle(connection: Connection, outcomes: Sequence[DeliveryResult], chances: Sequence[float], now_s: int) -> None:
    """Book what the receivers answered; `chances` in [0, 1) spread the next tries, one for each."""
    for outcome, chance in zip(outcomes, chances, strict=True):
        letter = outcome.letter
        if outcome.is_taken:
            values: dict[str, Any] = {"state": "delivered", "next_at": None}
        elif outcome.status == GONE:
            remove(connection, letter.webhook_id, now_s)
            values = {"state": "dead", "next_at": None}
        elif letter.tries >= TRIES_MAX:
            values = {"state": "dead", "next_at": None}
        else:
            values = {"next_at": now_s + round(delay_s(letter.tries, chance))}
        chosen = (webhook_delivery.c.id == letter.id) & (webhook_delivery.c.state != "delivered")
        connection.execute(update(webhook_delivery).where(chosen).values(answer=outcome.answer, **values))


def redeliver(connection: Connection, delivery_id: int, now_s: int) -> Refused | None:
    """Send it again, also one that was delivered: the receiver lost it. Its id stays."""
    query = select(webhook_delivery.c.state, webhook.c.disabled_at).join(
        webhook, webhook.c.id == webhook_delivery.c.webhook_id
    )
    row = connection.execute(query.where(webhook_delivery.c.id == delivery_id)).one_or_none()
    if row is None:
        return Refused(f"there is no delivery {delivery_id}", "list them with GET /api/v1/webhooks/deliveries")
    if row.disabled_at is not None:
        return Refused("its webhook was removed", "add the webhook again; later events go there")
    values = {"state": "waiting", "next_at": now_s, "tries": 0, "answer": ""}
    connection.execute(update(webhook_delivery).where(webhook_delivery.c.id == delivery_id).values(values))
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
    query = select(webhook_delivery).order_by(webhook_delivery.c.id.desc()).limit(limit + 1)
    if webhook_id is not None:
        query = query.where(webhook_delivery.c.webhook_id == webhook_id)
    if state is not None:
        query = query.where(webhook_delivery.c.state == state)
    if after := read_cursor(cursor, int):
        query = query.where(webhook_delivery.c.id < after[0])
    rows, following = page_of(connection.execute(query).all(), limit, lambda row: (row.id,))
    return Page([_delivery(row) for row in rows], following)


def prune(connection: Connection, now_s: int) -> int:
    """Delete what is old, and the oldest dead letters beyond DEAD_MAX; how many."""
    table = webhook_delivery
    removed = 0
    for state, keep_s in (("delivered", KEEP_DELIVERED_S), ("dead", KEEP_DEAD_S)):
        removed += connection.execute(
            delete(table).where(table.c.state == state, table.c.made_at < now_s - keep_s)
        ).rowcount
    dead = select(table.c.id).where(table.c.state == "dead").order_by(table.c.id.desc()).offset(DEAD_MAX).limit(1)
    last = connection.execute(dead).scalar()
    if last is not None:
        removed += connection.execute(delete(table).where(table.c.state == "dead", table.c.id <= last)).rowcount
    return removed


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
