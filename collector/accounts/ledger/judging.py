"""Judging facts before they are written: what each would do, and what is wrong with it. Reads, never writes."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from sqlalchemy import Connection

from collector.accounts.ledger.checks import NAMES, ROBOT, Complaint, FactRules, KnownRefs, complaints
from collector.accounts.ledger.claims import book_of
from collector.accounts.ledger.facts import Version, versions
from collector.accounts.ledger.kinds.registry import Kind
from collector.accounts.ledger.refs import known_refs
from collector.accounts.ledger.stays import Claim, RobotClaims, Taken
from collector.values.refusal import Remedy
from collector.values.sentence import Sentence
from collector.values.texts import in_address
from protocol.limits import ROBOT_ID

Did = Literal["created", "corrected", "unchanged", "withdrawn", "refused"]
_STAYS_WITH_ITS_ACCOUNT = frozenset({"site", "contact", "contract"})  # other facts of the account name them


@dataclass(frozen=True, slots=True)
class FactResult:
    """What became of one item, or, when it was only judged, what would. `row_id`: the row of `fact` written for it.

    `conflicts`: ids of the deployments that a kept claim contradicts.
    """

    id: str
    did: Did
    version: int | None = None
    row_id: int | None = None
    complaints: tuple[Complaint, ...] = ()
    conflicts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How facts are taken.

    rules           what the installation lets people set
    correct         an id that stands already is corrected; False: refused
    keep_conflicts  a deployment that contradicts another account's is kept as a conflict; False: refused
    new_robots      a deployment may name a robot that has never connected: it is made
    today           of the installation: what has happened lies before it
    coming          ids of the same kind that are written later in the same transaction, so that they may be named
    """

    rules: FactRules
    today: int
    correct: bool = True
    keep_conflicts: bool = True
    new_robots: bool = False
    coming: Collection[str] = ()


@dataclass
class Judgement:
    """Outcomes in the items' order, with what was read for them: the standing versions, and claims before and after."""

    kind: Kind
    before: Mapping[str, Version]
    outcomes: list[FactResult]
    book_before: RobotClaims = field(default_factory=RobotClaims)
    book: RobotClaims = field(default_factory=RobotClaims)


def judgement(connection: Connection, kind: Kind, items: Sequence[Any], terms: Terms) -> Judgement:
    """Judge every item; see `writing.judge`."""
    before = versions(connection, kind, [item.id for item in items])
    wrong = _complaints(kind, items, before, known_refs(connection, kind, items), terms)
    judged = Judgement(kind, before, [])
    if kind.key == "deployment":
        judged.book_before = book_of(connection, {item.robot for item in items}, list(before))
        judged.book = judged.book_before.copy()
    for item, found in zip(items, wrong, strict=True):
        if found:
            judged.outcomes.append(FactResult(item.id, "refused", complaints=tuple(found)))
            continue
        outcome = _did(before.get(item.id), item)
        if kind.key == "deployment" and outcome.did in {"created", "corrected"}:
            outcome = _claimed(judged.book, item, outcome, terms)
        judged.outcomes.append(outcome)
    return judged


def _did(old: Version | None, item: Any) -> FactResult:
    if old is None:
        return FactResult(item.id, "created", 1)
    if old.withdrawn:  # it was said never to have been so, and is said again
        return FactResult(item.id, "created", old.version + 1)
    if old.said == item:
        return FactResult(item.id, "unchanged", old.version, old.row_id)
    return FactResult(item.id, "corrected", old.version + 1)


def _claimed(book: RobotClaims, item: Any, outcome: FactResult, terms: Terms) -> FactResult:
    claim = Claim(item.id, item.robot, item.account, item.from_day, item.to_day)
    put = book.put(claim, keep=terms.keep_conflicts)
    if isinstance(put, Taken):
        complaint = Complaint("robot", put.why, put.remedy, clash=True)
        return FactResult(item.id, "refused", complaints=(complaint,))
    return replace(outcome, conflicts=tuple(put))


def _complaints(
    kind: Kind, items: Sequence[Any], before: Mapping[str, Version], known: KnownRefs, terms: Terms
) -> list[list[Complaint]]:
    """What is wrong with each item. An item may name another one of the same kind, if that one is not refused."""
    stored = known.ids.get(kind.key, {})
    owners = {item.id: getattr(item, "account", None) for item in items}
    mine = {**dict.fromkeys(terms.coming), **owners, **stored}
    robots = known.robots | _new_robots(items, terms)
    refs = replace(known, ids={**known.ids, kind.key: mine}, robots=robots)
    wrong = [complaints(kind, item, refs, terms.rules, terms.today) for item in items]
    named_by = _named_by(kind, items)
    refused = [item.id for item, found in zip(items, wrong, strict=True) if found]
    while refused:
        key = refused.pop()
        if key in stored or mine.pop(key, False) is False:
            continue
        for at in named_by.get(key, ()):
            if not wrong[at]:
                wrong[at] = complaints(kind, items[at], refs, terms.rules, terms.today)
                refused.append(items[at].id)
    seen: dict[str, int] = {}
    for at, item in enumerate(items):
        wrong[at] += _own(kind, item, before.get(item.id), terms)
        if item.id in seen:
            wrong[at].append(Complaint("id", Sentence("{id} is there twice", id=item.id), "give every id once"))
        seen[item.id] = at
    return wrong


def _named_by(kind: Kind, items: Sequence[Any]) -> dict[str, list[int]]:
    """{id: where in `items` it is named by a fact of its own kind}."""
    fields = [name for name, of in NAMES.items() if of == kind.key and name in kind.model.__dataclass_fields__]
    found: dict[str, list[int]] = {}
    for at, item in enumerate(items):
        for name in fields:
            found.setdefault(getattr(item, name), []).append(at)
    return found


def _own(kind: Kind, item: Any, old: Version | None, terms: Terms) -> list[Complaint]:
    """What is wrong with an item in the light of the version that stands."""
    if old is None or old.withdrawn:
        return []
    if not terms.correct:
        way = Remedy(
            "choose another id, or correct it", f"import {kind.path}", f"PUT /api/v1/{kind.path}/{in_address(item.id)}"
        )
        return [Complaint("id", Sentence("{kind} {id} exists already", kind=kind.key, id=item.id), way, clash=True)]
    if kind.key in _STAYS_WITH_ITS_ACCOUNT and old.said.account != item.account:
        remedy = "withdraw it, and create it with another id at that account"
        return [
            Complaint(
                "account",
                Sentence("{kind} {id} belongs to {account}", kind=kind.key, id=item.id, account=old.said.account),
                remedy,
            )
        ]
    if kind.key == "custom_field":
        remedy = "say it anew with another id, and move the values there"
        changed = [name for name in ("of", "form") if getattr(item, name) != getattr(old.said, name)]
        return [
            Complaint(name, Sentence("it is {said}, and values stand by that", said=getattr(old.said, name)), remedy)
            for name in changed
        ]
    return []


def _new_robots(items: Sequence[Any], terms: Terms) -> set[str]:
    if not terms.new_robots:
        return set()
    return {item.robot for item in items if ROBOT_ID.fullmatch(getattr(item, ROBOT, None) or "")}
