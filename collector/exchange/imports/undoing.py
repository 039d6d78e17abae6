"""An import taken back: what it created is withdrawn, what it corrected says again what it said before.

Nothing is deleted: the undo is new versions. Where somebody corrected a fact after the import, or something that came
later refers to one that the import made, the undo is refused and says which, because it would undo their work too.
What an import of history claimed to have been known then is taken back for then.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select, update

from collector.accounts.ledger import facts, writing
from collector.accounts.ledger.facts import Origin, Version
from collector.accounts.ledger.kinds.registry import KINDS, Kind
from collector.store.lists import among
from collector.store.tables.ledger import fact, import_file
from collector.values.refusal import Remedy
from collector.values.sentence import Sentence

SHOWN = 5
_AT_ONCE = 400


@dataclass(frozen=True, slots=True)
class Undone:
    """What was taken back."""

    import_id: int
    withdrawn: int
    restored: int


@dataclass(frozen=True, slots=True)
class NotUndone:
    """Nothing was changed, and why."""

    why: str
    remedy: Remedy | str


@dataclass(frozen=True, slots=True)
class NoImport(NotUndone):
    """There is none with this number."""


class _Stands(Exception):
    """Rolls the undo back."""

    def __init__(self, answer: NotUndone) -> None:
        super().__init__()
        self.answer = answer


def undo(connection: Connection, import_id: int, author: str, now_s: int) -> Undone | NotUndone:
    """Take one import back, in the caller's transaction; refused, it is left as it was."""
    row = connection.execute(select(import_file).where(import_file.c.id == import_id)).one_or_none()
    if row is None:
        remedy = Remedy("list them", "import list", "GET /api/v1/imports", "/admin/imports")
        return NoImport(Sentence("there is no import {import_id}", import_id=import_id), remedy)
    if row.undone_at is not None:
        return NotUndone(
            Sentence(
                "import {import_id} was undone by {undone_by} already", import_id=import_id, undone_by=row.undone_by
            ),
            Sentence("nothing is left to do"),
        )
    try:
        with connection.begin_nested():
            return _taken_back(connection, import_id, author, now_s)
    except _Stands as stands:
        return stands.answer


def _taken_back(connection: Connection, import_id: int, author: str, now_s: int) -> Undone:
    withdrawn = restored = 0
    made: list[tuple[Kind, list[str]]] = []
    for kind in reversed(tuple(KINDS.values())):  # what refers to something stands after it
        wrote = _wrote(connection, kind, import_id)
        _unless_corrected([named for some in wrote for named in _before(connection, kind, some, now_s).later])
        gone: list[str] = []
        for some in wrote:
            before = _before(connection, kind, some, now_s).said
            rewritten = [(one.said, one.withdrawn) for one in before]
            told = {one.said.id: one.since for one in before}
            writing.rewrite(connection, kind, rewritten, Origin(author, now_s), recorded=told)
            gone += [one.said.id for one in before if one.withdrawn]
            restored += sum(not one.withdrawn for one in before)
        withdrawn += len(gone)
        made.append((kind, gone))
    for kind, gone in made:
        for start in range(0, len(gone), _AT_ONCE):
            _unless_named(connection, kind, gone[start : start + _AT_ONCE])
    values = {"undone_at": now_s, "undone_by": author}
    connection.execute(update(import_file).where(import_file.c.id == import_id).values(values))
    return Undone(import_id, withdrawn, restored)


@dataclass(frozen=True, slots=True)
class _Before:
    """What a fact said before the import. `since`: since when the source knew it, as the import claimed; else now."""

    said: Any
    withdrawn: bool
    since: int

    def is_said_by(self, version: Version) -> bool:
        if self.withdrawn or version.withdrawn:
            return self.withdrawn and version.withdrawn
        return bool(version.said == self.said)


_Wrote = list[tuple[str, int, int]]


def _wrote(connection: Connection, kind: Kind, import_id: int) -> list[_Wrote]:
    """(id, its first version, its last one) of each fact that the import wrote, some at a time."""
    first, last = func.min(fact.c.version), func.max(fact.c.version)
    wanted = select(fact.c.key, first, last).where(fact.c.import_id == import_id, fact.c.kind == kind.key)
    rows = connection.execute(wanted.group_by(fact.c.key).order_by(func.min(fact.c.id)))
    found = [(row[0], row[1], row[2]) for row in rows]
    return [found[start : start + _AT_ONCE] for start in range(0, len(found), _AT_ONCE)]


@dataclass(frozen=True, slots=True)
class _Found:
    """What there is to say again, and what stands in the way."""

    said: list[_Before]
    later: list[str]


def _before(connection: Connection, kind: Kind, wrote: _Wrote, now_s: int) -> _Found:
    """What each of these facts said before the import."""
    keys = [key for key, _, _ in wrote]
    standing = facts.versions(connection, kind, keys)
    written = _versions(connection, kind, [(key, last) for key, _, last in wrote])
    earlier = _versions(connection, kind, [(key, first - 1) for key, first, _ in wrote if first > 1])
    found = _Found([], [])
    for key in keys:
        one, now, previous = written[key], standing[key], earlier.get(key)
        since = now_s if one.recorded_at == one.arrived_at else one.recorded_at
        before = (
            _Before(one.said, withdrawn=True, since=since)
            if previous is None
            else _Before(previous.said, withdrawn=previous.withdrawn, since=since)
        )
        if before.is_said_by(now):  # somebody took it back already
            continue
        found.said.append(before)
        # a later version that says the same (the undo of a later import) stands in nobody's way
        if now.version != one.version and (now.said, now.withdrawn) != (one.said, one.withdrawn):
            found.later.append(f"{kind.key} {key} (version {now.version}, by {now.author or 'somebody'})")
    return found


def _unless_corrected(later: Sequence[str]) -> None:
    if later:
        raise _Stands(
            NotUndone(
                Sentence("{count} facts were changed after this import: {later}", count=len(later), later=_some(later)),
                Sentence("undo the later imports first, or correct what is wrong by a new import"),
            )
        )


def _unless_named(connection: Connection, kind: Kind, keys: Sequence[str]) -> None:
    named = writing.dependents(connection, kind, keys)
    if named:
        said = [f"{kind.key} {key} (by {', '.join(by)})" for key, by in named.items()]
        raise _Stands(
            NotUndone(
                Sentence(
                    "{count} facts of this import are named by others that came later: {said}",
                    count=len(said),
                    said=_some(said),
                ),
                Sentence("withdraw those first, or undo the imports that brought them"),
            )
        )


def _versions(connection: Connection, kind: Kind, wanted: Sequence[tuple[str, int]]) -> dict[str, Version]:
    found: dict[str, Version] = {}
    asked = set(wanted)
    for start in range(0, len(wanted), _AT_ONCE):
        keys = [key for key, _ in wanted[start : start + _AT_ONCE]]
        rows = connection.execute(select(fact).where(fact.c.kind == kind.key, among(connection, fact.c.key, keys)))
        found |= {row.key: facts.version_of(kind, row) for row in rows if (row.key, row.version) in asked}
    return found


def _some(named: Sequence[str]) -> str:
    return ", ".join(named[:SHOWN]) + (f" and {len(named) - SHOWN} more" if len(named) > SHOWN else "")
