"""Accounts that go to another CSM: what is not closed of their calls to action goes along, lists follow at once."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select, update

from collector.store.lists import among
from collector.store.tables.success import cta
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
) -> list[Along]:
    """What went along: of each account every call of its former CSM that is open, is snoozed or waits in the digest.

    Each stays in its state. `only`: these alone go along, where they are of the former CSM still; None: all of them.
    """
    went: list[Along] = []
    for start in range(0, len(changes), AT_ONCE):
        some = changes[start : start + AT_ONCE]
        went += _along(connection, {one.account_id: one for one in some}, author, now_s, only)
        for one in some:
            standings.given_to(connection, one.account_id, one.csm)
    return went


def _along(
    connection: Connection, changes: Mapping[int, OwnerChange], author: str, now_s: int, only: Collection[int] | None
) -> list[Along]:
    its = select(cta.c.id, cta.c.account_id, cta.c.owner).where(
        among(connection, cta.c.account_id, list(changes)), cta.c.state != "closed"
    )
    rows = connection.execute(its.order_by(cta.c.id).with_for_update()).all()
    went = [row for row in rows if row.owner == changes[row.account_id].before and (only is None or row.id in only)]
    of_csms: dict[tuple[str, str], list[int]] = {}
    for row in went:
        of_csms.setdefault((row.owner, changes[row.account_id].csm), []).append(row.id)
    for (before, csm), ids in of_csms.items():
        connection.execute(update(cta).where(among(connection, cta.c.id, ids)).values(owner=csm))
        record(connection, ids, "assigned", now_s, author, {"owner": csm, "before": before})
    return [Along(row.id, row.account_id) for row in went]
