"""Requests that a program may send again: which were begun with a key, and what they answered."""

from dataclasses import dataclass

from sqlalchemy import Connection

from collector.access import request_keys
from collector.access.caller import EVERYONE
from collector.access.request_keys import Before
from collector.context import Context
from collector.operations.operation import Done, operation
from collector.values.refusal import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginRequest:
    """`key` is the caller's own, `fingerprint` of what is asked."""

    key: str
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EndRequest:
    """`status` None: it was refused. `answer` None: it is not kept."""

    key: str
    status: int | None = None
    answer: str | None = None


@operation(roles=EVERYONE, writes=True, noted=False)
def begin_request(context: Context, wanted: BeginRequest) -> Before | Refused:
    """What the caller's request of that key answered, or that it is the first. Refuses a key of another request."""

    def change(connection: Connection) -> Before | Refused:
        before = request_keys.begin(connection, context.caller.holder, wanted.key, wanted.fingerprint, context.now_s())
        if before.fingerprint != wanted.fingerprint:
            return Refused("this key was used for another request", "use a new key for each request", "unprocessable")
        if not before.is_new and before.status is None:
            reason = "a request with this key is under way, or ended without an answer"
            return Refused(reason, "see whether it was done; if not, send it with a new key", "conflict")
        return before

    return context.write(change)


@operation(roles=EVERYONE, writes=True, noted=False)
def end_request(context: Context, wanted: EndRequest) -> Done:
    """Keep what it answered; a key whose request was refused is free again."""

    def change(connection: Connection) -> Done:
        request_keys.end(connection, context.caller.holder, wanted.key, wanted.status, wanted.answer)
        return Done()

    return context.write(change)
