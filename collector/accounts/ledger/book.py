"""Reads of the whole portfolio: the ledgers of all accounts with only the kinds that a question needs, and the facts
that belong to no account (exchange rates, costs, CSMs, resellers).

One statement, one pass: a year of 10,000 accounts has to be read in a fraction of a second.
"""

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import Connection, and_, func, or_, select

from collector.accounts.contracts.exchange_rates import is_rate
from collector.accounts.ledger.facts import Knowledge
from collector.accounts.ledger.kinds.money import Cost, ExchangeRate
from collector.accounts.ledger.kinds.registry import KINDS
from collector.accounts.ledger.kinds.who import Account, Csm, Reseller
from collector.accounts.ledger.view import FIELD_OF_KIND, AccountLedger, Unread
from collector.store import fence
from collector.store.tables.ledger import fact

log = logging.getLogger(__name__)
T = TypeVar("T")
F = TypeVar("F", ExchangeRate, Cost, Csm, Reseller)

CONTRACTS = ("contract", "line", "renewal")
RATES = (*CONTRACTS, "opportunity", "survey")
Row = tuple[int, str, int, str, str]
"""(account's row, kind, day or -1, id, body), as the driver gives it."""
COMMON = ("exchange_rate", "cost", "csm", "reseller")


@dataclass(frozen=True, slots=True)
class Ledgers:
    """Everything that a report over all accounts stands on, as known at one moment.

    `rows` are the facts of each account as they lie in the store; `ledgers` makes one ledger after the other from them,
    so that a report which looks at each once never holds them all.
    """

    rows: Mapping[int, list[Row]]
    exchange_rates: list[ExchangeRate] = field(default_factory=list)
    costs: list[Cost] = field(default_factory=list)
    csms: list[Csm] = field(default_factory=list)
    resellers: list[Reseller] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)

    def ledgers(self) -> Iterator[AccountLedger]:
        """Each account's ledger, in no order. One that cannot be read is in `unread`."""
        for made in fence.every(self.rows.items(), lambda each: _ledger(*each), self._unread_rows):
            if made is not None:
                yield made

    def of_each(self, work: Callable[[AccountLedger], T]) -> Iterator[T]:
        """What the work makes of each ledger, in no order. An account that it fails for is in `unread`."""
        return fence.every(
            self.ledgers(), work, lambda ledger, reason: self.leave_out("account", ledger.account.id, reason)
        )

    def sound(self, kind: str, said: Iterable[F], work: Callable[[F], object]) -> list[F]:
        """The facts of no account that the work does not fail for; the others are in `unread`."""

        def tried(each: F) -> F:
            work(each)
            return each

        return list(fence.every(said, tried, lambda each, reason: self.leave_out(kind, each.id, reason)))

    def leave_out(self, kind: str, key: str, reason: str) -> None:
        left = Unread(kind, key, reason)
        if left not in self.unread:
            self.unread.append(left)
            extra = {"action": "report_left_out", "kind": kind, "key": key, "reason": reason}
            log.warning("a report leaves out what it cannot reckon with", extra=extra)

    def _unread_rows(self, rows: tuple[int, list[Row]], reason: str) -> None:
        row_id, facts = rows
        named = (key for _, kind, _, key, _ in facts if kind == "account")
        self.leave_out("account", next(named, f"row {row_id}"), reason)


def read_book(
    connection: Connection,
    kinds: Collection[str],
    knowledge: Knowledge,
    *,
    account_ids: Sequence[int] | None = None,
    touched: tuple[int, int] | None = None,
) -> Ledgers:
    """All accounts (or a few, by row) with these kinds. `touched`: days, both counting, between which facts that only
    happen (surveys, touches) are wanted.
    """
    passing = [kind for kind in kinds if kind in _PASSING]
    wanted = select(fact.c.account_id, fact.c.kind, func.coalesce(fact.c.day, -1), fact.c.key, fact.c.body).where(
        knowledge.holds(), fact.c.withdrawn.is_(False)
    )
    lasting = fact.c.kind.in_(["account", *COMMON, *(kind for kind in kinds if kind not in passing)])
    if passing and touched is not None:
        happened = and_(fact.c.kind.in_(passing), fact.c.day >= touched[0], fact.c.day <= touched[1])
        wanted = wanted.where(or_(lasting, happened))
    else:
        wanted = wanted.where(fact.c.kind.in_(["account", *COMMON, *kinds]))
    if account_ids is not None:
        wanted = wanted.where(or_(fact.c.account_id.in_(account_ids), fact.c.account_id.is_(None)))
    # The driver's own tuples: SQLAlchemy's rows would take as long as everything after them.
    cursor = connection.execute(wanted).cursor
    return _book([] if cursor is None else cursor.fetchall())


def read_exchange_rates(connection: Connection, knowledge: Knowledge) -> list[ExchangeRate]:
    """The stated rates alone, by id, for who needs no account's ledger."""
    wanted = select(fact.c.account_id, fact.c.kind, fact.c.day, fact.c.key, fact.c.body).where(
        fact.c.kind == "exchange_rate", knowledge.holds(), fact.c.withdrawn.is_(False)
    )
    return _book(connection.execute(wanted).all()).exchange_rates


_PASSING = ("survey", "touch", "signal", "sentiment")
_LOAD = {key: kind.load for key, kind in KINDS.items()}


def _book(rows: Sequence[Any]) -> Ledgers:
    common: dict[str, list[Any]] = {kind: [] for kind in COMMON}
    facts: dict[int, list[Any]] = {}
    of_none = [row for row in rows if row[0] is None]
    for row in rows:
        if row[0] is None:
            continue
        if row[0] in facts:
            facts[row[0]].append(row)
        else:
            facts[row[0]] = [row]
    unread: list[Unread] = []
    found = Ledgers(facts, common["exchange_rate"], common["cost"], common["csm"], common["reseller"], unread)
    for kind, said in fence.every(
        sorted(of_none, key=lambda row: str(row[3])),
        lambda row: (row[1], _common(row[1], row[4])),
        lambda row, reason: found.leave_out(row[1], row[3], reason),
    ):
        common[kind].append(said)
    return found


def _common(kind: str, body: str) -> Any:
    said = _LOAD[kind](body)
    if kind == "exchange_rate" and not is_rate(said):
        raise ValueError(f"{said.worth} is no exchange rate")
    return said


def _ledger(row_id: int, rows: list[Row]) -> AccountLedger | None:
    """None where the account's own fact was not known."""
    account: Account | None = None
    fields: dict[str, Any] = {}
    rows.sort()  # by kind, then day, then id, as a ledger has them
    for _, kind, _, _, body in rows:
        said = _LOAD[kind](body)
        if kind == "account":
            account = said
            continue
        name = FIELD_OF_KIND[kind]
        if name in fields:
            fields[name].append(said)
        else:
            fields[name] = [said]
    if account is None:
        return None
    return AccountLedger(row_id=row_id, account=account, **{name: tuple(said) for name, said in fields.items()})
