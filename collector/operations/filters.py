"""What a list is narrowed to: a word that names nothing here is refused with the nearest ones, never an empty list.

A typing error would else mean "nobody" or "nothing to do".
"""

import difflib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from sqlalchemy import Column, Connection, Text, cast, select

from collector.accounts.ledger.checks import NAMES, ROBOT
from collector.accounts.ledger.kinds.registry import KINDS, Kind
from collector.language.acts import ACTS
from collector.operations.noted import custom_fields
from collector.store.tables.fleet import robot, skill_state
from collector.store.tables.ledger import fact
from collector.store.tables.people import audit
from collector.store.tables.success import cta
from collector.success.playbooks import Playbooks
from collector.values.refusal import Refusal
from collector.values.sentence import Sentence

if TYPE_CHECKING:
    from collector.fleet.fault_rates import RobotKinds  # with SciPy, which questions about rates do not wait for

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


def tag(connection: Connection, word: str | None) -> None:
    """One that accounts have or had."""
    if word:
        had = select(fact.c.word).where(fact.c.kind == "tag", fact.c.word.is_not(None)).distinct()
        words = list(connection.scalars(had))
        if word.casefold() not in {one.casefold() for one in words}:
            known("tag", word, words)


def own_field(connection: Connection, word: str | None) -> None:
    """`tier=gold`: a field of accounts; its value may be anything."""
    if word:
        ids = [one.id for one in custom_fields(connection) if one.of == "account"]
        name = word.partition("=")[0].strip()
        if name.casefold() not in {one.casefold() for one in ids}:
            known("field", name or word, ids)


def robot_of(connection: Connection, word: str | None, others: Column[str]) -> None:
    """A robot, or a name that `others` hold: of a robot that nobody knows, messages are parked too."""
    if word:
        named = connection.scalars(select(robot.c.name)).all()
        known("robot", word, [*named, *connection.scalars(select(others).distinct())])


def kinds_of_robots(connection: Connection, wanted: "RobotKinds") -> None:
    """A model, a firmware, a skill and its version that some robot has."""
    for what, word, column in (
        ("model", wanted.model, robot.c.model), ("firmware", wanted.rom, robot.c.rom),
        ("skill", wanted.skill, skill_state.c.skill),
    ):  # fmt: skip
        if word:
            known(what, word, connection.scalars(select(column).distinct()))
    if wanted.skill and wanted.version:
        has = select(skill_state.c.version).where(skill_state.c.skill == wanted.skill).distinct()
        known("version", wanted.version, connection.scalars(has))


def act(connection: Connection, word: str | None) -> None:
    """An act that can be done, or one that was."""
    if word and word not in ACTS:
        known("act", word, [*ACTS, *connection.scalars(select(audit.c.act).distinct())])


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
