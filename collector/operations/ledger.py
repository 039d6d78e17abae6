"""Facts of the accounts' ledger, every kind in one form: list, create, correct, end, withdraw, history; conflicts.

A customer sees its own accounts and deployments, without what else the ledger knows of them; everybody else sees all.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection

from collector.access.caller import INSIDE, SEES_ROBOTS, WRITERS
from collector.accounts.ledger import claims, facts, reading, refs, writing
from collector.accounts.ledger.claims import DeploymentConflict
from collector.accounts.ledger.facts import NOW, Knowledge, Origin, Version
from collector.accounts.ledger.kinds.registry import KINDS, Kind
from collector.accounts.ledger.reading import ALL, FactFilter
from collector.accounts.ledger.writing import FactResult, Terms
from collector.calendar import days
from collector.context import Context
from collector.exchange.imports.row_ids import made_id
from collector.fleet import accounts as rows
from collector.fleet.scope import account_id_of
from collector.notifications import announcements
from collector.operations import filters, following, ranges
from collector.operations.calls import own_csm
from collector.operations.operation import account_row, operation
from collector.success import follow_ups, mentions
from collector.values.money import amount_text
from collector.values.paging import Page
from collector.values.refusal import Refusal, Refused, Remedy, together
from collector.values.sentence import Sentence

ID_BYTES = 8
_WHO: Mapping[str, str] = MappingProxyType({"touch": "csm", "note": "by", "attachment": "by"})
"""Kind -> its field that says who of us it was."""
TURN_WAIT_S = 5  # then the caller is asked to try again: one thread writes, and ingest waits behind it

FactAnswer = dict[str, Any]
"""A version of a fact as JSON: the fields of its kind, and `version`, `arrived_at`, `author` and so on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListFacts:
    """`account` is an external id; `chosen` narrows by everything else."""

    kind: Kind
    account: str | None = None
    chosen: FactFilter = ALL
    knowledge: Knowledge
    limit: int
    cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OneFact:
    kind: Kind
    key: str
    knowledge: Knowledge


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawFact:
    kind: Kind
    key: str
    after_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FactHistory:
    kind: Kind
    key: str
    limit: int
    cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateFact:
    """`fields` are those of the kind's model; without an id, one is made. The kind's `from_base` may be left away."""

    kind: Kind
    fields: dict[str, Any]
    keep_conflict: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectFact:
    """`fields` are the whole fact as it should have been, as in a CreateFact.

    `after_version`: refuse when another one is the newest.
    """

    kind: Kind
    key: str
    fields: dict[str, Any]
    after_version: int | None = None
    keep_conflict: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EndFact:
    """`last_day`: the last day that counts."""

    kind: Kind
    key: str
    last_day: int
    after_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListConflicts:
    account: str | None = None
    limit: int
    cursor: str | None = None


@operation(roles=INSIDE)
def list_facts(context: Context, wanted: ListFacts) -> Page[FactAnswer]:
    """One page of one kind, the newest day first, or by id where the kind has no day.

    Refuses an unknown account, a word that no fact has, and days in the wrong order.
    """
    ranges.in_order(wanted.chosen.from_day, wanted.chosen.to_day)

    def read(connection: Connection) -> Page[FactAnswer]:
        account_id = _account_id(context, connection, wanted.account)
        page = reading.listed(
            connection, wanted.kind, replace(wanted.chosen, account_id=account_id), wanted.knowledge,
            limit=wanted.limit, cursor=wanted.cursor,
        )  # fmt: skip
        if not page.items and wanted.cursor is None:  # nobody, or a typing error
            filters.fields(connection, wanted.kind, wanted.chosen.fields)
        return Page(_answers(context, connection, wanted.kind, page.items), page.next)

    return context.read(read)


@operation(roles=SEES_ROBOTS)
def list_accounts(context: Context, wanted: ListFacts) -> Page[FactAnswer] | Refused:
    """A customer gets its own account, with its id, name, robots and created_at."""
    if context.caller.scope.is_everything:
        return list_facts.run(context, wanted)
    if refused := _not_for_customers(wanted, ()):
        return refused

    def read(connection: Connection) -> Page[FactAnswer]:
        today = context.today()
        page = rows.listed(connection, context.caller.scope, today, limit=wanted.limit, cursor=wanted.cursor)
        return Page([asdict(item) for item in page.items], page.next)

    return context.read(read)


@operation(roles=SEES_ROBOTS)
def list_deployments(context: Context, wanted: ListFacts) -> Page[FactAnswer] | Refused:
    """A customer gets its own deployments, with id, robot, account, from_day and to_day."""
    if context.caller.scope.is_everything:
        return list_facts.run(context, wanted)
    if refused := _not_for_customers(wanted, ("robot", "account")):
        return refused

    def read(connection: Connection) -> Page[FactAnswer]:
        page = rows.deployments(
            connection, context.caller.scope, robot_name=wanted.chosen.fields.get("robot"),
            account_id=_account_id(context, connection, wanted.account), limit=wanted.limit, cursor=wanted.cursor,
        )  # fmt: skip
        return Page([asdict(item) for item in page.items], page.next)

    return context.read(read)


@operation(roles=INSIDE)
def one_fact(context: Context, wanted: OneFact) -> FactAnswer:
    """One fact as it was known then. Refuses one that did not exist or was withdrawn."""

    def read(connection: Connection) -> FactAnswer:
        found = reading.one(connection, wanted.kind, wanted.key, wanted.knowledge)
        if found is None or found.withdrawn:
            raise missing(wanted.kind, wanted.key, found)
        return _answers(context, connection, wanted.kind, [found])[0]

    return context.read(read)


@operation(roles=INSIDE)
def fact_history(context: Context, wanted: FactHistory) -> Page[FactAnswer]:
    """Every version of one fact, newest first, also withdrawals."""

    def read(connection: Connection) -> Page[FactAnswer]:
        page = reading.history(connection, wanted.kind, wanted.key, limit=wanted.limit, cursor=wanted.cursor)
        if not page.items and wanted.cursor is None:
            raise missing(wanted.kind, wanted.key, None)
        return Page(_answers(context, connection, wanted.kind, page.items), page.next)

    return context.read(read)


@operation(roles=WRITERS, writes=True)
def create_fact(context: Context, wanted: CreateFact) -> FactAnswer:
    """A new fact. Refuses an id that exists already: correct that fact instead."""
    return in_turn(
        context,
        lambda connection: said_within(
            context, connection, wanted.kind, wanted.fields, keep_conflict=wanted.keep_conflict
        ),
    )


@operation(roles=WRITERS, writes=True)
def correct_fact(context: Context, wanted: CorrectFact) -> FactAnswer | Refused:
    """A new version of a fact. What was known before stays in its history. Refuses an unknown or withdrawn fact."""
    kind, key = wanted.kind, wanted.key
    named = wanted.fields.get("id")
    if named not in {None, key}:
        return Refused(
            Sentence("the body's id is {named}", named=named),
            Sentence("leave it away, or correct {named} at its own address", named=named),
            "unprocessable",
        )
    fact = kind.model(**kind.with_base({**wanted.fields, "id": key}, context.base))

    def change(connection: Connection) -> FactAnswer:
        old = current(connection, kind, key, wanted.after_version)
        return _write(
            context,
            connection,
            kind,
            _with_its_day(kind, fact, old),
            _terms(context, keep_conflicts=wanted.keep_conflict),
        )

    return in_turn(context, change)


def _with_its_day(kind: Kind, fact: Any, old: Version) -> Any:
    """A correction that leaves the day away leaves it as it is."""
    if not kind.from_today or kind.day is None or getattr(fact, kind.day) is not None:
        return fact
    return replace(fact, **{kind.day: getattr(old.said, kind.day)})


@operation(roles=WRITERS, writes=True)
def end_fact(context: Context, wanted: EndFact) -> FactAnswer | Refused:
    """A new version with its last day. The fact is not withdrawn: it was so until then."""
    kind, until = wanted.kind, wanted.kind.until
    if not kind.ends or until is None:
        return Refused(
            Sentence("a {kind} has no last day of its own", kind=kind.key),
            "correct it, or withdraw it",
            "unprocessable",
        )

    def change(connection: Connection) -> FactAnswer:
        old = current(connection, kind, wanted.key, wanted.after_version)
        fact = replace(old.said, **{until: wanted.last_day})
        return _write(context, connection, kind, fact, _terms(context, keep_conflicts=False))

    return in_turn(context, change) | {"done": True}


@operation(roles=WRITERS, writes=True)
def withdraw_fact(context: Context, wanted: WithdrawFact) -> FactAnswer:
    """Say that it never was so: it stays readable in its history, and counts nowhere from now on.

    Whoever may write facts may withdraw any of them; the history says who did, and saying it again restores it. With a
    touch goes what followed from it. Refuses a fact that other facts refer to.
    """
    kind, key = wanted.kind, wanted.key

    def change(connection: Connection) -> FactAnswer:
        old = current(connection, kind, key, wanted.after_version)
        (result,) = writing.withdraw(connection, kind, [key], _origin(context))
        answer = _answer(context, connection, kind, result)
        following.follow(context, connection, kind, answer, None)
        if kind.key == "note":
            mentions.taken_back(connection, key)
        if kind.key == "touch" and old.account_id is not None:
            closed = follow_ups.taken_back(
                connection, key, old.account_id, context.caller.name, context.now_s(), context.settings.base_timezone
            )
            announcements.no_longer_needed(connection, closed, context.now_s(), context.policies.playbooks)
        return answer

    return in_turn(context, change) | {"done": True}


@operation(roles=INSIDE)
def list_conflicts(context: Context, wanted: ListConflicts) -> Page[DeploymentConflict]:
    """One robot with two accounts on the same day: usage counts for the claim that `stands`, the other one waits."""

    def read(connection: Connection) -> Page[DeploymentConflict]:
        account_id = _account_id(context, connection, wanted.account)
        return claims.conflicts(connection, account_id, limit=wanted.limit, cursor=wanted.cursor)

    return context.read(read)


def answer_of(kind: Kind, version: Version, currency: str | None) -> FactAnswer:
    """A version as JSON. `currency` is that of its amounts, where it has any."""
    said = version.said
    amounts = {
        name: amount_text(amount, currency) for name in kind.amounts if (amount := getattr(said, name)) is not None
    }
    return {
        **kind.adapter.dump_python(said, mode="json"),
        **amounts,
        "version": version.version,
        "arrived_at": days.rfc3339(version.arrived_at),
        "recorded_at": days.rfc3339(version.recorded_at),
        "replaced_at": None if version.replaced_at is None else days.rfc3339(version.replaced_at),
        "author": version.author,
        "withdrawn": version.withdrawn,
        "import_id": version.import_id,
    }


def said_within(
    context: Context, connection: Connection, kind: Kind, fields: dict[str, Any], *, keep_conflict: bool = False
) -> FactAnswer:
    """A new fact within an act that may say more than one thing; its caller has taken the ledger's turn."""
    key = fields.get("id") or f"{kind.key}-{secrets.token_hex(ID_BYTES)}"
    given = {**fields, "id": key}
    if (who := _WHO.get(kind.key)) is not None and given.get(who) is None:
        given[who] = own_csm(context, connection)  # who says it has spoken, unless another CSM is named
    if kind.from_today and kind.day is not None and given.get(kind.day) is None:
        given[kind.day] = today_of(context, connection, given["account"])
    fact = kind.model(**kind.with_base(given, context.base))
    if fields.get("id") is None and kind.word:  # said twice it is one fact, as in a file
        fact = replace(fact, id=made_id(kind, fact))
    return _write(context, connection, kind, fact, _terms(context, correct=False, keep_conflicts=keep_conflict))


def today_of(context: Context, connection: Connection, account: str) -> int:
    """The account's own day, by its external id; of one that does not exist (the fact is refused) the collector's."""
    row_id = account_id_of(connection, account)
    return context.today() if row_id is None else context.today_of(connection, row_id)


def written(context: Context, connection: Connection, kind: Kind, fact: Any) -> FactAnswer:
    """A new version of a fact within an act; its caller has taken the ledger's turn. Raises Refusal."""
    return _write(context, connection, kind, fact, _terms(context, keep_conflicts=False))


def written_alone(context: Context, connection: Connection, kind: Kind, fact: Any) -> FactAnswer:
    """As `written`, where the act itself says what follows."""
    return _written(context, connection, kind, fact, _terms(context, keep_conflicts=False))


def stated_again(context: Context, connection: Connection, kind: Kind, fact: Any) -> FactAnswer:
    """A withdrawn fact as it stood, within an act; its caller has taken the ledger's turn. Raises Refusal."""
    return _write(context, connection, kind, fact, _terms(context, correct=False, keep_conflicts=False))


def _account_id(context: Context, connection: Connection, external_id: str | None) -> int | None:
    return None if external_id is None else account_row(context, connection, external_id)


def _not_for_customers(wanted: ListFacts, more: Sequence[str]) -> Refused | None:
    """Refuses what only the ledger can answer: customers see rows of their own, not the ledger."""
    chosen, knowledge = wanted.chosen, wanted.knowledge
    given = {
        "account": wanted.account, "from": chosen.from_day, "to": chosen.to_day, "q": chosen.search or None,
        "withdrawn": chosen.withdrawn or None, "as_of": knowledge.at_s, **chosen.fields,
    }  # fmt: skip
    others = sorted(name for name, value in given.items() if value is not None and name not in more)
    if not others:
        return None
    allowed = ", ".join(["limit", "cursor", *more])
    return Refused(
        Sentence("{others} is not for a customer's token", others=others[0]),
        Sentence("parameters here: {allowed}", allowed=allowed),
        "invalid",
    )


def in_turn(context: Context, change: Callable[[Connection], FactAnswer]) -> FactAnswer:
    """The answer of `change` in a transaction during which nobody else writes to the ledger."""

    def taken(connection: Connection) -> FactAnswer:
        writing.take_turn(connection, TURN_WAIT_S)
        return change(connection)

    return context.write(taken)


def _origin(context: Context) -> Origin:
    return Origin(context.caller.name, context.now_s())


def current(connection: Connection, kind: Kind, key: str, after_version: int | None) -> Version:
    """The version that is known now. Raises Refusal, also where it is not `after_version`."""
    old = reading.one(connection, kind, key, NOW)
    if old is None or old.withdrawn:
        raise missing(kind, key, old)
    if after_version not in {None, old.version}:
        reason = Sentence("{kind} {id} has version {version} meanwhile, by {author}", kind=kind.key, id=key,
                          version=old.version, author=old.author)  # fmt: skip
        raise Refusal(reason, "read it again, then repeat the change on it", "outdated")
    return old


def missing(kind: Kind, key: str, old: Version | None) -> Refusal:
    """Why there is no such fact; `old`: its withdrawal."""
    if old is not None:
        when = days.rfc3339(old.arrived_at)
        remedy = Remedy("say it again", f"import {kind.path}", f"POST /api/v1/{kind.path}")
        return Refusal(
            Sentence(
                "{kind} {id} was withdrawn at {when} by {author}", kind=kind.key, id=key, when=when, author=old.author
            ),
            remedy,
            "not_found",
        )
    remedy = Remedy("list them", f"export {kind.path}", f"GET /api/v1/{kind.path}")
    return Refusal(Sentence("there is no {kind} {id}", kind=kind.key, id=key), remedy, "not_found")


def _terms(context: Context, *, keep_conflicts: bool, correct: bool = True) -> Terms:
    return Terms(
        rules=context.policies.fact_rules, today=context.today(), correct=correct, keep_conflicts=keep_conflicts
    )


def _write(context: Context, connection: Connection, kind: Kind, fact: Any, terms: Terms) -> FactAnswer:
    before = facts.newest(connection, kind, fact.id) if kind.key == "account" else None
    answer = _written(context, connection, kind, fact, terms)
    following.follow(context, connection, kind, answer, before)
    return answer


def _written(context: Context, connection: Connection, kind: Kind, fact: Any, terms: Terms) -> FactAnswer:
    (result,) = writing.write(connection, kind, [fact], _origin(context), terms)
    return _answer(context, connection, kind, result)


def _answer(context: Context, connection: Connection, kind: Kind, result: FactResult) -> FactAnswer:
    if result.did == "refused":
        raise _refusal(result)
    newest = reading.one(connection, kind, result.id, NOW)
    assert newest is not None
    return _answers(context, connection, kind, [newest])[0]


def _refusal(result: FactResult) -> Refusal:
    first = result.complaints[0]
    more = len(result.complaints) - 1
    why = Sentence("{field}: {why}", field=first.field, why=first.why) if first.field != "id" else first.why
    clashes = all(complaint.clash for complaint in result.complaints)
    return Refusal(
        Sentence("{why} (and {more} more)", why=why, more=more) if more else why,
        together([complaint.remedy for complaint in result.complaints]),
        "conflict" if clashes else "unprocessable",
    )


def _answers(context: Context, connection: Connection, kind: Kind, versions: Sequence[Version]) -> list[FactAnswer]:
    """Versions as JSON, with what the rows of an account or a deployment add."""
    currency_of = refs.currencies(connection, kind, [version.said for version in versions])
    answers = [answer_of(kind, version, currency_of.get(version.said.id)) for version in versions]
    if kind is KINDS["account"]:
        _add_rows(connection, versions, answers, context.today())
    elif kind is KINDS["deployment"]:
        found = claims.contradicting(connection, [version.said.id for version in versions])
        for answer in answers:
            answer["conflicts"] = found.get(answer["id"], [])
    return answers


def _add_rows(connection: Connection, versions: Sequence[Version], answers: Sequence[FactAnswer], today: int) -> None:
    """Robots of today and when the account's row was made."""
    ids = [version.account_id for version in versions if version.account_id is not None]
    robots = rows.robots_on(connection, ids, today)
    created = rows.created_at(connection, ids)
    for version, answer in zip(versions, answers, strict=True):
        row_id = version.account_id or 0
        answer["robots"] = robots.get(row_id, 0)
        answer["created_at"] = days.rfc3339(created[row_id])
