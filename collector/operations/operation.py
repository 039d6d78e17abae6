"""What an operation is: a function of a context and a request, with the roles that may call it."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from collector.access.caller import EVERYONE, THE_CLOCK, Role
from collector.context import Context
from collector.fleet.scope import Scope, VisibleRobot, account_id_of, find
from collector.store.refusals import refusal_of
from collector.values.paging import BadCursor
from collector.values.refusal import Refusal, Refused

log = logging.getLogger(__name__)
P = TypeVar("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Operation(Generic[P, T]):
    """Calling it returns the answer, or why there is none; it raises only what is a bug.

    `writes`: it needs a store that can be written, and runs where the store's changes run.
    `long`: it reads or writes a whole file. It runs beside the others and takes the writer's turn only to write.
    `makes_store`: a command that calls it may make a missing SQLite file; every other one refuses.
    `needs_store` False: it reads nothing, so a command calls it without one.
    """

    run: Callable[[Context, P], T | Refused]
    roles: frozenset[Role]
    writes: bool
    long: bool = False
    makes_store: bool = False
    needs_store: bool = True

    @property
    def name(self) -> str:
        return self.run.__name__

    def forbids(self, context: Context) -> Refused | None:
        """Why this caller may not call it at all."""
        if context.caller.role in self.roles:
            return None
        allowed = ", ".join(sorted(role.value for role in self.roles))
        reason = f"a token with the role {context.caller.role.value} may not do this"
        return Refused(reason, f"use one of: {allowed}", "forbidden")

    def __call__(self, context: Context, request: P) -> T | Refused:
        forbidden = self.forbids(context)
        if forbidden is not None:
            return forbidden
        try:
            return self.run(context, request)
        except Refusal as refusal:
            return refusal.refused
        except BadCursor as error:
            return Refused(str(error), "begin again without a cursor", "invalid")
        except (DBAPIError, OverflowError, UnicodeEncodeError) as error:
            refused = refusal_of(error)
            if refused is None:
                raise
            if refused.kind == "unavailable":
                extra = {"action": "store_unavailable", "operation": self.name, "reason": str(error.__cause__ or error)}
                # What the process asks by itself says it once, by its job.
                log.log(logging.DEBUG if context.caller == THE_CLOCK else logging.WARNING, refused.reason, extra=extra)
            return refused


@dataclass(frozen=True, slots=True)
class Done:
    """It is so now: the answer of an act that has nothing else to say."""

    done: bool = True


def operation(
    *, roles: frozenset[Role] = EVERYONE, writes: bool = False, long: bool = False, makes_store: bool = False,
    needs_store: bool = True,
) -> Callable[[Callable[[Context, P], T | Refused]], Operation[P, T]]:  # fmt: skip
    """Make an operation of a function. Its docstring says what it does and when it refuses."""

    def made(run: Callable[[Context, P], T | Refused]) -> Operation[P, T]:
        return Operation(run, roles, writes, long, makes_store, needs_store)

    return made


def account_row(context: Context, connection: Connection, external_id: str) -> int:
    """The row id of an account that the caller may name. Raises Refusal."""
    found = account_id_of(connection, external_id)
    if found is None or context.caller.scope.account_id not in {None, found}:
        raise Refusal(
            f"there is no account {external_id}",
            "list them: `collector export accounts`, or GET /api/v1/accounts",
            "not_found",
        )
    return found


def within_account(context: Context, connection: Connection, external_id: str | None) -> Scope:
    """What the caller may see of that account's robots, or of all (None). Raises Refusal."""
    return context.caller.scope if external_id is None else Scope(account_row(context, connection, external_id))


def visible_robot(context: Context, connection: Connection, name: str) -> VisibleRobot:
    """The robot of that name, as the caller may see it. Raises Refusal."""
    found = find(connection, name, context.caller.scope)
    if found is None:
        raise Refusal(
            f"there is no robot {name}", "list them: `collector export robots`, or GET /api/v1/robots", "not_found"
        )
    return found
