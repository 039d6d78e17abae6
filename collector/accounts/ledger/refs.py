"""What facts name, looked up in the store: which of the named ids exist, and who names a fact that shall go."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, Select, func, select

from collector.accounts.ledger.checks import HAPPENED, NAMES, ROBOT, KnownRefs, refers_to
from collector.accounts.ledger.claims import robot_ids
from collector.accounts.ledger.facts import ACCOUNTS_AT_ONCE, row_ids, versions
from collector.accounts.ledger.kinds.noted import CustomField
from collector.accounts.ledger.kinds.registry import KINDS, Kind
from collector.store.lists import among
from collector.store.tables.fleet import account
from collector.store.tables.ledger import fact

SHOWN = 3  # of the facts that stand in the way
_OF_NO_ACCOUNT = frozenset({"csm", "reseller"})
_NAMED_ANYWHERE = _OF_NO_ACCOUNT | {"custom_field"}  # by facts of every account


def known_refs(connection: Connection, kind: Kind, items: Sequence[Any]) -> KnownRefs:
    """Of everything that these facts name: what exists, and with which account."""
    wanted: dict[str, set[str]] = defaultdict(set)
    own = custom_fields(connection, {item.field for item in items}) if kind.key == "custom_value" else {}
    for item in items:
        for ref in refers_to(kind, item, own):
            wanted[ref.kind].add(ref.id)
    robots = robot_ids(connection, wanted.pop(ROBOT, set()))
    ids = {of: _standing(connection, of, sorted(named)) for of, named in wanted.items()}
    signed = _signed(connection, sorted(wanted["account"])) if kind.key in HAPPENED else {}
    return KnownRefs(ids, robots.keys(), currencies(connection, kind, items), signed, own)


def custom_fields(connection: Connection, ids: Iterable[str]) -> dict[str, CustomField]:
    """The standing fields of one's own with these ids."""
    return {said.id: said for said in _said(connection, "custom_field", sorted(set(ids)))}


def currencies(connection: Connection, kind: Kind, items: Sequence[Any]) -> dict[str, str]:
    """{id: the currency of its amounts}: its own, else its contract's or, where it has none, its account's."""
    if not kind.amounts:
        return {}
    lender = "contract" if "contract" in kind.model.__dataclass_fields__ else "account"
    found = {item.id: item.currency for item in items if item.currency}
    lent = {item.id: getattr(item, lender) for item in items if item.id not in found and _has_amount(kind, item)}
    of = _currencies(connection, lender, sorted(set(lent.values())))
    return found | {key: of[named] for key, named in lent.items() if named in of}


def _has_amount(kind: Kind, item: Any) -> bool:
    return any(getattr(item, name) is not None for name in kind.amounts)


def _currencies(connection: Connection, of: str, ids: Sequence[str]) -> dict[str, str]:
    return {said.id: said.currency for said in _said(connection, of, ids)}


def _signed(connection: Connection, ids: Sequence[str]) -> dict[str, int]:
    return {said.id: said.signed_day for said in _said(connection, "account", ids) if said.signed_day is not None}


def _said(connection: Connection, of: str, ids: Sequence[str]) -> Iterator[Any]:
    """The standing facts of that kind with these ids."""
    for some in _some(ids):
        wanted = select(fact.c.body).where(
            fact.c.kind == of,
            among(connection, fact.c.key, some),
            fact.c.replaced_at.is_(None),
            fact.c.withdrawn.is_(False),
        )
        yield from (KINDS[of].load(row.body) for row in connection.execute(wanted))


def _standing(connection: Connection, kind: str, ids: Sequence[str]) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for some in _some(ids):
        wanted = (
            select(fact.c.key, account.c.external_id)
            .join(account, account.c.id == fact.c.account_id, isouter=True)
            .where(
                fact.c.kind == kind,
                among(connection, fact.c.key, some),
                fact.c.replaced_at.is_(None),
                fact.c.withdrawn.is_(False),
            )
        )
        found.update((row.key, row.external_id) for row in connection.execute(wanted))
    return found


def dependents(connection: Connection, kind: Kind, ids: Sequence[str]) -> dict[str, list[str]]:
    """{id: up to three standing facts that refer to it, as "contract c-1"}; ids that nothing refers to are left out.

    Facts that are in `ids` themselves do not count. CSMs and resellers are asked for at accounts only: a touch by
    somebody who is no longer known is still a touch.
    """
    if kind.key == "account":
        return _of_accounts(connection, ids)
    fields: dict[str, list[str]] = defaultdict(list)
    for other in KINDS.values():
        for name in other.model.__dataclass_fields__:
            if NAMES.get(name) == kind.key and not (kind.key in _OF_NO_ACCOUNT and other.key != "account"):
                fields[other.key].append(name)
    if not fields:
        return {}
    gone, found = set(ids), defaultdict[str, list[str]](list)
    for of, key, body in _bodies(connection, kind, ids, sorted(fields)):
        said = orjson.loads(body)
        for name in fields[of]:
            target = said.get(name)
            if target in gone and not (of == kind.key and key in gone) and len(found[target]) < SHOWN:
                found[target].append(f"{of} {key}")
    return {target: shown for target, shown in found.items() if shown}


def _of_accounts(connection: Connection, ids: Sequence[str]) -> dict[str, list[str]]:
    rows = {row_id: key for key, row_id in row_ids(connection, ids).items()}
    found: dict[str, list[str]] = defaultdict(list)
    for some in _some(sorted(rows)):
        wanted = (
            select(fact.c.account_id, fact.c.kind, func.min(fact.c.key))
            .where(
                among(connection, fact.c.account_id, some),
                fact.c.kind != "account",
                fact.c.replaced_at.is_(None),
                fact.c.withdrawn.is_(False),
            )
            .group_by(fact.c.account_id, fact.c.kind)
            .order_by(fact.c.account_id, fact.c.kind)
        )
        for account_id, of, key in connection.execute(wanted):
            if len(found[rows[account_id]]) < SHOWN:
                found[rows[account_id]].append(f"{of} {key}")
    for key, of, by in _referrers(connection, set(ids)):
        if len(found[key]) < SHOWN:
            found[key].append(f"{of} {by}")
    return {key: shown for key, shown in found.items() if shown}


def _referrers(connection: Connection, accounts: set[str]) -> Iterator[tuple[str, str, str]]:
    """(account, kind, id) of the facts of other accounts that name one of these: who referred or was referred."""
    wanted = select(fact.c.kind, fact.c.key, fact.c.body).where(
        fact.c.kind.in_(["account", "opportunity"]),
        fact.c.replaced_at.is_(None),
        fact.c.withdrawn.is_(False),
        fact.c.body.contains('"referred'),
    )
    for of, key, body in connection.execute(wanted.order_by(fact.c.kind, fact.c.key)):
        said = orjson.loads(body)
        named = said.get("referred_by") if of == "account" else said.get("stage") == "won" and said.get("referred")
        if named in accounts and not (of == "account" and key in accounts):
            yield named, of, key


def _bodies(
    connection: Connection, kind: Kind, ids: Sequence[str], kinds: Sequence[str]
) -> Iterator[tuple[str, str, str]]:
    """(kind, id, body) of the standing facts that could name one of these."""
    wanted = select(fact.c.kind, fact.c.key, fact.c.body).where(
        fact.c.kind.in_(kinds), fact.c.replaced_at.is_(None), fact.c.withdrawn.is_(False)
    )
    if kind.key in _NAMED_ANYWHERE:
        yield from _told(connection, wanted)
        return
    standing = versions(connection, kind, ids)
    owners = sorted({version.account_id for version in standing.values() if version.account_id is not None})
    for some in _some(owners):
        yield from _told(connection, wanted.where(among(connection, fact.c.account_id, some)))


def _told(connection: Connection, wanted: Select[Any]) -> Iterator[tuple[str, str, str]]:
    return ((row.kind, row.key, row.body) for row in connection.execute(wanted))


def _some(ids: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (ids[start : start + ACCOUNTS_AT_ONCE] for start in range(0, len(ids), ACCOUNTS_AT_ONCE))
