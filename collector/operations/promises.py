"""A promise is kept, or was marked so by mistake: the one change of a fact that a page makes with one press."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from collector.access.caller import WRITERS
from collector.accounts.ledger import writing
from collector.accounts.ledger.facts import Version
from collector.accounts.ledger.kinds.registry import KINDS
from collector.context import Context
from collector.operations import ledger
from collector.operations.ledger import FactAnswer
from collector.operations.operation import operation
from collector.values.refusal import Refusal
from collector.values.sentence import Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepPromise:
    """`promise` is the fact's id. `kept_day` None: today, where the account is, as for calls to action."""

    promise: str
    kept_day: int | None = None


@operation(roles=WRITERS, writes=True)
def keep_promise(context: Context, wanted: KeepPromise) -> FactAnswer:
    """A new version of the promise with the day on which it was kept. Refuses one that was kept before."""

    def day_of(connection: Connection, old: Version) -> int:
        if wanted.kept_day is not None:
            return wanted.kept_day
        assert old.account_id is not None, "a promise is made to an account"
        return context.today_of(connection, old.account_id)

    return _said(context, wanted.promise, day_of)


@operation(roles=WRITERS, writes=True)
def reopen_promise(context: Context, promise: str) -> FactAnswer:
    """It was not kept after all: a new version without that day."""
    return _said(context, promise, lambda *_: None)


def _said(context: Context, promise: str, day_of: Callable[[Connection, Version], int | None]) -> FactAnswer:
    kind = KINDS["promise"]

    def change(connection: Connection) -> FactAnswer:
        writing.take_turn(connection, ledger.TURN_WAIT_S)
        old = ledger.current(connection, kind, promise, None)
        kept_day = day_of(connection, old)
        if kept_day is not None and old.said.kept_day is not None:
            raise Refusal(
                Sentence("promise {promise} was kept already", promise=promise), "open the account again", "conflict"
            )
        return ledger.written(context, connection, kind, replace(old.said, kept_day=kept_day))

    return context.write(change)
