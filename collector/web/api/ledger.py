"""API: every kind of fact of the accounts' ledger, in one form: list, create, read, correct, end, withdraw, history."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from sqlalchemy import Connection, select
from sqlalchemy.exc import IntegrityError

from collector.accounts.ledger import claims, reading, writing
from collector.accounts.ledger.claims import DeploymentConflict as Contradiction
from collector.accounts.ledger.facts import Origin, Version
from collector.accounts.ledger.kinds.registry import KINDS, Kind
from collector.accounts.ledger.writing import FactResult, Terms
from collector.calendar import days
from collector.fleet import accounts as rows
from collector.store.tables.fleet import account as account_table
from collector.values.paging import Page
from collector.web.api import parameters_ledger as p
from collector.web.api.parameters import Paged
from collector.web.api.routing import Call, Query
from collector.web.errors import BadRequest, ConflictProblem, NotFound, Problem, Unprocessable

T = TypeVar("T")
ID_BYTES = 8
TURN_WAIT_S = 5  # then the caller is asked to try again: one thread writes, and ingest waits behind it
_ASK_AGAIN = "read it again (GET), then repeat what you wanted"


@dataclass(frozen=True, slots=True)
class Facts:
    """The routes of one kind. Each method answers one of them."""

    kind: Kind

    async def listed(self, call: Call, query: Any) -> Any:
        def read(connection: Connection) -> Any:
            account_id = call.account(connection, getattr(query, "account", None))
            page = reading.listed(
                connection, self.kind, p.wanted(self.kind, query, account_id), query.knowledge(),
                limit=query.limit, cursor=query.cursor,
            )  # fmt: skip
            return {"items": self._answers(connection, page.items, call.now_s), "next": page.next}

        return await call.read(read)

    async def created(self, call: Call, query: Any, body: Any) -> Any:
        """Without an id, one is made. An id that exists already is refused: correct that fact instead."""
        key = body.id or f"{self.kind.key}-{secrets.token_hex(ID_BYTES)}"
        terms = Terms(correct=False, keep_conflicts=getattr(query, "keep_conflict", False))
        return await self._written(call, p.fact_of(self.kind, body, key), terms)

    async def one(self, call: Call, query: p.AsOf) -> Any:
        key = self._key(call)

        def read(connection: Connection) -> Any:
            found = reading.one(connection, self.kind, key, query.knowledge())
            if found is None or found.withdrawn:
                raise self._missing(key, found)
            return self._answers(connection, [found], call.now_s)[0]

        return await call.read(read)

    async def corrected(self, call: Call, query: Any, body: Any) -> Any:
        """The body is the whole fact as it should have been said. What was known before stays in its history."""
        key = self._key(call)
        if body.id not in {None, key}:
            raise Unprocessable(
                f"the body's id is {body.id}", f"leave it away, or correct {body.id} at its own address"
            )
        terms = Terms(keep_conflicts=getattr(query, "keep_conflict", False))
        return await self._written(
            call, p.fact_of(self.kind, body, key), terms, lambda old: self._expected(key, old, query.after_version)
        )

    async def ended(self, call: Call, _: Query, body: p.UntilBody) -> Any:
        """A new version with its last day. It is not withdrawn: it was so until then."""
        key = self._key(call)

        def change(connection: Connection) -> Any:
            writing.take_turn(connection, TURN_WAIT_S)
            old = self._expected(key, reading.one(connection, self.kind, key))
            assert self.kind.until is not None
            fact = replace(old.said, **{self.kind.until: days.parse(body.to_day)})
            return self._write(connection, call, fact, Terms(keep_conflicts=False))

        return await _write(call, change) | {"done": True}

    async def withdrawn(self, call: Call, _: Query) -> Any:
        """It never was so. The fact stays readable in its history, and counts nowhere from now on."""
        key = self._key(call)

        def change(connection: Connection) -> Any:
            writing.take_turn(connection, TURN_WAIT_S)
            self._expected(key, reading.one(connection, self.kind, key))
            (outcome,) = writing.withdraw(connection, self.kind, [key], self._origin(call))
            return self._answer(connection, call, outcome)

        return await _write(call, change) | {"done": True}

    async def history(self, call: Call, query: Paged) -> Any:
        """Newest version first, also withdrawals."""
        key = self._key(call)

        def read(connection: Connection) -> Any:
            page = reading.history(connection, self.kind, key, limit=query.limit, cursor=query.cursor)
            if not page.items and query.cursor is None:
                raise self._missing(key, None)
            return {"items": self._answers(connection, page.items, call.now_s), "next": page.next}

        return await call.read(read)

    async def _written(
        self, call: Call, fact: Any, terms: Terms, expect: Callable[[Version | None], Any] = lambda _: None
    ) -> Any:
        def change(connection: Connection) -> Any:
            writing.take_turn(connection, TURN_WAIT_S)
            expect(reading.one(connection, self.kind, fact.id))
            return self._write(connection, call, fact, terms)

        return await _write(call, change)

    def _write(self, connection: Connection, call: Call, fact: Any, terms: Terms) -> Any:
        (outcome,) = writing.write(connection, self.kind, [fact], self._origin(call), terms)
        return self._answer(connection, call, outcome)

    def _answer(self, connection: Connection, call: Call, outcome: FactResult) -> Any:
        if outcome.did == "refused":
            raise _refusal(outcome)
        standing = reading.one(connection, self.kind, outcome.id)
        assert standing is not None
        return self._answers(connection, [standing], call.now_s)[0]

    def _answers(self, connection: Connection, versions: Sequence[Version], now_s: int) -> list[dict[str, Any]]:
        answers = [answer_of(self.kind, version) for version in versions]
        if self.kind.key == "account":
            _add_rows(connection, versions, answers, now_s)
        elif self.kind.key == "deployment":
            found = claims.contradicting(connection, [version.said.id for version in versions])
            for answer in answers:
                answer["conflicts"] = found.get(answer["id"], [])
        return answers

    def _origin(self, call: Call) -> Origin:
        return Origin(call.caller.name, call.now_s)

    def _key(self, call: Call) -> str:
        return call.request.match_info[self.kind.key]

    def _expected(self, key: str, old: Version | None, version: int | None = None) -> Version:
        if old is None or old.withdrawn:
            raise self._missing(key, old)
        if version not in {None, old.version}:
            raise ConflictProblem(
                f"{self.kind.key} {key} has version {old.version} meanwhile, by {old.author}", _ASK_AGAIN
            )
        return old

    def _missing(self, key: str, old: Version | None) -> NotFound:
        if old is not None:
            when = days.rfc3339(old.arrived_at)
            remedy = f"read its history, or say it again with POST /api/v1/{self.kind.path}"
            return NotFound(f"{self.kind.key} {key} was withdrawn at {when} by {old.author}", remedy)
        return NotFound(f"there is no {self.kind.key} {key}", f"list them with GET /api/v1/{self.kind.path}")


ACCOUNTS, DEPLOYMENTS = Facts(KINDS["account"]), Facts(KINDS["deployment"])


def answer_of(kind: Kind, version: Version) -> dict[str, Any]:
    """A version as the API tells it."""
    return {
        **kind.adapter.dump_python(version.said, mode="json"),
        "version": version.version,
        "arrived_at": days.rfc3339(version.arrived_at),
        "recorded_at": days.rfc3339(version.recorded_at),
        "replaced_at": None if version.replaced_at is None else days.rfc3339(version.replaced_at),
        "author": version.author,
        "withdrawn": version.withdrawn,
        "import_id": version.import_id,
    }


async def list_conflicts(call: Call, query: p.ConflictsQuery) -> Page[Contradiction]:
    """One robot with two accounts on the same day: usage counts for the claim that `stands`, the other one waits."""
    return await call.read(
        lambda connection: claims.conflicts(
            connection, call.account(connection, query.account), limit=query.limit, cursor=query.cursor
        )
    )


async def accounts_for(call: Call, query: Any) -> Any:
    """A customer gets its own account, with its id, name, robots and created_at."""
    if call.caller.scope.account_id is None:
        return await ACCOUNTS.listed(call, query)
    _only_paged(query)
    today = days.of(call.now_s, "UTC")
    return await call.read(
        lambda connection: rows.listed(connection, call.caller.scope, today, limit=query.limit, cursor=query.cursor)
    )


async def deployments_for(call: Call, query: Any) -> Any:
    """A customer gets its own deployments, with id, robot, account, from_day and to_day."""
    if call.caller.scope.account_id is None:
        return await DEPLOYMENTS.listed(call, query)
    _only_paged(query, "robot", "account")
    return await call.read(
        lambda connection: rows.deployments(
            connection,
            call.caller.scope,
            robot_name=query.robot,
            account_id=call.account(connection, query.account),
            limit=query.limit,
            cursor=query.cursor,
        )
    )


def _only_paged(query: Any, *more: str) -> None:
    """What the ledger knows beyond a customer's own rows is not for customers."""
    others = sorted(query.model_fields_set - {"limit", "cursor", *more})
    if others:
        allowed = ", ".join(["limit", "cursor", *more])
        raise BadRequest(f"{others[0].rstrip('_')} is not for a customer's token", f"parameters here: {allowed}")


async def _write(call: Call, change: Callable[[Connection], T]) -> T:
    try:
        return await call.write(change)
    except IntegrityError as error:  # a writer that does not take turns (a robot registering) was faster
        raise ConflictProblem("somebody else wrote this at the same moment", _ASK_AGAIN) from error


def _refusal(outcome: FactResult) -> Problem:
    first = outcome.complaints[0]
    more = len(outcome.complaints) - 1
    why = f"{first.field}: {first.why}" if first.field != "id" else first.why
    message = f"{why} (and {more} more)" if more else why
    kind = ConflictProblem if all(complaint.clash for complaint in outcome.complaints) else Unprocessable
    return kind(message, "; ".join(complaint.remedy for complaint in outcome.complaints))


def _add_rows(
    connection: Connection, versions: Sequence[Version], answers: Sequence[dict[str, Any]], now_s: int
) -> None:
    """Robots of today and when the account's row was made."""
    ids = [version.account_id for version in versions if version.account_id is not None]
    robots = rows.robots_on(connection, ids, days.of(now_s, "UTC"))
    wanted = select(account_table.c.id, account_table.c.created_at).where(account_table.c.id.in_(ids))
    created = {row.id: row.created_at for row in connection.execute(wanted)}
    for version, answer in zip(versions, answers, strict=True):
        row_id = version.account_id or 0
        answer["robots"] = robots.get(row_id, 0)
        answer["created_at"] = days.rfc3339(created[row_id])
