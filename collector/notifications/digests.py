"""The digest of a channel: once a day, one delivery of everything that could wait for it."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from collector.calendar import days
from collector.notifications.notice_texts import of_digest
from collector.store.tables.notifications import delivery, notice_channel


def newest_digest_at(now_s: int, hour: int, timezone: str) -> int:
    """The newest moment up to now at which it was that hour there. Pure."""
    here = datetime.fromtimestamp(now_s, tz=days.zone(timezone))
    today = here.replace(hour=hour, minute=0, second=0, microsecond=0)
    chosen = today if today.timestamp() <= now_s else today - timedelta(days=1)
    return int(chosen.timestamp())


def gather(connection: Connection, before_s: int, now_s: int) -> int:
    """Make one delivery of each channel's digest notices that were made before a moment; how many went into them."""
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
        body_of_title = {part.title: part.body for part in parts}  # what was said twice is said once
        title, body = of_digest(list(body_of_title.items()), parts[0].language)
        values = {"channel_id": channel_id, "made_at": now_s, "title": title, "body": body, "next_at": now_s}
        made = insert(delivery).values(state="waiting", **values).returning(delivery.c.id)
        digest_id = connection.execute(made).scalar_one()
        part = update(delivery).where(delivery.c.id == bindparam("part"))
        connection.execute(
            part.values(state="delivered", answer=f"in digest {digest_id}"), [{"part": each.id} for each in parts]
        )
    return len(rows)
