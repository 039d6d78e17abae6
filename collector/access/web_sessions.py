"""Sessions of browsers that signed in, with a password or with a token. Of each the store keeps its nonce's SHA-256."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, insert, or_, select, true

from collector.access.caller import Caller
from collector.access.tokens import digest
from collector.calendar import days
from collector.store.lists import newest_first
from collector.store.tables.fleet import api_token, web_session
from collector.store.tables.people import person
from collector.values.paging import Page


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose session it is: a token's or a person's, one of the two."""

    token: int | None = None
    person: int | None = None

    @classmethod
    def of(cls, caller: Caller) -> "Holder":
        """Of a caller who signs in; of the command line and the clock there is none."""
        return cls(token=caller.token_id) if caller.token_id else cls(person=caller.person_id)

    @property
    def chosen(self) -> ColumnElement[bool]:
        """SQL: a session of this holder."""
        if self.person is not None:
            return web_session.c.person_id == self.person
        return web_session.c.token_id == self.token


@dataclass(frozen=True, slots=True)
class WebSession:
    """One browser that is signed in: with which token or as which person, from where, until when."""

    id: int
    token: int | None
    person: int | None
    name: str
    address: str
    created_at: str
    expires_at: str


def begin(connection: Connection, holder: Holder, nonce: str, address: str, *, now_s: int, expires_s: int) -> None:
    """Note a new session; those that are over make room."""
    connection.execute(delete(web_session).where(web_session.c.expires_at <= now_s))
    values: dict[str, Any] = {
        "token_id": holder.token, "person_id": holder.person, "hash": digest(nonce), "address": address,
        "created_at": now_s, "expires_at": expires_s,
    }  # fmt: skip
    connection.execute(insert(web_session).values(values))


def stands(connection: Connection, holder: Holder, nonce: str, now_s: int) -> bool:
    """Whether it was begun by that holder and not ended."""
    columns = web_session.c
    query = select(columns.id).where(columns.hash == digest(nonce), holder.chosen, columns.expires_at > now_s)
    return connection.execute(query).first() is not None


def listed(
    connection: Connection, holder: Holder | None, now_s: int, *, limit: int, cursor: str | None
) -> Page[WebSession]:
    """Newest first; of one holder, or of all (None)."""
    columns = web_session.c
    query = (
        select(web_session, func.coalesce(person.c.name, api_token.c.name).label("name"))
        .join(api_token, api_token.c.id == columns.token_id, isouter=True)
        .join(person, person.c.id == columns.person_id, isouter=True)
        .where(
            columns.expires_at > now_s,
            or_(columns.token_id.is_(None), api_token.c.revoked_at.is_(None)),
            true() if holder is None else holder.chosen,
        )
    )
    rows, following = newest_first(connection, query, columns.id, limit, cursor)
    found = [
        WebSession(
            row.id,
            row.token_id,
            row.person_id,
            row.name,
            row.address,
            days.rfc3339(row.created_at),
            days.rfc3339(row.expires_at),
        )
        for row in rows
    ]
    return Page(found, following)


def end(connection: Connection, session_id: int, holder: Holder | None) -> bool:
    """End one; with `holder` only if it is that holder's. False: there is none."""
    chosen = delete(web_session).where(web_session.c.id == session_id)
    return bool(connection.execute(chosen if holder is None else chosen.where(holder.chosen)).rowcount)


def id_of_nonce(connection: Connection, nonce: str) -> int | None:
    columns = web_session.c
    found: int | None = connection.scalar(select(columns.id).where(columns.hash == digest(nonce)))
    return found


def end_of_nonce(connection: Connection, nonce: str) -> None:
    connection.execute(delete(web_session).where(web_session.c.hash == digest(nonce)))
