"""The one queue of deliveries: to webhooks, to people's channels, and what waits for a channel's digest.

A delivery is written in the transaction of what it tells: it is sent if and only if that was committed, at least once.

    digest ──gathered──▶ delivered (its text stands in another delivery)
    waiting ──taken──▶ delivered        waiting ──tries used up, receiver removed──▶ dead        dead ──again──▶ waiting

The queue of each receiver is bounded: beyond its bound a new delivery is dead at once, and can be sent later by hand.
A collector claims what it sends for a while; when it dies meanwhile, another one tries again after that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Any, Literal

from sqlalchemy import Column, Connection, Row, Select, Table, bindparam, delete, func, insert, or_, select, update

from collector.calendar import days
from collector.store import fence
from collector.store.tables.notifications import delivery, notice_channel, webhook
from protocol.backoff import delay_s

DeliveryState = Literal["digest", "waiting", "delivered", "dead"]
UNSENT = ("waiting", "digest")
FIRST_DELAY_S = 30.0
DELAY_MAX_S = 6.0 * days.HOUR_S
WEBHOOKS_MAX = 50
CHANNELS_MAX = 200


@dataclass(frozen=True, kw_only=True, eq=False)
class Lane:
    """One kind of receiver, with its limits. `forgets`: what is overwritten when a receiver is removed."""

    name: str
    receivers: Table = field(repr=False)
    receiver: Column[int] = field(repr=False)  # of a delivery
    forgets: Mapping[str, str] = field(default_factory=dict)
    removed: str  # the answer of a delivery whose receiver was removed
    failed_action: str  # the action word of the log for tries that failed
    queue_max: int  # unsent deliveries of one receiver
    tries_max: int
    try_s: float  # one try may take so long
    claim_s: int  # a claim lasts so long: longer than a try and its booking
    at_once: int  # tries under way
    at_once_each: int  # of them to one receiver, when its newest try was taken; else one
    keep_delivered_s: int
    keep_dead_s: int
    dead_max: int  # of all receivers; the oldest go first


WEBHOOKS = Lane(
    name="webhook", receivers=webhook, receiver=delivery.c.webhook_id, removed="the webhook was removed",
    failed_action="webhook_failed",
    queue_max=10_000, tries_max=12, try_s=20.0, claim_s=60,
    at_once=WEBHOOKS_MAX + 20,  # room for a try of every webhook, hanging or not, and for those that answer
    at_once_each=10,
    keep_delivered_s=7 * days.DAY_S, keep_dead_s=30 * days.DAY_S, dead_max=10_000,
)  # fmt: skip
CHANNELS = Lane(
    name="channel", receivers=notice_channel, receiver=delivery.c.channel_id, removed="removed",
    failed_action="notice_failed",
    forgets=MappingProxyType({"url": ""}),
    queue_max=2_000,  # nobody reads more
    tries_max=8, try_s=60.0, claim_s=120,
    at_once=32,  # a thread each
    at_once_each=1,
    keep_delivered_s=30 * days.DAY_S, keep_dead_s=30 * days.DAY_S, dead_max=CHANNELS_MAX * 2_000,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DueDelivery:
    """A delivery that is due, claimed for this collector. Holds secrets: never log it."""

    id: int
    receiver_id: int
    receiver: Mapping[str, Any] = field(repr=False)  # its row
    event: str
    title: str
    body: str
    tries: int  # with this one


@dataclass(frozen=True, slots=True)
class TryResult:
    """What became of one try. `gone`: the receiver wants nothing any more."""

    due: DueDelivery
    is_taken: bool
    answer: str
    gone: bool = False


def put(connection: Connection, lane: Lane, receiver_id: int, letters: Sequence[Mapping[str, Any]], now_s: int) -> int:
    """Queue deliveries for one receiver; how many. `letters` have body, event or title, and state (else waiting)."""
    room = _room(connection, lane, receiver_id)
    rows = []
    for number, letter in enumerate(letters):
        state = letter.get("state", "waiting") if number < room else "dead"
        rows.append(
            {"event": "", "title": ""} | dict(letter) | {
                lane.receiver.name: receiver_id, "made_at": now_s, "state": state,
                "next_at": now_s if state == "waiting" else None,
                "answer": "the queue was full" if state == "dead" else "",
            }
        )  # fmt: skip
    if rows:
        connection.execute(insert(delivery), rows)
    return len(rows)


def is_full(connection: Connection, lane: Lane, receiver_id: int) -> bool:
    """Whether a new delivery of this receiver would be dead at once."""
    return _room(connection, lane, receiver_id) <= 0


def _room(connection: Connection, lane: Lane, receiver_id: int) -> int:
    queued = (lane.receiver == receiver_id) & delivery.c.state.in_(UNSENT)
    return lane.queue_max - connection.execute(select(func.count()).select_from(delivery).where(queued)).scalar_one()


def is_due(connection: Connection, now_s: int, digest_at: int) -> bool:
    """Whether there is anything to send or to gather: asked of a reader, so that a quiet collector does not write."""
    due = (delivery.c.state == "waiting") & (delivery.c.next_at <= now_s)
    late = (delivery.c.state == "digest") & (delivery.c.made_at < digest_at)
    return connection.execute(select(delivery.c.id).where(or_(due, late)).limit(1)).scalar() is not None


def claim(
    connection: Connection, lane: Lane, now_s: int, room: int, allowed: Mapping[int, int] = MappingProxyType({})
) -> list[DueDelivery]:
    """The oldest deliveries that are due, `room` at most, taken so that no other collector sends them too.

    `allowed` says of receivers how many they may get now, and they come first; any other gets one.
    """
    found: list[Row[Any]] = []
    for (receiver_id,) in connection.execute(select(lane.receivers.c.id).where(lane.receivers.c.disabled_at.is_(None))):
        limit = allowed.get(receiver_id, 1)
        if limit > 0:
            found += connection.execute(_due_of(lane, receiver_id, now_s, limit))
    found.sort(key=lambda row: (row.receiver_id not in allowed, row.next_at, row.id))
    chosen = found[:room]
    if not chosen:
        return []
    named = select(lane.receivers).where(lane.receivers.c.id.in_({row.receiver_id for row in chosen}))
    receivers = {row.id: row._asdict() for row in connection.execute(named)}
    taken = update(delivery).where(delivery.c.id == bindparam("delivery_id"))
    connection.execute(
        taken.values(tries=delivery.c.tries + 1, next_at=now_s + lane.claim_s),
        [{"delivery_id": row.id} for row in chosen],
    )
    return [
        DueDelivery(
            row.id, row.receiver_id, receivers[row.receiver_id], row.event, row.title, row.body, row.tries + 1
        )
        for row in chosen
    ]  # fmt: skip


def _due_of(lane: Lane, receiver_id: int, now_s: int, limit: int) -> Select[Any]:
    return (
        select(delivery, lane.receiver.label("receiver_id"))
        .where(lane.receiver == receiver_id, delivery.c.state == "waiting", delivery.c.next_at <= now_s)
        .order_by(delivery.c.next_at, delivery.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )


def settle(
    connection: Connection, lane: Lane, results: Sequence[TryResult], chances: Sequence[float], now_s: int
) -> None:
    """Book what became of tries; `chances` in [0, 1) spread the next ones, one for each.

    What was removed meanwhile stays dead, unless the receiver took it after all. An answer that cannot be stored is
    not: its delivery is booked with the reason, and those of the others as ever.
    """
    for result, chance in zip(results, chances, strict=True):
        next_at = now_s + round(next_try_s(result.due.tries, chance))
        error = fence.alone(connection, partial(_book, connection, lane, result, result.answer, next_at))
        if error is not None:
            _book(connection, lane, result, f"answer not stored: {fence.named(error)}", next_at)
        if result.gone:
            remove(connection, lane, result.due.receiver_id, now_s)


def _book(connection: Connection, lane: Lane, result: TryResult, answer: str, next_at: int) -> None:
    this = delivery.c.id == result.due.id
    if result.is_taken:
        values: dict[str, Any] = {"state": "delivered", "next_at": None}
    elif result.gone or result.due.tries >= lane.tries_max:
        values = {"state": "dead", "next_at": None}
    else:
        values = {"next_at": next_at}
    if not result.is_taken:
        this &= delivery.c.state == "waiting"
    connection.execute(update(delivery).where(this).values(answer=answer, **values))


def next_try_s(tries: int, chance: float) -> float:
    """Seconds to wait after that many failed tries: from half a minute, doubled up to six hours.

    Each wait is between half of that and all of it: `chance` in [0, 1) spreads receivers that fail together.
    """
    return delay_s(tries, FIRST_DELAY_S, DELAY_MAX_S, (1 + chance) / 2)


def remove(connection: Connection, lane: Lane, receiver_id: int, now_s: int) -> bool:
    """Nothing is sent to this receiver any more, and what was unsent is dead. False: there is none."""
    table = lane.receivers
    chosen = update(table).where(table.c.id == receiver_id, table.c.disabled_at.is_(None))
    if connection.execute(chosen.values(disabled_at=now_s, **lane.forgets)).rowcount == 0:
        return False
    unsent = (lane.receiver == receiver_id) & delivery.c.state.in_(UNSENT)
    connection.execute(update(delivery).where(unsent).values(state="dead", next_at=None, answer=lane.removed))
    return True


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one delivery stands. `is_open`: its receiver was not removed."""

    state: DeliveryState
    is_open: bool


def standing(connection: Connection, lane: Lane, delivery_id: int) -> Standing | None:
    query = (
        select(delivery.c.state, lane.receivers.c.disabled_at)
        .join(lane.receivers, lane.receivers.c.id == lane.receiver)
        .where(delivery.c.id == delivery_id)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else Standing(row.state, row.disabled_at is None)


def again(connection: Connection, delivery_id: int, now_s: int) -> None:
    """Send it once more, with all its tries. Its id stays."""
    values = {"state": "waiting", "next_at": now_s, "tries": 0, "answer": ""}
    connection.execute(update(delivery).where(delivery.c.id == delivery_id).values(values))


def unsent(connection: Connection) -> dict[tuple[str, str], int]:
    """{(webhook or notice, state): how many} of what is not delivered."""
    is_webhook = delivery.c.webhook_id.is_not(None)
    wanted = select(is_webhook, delivery.c.state, func.count()).where(delivery.c.state.in_((*UNSENT, "dead")))
    rows = connection.execute(wanted.group_by(is_webhook, delivery.c.state))
    return {("webhook" if row[0] else "notice", row[1]): row[2] for row in rows}


def counted(connection: Connection, lane: Lane) -> dict[int, dict[str, int]]:
    """How many deliveries of each receiver wait and are dead, by receiver and state."""
    found: dict[int, dict[str, int]] = {}
    query = select(lane.receiver, delivery.c.state, func.count()).where(
        lane.receiver.is_not(None), delivery.c.state.in_(["waiting", "dead"])
    )
    for receiver_id, state, count in connection.execute(query.group_by(lane.receiver, delivery.c.state)):
        found.setdefault(receiver_id, {})[state] = count
    return found


def listing(
    lane: Lane, *columns: Column[Any], state: DeliveryState | None, before_id: int | None, limit: int
) -> Select[Any]:
    """Deliveries of a lane and the named columns of their receivers, newest first."""
    query = select(delivery, *columns).join(lane.receivers, lane.receivers.c.id == lane.receiver)
    if state is not None:
        query = query.where(delivery.c.state == state)
    if before_id is not None:
        query = query.where(delivery.c.id < before_id)
    return query.order_by(delivery.c.id.desc()).limit(limit)


def withdraw(connection: Connection, now_s: int) -> tuple[int, list[int]]:
    """What a clock that was ahead queued: how many deliveries are not sent any more, and the channels that got one.

    A delivery from before that was put off by that clock is tried now.
    """
    ahead_s = now_s + days.DAY_S
    of_future = delivery.c.made_at > ahead_s
    told = select(delivery.c.channel_id).where(
        of_future, delivery.c.state == "delivered", delivery.c.channel_id.is_not(None)
    )
    channels = sorted(set(connection.execute(told).scalars()))
    unsent = update(delivery).where(of_future, delivery.c.state.in_(UNSENT))
    gone = connection.execute(unsent.values(state="dead", next_at=None, answer="withdrawn: a clock was ahead"))
    put_off = update(delivery).where(delivery.c.state == "waiting", delivery.c.next_at > ahead_s)
    connection.execute(put_off.values(next_at=now_s))
    return gone.rowcount, channels


def prune(connection: Connection, lane: Lane, now_s: int) -> int:
    """Delete what is old, and the oldest dead deliveries beyond the lane's bound; how many."""
    mine = lane.receiver.is_not(None)
    removed = 0
    for state, keep_s in (("delivered", lane.keep_delivered_s), ("dead", lane.keep_dead_s)):
        old = (delivery.c.state == state) & (delivery.c.made_at < now_s - keep_s)
        removed += connection.execute(delete(delivery).where(mine, old)).rowcount
    is_dead = mine & (delivery.c.state == "dead")
    beyond = select(delivery.c.id).where(is_dead).order_by(delivery.c.id.desc()).offset(lane.dead_max).limit(1)
    last = connection.execute(beyond).scalar()
    if last is not None:
        removed += connection.execute(delete(delivery).where(is_dead, delivery.c.id <= last)).rowcount
    return removed
