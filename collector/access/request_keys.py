"""Keys of requests (Idempotency-Key) of each token, with what the requests answered, for a day."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, update

from collector.calendar.days import DAY_S
from collector.store.tables.fleet import request_key

KEPT_S = DAY_S


@dataclass(frozen=True, slots=True)
class Before:
    """A request of that key. `is_new`: none was begun before. `status` None: it has not answered."""

    is_new: bool
    fingerprint: str
    status: int | None = None
    answer: str | None = None


def begin(connection: Connection, token_id: int, key: str, fingerprint: str, now_s: int) -> Before:
    """The caller's request of that key, noted where there is none; those older than a day make room."""
    connection.execute(delete(request_key).where(request_key.c.at <= now_s - KEPT_S))
    mine = request_key.c.token_id == token_id, request_key.c.key == key
    row = connection.execute(select(request_key).where(*mine)).first()
    if row is not None:
        return Before(is_new=False, fingerprint=row.fingerprint, status=row.status, answer=row.answer)
    connection.execute(insert(request_key).values(token_id=token_id, key=key, fingerprint=fingerprint, at=now_s))
    return Before(is_new=True, fingerprint=fingerprint)


def end(connection: Connection, token_id: int, key: str, status: int | None, answer: str | None) -> None:
    """Keep its answer; with no `status` the key is free again."""
    mine = request_key.c.token_id == token_id, request_key.c.key == key
    if status is None:
        connection.execute(delete(request_key).where(*mine))
    else:
        connection.execute(update(request_key).where(*mine).values(status=status, answer=answer))
