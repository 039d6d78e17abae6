"""What is promised and planned: promises that are not kept yet, reviews that are not held yet, by account."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from collector.accounts.ledger.kinds.registry import KINDS
from collector.fleet.accounts import is_there
from collector.store.lists import number_in
from collector.store.tables.fleet import account
from collector.store.tables.ledger import fact
from collector.store.tables.success import standing

BACK_DAYS = 400  # what was due before is history


@dataclass(frozen=True, slots=True)
class AgendaItem:
    """`what`: promise, or the kind of a review. `text` of a promise."""

    account: str
    name: str
    what: str
    text: str
    due_day: int


def planned(
    connection: Connection, owners: Sequence[str] | None, today: int, *, ahead: int, limit: int,
    account_id: int | None = None,
) -> list[AgendaItem]:  # fmt: skip
    """The earliest first, overdue ones too; of accounts that the last closing knew."""
    of_whom = select(standing.c.account_id).where(is_there(standing.c.account_id))
    if owners is not None:
        of_whom = of_whom.where(standing.c.csm.in_(owners))
    chosen = fact.c.account_id.in_(of_whom) if account_id is None else fact.c.account_id == account_id
    due_day = number_in(connection, fact.c.body, "due_day")  # a promise's `day` is when it was made
    wanted = (
        select(fact.c.kind, fact.c.body, account.c.external_id, account.c.name)
        .join(account, account.c.id == fact.c.account_id)
        .where(
            fact.c.kind.in_(("promise", "review")), fact.c.replaced_at.is_(None), fact.c.withdrawn.is_(False),
            due_day.between(today - BACK_DAYS, today + ahead), chosen,
            # what is done has its day in the body, and a field at its default is not there
            ~fact.c.body.contains('"kept_day"'), ~fact.c.body.contains('"held_day"'),
        )
        .order_by(due_day, account.c.external_id, fact.c.id)
        .limit(limit)
    )  # fmt: skip
    found = []
    for row in connection.execute(wanted):
        said = KINDS[row.kind].load(row.body)
        what, text = ("promise", said.text) if row.kind == "promise" else (said.kind, "")
        found.append(AgendaItem(row.external_id, row.name, what, text, said.due_day))
    return found
