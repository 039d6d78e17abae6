"""Notices in the store: the channels to people (Apprise addresses), and the queue with its digest.

A notice is written in the transaction of what it tells. It is `waiting` until its channel takes it, then `sent`, or
`dead` when its tries are used up. In a channel with a digest, and for what nobody has to do today, it is `digest`
first: at the set hour all of them become one. A channel's address holds its secret: it is shown only with the secret
parts masked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, or_, select, update

from collector.calendar import days
from collector.calendar.days import DAY_S
from collector.notifications.notice_texts import of_digest, say
from collector.notifications.webhook_rules import delay_s
from collector.store.tables.success import notice, notice_channel
from collector.values.paging import Page, page_of, read_cursor
from collector.values.refusal import Refused

CHANNELS_MAX = 200
QUEUE_MAX = 2_000  # waiting notices of one channel: nobody reads more
TRIES_MAX = 8
KEEP_S = 30 * DAY_S
CLAIM_S = 120  # a collector that dies while sending: another one tries again after this
AT_ONCE = 10
NoticeState = Literal["digest", "waiting", "sent", "dead"]


@dataclass(frozen=True, slots=True)
class Channel:
    """Where people read notices. `address` is masked; `owner` empty: it gets everybody's."""

    id: int
    name: str
    address: str
    owner: str
    language: str
    digest: bool
    created_at: str
    waiting: int
    dead: int


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
class Parcel:
    """A notice that is due, claimed for this collector. `url` holds a secret: never log it."""

    id: int
    channel: str
    url: str
    title: str
    body: str
    tries: int  # with this one


@dataclass(frozen=True, slots=True)
class NewChannel:
    """What a person says of a channel; the address was judged and masked by `notice_sending`."""

    name: str
    url: str
    owner: str = ""
    language: Literal["en", "zh"] = "en"
    digest: bool = False


def add(connection: Connection, wanted: NewChannel, masked: str, now_s: int) -> Channel | Refused:
    if len(listed(connection, {})) >= CHANNELS_MAX:
        return Refused(f"there are {CHANNELS_MAX} channels already", "delete one that is not used")
    taken = select(notice_channel.c.id).where(notice_channel.c.name == wanted.name)
    if connection.execute(taken).scalar() is not None:
        return Refused(f"there is or was a channel {wanted.name}", "choose another name")
    values = {
        "name": wanted.name, "url": wanted.url, "owner": wanted.owner, "language": wanted.language,
        "digest": wanted.digest, "created_at": now_s,
    }  # fmt: skip
    made = connection.execute(insert(notice_channel).values(values).returning(notice_channel)).one()
    return _channel(made, masked, {})


def addresses(connection: Connection) -> dict[int, str]:
    """The whole addresses by channel, to be masked. They hold secrets: never log or show them."""
    rows = connection.execute(select(notice_channel.c.id, notice_channel.c.url).where(_in_use()))
    return {row.id: row.url for row in rows}


def listed(connection: Connection, masked: dict[int, str]) -> list[Channel]:
    """Those that are not deleted, by name; `masked` are their addresses as they may be shown."""
    counted: dict[int, dict[str, int]] = {}
    states = notice.c.state.in_(["waiting", "dead"])
    query = select(notice.c.channel_id, notice.c.state, func.count()).where(states)
    for channel_id, state, count in connection.execute(query.group_by(notice.c.channel_id, notice.c.state)):
        counted.setdefault(channel_id, {})[state] = count
    rows = connection.execute(select(notice_channel).where(_in_use()).order_by(notice_channel.c.name))
    return [_channel(row, masked.get(row.id, ""), counted.get(row.id, {})) for row in rows]


def remove(connection: Connection, channel_id: int, now_s: int) -> bool:
    """Nothing is sent there any more, and its address is forgotten. False: there is none."""
    chosen = update(notice_channel).where(notice_channel.c.id == channel_id, _in_use())
    if connection.execute(chosen.values(disabled_at=now_s, url="")).rowcount == 0:
        return False
    unsent = (notice.c.channel_id == channel_id) & notice.c.state.in_(["waiting", "digest"])
    connection.execute(update(notice).where(unsent).values(state="dead", next_at=None, answer="removed"))
    return True


@dataclass(frozen=True, slots=True)
class Message:
    """What there is to say, in both languages: (title, body) each. `owner`: whose it is; `today`: not in a digest."""

    en: tuple[str, str]
    zh: tuple[str, str]
    owner: str = ""
    today: bool = True


def tell(connection: Connection, messages: Sequence[Message], now_s: int, only: int | None = None) -> int:
    """Queue each message for every channel that gets its owner's; how many notices that made."""
    if not messages:
        return 0
    channels = select(notice_channel).where(_in_use())
    if only is not None:
        channels = channels.where(notice_channel.c.id == only)
    rows: list[dict[str, Any]] = []
    for channel in connection.execute(channels).all():
        queue = (notice.c.channel_id == channel.id) & notice.c.state.in_(["waiting", "digest"])
        room = QUEUE_MAX - connection.execute(select(func.count()).where(queue)).scalar_one()
        meant = [each for each in messages if channel.owner in {"", each.owner} or only is not None]
        for number, message in enumerate(meant):
            title, body = message.zh if channel.language == "zh" else message.en
            at_once = message.today and (not channel.digest or only is not None)
            state = ("waiting" if at_once else "digest") if number < room else "dead"
            rows.append(
                {
                    "channel_id": channel.id,
                    "made_at": now_s,
                    "title": title,
                    "body": body,
                    "state": state,
                    "next_at": now_s if state == "waiting" else None,
                    "answer": "the queue was full" if state == "dead" else "",
                }
            )
    if rows:
        connection.execute(insert(notice), rows)
    return len(rows)


def trial() -> Message:
    """What a person sends to see that a channel works."""
    said = {language: (say("test", language), say("test_body", language)) for language in ("en", "zh")}
    return Message(said["en"], said["zh"])


def newest_digest_at(now_s: int, hour: int, timezone: str) -> int:
    """The newest moment up to now at which it was that hour there. Pure."""
    here = datetime.fromtimestamp(now_s, tz=days.zone(timezone))
    today = here.replace(hour=hour, minute=0, second=0, microsecond=0)
    chosen = today if today.timestamp() <= now_s else today - timedelta(days=1)
    return int(chosen.timestamp())


def gather(connection: Connection, before_s: int, now_s: int) -> int:
    """Make one notice of each channel's digest notices that were made before a moment; how many went into them."""
    waiting = (notice.c.state == "digest") & (notice.c.made_at < before_s)
    rows = connection.execute(
        select(notice.c.id, notice.c.channel_id, notice.c.title, notice.c.body, notice_channel.c.language)
        .join(notice_channel, notice_channel.c.id == notice.c.channel_id)
        .where(waiting)
        .order_by(notice.c.id)
        .with_for_update(of=notice)
    ).all()
    by_channel: dict[int, list[Any]] = {}
    for row in rows:
        by_channel.setdefault(row.channel_id, []).append(row)
    for channel_id, parts in by_channel.items():
        said_once = {part.title: part.body for part in parts}
        title, body = of_digest(list(said_once.items()), parts[0].language)
        values = {"channel_id": channel_id, "made_at": now_s, "title": title, "body": body, "next_at": now_s}
        made = connection.execute(insert(notice).values(state="waiting", **values).returning(notice.c.id)).scalar_one()
        said = update(notice).where(notice.c.id == bindparam("part")).values(state="sent", answer=f"in digest {made}")
        connection.execute(said, [{"part": part.id} for part in parts])
    return len(rows)


def is_due(connection: Connection, now_s: int, digest_at: int) -> bool:
    """Whether there is anything to gather or to claim."""
    due = (notice.c.state == "waiting") & (notice.c.next_at <= now_s)
    late = (notice.c.state == "digest") & (notice.c.made_at < digest_at)
    return connection.execute(select(notice.c.id).where(or_(due, late)).limit(1)).scalar() is not None


def claim(connection: Connection, now_s: int) -> list[Parcel]:
    """The oldest notices that are due, taken so that no other collector sends them too."""
    due = (
        select(notice, notice_channel.c.name, notice_channel.c.url)
        .join(notice_channel, notice_channel.c.id == notice.c.channel_id)
        .where(notice.c.state == "waiting", notice.c.next_at <= now_s)
        .order_by(notice.c.next_at, notice.c.id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True, of=notice)
    )
    parcels = [Parcel(row.id, row.name, row.url, row.title, row.body, row.tries + 1) for row in connection.execute(due)]
    if parcels:
        taken = update(notice).where(notice.c.id == bindparam("notice_id"))
        connection.execute(
            taken.values(tries=bindparam("new_tries"), next_at=now_s + CLAIM_S),
            [{"notice_id": parcel.id, "new_tries": parcel.tries} for parcel in parcels],
        )
    return parcels


def settle(connection: Connection, parcel: Parcel, complaint: str | None, chance: float, now_s: int) -> None:
    """Book what became of one try; `complaint` None: the channel took it."""
    if complaint is None:
        values: dict[str, Any] = {"state": "sent", "next_at": None, "answer": "taken"}
    elif parcel.tries >= TRIES_MAX:
        values = {"state": "dead", "next_at": None, "answer": complaint}
    else:
        values = {"next_at": now_s + round(delay_s(parcel.tries, chance)), "answer": complaint}
    connection.execute(update(notice).where(notice.c.id == parcel.id, notice.c.state == "waiting").values(values))


def resend(connection: Connection, notice_id: int, now_s: int) -> Refused | None:
    """Send a dead notice again."""
    query = select(notice.c.state, notice_channel.c.disabled_at).join(
        notice_channel, notice_channel.c.id == notice.c.channel_id
    )
    row = connection.execute(query.where(notice.c.id == notice_id)).one_or_none()
    if row is None:
        return Refused(f"there is no notice {notice_id}", "list them with GET /api/v1/notices")
    if row.disabled_at is not None:
        return Refused("its channel was removed", "add the channel again; later notices go there")
    if row.state != "dead":
        return Refused(f"it is {row.state}", "only a dead one is sent again")
    values = {"state": "waiting", "next_at": now_s, "tries": 0, "answer": ""}
    connection.execute(update(notice).where(notice.c.id == notice_id).values(values))
    return None


def page(
    connection: Connection, *, state: NoticeState | None = None, limit: int, cursor: str | None = None
) -> Page[Notice]:
    """Newest first."""
    query = select(notice, notice_channel.c.name).join(notice_channel, notice_channel.c.id == notice.c.channel_id)
    if state is not None:
        query = query.where(notice.c.state == state)
    if after := read_cursor(cursor, int):
        query = query.where(notice.c.id < after[0])
    rows = connection.execute(query.order_by(notice.c.id.desc()).limit(limit + 1)).all()
    rows_, following = page_of(rows, limit, lambda row: (row.id,))
    return Page([_notice(row) for row in rows_], following)


def prune(connection: Connection, now_s: int) -> int:
    """Delete what was sent or died long ago; how many."""
    old = (notice.c.made_at < now_s - KEEP_S) & or_(notice.c.state == "sent", notice.c.state == "dead")
    return connection.execute(delete(notice).where(old)).rowcount


def _in_use() -> Any:
    return notice_channel.c.disabled_at.is_(None)


def _channel(row: Row[Any], masked: str, counted: dict[str, int]) -> Channel:
    return Channel(
        row.id, row.name, masked, row.owner, row.language, row.digest, days.rfc3339(row.created_at),
        counted.get("waiting", 0), counted.get("dead", 0),
    )  # fmt: skip


def _notice(row: Row[Any]) -> Notice:
    return Notice(
        row.id, row.name, row.title, row.body, days.rfc3339(row.made_at), row.state, row.tries,
        None if row.next_at is None else days.rfc3339(row.next_at), row.answer,
    )  # fmt: skip
