"""What an operation is: a function of a context and a request, with the roles that may call it."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from inspect import signature
from itertools import islice
from typing import Generic, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from collector.access import audit
from collector.access.caller import SEES_ROBOTS, THE_CLOCK, Role
from collector.context import Acting, Context
from collector.fleet.scope import Scope, VisibleRobot, account_id_of, find
from collector.store.refusals import refusal_of
from collector.values.paging import NOT_OURS, BadCursor
from collector.values.refusal import Refusal, Refused, Remedy
from collector.values.sentence import Sentence
from collector.values.texts import ACCOUNT_MAX_CHARS, bounded

log = logging.getLogger(__name__)
P = TypeVar("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Operation(Generic[P, T]):
    """Calling it returns the answer, or why there is none; it raises only what is a bug.

    `writes`: it needs a store that can be written, and runs where the store's changes run.
    `long`: it reads or writes a whole file. It runs beside the others and takes the writer's turn only to write.
    `makes_store`: a command that calls it may make a missing SQLite file; every other one refuses.
    `noted` False: what it writes is no act of anybody, and has no row in the audit log.
    `needs_store` False: it reads nothing, so a command calls it without one.
    """

    run: Callable[[Context, P], T | Refused]
    roles: frozenset[Role]
    writes: bool
    long: bool = False
    makes_store: bool = False
    needs_store: bool = True
    noted: bool = True

    @property
    def name(self) -> str:
        return self.run.__name__

    def forbids(self, context: Context) -> Refused | None:
        """Why this caller may not call it at all."""
        caller = context.caller
        if caller.may(self.roles):
            return None
        allowed = ", ".join(sorted(role.value for role in self.roles))
        held = ", ".join(sorted(role.value for role in caller.holds))
        why = (
            Sentence("a person with the role {held} may not do this", held=held)
            if caller.roles
            else Sentence("a token with the role {held} may not do this", held=held)
        )
        return Refused(
            why,
            Sentence("use one of: {roles}", roles=allowed),
            "forbidden",
        )

    @property
    def request_name(self) -> str:
        """What the operation calls its request."""
        return next(islice(signature(self.run).parameters, 1, None))

    def __call__(self, context: Context, request: P) -> T | Refused:
        forbidden = self.forbids(context)
        if forbidden is not None:
            return forbidden
        try:
            return self._noted(context, request) if self.writes else self.run(context, request)
        except Refusal as refusal:
            return refusal.refused
        except BadCursor:
            return Refused(NOT_OURS, "begin again without a cursor", "invalid")
        except (DBAPIError, OverflowError, UnicodeEncodeError) as error:
            refused = refusal_of(error)
            if refused is None:
                raise
            if refused.kind == "unavailable":
                extra = {"action": "store_unavailable", "operation": self.name, "reason": str(error.__cause__ or error)}
                # What the process asks by itself says it once, by its job.
                log.log(logging.DEBUG if context.caller == THE_CLOCK else logging.WARNING, refused.reason, extra=extra)
            return refused

    def _noted(self, context: Context, request: P) -> T | Refused:
        """The answer, with its row in the audit log; what the process does by itself has none."""
        is_an_act = self.noted and self.needs_store and context.caller != THE_CLOCK
        if not is_an_act or context.acting is not None:
            return self.run(context, request)
        acting = Acting(self.name, audit.about(request, self.request_name))
        noting = replace(context, acting=acting)
        answer = self.run(noting, request)
        if not acting.is_noted and not isinstance(answer, Refused):  # it changes the store by another way
            noting.note_act()
        return answer


@dataclass(frozen=True, slots=True)
class Done:
    """It is so now: the answer of an act that has nothing else to say."""

    done: bool = True


def operation(
    *, roles: frozenset[Role] = SEES_ROBOTS, writes: bool = False, long: bool = False, makes_store: bool = False,
    needs_store: bool = True, noted: bool = True,
) -> Callable[[Callable[[Context, P], T | Refused]], Operation[P, T]]:  # fmt: skip
    """Make an operation of a function. Its docstring says what it does and when it refuses.

    `roles` is a right of collector/access/caller.py.
    """

    def made(run: Callable[[Context, P], T | Refused]) -> Operation[P, T]:
        return Operation(run, roles, writes, long, makes_store, needs_store, noted)

    return made


def account_row(context: Context, connection: Connection, external_id: str) -> int:
    """The row id of an account that the caller may name. Raises Refusal."""
    bounded("account", external_id, ACCOUNT_MAX_CHARS)
    found = account_id_of(connection, external_id)
    if found is None or not context.caller.scope.sees(found):
        raise Refusal(
            Sentence("there is no account {external_id}", external_id=external_id),
            Remedy("list them", "export accounts", "GET /api/v1/accounts", "/accounts"),
            "not_found",
        )
    return found


def within_account(context: Context, connection: Connection, external_id: str | None) -> Scope:
    """What the caller may see of that account's robots, or of all (None). Raises Refusal."""
    return context.caller.scope if external_id is None else Scope.of(account_row(context, connection, external_id))


def visible_robot(context: Context, connection: Connection, name: str) -> VisibleRobot:
    """The robot of that name, as the caller may see it. Raises Refusal."""
    found = find(connection, name, context.caller.scope)
    if found is None:
        raise Refusal(
            Sentence("there is no robot {name}", name=name),
            Remedy("list them", "export robots", "GET /api/v1/robots", "/robots"),
            "not_found",
        )
    return found
