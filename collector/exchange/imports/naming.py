"""Accounts and CSMs that a file names by their name or mail, where exactly one is called so.

An id that stands is always the id. A person may be written family name first ("Smith, Ann"). A name of
several, or of none, is left as it is, and its row is refused; that of several with the ids it may mean.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, select

from collector.accounts.ledger import facts
from collector.accounts.ledger.kinds.registry import KINDS, Kind
from collector.exchange.imports.fields import CALLED, called_by_name
from collector.exchange.imports.spelling import plain_key
from collector.store.tables.ledger import fact
from collector.values.sentence import Sentence

SHOWN = 10  # of the ids that a name may mean


class Namesakes:
    """Names are read from the store once, when the first is asked for."""

    def __init__(self, connection: Connection, kind: Kind) -> None:
        self._connection = connection
        self._fields = called_by_name(kind)
        self._known: dict[str, dict[str, set[str]]] = {}
        self._several: dict[tuple[str, str], list[str]] = {}

    def resolved(self, items: Sequence[Any]) -> list[Any]:
        """The items with ids in place of names."""
        found = list(items)
        for field, of in self._fields.items():
            wanted = sorted({said for item in found if (said := getattr(item, field)) is not None})
            standing = facts.versions(self._connection, KINDS[of], wanted)
            unknown = [word for word in wanted if word not in standing]
            called = {word: self._called(of, word) for word in unknown}
            self._several.update({(field, word): sorted(ids) for word, ids in called.items() if len(ids) > 1})
            ids = {word: ids for word, ids in called.items() if len(ids) == 1}
            found = [
                replace(item, **{field: next(iter(ids[said]))}) if (said := getattr(item, field)) in ids else item
                for item in found
            ]
        return found

    def several(self, field: str, said: Any) -> str | None:
        """What is wrong with a name that several have; None: it is no such name."""
        ids = self._several.get((field, getattr(said, field, None) or ""))
        if ids is None:
            return None
        return Sentence(
            "{field}: several of the kind {kind} are called {name!r} ({ids}); write the id of the one that is meant",
            field=field,
            kind=self._fields[field],
            name=getattr(said, field),
            ids=", ".join(ids[:SHOWN]) + (", …" if len(ids) > SHOWN else ""),
        )

    def _called(self, of: str, word: str) -> set[str]:
        if of not in self._known:
            self._known[of] = self._names(of)
        known = self._known[of]
        found = known.get(_folded(word), set())
        last, comma, first = word.partition(",")
        if not found and of == "csm" and comma and "," not in first:  # a person, the family's name first
            found = known.get(_folded(f"{first} {last}"), set())
        return found

    def _names(self, of: str) -> dict[str, set[str]]:
        names: dict[str, set[str]] = defaultdict(set)
        wanted = select(fact.c.key, fact.c.body).where(
            fact.c.kind == of, fact.c.replaced_at.is_(None), fact.c.withdrawn.is_(False)
        )
        for row in self._connection.execute(wanted):
            said = KINDS[of].load(row.body)
            for field in CALLED[of]:
                if getattr(said, field):
                    names[_folded(getattr(said, field))].add(row.key)
        return names


def _folded(name: str) -> str:
    return " ".join(plain_key(name).casefold().split())
