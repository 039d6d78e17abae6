"""Sessions of people who signed in to the pages. Of each the store keeps its nonce's SHA-256."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from collector.access.tokens import digest
from collector.calendar import days
from collector.store.tables.fleet import api_token, web_session

LISTED_MAX = 1000


@dataclass(frozen=True, slots=True)
class WebSession:
    """One browser that is signed in: with which token, from where, until when."""

    id: int
    token: int
    name: str
    address: str
    created_at: str
    expires_at: str


def begin(connection: Connection, token_id: int, nonce: str, address: str, *, now_s: int, expires_s: int) -> None:
    """Note a new session; those that are over make room."""
    connection.execute(delete(web_session).where(web_session.c.expires_at <= now_s))
    connection.execute(
        insert(web_session).values(
            token_id=token_id, hash=digest(nonce), address=address, created_at=now_s, expires_at=expires_s
        )
    )


def stands(connection: Connection, token_id: int, nonce: str, now_s: int) -> bool:
    """Whether it was begun with that token and not ended."""
    columns = web_session.c
    query = select(columns.id).where(
        columns.hash == digest(nonce), columns.token_id == token_id, columns.expires_at > now_s
    )
    return connection.execute(query).first() is not None


def listed(connection: Connection, token_id: int | None, now_s: int) -> list[WebSession]:
    """Newest first; of one token, or of all (None)."""
    query = select(web_session, api_token.c.name).join(api_token, api_token.c.id == web_session.c.token_id)
    query = query.where(web_session.c.expires_at > now_s, api_token.c.revoked_at.is_(None))
    if token_id is not None:
        query = query.where(web_session.c.token_id == token_id)
    rows = connection.execute(query.order_by(web_session.c.id.desc()).limit(LISTED_MAX))
    return [
        WebSession(
            row.id, row.token_id, row.name, row.address, days.rfc3339(row.created_at), days.rfc3339(row.expires_at)
        )
        for row in rows
    ]


def end(connection: Connection, session_id: int, token_id: int | None) -> bool:
    """End one; with `token_id` only if it is that token's. False: there is none."""
    chosen = delete(web_session).where(web_session.c.id == session_id)
    return bool(
        connection.execute(chosen if token_id is None else chosen.where(web_session.c.token_id == token_id)).rowcount
    )


def end_of_nonce(connection: Connection, nonce: str) -> None:
    connection.execute(delete(web_session).where(web_session.c.hash == digest(nonce)))
