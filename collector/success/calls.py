"""Calls: the open calls to action of a CSM by account, the most urgent account first. Several reasons are one call."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from collector.fleet.accounts import is_there
from collector.store.tables.fleet import account
from collector.store.tables.success import cta
from collector.success import ctas
from collector.success.ctas import Cta, Task
from collector.success.playbooks import Playbooks
from collector.values.paging import NOT_OURS, BadCursor, Page, page_of, read_cursor


@dataclass(frozen=True, slots=True)
class AccountCalls:
    """One account with its open calls to action, the strongest first; `tasks` by call to action."""

    account_id: int
    account: str
    name: str
    priority: float
    ctas: tuple[Cta, ...]
    tasks: Mapping[int, tuple[Task, ...]]


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much there is to do: open calls to action, and the accounts that they are at."""

    reasons: int
    accounts: int


def page(
    connection: Connection, owners: Sequence[str] | None, playbooks: Playbooks, *, limit: int, cursor: str | None
) -> Page[AccountCalls]:
    """`owners`: ids of CSMs; None: of everybody. Raises BadCursor."""
    rank = func.max(cta.c.priority)
    query = select(cta.c.account_id, rank.label("priority")).where(_open(owners)).group_by(cta.c.account_id)
    if after := read_cursor(cursor, str, int):
        at = _number(after[0])
        query = query.having(or_(rank < at, and_(rank == at, cta.c.account_id > after[1])))
    rows = connection.execute(query.order_by(rank.desc(), cta.c.account_id).limit(limit + 1)).all()
    chosen, following = page_of(rows, limit, lambda row: (repr(row.priority), row.account_id))
    of_accounts = {row.account_id: row.priority for row in chosen}
    return Page(_of_accounts(connection, of_accounts, owners, playbooks), following)


def of_account(connection: Connection, account_id: int, playbooks: Playbooks) -> list[AccountCalls]:
    """The account's open calls, whoever owns them; nothing where there are none."""
    return _of_accounts(connection, {account_id: 0.0}, None, playbooks)


def waiting(connection: Connection, owners: Sequence[str] | None) -> Waiting:
    counted = select(func.count(), func.count(cta.c.account_id.distinct())).where(_open(owners))
    reasons, accounts = connection.execute(counted).one()
    return Waiting(reasons, accounts)


def _open(owners: Sequence[str] | None) -> ColumnElement[bool]:
    is_open = and_(cta.c.state == "open", is_there(cta.c.account_id))
    return is_open if owners is None else and_(is_open, cta.c.owner.in_(owners))


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise BadCursor(NOT_OURS) from error


def _of_accounts(
    connection: Connection, ranks: Mapping[int, float], owners: Sequence[str] | None, playbooks: Playbooks
) -> list[AccountCalls]:
    """In the order of `ranks`."""
    if not ranks:
        return []
    wanted = select(cta.c.id, cta.c.account_id).where(_open(owners), cta.c.account_id.in_(list(ranks)))
    account_of = {row.id: row.account_id for row in connection.execute(wanted)}
    found = ctas.some(connection, list(account_of), playbooks)
    steps = ctas.tasks_of(connection, list(account_of))
    named = connection.execute(
        select(account.c.id, account.c.external_id, account.c.name).where(account.c.id.in_(list(ranks)))
    )
    name_of = {row.id: row for row in named}
    calls = []
    for row_id, rank in ranks.items():
        own = tuple(one for one in found if account_of[one.id] == row_id)
        if own:
            said = name_of[row_id]
            its = {one.id: tuple(steps.get(one.id, ())) for one in own}
            calls.append(AccountCalls(row_id, said.external_id, said.name, rank, own, its))
    return calls
