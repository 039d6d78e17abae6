"""What follows at once from a fact that is said now: the newest contact, who is mentioned, whose an account is.

A file is followed by the next closing, but for whose an account is: its calls to action go along at once.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from collector.accounts.ledger import facts
from collector.accounts.ledger.csm_names import csm_names
from collector.accounts.ledger.facts import NOW, Version
from collector.accounts.ledger.kinds.registry import KINDS, Kind
from collector.context import Context
from collector.fleet import accounts as rows
from collector.fleet.scope import account_id_of
from collector.notifications import announcements
from collector.notifications.notice_texts import NAMED_MAX
from collector.operations.calls import own_csm
from collector.store.tables.ledger import fact
from collector.success import mentions, ownership, standings
from collector.success.ownership import Along, OwnerChange
from collector.success.priority import contact_day


def follow(
    context: Context, connection: Connection, kind: Kind, answer: Mapping[str, Any], before: Version | None
) -> None:
    """`answer` as the ledger says it now; `before`: the version of an account that it replaces."""
    if kind.key == "note":
        _tell_mentioned(context, connection, answer)
    if kind.key == "account":
        _follow_csm(context, connection, answer, before)
    if kind.key != "touch":
        return
    row_id = account_id_of(connection, str(answer["account"]))
    known = {} if row_id is None else facts.known(connection, [row_id], NOW, kinds=("touch",))
    for account_id, ledger in known.items():
        standings.spoke(connection, account_id, contact_day(ledger, context.today_of(connection, account_id)))


def given(
    context: Context, connection: Connection, changes: Sequence[OwnerChange], *, only: Collection[int] | None = None,
    but: Collection[int] = (), by_import: int | None = None,
) -> list[Along]:  # fmt: skip
    """These accounts have other CSMs: their calls to action and the lists follow, and each new one is told once.

    `only`, `but`, `by_import`: as `ownership.follow` takes them. The caller is told nothing.
    """
    if not changes:
        return []
    by, now_s = context.caller.name, context.now_s()
    went = ownership.follow(connection, changes, by, now_s, only=only, but=but, by_import=by_import)
    named, own = csm_names(connection), own_csm(context, connection)
    of_csm: dict[str, list[int]] = {}
    for one in changes:
        if one.csm not in {"", own}:
            of_csm.setdefault(one.csm, []).append(one.account_id)
    for csm, accounts in sorted(of_csm.items()):
        calls = sum(one.account_id in set(accounts) for one in went)
        names = [rows.name_of(connection, one) for one in accounts[:NAMED_MAX]]
        announcements.handed_over(
            connection, csm, named.get(csm, csm), by, names, now_s, accounts=len(accounts), calls=calls
        )
    return went


def import_brought(context: Context, connection: Connection, import_id: int) -> None:
    """Accounts that the import gave to other CSMs than they had go to them."""
    new, old = fact.alias("new"), fact.alias("old")
    is_before = (old.c.kind == new.c.kind) & (old.c.key == new.c.key) & (old.c.version == new.c.version - 1)
    its = (
        select(new.c.account_id, new.c.body, old.c.body.label("before"))
        .join(old, is_before)
        .where(new.c.import_id == import_id, new.c.kind == "account")
        .order_by(new.c.version)
    )
    first: dict[int, str] = {}
    last: dict[int, str] = {}
    for row in connection.execute(its):
        first.setdefault(row.account_id, _csm_of(row.before))
        last[row.account_id] = _csm_of(row.body)
    given(context, connection, _changes(first, last), by_import=import_id)


def csms_of_import(connection: Connection, import_id: int) -> dict[int, str]:
    """Whose the accounts that an import wrote are now, by their rows; withdrawn ones are left out."""
    wrote = select(fact.c.key).where(fact.c.import_id == import_id, fact.c.kind == "account")
    its = select(fact.c.account_id, fact.c.body).where(
        fact.c.kind == "account", fact.c.key.in_(wrote), fact.c.replaced_at.is_(None), fact.c.withdrawn.is_(False)
    )
    return {row.account_id: _csm_of(row.body) for row in connection.execute(its)}


def import_undone(context: Context, connection: Connection, import_id: int, before: Mapping[int, str]) -> None:
    """`before`: whose its accounts were until it was taken back. Calls that a CSM had there without it stay."""
    changes = _changes(before, csms_of_import(connection, import_id))
    stay = ownership.had_before(connection, import_id, [one.account_id for one in changes]) if changes else ()
    given(context, connection, changes, but=stay)


def _changes(before: Mapping[int, str], after: Mapping[int, str]) -> list[OwnerChange]:
    return [
        OwnerChange(account_id, before[account_id], csm)
        for account_id, csm in sorted(after.items())
        if account_id in before and csm != before[account_id]
    ]


def _csm_of(body: str) -> str:
    csm: str | None = KINDS["account"].load(body).csm
    return csm or ""


def _follow_csm(context: Context, connection: Connection, answer: Mapping[str, Any], before: Version | None) -> None:
    if before is None or before.account_id is None:
        return
    was, now = before.said.csm or "", answer["csm"] or ""
    if was != now:
        given(context, connection, [OwnerChange(before.account_id, was, now)])


def _tell_mentioned(context: Context, connection: Connection, note: Mapping[str, Any]) -> None:
    """Whom a note mentions is told; a file tells nobody, since what it brings is of the past."""
    account_id = account_id_of(connection, str(note["account"]))
    assert account_id is not None
    found = mentions.mentioned(note["text"], csm_names(connection))
    new = mentions.follow(connection, note["id"], account_id, found, context.now_s())
    by = note["by"] or context.caller.name
    told = [csm for csm in new if csm != by]
    announcements.mentioned(connection, rows.name_of(connection, account_id), by, note["text"], told, context.now_s())
