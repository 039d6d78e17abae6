"""The one door into the ledger, for the API and for files: judge facts, then append them.

Everything happens in the caller's transaction. What is refused is told item by item; unless `partial` is asked for,
one refused item means that nothing is written at all. An account's fact also makes the account's row, a deployment's
fact its row or a conflict (claims).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, bindparam, or_, text, update

from collector.accounts.ledger import claims, refs
from collector.accounts.ledger.checks import Complaint
from collector.accounts.ledger.facts import Origin, append, row_ids, versions
from collector.accounts.ledger.judging import Did, FactResult, Judgement, Terms, judgement
from collector.accounts.ledger.kinds.registry import KINDS, Kind
from collector.accounts.ledger.stays import Claim, RobotClaims
from collector.calendar.days import DAY_S
from collector.store.lists import insert_all
from collector.store.tables.fleet import account
from collector.values.refusal import Remedy
from collector.values.sentence import Sentence

__all__ = [
    "Did", "FactResult", "Terms", "dependents", "judge", "recorded_by_history", "rewrite", "withdraw", "write",
]  # fmt: skip
dependents = refs.dependents
_DEPLOYMENT = "deployment"
_TURN = 0x6C656467  # writers of the ledger take turns on PostgreSQL, as they do on SQLite


def judge(connection: Connection, kind: Kind, items: Sequence[Any], terms: Terms) -> list[FactResult]:
    """What `write` would do with each item, in order. Reads only."""
    return judgement(connection, kind, items, terms).outcomes


def write(
    connection: Connection,
    kind: Kind,
    items: Sequence[Any],
    origin: Origin,
    terms: Terms,
    *,
    recorded: Sequence[int] | None = None,
    partial: bool = False,
) -> list[FactResult]:
    """Append these facts (instances of `kind.model`), in order; what became of each.

    `recorded`: since when the source knew each item, in seconds (see `recorded_by_history`); None: `origin` says it
    for all. When an item is refused and `partial` is False nothing is written: the others say what would have been.
    """
    take_turn(connection)
    judged = judgement(connection, kind, items, terms)
    outcomes = judged.outcomes
    if not partial and any(outcome.did == "refused" for outcome in outcomes):
        return outcomes
    taken = [at for at, outcome in enumerate(outcomes) if outcome.did in {"created", "corrected"}]
    said = [items[at] for at in taken]
    told = None if recorded is None else [recorded[at] for at in taken]
    rows = _append(connection, kind, said, origin, judged, recorded=told)
    if kind.key == _DEPLOYMENT:
        _save_claims(connection, judged, said, origin, terms)
    for at, row_id in zip(taken, rows, strict=True):
        outcomes[at] = replace(outcomes[at], row_id=row_id)
    return outcomes


def withdraw(
    connection: Connection, kind: Kind, ids: Sequence[str], origin: Origin, *, partial: bool = False
) -> list[FactResult]:
    """Say of these facts that they never were so. Refused where standing facts refer to one of them."""
    take_turn(connection)
    standing = versions(connection, kind, ids)
    named = dependents(connection, kind, ids)
    outcomes = []
    for key in ids:
        old = standing.get(key)
        if old is None:
            remedy = Remedy("list them", f"export {kind.path}", f"GET /api/v1/{kind.path}")
            wrong = Complaint("id", Sentence("there is no {kind} {id}", kind=kind.key, id=key), remedy)
            outcomes.append(FactResult(key, "refused", complaints=(wrong,)))
        elif old.withdrawn:
            outcomes.append(FactResult(key, "unchanged", old.version, old.row_id))
        elif key in named:
            why = Sentence("{kind} {id} is named by {names}", kind=kind.key, id=key, names=", ".join(named[key]))
            wrong = Complaint("id", why, "withdraw or correct those first", clash=True)
            outcomes.append(FactResult(key, "refused", complaints=(wrong,)))
        else:
            outcomes.append(FactResult(key, "withdrawn", old.version + 1))
    if not partial and any(outcome.did == "refused" for outcome in outcomes):
        return outcomes
    gone = list(dict.fromkeys(outcome.id for outcome in outcomes if outcome.did == "withdrawn"))
    rows = dict(zip(gone, rewrite(connection, kind, [(standing[key].said, True) for key in gone], origin), strict=True))
    return [replace(outcome, row_id=rows.get(outcome.id, outcome.row_id)) for outcome in outcomes]


def rewrite(
    connection: Connection,
    kind: Kind,
    changed: Sequence[tuple[Any, bool]],
    origin: Origin,
    *,
    recorded: Mapping[str, int] | None = None,
) -> list[int]:
    """Append (fact, withdrawn) without judging it: what the undo of an import restores. Rows of `fact`, in order.

    Each id at most once. The account's and the deployment's rows follow. `recorded`: since when the source knew each,
    by id. Ask `dependents` first where something is withdrawn.
    """
    take_turn(connection)
    judged = Judgement(kind, versions(connection, kind, [said.id for said, _ in changed]), [])
    rows: dict[str, int] = {}
    for withdrawn in (False, True):
        said = [said for said, gone in changed if gone is withdrawn]
        told = None if recorded is None else [recorded[item.id] for item in said]
        made = _append(connection, kind, said, origin, judged, withdrawn=withdrawn, recorded=told)
        rows |= zip([item.id for item in said], made, strict=True)
    if kind.key == _DEPLOYMENT and changed:
        _rewrite_claims(connection, changed, origin)
    return [rows[said.id] for said, _ in changed]


def _rewrite_claims(connection: Connection, changed: Sequence[tuple[Any, bool]], origin: Origin) -> None:
    before = claims.book_of(connection, {said.robot for said, gone in changed if not gone}, [s.id for s, _ in changed])
    book = before.copy()
    for said, gone in changed:
        if gone:
            book.take_out(said.id)
    for said, gone in changed:
        if not gone:
            book.put(claim_of(said), keep=True, force=True)
    claims.save(connection, before, book)
    _shorten(connection, book, origin)


def recorded_by_history(kind: Kind, said: Any) -> int:
    """Since when a source knew an imported fact of the past: the beginning (UTC) of its day; 0 where it has none."""
    day = kind.day_of(said)
    return 0 if day is None else day * DAY_S


def claim_of(said: Any) -> Claim:
    """A deployment as a claim."""
    return Claim(said.id, said.robot, said.account, said.from_day, said.to_day)


def take_turn(connection: Connection, wait_at_most_s: int | None = None) -> None:
    """Wait for the ledger's other writers; until the end of the transaction nobody else writes to it.

    Raises OperationalError when the turn has not come after `wait_at_most_s` (another collector imports a large file).
    """
    if connection.dialect.name == "postgresql":
        if wait_at_most_s is not None:
            connection.execute(text(f"SET LOCAL lock_timeout = '{int(wait_at_most_s)}s'"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:turn)"), {"turn": _TURN})


def _append(
    connection: Connection,
    kind: Kind,
    said: Sequence[Any],
    origin: Origin,
    judged: Judgement,
    *,
    withdrawn: bool = False,
    recorded: Sequence[int] | None = None,
) -> list[int]:
    if not said:
        return []
    if kind.key == "account":
        _keep_accounts(connection, said, origin, withdrawn=withdrawn)
    owners = row_ids(connection, sorted({owner for item in said if (owner := _owner(kind, item)) is not None}))
    account_ids = [None if (owner := _owner(kind, item)) is None else owners[owner] for item in said]
    return append(
        connection, kind, said, account_ids, origin, before=judged.before, withdrawn=withdrawn, recorded=recorded
    )


def _owner(kind: Kind, item: Any) -> str | None:
    if kind.key == "account":
        return str(item.id)
    return str(item.account) if kind.of_account else None


def _keep_accounts(connection: Connection, said: Sequence[Any], origin: Origin, *, withdrawn: bool) -> None:
    """The rows that usage and tokens refer to: made when an account is first said, and called as it says.

    The row of a withdrawn one stays, because counts and scores refer to it, and says so to every list.
    """
    there = row_ids(connection, [item.id for item in said])
    made = [
        {"external_id": item.id, "name": item.name, "created_at": origin.arrived_at, "withdrawn": withdrawn}
        for item in said
        if item.id not in there
    ]
    insert_all(connection, account, made)
    called = [{"row_id": there[item.id], "called": item.name} for item in said if item.id in there]
    if called:
        differs = or_(account.c.name != bindparam("called"), account.c.withdrawn.is_not(withdrawn))
        named = update(account).where(account.c.id == bindparam("row_id"), differs)
        connection.execute(named.values(name=bindparam("called"), withdrawn=withdrawn), called)


def _save_claims(connection: Connection, judged: Judgement, said: Sequence[Any], origin: Origin, terms: Terms) -> None:
    if terms.new_robots:
        claims.make_robots(connection, (item.robot for item in said), origin.arrived_at)
    claims.save(connection, judged.book_before, judged.book)
    _shorten(connection, judged.book, origin)


def _shorten(connection: Connection, book: RobotClaims, origin: Origin) -> None:
    """Facts of derived claims that gave way say so."""
    if not book.gave_way:
        return
    kind = KINDS[_DEPLOYMENT]
    before = versions(connection, kind, list(book.gave_way))
    for withdrawn in (False, True):
        changed = [(before[key], shorter) for key, shorter in book.gave_way.items() if (shorter is None) is withdrawn]
        said = [old.said if shorter is None else replace(old.said, to_day=shorter.to_day) for old, shorter in changed]
        append(
            connection, kind, said, [old.account_id for old, _ in changed], origin, before=before, withdrawn=withdrawn
        )
