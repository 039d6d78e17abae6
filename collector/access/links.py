"""One-time links: the first admin's, an invitation, a new password. The store keeps their SHA-256.

Opening a link changes nothing: whoever scans mails may follow it. The form behind it uses it up.
"""

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, delete, insert, select, update

from collector.access.tokens import digest
from collector.calendar.days import DAY_S
from collector.store.tables.people import person_link

Purpose = Literal["first", "invitation", "password"]
LASTS_S: dict[Purpose, int] = {"first": DAY_S, "invitation": 7 * DAY_S, "password": DAY_S}


@dataclass(frozen=True, slots=True)
class StandingLink:
    """A link that may still be used. `person_id` None: whoever uses it becomes the first admin."""

    id: int
    purpose: Purpose
    person_id: int | None
    expires_at: int


def make(connection: Connection, secret: str, purpose: Purpose, person_id: int | None, now_s: int) -> int:
    """Until when it stands. The person's earlier links end."""
    end_of(connection, person_id)
    expires_s = now_s + LASTS_S[purpose]
    values = {
        "hash": digest(secret), "purpose": purpose, "person_id": person_id, "created_at": now_s,
        "expires_at": expires_s,
    }  # fmt: skip
    connection.execute(insert(person_link).values(values))
    return expires_s


def standing(connection: Connection, secret: str, now_s: int) -> StandingLink | None:
    """The link with this secret, while it is neither used nor over."""
    columns = person_link.c
    query = select(person_link).where(
        columns.hash == digest(secret), columns.used_at.is_(None), columns.expires_at > now_s
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else StandingLink(row.id, row.purpose, row.person_id, row.expires_at)


def use(connection: Connection, link_id: int, now_s: int) -> bool:
    """Use it up. False: somebody was faster."""
    chosen = update(person_link).where(person_link.c.id == link_id, person_link.c.used_at.is_(None))
    return bool(connection.execute(chosen.values(used_at=now_s)).rowcount)


def end_of(connection: Connection, person_id: int | None) -> None:
    """No link of that person, or no first link (None), stands any more."""
    whose = person_link.c.person_id
    is_its = whose.is_(None) if person_id is None else whose == person_id
    connection.execute(delete(person_link).where(is_its, person_link.c.used_at.is_(None)))
