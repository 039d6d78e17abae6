"""People who sign in: their roles, what they may see, and what they prove themselves with."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import orjson
from sqlalchemy import Connection, Row, delete, insert, select, update

from collector.access.caller import OF_SOME_ACCOUNTS, Caller, Role
from collector.calendar import days
from collector.fleet.scope import EVERYTHING, Scope
from collector.store.tables.fleet import account, api_token, web_session
from collector.store.tables.people import person, person_account, person_identity
from collector.values.paging import Page, page_of, read_cursor

State = Literal["invited", "active", "disabled"]


@dataclass(frozen=True, slots=True)
class Person:
    """`accounts`: those that a customer's admin or a reseller sees. `second_factor`: codes of an app are asked for.

    `state` invited: no way to sign in was set yet.
    """

    id: int
    mail: str
    name: str
    language: str
    roles: list[Role]
    csm: str | None
    accounts: list[str]
    state: State
    second_factor: bool
    company: bool
    created_at: str
    disabled_at: str | None


def add(
    connection: Connection, *, mail: str, name: str, language: str, roles: Collection[Role], csm: str | None,
    account_ids: Collection[int], stamp: str, now_s: int,
) -> int:  # fmt: skip
    """The new person's id. Raises IntegrityError when somebody has that mail."""
    values = {
        "mail": mail, "name": name, "language": language, "roles": words_of(roles), "csm": csm, "stamp": stamp,
        "created_at": now_s,
    }  # fmt: skip
    made: int = connection.execute(insert(person).values(values).returning(person.c.id)).scalar_one()
    give(connection, made, account_ids)
    return made


def give(connection: Connection, person_id: int, account_ids: Collection[int]) -> None:
    """These accounts, and no others, are what the person sees."""
    connection.execute(delete(person_account).where(person_account.c.person_id == person_id))
    if account_ids:
        rows = [{"person_id": person_id, "account_id": one} for one in sorted(account_ids)]
        connection.execute(insert(person_account), rows)


def change(connection: Connection, person_id: int, **values: Any) -> None:
    connection.execute(update(person).where(person.c.id == person_id).values(values))


def end_sessions(connection: Connection, person_id: int, stamp: str) -> None:
    """Everybody who is signed in as this person is asked to sign in again; the new stamp makes copies worthless."""
    change(connection, person_id, stamp=stamp)
    connection.execute(delete(web_session).where(web_session.c.person_id == person_id))
    own = select(api_token.c.id).where(api_token.c.person_id == person_id)
    connection.execute(delete(web_session).where(web_session.c.token_id.in_(own)))


def row_of(connection: Connection, person_id: int) -> Row[Any] | None:
    return connection.execute(select(person).where(person.c.id == person_id)).one_or_none()


def row_by_mail(connection: Connection, mail: str) -> Row[Any] | None:
    return connection.execute(select(person).where(person.c.mail == mail.strip().lower())).one_or_none()


def one(connection: Connection, person_id: int) -> Person | None:
    row = row_of(connection, person_id)
    return None if row is None else _described(connection, [row])[0]


def listed(connection: Connection, *, limit: int, cursor: str | None) -> Page[Person]:
    """By mail."""
    query = select(person).order_by(person.c.mail).limit(limit + 1)
    if after := read_cursor(cursor, str):
        query = query.where(person.c.mail > after[0])
    rows, following = page_of(connection.execute(query).all(), limit, lambda row: (row.mail,))
    return Page(_described(connection, rows), following)


def admins(connection: Connection) -> set[int]:
    """Those who may sign in and administer. Installations have few people: their words are read here."""
    found = select(person.c.id, person.c.roles).where(person.c.disabled_at.is_(None))
    return {row.id for row in connection.execute(found) if Role.ADMIN in roles_of(row)}


def roles_of(row: Any) -> frozenset[Role]:
    return frozenset(Role(word) for word in row.roles.split())


def caller_of(connection: Connection, person_id: int) -> Caller | None:
    """The person as somebody who asks; None: there is none, or it was disabled."""
    row = row_of(connection, person_id)
    if row is None or row.disabled_at is not None:
        return None
    roles = roles_of(row)
    scope = EVERYTHING
    if roles <= OF_SOME_ACCOUNTS:
        own = select(person_account.c.account_id).where(person_account.c.person_id == person_id)
        scope = Scope(frozenset(connection.execute(own).scalars()))
    main = next(role for role in Role if role in roles)
    return Caller(
        0, row.name, main, scope, stamp=row.stamp, person_id=row.id, roles=roles, csm=row.csm,
    )  # fmt: skip


def recovery_of(row: Any) -> list[str]:
    """The digests of recovery codes that are left."""
    kept: list[str] = orjson.loads(row.recovery)
    return kept


def recovery_text(kept: Sequence[str]) -> str:
    return orjson.dumps(list(kept)).decode()


def link_identity(connection: Connection, person_id: int, issuer: str, subject: str, now_s: int) -> None:
    """Raises IntegrityError when that identity belongs to somebody already."""
    values = {"issuer": issuer, "subject": subject, "person_id": person_id, "created_at": now_s}
    connection.execute(insert(person_identity).values(values))


def by_identity(connection: Connection, issuer: str, subject: str) -> int | None:
    """Whose identity that is. Never found by mail: an address may be given to somebody else."""
    columns = person_identity.c
    found: int | None = connection.execute(
        select(columns.person_id).where(columns.issuer == issuer, columns.subject == subject)
    ).scalar_one_or_none()
    return found


def unlink(connection: Connection, person_id: int) -> bool:
    """Whether there was a company's sign-in to take away."""
    return bool(connection.execute(delete(person_identity).where(person_identity.c.person_id == person_id)).rowcount)


def words_of(roles: Collection[Role]) -> str:
    """Roles as the store keeps them."""
    return " ".join(role.value for role in Role if role in roles)


def _described(connection: Connection, rows: Sequence[Row[Any]]) -> list[Person]:
    ids = [row.id for row in rows]
    owned = (
        select(person_account.c.person_id, account.c.external_id)
        .join(account, account.c.id == person_account.c.account_id)
        .where(person_account.c.person_id.in_(ids))
        .order_by(account.c.external_id)
    )
    accounts: dict[int, list[str]] = {}
    for row in connection.execute(owned):
        accounts.setdefault(row.person_id, []).append(row.external_id)
    linked = set(
        connection.execute(select(person_identity.c.person_id).where(person_identity.c.person_id.in_(ids))).scalars()
    )
    return [_person(row, accounts.get(row.id, []), company=row.id in linked) for row in rows]


def _person(row: Row[Any], accounts: list[str], *, company: bool) -> Person:
    state: State = "active" if row.password is not None or company else "invited"
    roles = roles_of(row)
    return Person(
        id=row.id, mail=row.mail, name=row.name, language=row.language,
        roles=[role for role in Role if role in roles], csm=row.csm, accounts=accounts,
        state="disabled" if row.disabled_at is not None else state, second_factor=row.totp_set, company=company,
        created_at=days.rfc3339(row.created_at),
        disabled_at=None if row.disabled_at is None else days.rfc3339(row.disabled_at),
    )  # fmt: skip
