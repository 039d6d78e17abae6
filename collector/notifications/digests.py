"""The digest of a channel: once a day, one delivery of everything that could wait for it."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from collector.calendar import days
from collector.notifications.notice_texts import of_digest
from collector.notifications.queue import DeliveryState
from collector.store import fence
from collector.store.tables.notifications import delivery, notice_channel

log = logging.getLogger(__name__)


def newest_digest_at(now_s: int, hour: int, timezone: str) -> int:
    """The newest moment up to now at which it was that hour there. Pure."""
    here = datetime.fromtimestamp(now_s, tz=days.zone(timezone))
    today = here.replace(hour=hour, minute=0, second=0, microsecond=0)
    chosen = today if today.timestamp() <= now_s else today - timedelta(days=1)
    return int(chosen.timestamp())


def gather(connection: Connection, before_s: int, now_s: int) -> int:
    """Make one delivery of each channel's digest notices that were made before a moment; how many were such.

    Those of a channel that fails are dead, with the reason.
    """
    late = (delivery.c.state == "digest") & (delivery.c.made_at < before_s)
    rows = connection.execute(
        select(delivery.c.id, delivery.c.channel_id, delivery.c.title, delivery.c.body, notice_channel.c.language)
        .join(notice_channel, notice_channel.c.id == delivery.c.channel_id)
        .where(late)
        .order_by(delivery.c.id)
        .with_for_update(of=delivery)
    ).all()
    by_channel: dict[int, list[Any]] = {}
    for row in rows:
        by_channel.setdefault(row.channel_id, []).append(row)
    for channel_id, parts in by_channel.items():
        error = fence.alone(connection, partial(_gather, connection, channel_id, parts, now_s))
        if error is not None:  # they wait no longer: they would fail again every few seconds
            _part_with(connection, parts, "dead", f"the digest could not be made: {fence.named(error)}")
            extra = {"action": "digest_failed", "channel": channel_id, "reason": fence.named(error)}
            log.error("a channel's digest could not be made; the others are", extra=extra)
    return len(rows)


def _gather(connection: Connection, channel_id: int, parts: Sequence[Row[Any]], now_s: int) -> None:
    said = dict.fromkeys((part.title, part.body) for part in parts)  # what was said twice is said once
    title, body = of_digest(list(said), parts[0].language)
    values = {"channel_id": channel_id, "made_at": now_s, "title": title, "body": body, "next_at": now_s}
    made = insert(delivery).values(state="waiting", **values).returning(delivery.c.id)
    digest_id = connection.execute(made).scalar_one()
    _part_with(connection, parts, "delivered", f"in digest {digest_id}")


def _part_with(connection: Connection, parts: Sequence[Row[Any]], state: DeliveryState, answer: str) -> None:
    part = update(delivery).where(delivery.c.id == bindparam("part"))
    connection.execute(part.values(state=state, answer=answer), [{"part": each.id} for each in parts])
