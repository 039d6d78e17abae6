"""Accounts that go to another CSM: what is not closed of their calls to action goes along, lists follow at once."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, select, update

from collector.store.lists import among
from collector.store.tables.ledger import import_file
from collector.store.tables.success import cta, cta_event
from collector.success import standings
from collector.success.store import record

AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class OwnerChange:
    """An account (its row) that `before` looked after, and `csm` from now on; "": nobody."""

    account_id: int
    before: str
    csm: str


@dataclass(frozen=True, slots=True)
class Along:
    """A call to action that went along."""

    cta: int
    account_id: int


def follow(
    connection: Connection,
    changes: Sequence[OwnerChange],
    author: str,
    now_s: int,
    *,
    only: Collection[int] | None = None,
    but: Collection[int] = (),
    by_import: int | None = None,
) -> list[Along]:
    """What went along: of each account every call of its former CSM that is open, is snoozed or waits in the digest.

    Each stays in its state. `only`: these alone go along, where they are of the former CSM still; None: all of them.
    `but`: these stay. `by_import`: the import that says so, for `had_before`.
    """

    def goes(row: int) -> bool:
        return row not in but and (only is None or row in only)

    went: list[Along] = []
    for start in range(0, len(changes), AT_ONCE):
        some = changes[start : start + AT_ONCE]
        moves = {one.account_id: one for one in some}
        detail: dict[str, Any] = {} if by_import is None else {"import": by_import}
        went += _along(connection, moves, author, now_s, goes, detail)
        for one in some:
            standings.given_to(connection, one.account_id, one.csm)
    return went


def had_before(connection: Connection, import_id: int, account_ids: Sequence[int]) -> set[int]:
    """The calls to action of these accounts that are older than the import and that it brought to nobody: whoever has
    them had them without it.
    """
    at = select(import_file.c.at).where(import_file.c.id == import_id).scalar_subquery()
    its = (
        select(cta_event.c.cta_id, cta_event.c.event, cta_event.c.detail, (cta_event.c.at <= at).label("is_older"))
        .join(cta, cta.c.id == cta_event.c.cta_id)
        .where(among(connection, cta.c.account_id, account_ids), cta.c.state != "closed")
    )
    older: set[int] = set()
    brought: set[int] = set()
    for row in connection.execute(its):
        if row.is_older:
            older.add(row.cta_id)
        if row.event == "assigned" and orjson.loads(row.detail).get("import") == import_id:
            brought.add(row.cta_id)
    return older - brought


def _along(
    connection: Connection, changes: Mapping[int, OwnerChange], author: str, now_s: int, goes: Callable[[int], bool],
    detail: Mapping[str, Any],
) -> list[Along]:  # fmt: skip
    its = select(cta.c.id, cta.c.account_id, cta.c.owner).where(
        among(connection, cta.c.account_id, list(changes)), cta.c.state != "closed"
    )
    rows = connection.execute(its.order_by(cta.c.id).with_for_update()).all()
    went = [row for row in rows if row.owner == changes[row.account_id].before and goes(row.id)]
    of_csms: dict[tuple[str, str], list[int]] = {}
    for row in went:
        of_csms.setdefault((row.owner, changes[row.account_id].csm), []).append(row.id)
    for (before, csm), ids in of_csms.items():
        connection.execute(update(cta).where(among(connection, cta.c.id, ids)).values(owner=csm))
        record(connection, ids, "assigned", now_s, author, {"owner": csm, "before": before, **detail})
    return [Along(row.id, row.account_id) for row in went]
