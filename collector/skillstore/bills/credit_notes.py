"""Credit notes in the store: proposed by one person, approved or refused by another. Rows are only added."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, select

from collector.fleet.scope import Scope
from collector.skillstore.billing.bill import Given
from collector.skillstore.billing.credit import CreditNote
from collector.skillstore.billing.rating import BillPeriod
from collector.store.lists import among, newest_first
from collector.store.tables.fleet import account
from collector.store.tables.skill_bills import skill_bill, skill_bill_line, skill_credit_decision, skill_credit_note


@dataclass(frozen=True, slots=True)
class StoredNote:
    """A credit note with its decision, where there is one. Money in the smallest unit of `currency`."""

    id: int
    bill_id: int
    account: str
    currency: str
    place: int
    amount: int
    reason: str
    person_id: int
    proposed_by: str
    proposed_at: int
    is_approved: bool | None
    decided_by_id: int | None
    decided_by: str | None
    decided_at: int | None

    @property
    def note(self) -> CreditNote:
        approved_by = self.decided_by_id if self.is_approved else None
        return CreditNote(self.place, self.amount, self.reason, self.person_id, approved_by)


def of_bills(connection: Connection, bill_ids: Sequence[int]) -> dict[int, list[StoredNote]]:
    """All notes of these bills, by bill, in order."""
    query = _notes().where(among(connection, skill_credit_note.c.bill_id, bill_ids))
    found: dict[int, list[StoredNote]] = {}
    for row in connection.execute(query.order_by(skill_credit_note.c.id)):
        found.setdefault(row.bill_id, []).append(_note(row))
    return found


def given(connection: Connection, account_ids: Sequence[int]) -> dict[int, dict[str, Given]]:
    """What approved notes gave back, by account (row id) and currency. An account without any is left out."""
    line, note, decision = skill_bill_line.c, skill_credit_note.c, skill_credit_decision.c
    query = (
        select(
            skill_bill.c.account_id, skill_bill.c.currency, line.subscription, line.charge, line.from_day, line.to_day,
            note.amount,
        )
        .join(skill_bill_line, skill_bill_line.c.bill_id == skill_bill.c.id)
        .join(skill_credit_note, (note.bill_id == line.bill_id) & (note.place == line.place))
        .join(skill_credit_decision, decision.note_id == note.id)
        .where(among(connection, skill_bill.c.account_id, account_ids), decision.is_approved)
    )  # fmt: skip
    found: dict[int, dict[str, dict[tuple[str, str, BillPeriod], int]]] = {}
    for row in connection.execute(query):
        its = found.setdefault(row.account_id, {}).setdefault(row.currency, {})
        key = row.subscription, row.charge, BillPeriod(row.from_day, row.to_day)
        its[key] = its.get(key, 0) + row.amount
    return {account_id: dict(its) for account_id, its in found.items()}


def one(connection: Connection, note_id: int) -> StoredNote | None:
    row = connection.execute(_notes().where(skill_credit_note.c.id == note_id)).one_or_none()
    return None if row is None else _note(row)


def page(
    connection: Connection, scope: Scope, *, waiting: bool, limit: int, cursor: str | None
) -> tuple[list[StoredNote], str | None]:
    """The newest first. `waiting`: only those that nobody has decided. Raises BadCursor."""
    query = _notes()
    if scope.accounts is not None:
        query = query.where(skill_bill.c.account_id.in_(scope.accounts))
    if waiting:
        query = query.where(skill_credit_decision.c.note_id.is_(None))
    rows, following = newest_first(connection, query, skill_credit_note.c.id, limit, cursor)
    return [_note(row) for row in rows], following


def propose(connection: Connection, bill_id: int, note: CreditNote, who: str, now_s: int) -> int:
    """The new note's id."""
    values = {
        "bill_id": bill_id, "place": note.line, "amount": note.amount, "reason": note.reason,
        "person_id": note.proposed_by, "who": who, "proposed_at": now_s,
    }  # fmt: skip
    made: int = connection.execute(
        insert(skill_credit_note).values(values).returning(skill_credit_note.c.id)
    ).scalar_one()
    return made


def decide(connection: Connection, note_id: int, *, is_approved: bool, person_id: int, who: str, now_s: int) -> None:
    """Raises IntegrityError where it is decided already."""
    values = {
        "note_id": note_id, "is_approved": is_approved, "person_id": person_id, "who": who, "decided_at": now_s,
    }  # fmt: skip
    connection.execute(insert(skill_credit_decision).values(values))


def _notes() -> Select[Any]:
    decision = skill_credit_decision
    return (
        select(
            skill_credit_note, account.c.external_id, skill_bill.c.currency, decision.c.is_approved,
            decision.c.person_id.label("decided_by_id"), decision.c.who.label("decided_by"), decision.c.decided_at,
        )
        .join(skill_bill, skill_bill.c.id == skill_credit_note.c.bill_id)
        .join(account, account.c.id == skill_bill.c.account_id)
        .join(decision, decision.c.note_id == skill_credit_note.c.id, isouter=True)
    )  # fmt: skip


def _note(row: Row[Any]) -> StoredNote:
    return StoredNote(
        row.id, row.bill_id, row.external_id, row.currency, row.place, row.amount, row.reason, row.person_id, row.who,
        row.proposed_at, row.is_approved, row.decided_by_id, row.decided_by, row.decided_at,
    )  # fmt: skip
