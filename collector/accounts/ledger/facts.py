"""The ledger's rows: append a version, read what is known now, or what was known at a moment.

A fact is never overwritten: a correction is a new version, a withdrawal a version that says "it never was so". Every
version carries when it arrived here and when the source system recorded it; `Knowledge` chooses between the two.
Everything happens in the caller's transaction.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, and_, bindparam, or_, select, update

from collector.accounts.ledger.kinds.registry import KINDS, Kind
from collector.accounts.ledger.kinds.who import Account
from collector.accounts.ledger.view import FIELD_OF_KIND, AccountLedger
from collector.store.lists import among, insert_numbered
from collector.store.tables.fleet import account as account_table
from collector.store.tables.ledger import fact

Basis = Literal["arrived", "recorded"]
ACCOUNTS_AT_ONCE = 500  # in one statement: below every database's limit of parameters


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What somebody knew at `at_s` (None: now): by when it arrived here, or by when the source recorded it."""

    at_s: int | None
    basis: Basis

    def holds(self) -> ColumnElement[bool]:
        """SQL: this version stood then."""
        came, went = (
            (fact.c.arrived_at, fact.c.replaced_at)
            if self.basis == "arrived"
            else (fact.c.recorded_at, fact.c.replaced_recorded_at)
        )
        if self.at_s is None:
            return fact.c.replaced_at.is_(None)
        return and_(came <= self.at_s, or_(went.is_(None), went > self.at_s))


NOW = Knowledge(None, "arrived")


@dataclass(frozen=True, slots=True)
class Origin:
    """Who says it, when it came, and since when the source system knew it (None: since it came)."""

    author: str
    arrived_at: int
    recorded_at: int | None = None
    import_id: int | None = None


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a fact, as the history shows it. `said` is the kind's model."""

    row_id: int
    version: int
    said: Any
    arrived_at: int
    recorded_at: int
    author: str
    withdrawn: bool
    import_id: int | None
    account_id: int | None
    replaced_at: int | None = None


def newest(connection: Connection, kind: Kind, key: str) -> Version | None:
    """The standing version, also a withdrawal; None when there never was such a fact."""
    found = versions(connection, kind, [key])
    return found.get(key)


def versions(connection: Connection, kind: Kind, keys: Sequence[str]) -> dict[str, Version]:
    """The standing version of each of these facts that exists."""
    found: dict[str, Version] = {}
    for start in range(0, len(keys), ACCOUNTS_AT_ONCE):
        wanted = select(fact).where(
            fact.c.kind == kind.key,
            among(connection, fact.c.key, keys[start : start + ACCOUNTS_AT_ONCE]),
            fact.c.replaced_at.is_(None),
        )
        for row in connection.execute(wanted):
            found[row.key] = version_of(kind, row)
    return found


def version_of(kind: Kind, row: Any) -> Version:
    """A row of `fact` as a version."""
    return Version(
        row.id, row.version, kind.load(row.body), row.arrived_at, row.recorded_at, row.author, row.withdrawn,
        row.import_id, row.account_id, row.replaced_at,
    )  # fmt: skip


def append(
    connection: Connection,
    kind: Kind,
    said: Sequence[Any],
    account_ids: Sequence[int | None],
    origin: Origin,
    *,
    before: Mapping[str, Version] | None = None,
    withdrawn: bool = False,
    recorded: Sequence[int] | None = None,
) -> list[int]:
    """Write a new version of each of these facts, each key at most once; their row ids, in order.

    `account_ids` are the rows of the accounts that they belong to. `before` spares a query where the caller has just
    read the standing versions. `recorded`: since when the source knew each of them; None: as `origin` says. The caller
    has validated everything; two writers of one key meet in the unique constraint.

    A version never arrives before the one that it replaces, also when clocks or waiting writers disagree: what was
    known at a moment stays. What the source knew may be told later and about earlier: then it knew the newer version
    from that earlier moment on.
    """
    if not said:
        return []
    standing = versions(connection, kind, [item.id for item in said]) if before is None else before
    told_s = origin.arrived_at if origin.recorded_at is None else origin.recorded_at
    rows = []
    for at, (item, account_id) in enumerate(zip(said, account_ids, strict=True)):
        old = standing.get(item.id)
        arrived_at = origin.arrived_at if old is None else max(origin.arrived_at, old.arrived_at)
        rows.append(
            {
                "kind": kind.key,
                "key": item.id,
                "version": 1 if old is None else old.version + 1,
                "account_id": account_id,
                "day": kind.day_of(item),
                "until_day": kind.until_of(item),
                "arrived_at": arrived_at,
                "recorded_at": min(told_s if recorded is None else recorded[at], arrived_at),
                "withdrawn": withdrawn,
                "import_id": origin.import_id,
                "author": origin.author,
                "word": None if withdrawn else kind.word_of(item),
                "body": kind.dump(item),
            }
        )
    _replace(connection, standing, rows)
    made = insert_numbered(connection, fact, rows, "key")
    return [made[item.id] for item in said]


_REPLACED = (
    update(fact)
    .where(fact.c.id == bindparam("old_id"))
    .values(replaced_at=bindparam("at"), replaced_recorded_at=bindparam("told"))
)
_TOLD_EARLIER = (
    update(fact)
    .where(
        fact.c.kind == bindparam("of"),
        fact.c.key == bindparam("named"),
        fact.c.replaced_recorded_at > bindparam("told"),
    )
    .values(replaced_recorded_at=bindparam("told"))
)


def _replace(connection: Connection, standing: Mapping[str, Version], rows: Sequence[dict[str, Any]]) -> None:
    """The versions that stood until these rows stand no longer."""
    replaced, told_earlier = [], []
    for row in rows:
        old = standing.get(row["key"])
        if old is None:
            continue
        replaced.append({"old_id": old.row_id, "at": row["arrived_at"], "told": row["recorded_at"]})
        if old.version > 1 and row["recorded_at"] < old.recorded_at:
            told_earlier.append({"of": row["kind"], "named": row["key"], "told": row["recorded_at"]})
    if replaced:
        connection.execute(_REPLACED, replaced)
    if told_earlier:
        connection.execute(_TOLD_EARLIER, told_earlier)


def known(
    connection: Connection,
    account_ids: Sequence[int],
    knowledge: Knowledge,
    kinds: Iterable[str] = FIELD_OF_KIND,
    from_day: int | None = None,
) -> dict[int, AccountLedger]:
    """The ledgers of these accounts as known then; an account that was not known then is left out.

    `from_day` leaves out facts that happened before it and have no later `until` (touches of years ago).
    """
    found: dict[int, AccountLedger] = {}
    for start in range(0, len(account_ids), ACCOUNTS_AT_ONCE):
        found.update(_known(connection, account_ids[start : start + ACCOUNTS_AT_ONCE], knowledge, kinds, from_day))
    return found


def _known(
    connection: Connection, account_ids: Sequence[int], knowledge: Knowledge, kinds: Iterable[str], from_day: int | None
) -> dict[int, AccountLedger]:
    wanted = select(fact.c.account_id, fact.c.kind, fact.c.key, fact.c.day, fact.c.body).where(
        among(connection, fact.c.account_id, account_ids),
        fact.c.kind.in_(["account", *kinds]),
        knowledge.holds(),
        fact.c.withdrawn.is_(False),
    )
    if from_day is not None:
        recent = or_(fact.c.day.is_(None), fact.c.day >= from_day, fact.c.until_day >= from_day)
        wanted = wanted.where(or_(recent, fact.c.kind.in_(_LASTING)))
    accounts: dict[int, Account] = {}
    facts: dict[int, dict[str, list[tuple[int, str, Any]]]] = {}
    for account_id, kind, key, day, body in connection.execute(wanted):
        said = KINDS[kind].load(body)
        if kind == "account":
            accounts[account_id] = said
        else:
            of_kind = facts.setdefault(account_id, {}).setdefault(FIELD_OF_KIND[kind], [])
            of_kind.append((-1 if day is None else day, key, said))
    return {
        account_id: AccountLedger(
            row_id=account_id,
            account=said,
            **{
                field: tuple(item for _, _, item in sorted(of_kind, key=lambda entry: entry[:2]))
                for field, of_kind in facts.get(account_id, {}).items()
            },
        )
        for account_id, said in accounts.items()
    }


# Facts that hold until something ends them, however long ago they began.
_LASTING = (
    "account", "site", "contact", "deployment", "contract", "line", "renewal", "handover", "objective", "stage",
)  # fmt: skip


def row_ids(connection: Connection, keys: Sequence[str]) -> dict[str, int]:
    """Rows of `account` by the accounts' ids; unknown ones are left out."""
    found: dict[str, int] = {}
    for start in range(0, len(keys), ACCOUNTS_AT_ONCE):
        wanted = select(account_table.c.external_id, account_table.c.id).where(
            among(connection, account_table.c.external_id, keys[start : start + ACCOUNTS_AT_ONCE])
        )
        found.update((row.external_id, row.id) for row in connection.execute(wanted))
    return found
