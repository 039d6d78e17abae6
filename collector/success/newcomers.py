"""Accounts that came after the last closing: they have no figures yet, and no list of figures holds them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select

from collector.accounts.ledger.reading import text_of
from collector.store.tables.fleet import account
from collector.store.tables.health import lifecycle, score
from collector.store.tables.ledger import fact
from collector.store.tables.success import standing


@dataclass(frozen=True, slots=True)
class Newcomer:
    """`created_at` in unix seconds. `is_told`: it has facts, so that the next closing scores it."""

    account: str
    name: str
    csm: str
    created_at: int
    is_told: bool


@dataclass(frozen=True, slots=True)
class Newcomers:
    items: list[Newcomer]
    total: int


def listed(connection: Connection, owners: Sequence[str] | None, text: str, limit: int) -> Newcomers:
    """The newest first. `owners`: CSMs, None: all; `text`: part of the name or id."""
    csm = func.coalesce(text_of(connection, "csm"), "")
    said = and_(fact.c.kind == "account", fact.c.key == account.c.external_id, fact.c.replaced_at.is_(None))
    wanted = (
        select(account.c.external_id, account.c.name, account.c.created_at, csm.label("csm"), fact.c.id.label("told"))
        .join(fact, said, isouter=True)
        .where(~account.c.withdrawn, *_never_scored())
        .order_by(account.c.created_at.desc(), account.c.id)
    )
    if owners is not None:
        wanted = wanted.where(csm.in_(owners))
    if text:
        named = (account.c.name, account.c.external_id)
        wanted = wanted.where(or_(*(each.icontains(text, autoescape=True) for each in named)))
    rows = connection.execute(wanted.limit(limit)).all()
    counted = select(func.count()).select_from(wanted.order_by(None).subquery())
    total = len(rows) if len(rows) < limit else int(connection.execute(counted).scalar_one())
    return Newcomers(
        [Newcomer(row.external_id, row.name, row.csm, row.created_at, row.told is not None) for row in rows], total
    )


def _never_scored() -> tuple[ColumnElement[bool], ...]:
    """One that has left has no figures either; its score or its stage says so."""
    its = account.c.id
    return (
        ~exists().where(standing.c.account_id == its),
        ~exists().where(score.c.account_id == its, score.c.withdrawn_at.is_(None)),
        ~exists().where(
            lifecycle.c.account_id == its, lifecycle.c.stage == "churn", lifecycle.c.withdrawn_at.is_(None)
        ),
    )
