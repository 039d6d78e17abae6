"""Whom a note mentions: read from its text, kept beside it, told once, put away by who was mentioned."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, delete, insert, select, update

from collector.accounts.ledger.facts import versions
from collector.accounts.ledger.kinds.registry import KINDS
from collector.calendar import days
from collector.store.lists import newest_first
from collector.store.tables.fleet import account
from collector.store.tables.noted import mention
from collector.values.paging import Page

MENTIONED_MAX = 20  # in one note: who writes to everybody writes to nobody
_AT = re.compile(r"(?<![A-Za-z0-9._%+-])@")  # not that of a mail address


@dataclass(frozen=True, slots=True)
class Mention:
    """`seen_at` None: it still stands on Today of that CSM. `by`: who wrote the note."""

    id: int
    note: str
    account: str
    name: str
    csm: str
    by: str
    text: str
    at: str
    seen_at: str | None


def mentioned(text: str, csms: Mapping[str, str]) -> tuple[str, ...]:
    """The ids of the CSMs that a text mentions by `@` and an id or a name, in its order, each once. Pure.

    `csms`: {id: name}. The longest id or name that begins there is meant; letter case tells no two apart.
    """
    called = {word.casefold(): key for key, name in csms.items() for word in (name, key) if word}  # an id goes before
    longest_first = sorted(called, key=len, reverse=True)
    folded = text.casefold()
    found = (_named(folded, at.end(), longest_first) for at in _AT.finditer(folded))
    return tuple(dict.fromkeys(called[word] for word in found if word))[:MENTIONED_MAX]


def _named(folded: str, at: int, longest_first: Sequence[str]) -> str:
    for word in longest_first:
        if folded.startswith(word, at) and not _goes_on(word, folded[at + len(word) : at + len(word) + 1]):
            return word
    return ""


def _goes_on(word: str, following: str) -> bool:
    """`@csm-1` is not meant by `@csm-12`; Chinese has no spaces between words."""
    return following.isascii() and following.isalnum() and word[-1:].isascii()


def follow(connection: Connection, note: str, account_id: int, csms: Sequence[str], now_s: int) -> list[str]:
    """Keep whom a note mentions as it stands now; who was not mentioned by it before."""
    of_note = mention.c.note == note
    before = set(connection.execute(select(mention.c.csm).where(of_note)).scalars())
    gone, new = before - set(csms), [csm for csm in csms if csm not in before]
    if gone:
        connection.execute(delete(mention).where(of_note, mention.c.csm.in_(gone)))
    if new:
        rows = [{"account_id": account_id, "note": note, "csm": csm, "at": now_s} for csm in new]
        connection.execute(insert(mention), rows)
    return new


def taken_back(connection: Connection, note: str) -> None:
    """The note never was."""
    connection.execute(delete(mention).where(mention.c.note == note))


def one(connection: Connection, mention_id: int) -> Mention | None:
    found = _shown(connection, connection.execute(_query().where(mention.c.id == mention_id)).all())
    return found[0] if found else None


def page(connection: Connection, csm: str, *, also_seen: bool, limit: int, cursor: str | None = None) -> Page[Mention]:
    """Of one CSM, the newest first. Raises BadCursor."""
    query = _query().where(mention.c.csm == csm)
    if not also_seen:
        query = query.where(mention.c.seen_at.is_(None))
    rows, following = newest_first(connection, query, mention.c.id, limit, cursor)
    return Page(_shown(connection, rows), following)


def put_away(connection: Connection, mention_id: int, seen_at: int | None) -> None:
    """It was seen, or (None) was not after all."""
    connection.execute(update(mention).where(mention.c.id == mention_id).values(seen_at=seen_at))


def _query() -> Select[Any]:
    return select(mention, account.c.external_id, account.c.name).join(account, account.c.id == mention.c.account_id)


def _shown(connection: Connection, rows: Sequence[Any]) -> list[Mention]:
    notes = versions(connection, KINDS["note"], [row.note for row in rows])
    return [
        Mention(
            row.id, row.note, row.external_id, row.name, row.csm, said.said.by or said.author, said.said.text,
            days.rfc3339(row.at), None if row.seen_at is None else days.rfc3339(row.seen_at),
        )
        for row in rows
        if (said := notes.get(row.note)) is not None
    ]  # fmt: skip
