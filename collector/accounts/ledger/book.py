"""Reads of the whole portfolio: the ledgers of all accounts with only the kinds that a question needs, and the facts
that belong to no account (exchange rates, costs, CSMs, resellers).

One statement, one pass: a year of 10,000 accounts has to be read in a fraction of a second.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select

from collector.accounts.ledger.facts import NOW, Knowledge
from collector.accounts.ledger.kinds.money import Cost, ExchangeRate
from collector.accounts.ledger.kinds.registry import KINDS
from collector.accounts.ledger.kinds.who import Account, Csm, Reseller
from collector.accounts.ledger.view import FIELD_OF_KIND, AccountLedger
from collector.store.tables.ledger import fact

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

    def ledgers(self) -> Iterator[AccountLedger]:
        """Each account's ledger, in no order."""
        for row_id, rows in self.rows.items():
            made = _ledger(row_id, rows)
            if made is not None:
                yield made


def read_book(
    connection: Connection,
    kinds: Collection[str] = CONTRACTS,
    knowledge: Knowledge = NOW,
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
    wanted = select(fact.c.body).where(fact.c.kind == "exchange_rate", knowledge.holds(), fact.c.withdrawn.is_(False))
    kind = KINDS["exchange_rate"]
    return sorted((kind.load(body) for body in connection.execute(wanted).scalars()), key=lambda each: each.id)


_PASSING = ("survey", "touch", "signal", "sentiment")
_LOAD = {key: kind.load for key, kind in KINDS.items()}


def _book(rows: Sequence[Any]) -> Ledgers:
    common: dict[str, list[Any]] = {kind: [] for kind in COMMON}
    facts: dict[int, list[Any]] = {}
    for row in rows:
        if row[0] is None:
            common[row[1]].append(_LOAD[row[1]](row[4]))
        elif row[0] in facts:
            facts[row[0]].append(row)
        else:
            facts[row[0]] = [row]
    ordered = {kind: sorted(said, key=lambda each: each.id) for kind, said in common.items()}
    return Ledgers(facts, ordered["exchange_rate"], ordered["cost"], ordered["csm"], ordered["reseller"])


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
