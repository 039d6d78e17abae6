"""What a list is narrowed to: a word that names nothing here is refused with the nearest ones, never an empty list.

A typing error would else mean "nobody" or "nothing to do".
"""

import difflib
from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, Text, cast, select

from collector.accounts.ledger.checks import NAMES, ROBOT
from collector.accounts.ledger.kinds.registry import KINDS, Kind
from collector.store.tables.fleet import robot
from collector.store.tables.ledger import fact
from collector.store.tables.success import cta
from collector.success.playbooks import Playbooks
from collector.values.refusal import Refusal
from collector.values.sentence import Sentence

_NEAR = 3
_SHOWN = 20
_BY_HAND = "manual"  # the rule of calls to action that a person sets


def known(what: str, word: str | None, words: Iterable[str]) -> None:
    """Raises Refusal where the word is none of these. None, or an empty word: nothing is asked."""
    if not word:
        return
    there = sorted({one for one in words if one})
    if word in there:
        return
    folded = {one.casefold(): one for one in there}
    near = [folded[one] for one in difflib.get_close_matches(word.casefold(), folded, n=_NEAR, cutoff=0.5)]
    if near:
        remedy: str = Sentence("did you mean {names}?", names=" / ".join(near))
    elif there:
        remedy = Sentence(
            "there are: {names}", names=", ".join([*there[:_SHOWN], *(["…"] if len(there) > _SHOWN else [])])
        )
    else:
        remedy = "there is none yet: leave it away"
    raise Refusal(Sentence("there is no {what} {word}", what=what, word=word[:60]), remedy, "not_found")


def csm(connection: Connection, word: str | None) -> None:
    """One that there is or was."""
    _fact(connection, KINDS["csm"], "CSM", word)


def reseller(connection: Connection, word: str | None) -> None:
    _fact(connection, KINDS["reseller"], "reseller", word)


def owner(connection: Connection, word: str | None) -> None:
    """A CSM, or whoever has or had a call to action."""
    if word and not _has(connection, KINDS["csm"], word):
        owners = connection.scalars(select(cta.c.owner).distinct()).all()
        known("owner", word, [*owners, *_keys(connection, KINDS["csm"])])


def rule(connection: Connection, word: str | None, playbooks: Playbooks) -> None:
    """A rule of calls to action, one of before among them."""
    if word and word not in playbooks and word != _BY_HAND:
        known("rule", word, [*playbooks, _BY_HAND, *connection.scalars(select(cta.c.rule).distinct())])


def segment(connection: Connection, word: str | None, keys: Iterable[str]) -> None:
    """One of the policy's `keys`, or one that somebody set by hand."""
    computed = list(keys)
    if word and word not in computed:
        known("segment", word, [*computed, *_words(connection, KINDS["account"], "segment")])


def scene(connection: Connection, word: str | None) -> None:
    """One that an account or a site has."""
    if word:
        found = {one for kind in ("account", "site") for one in _words(connection, KINDS[kind], "scene")}
        known("scene", word, found)


def fields(connection: Connection, kind: Kind, wanted: Mapping[str, str]) -> None:
    """Values of a kind's fields: ids must exist, other words must be those of some fact."""
    for name, word in wanted.items():
        of = NAMES.get(name)
        if of == ROBOT:
            known("robot", word, connection.scalars(select(robot.c.name)))
        elif of is not None:
            _fact(connection, KINDS[of], of, word)
        else:
            known(name, word, _words(connection, kind, name))


def _fact(connection: Connection, kind: Kind, what: str, word: str | None) -> None:
    if word and not _has(connection, kind, word):
        known(what, word, _keys(connection, kind))


def _has(connection: Connection, kind: Kind, key: str) -> bool:
    wanted = select(fact.c.id).where(fact.c.kind == kind.key, fact.c.key == key).limit(1)
    return connection.execute(wanted).first() is not None


def _keys(connection: Connection, kind: Kind) -> list[str]:
    return list(connection.scalars(select(cast(fact.c.key, Text)).where(fact.c.kind == kind.key).distinct()))


def _words(connection: Connection, kind: Kind, name: str) -> set[str]:
    """What facts of the kind have in that field now."""
    bodies = select(fact.c.body).where(fact.c.kind == kind.key, fact.c.replaced_at.is_(None))
    return {str(word) for body in connection.scalars(bodies) if (word := getattr(kind.load(body), name)) is not None}
