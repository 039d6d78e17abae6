"""Notices to people in the store: what is said to whom, and their deliveries in the queue.

In a channel with a digest, and for what nobody has to do today, a notice waits for the digest of its channel.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from sqlalchemy import Connection, Row, select

from collector.calendar import days
from collector.language.catalogue import SOURCE, in_every_language, nearest
from collector.notifications import queue
from collector.notifications.notice_texts import of_test
from collector.notifications.queue import CHANNELS
from collector.store import fence
from collector.store.tables.notifications import notice_channel
from collector.values.paging import Page, page_of, read_cursor
from collector.values.refusal import Refused, Remedy
from collector.values.sentence import Sentence

log = logging.getLogger(__name__)
NoticeState = Literal["digest", "waiting", "sent", "dead"]


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice to one channel; `answer` says what became of the newest try."""

    id: int
    channel: str
    title: str
    body: str
    made_at: str
    state: NoticeState
    tries: int
    next_at: str | None
    answer: str


@dataclass(frozen=True, slots=True)
class NoticeText:
    """What there is to say: (title, body) by language. `owner`: whose it is; `today`: not in a digest."""

    said: Mapping[str, tuple[str, str]]
    owner: str = ""
    today: bool = True


def tell(connection: Connection, messages: Sequence[NoticeText], now_s: int, only: int | None = None) -> int:
    """Queue each message for every channel that gets its owner's; how many notices that made.

    A channel that fails costs its own notices, and is named in the log.
    """
    if not messages:
        return 0
    channels = select(notice_channel).where(notice_channel.c.disabled_at.is_(None))
    if only is not None:
        channels = channels.where(notice_channel.c.id == only)

    def put(channel: Row[Any]) -> int:
        letters = []
        for message in messages:
            if only is None and channel.owner not in {"", message.owner}:
                continue
            title, body = message.said.get(nearest(channel.language) or SOURCE, message.said[SOURCE])
            at_once = message.today and (not channel.digest or only is not None)
            letters.append({"title": title, "body": body, "state": "waiting" if at_once else "digest"})
        with connection.begin_nested():
            return queue.put(connection, CHANNELS, channel.id, letters, now_s)

    return sum(fence.every(connection.execute(channels).all(), put, _not_queued))


def _not_queued(channel: Row[Any], reason: str) -> None:
    extra = {"action": "notices_not_queued", "channel": channel.name, "reason": reason}
    log.error("notices are not queued for a channel; for the others they are", extra=extra)


def trial() -> NoticeText:
    """What a person sends to see that a channel works."""
    return NoticeText(in_every_language(of_test))


def resend(connection: Connection, notice_id: int, now_s: int) -> Refused | None:
    """Send a dead notice again."""
    standing = queue.standing(connection, CHANNELS, notice_id)
    if standing is None:
        return Refused(
            Sentence("there is no notice {notice_id}", notice_id=notice_id),
            Remedy("list them", route="GET /api/v1/notices", page="/admin/notices"),
            "not_found",
        )
    if not standing.is_open:
        return Refused("its channel was removed", "add the channel again; later notices go there", "conflict")
    if standing.state != "dead":
        return Refused(
            Sentence("it is {state}", state=_shown(standing.state)), "only a dead one is sent again", "conflict"
        )
    queue.again(connection, notice_id, now_s)
    return None


def page(
    connection: Connection, *, state: NoticeState | None = None, limit: int, cursor: str | None = None
) -> Page[Notice]:
    """Newest first."""
    after = read_cursor(cursor, int)
    query = queue.listing(
        CHANNELS, notice_channel.c.name, state="delivered" if state == "sent" else state,
        before_id=after[0] if after else None, limit=limit + 1,
    )  # fmt: skip
    rows, following = page_of(connection.execute(query).all(), limit, lambda row: (row.id,))
    return Page([_notice(row) for row in rows], following)


def _shown(state: str) -> NoticeState:
    """A person is sent a notice; that somebody read it, nobody knows."""
    return cast("NoticeState", "sent" if state == "delivered" else state)


def _notice(row: Row[Any]) -> Notice:
    return Notice(
        row.id, row.name, row.title, row.body, days.rfc3339(row.made_at), _shown(row.state), row.tries,
        None if row.next_at is None else days.rfc3339(row.next_at), row.answer,
    )  # fmt: skip
