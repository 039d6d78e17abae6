"""The channels to people in the store: addresses of Apprise, with whose notices they get and in which language.

An address holds its secret: it is shown only with the secret parts masked, and forgotten when its channel is removed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from collector.calendar import days
from collector.language.catalogue import Language
from collector.notifications import queue
from collector.notifications.queue import CHANNELS, CHANNELS_MAX
from collector.store.tables.notifications import notice_channel
from collector.values.refusal import Refused
from collector.values.sentence import Sentence


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
class NewChannel:
    """What a person says of a channel; the address was judged and masked by `messaging`."""

    name: str
    url: str
    language: Language
    owner: str = ""
    digest: bool = False


def add(connection: Connection, wanted: NewChannel, masked: str, now_s: int) -> Channel | Refused:
    if len(listed(connection, {})) >= CHANNELS_MAX:
        return Refused(
            Sentence("there are {channels_max} channels already", channels_max=CHANNELS_MAX),
            "delete one that is not used",
            "conflict",
        )
    namesake = select(notice_channel.c.id).where(notice_channel.c.name == wanted.name)
    if connection.execute(namesake).scalar() is not None:
        return Refused(
            Sentence("there is or was a channel {name}", name=wanted.name), "choose another name", "conflict"
        )
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


def listed(connection: Connection, masked: Mapping[int, str]) -> list[Channel]:
    """Those that are not deleted, by name; `masked` are their addresses as they may be shown."""
    counted = queue.counted(connection, CHANNELS)
    rows = connection.execute(select(notice_channel).where(_in_use()).order_by(notice_channel.c.name))
    return [_channel(row, masked.get(row.id, ""), counted.get(row.id, {})) for row in rows]


def _in_use() -> Any:
    return notice_channel.c.disabled_at.is_(None)


def _channel(row: Row[Any], masked: str, counted: dict[str, int]) -> Channel:
    return Channel(
        row.id, row.name, masked, row.owner, row.language, row.digest, days.rfc3339(row.created_at),
        counted.get("waiting", 0), counted.get("dead", 0),
    )  # fmt: skip
