"""A fact that was withdrawn stands again as it stood: the undo of a withdrawal."""

from dataclasses import dataclass

from sqlalchemy import Connection

from collector.access.caller import WRITERS
from collector.accounts.ledger import reading
from collector.accounts.ledger.kinds.registry import Kind
from collector.context import Context
from collector.operations import ledger
from collector.operations.ledger import FactAnswer
from collector.operations.operation import operation
from collector.values.refusal import Refusal
from collector.values.sentence import Sentence

VERSIONS = 100  # of one fact, looked through for what it said before it was withdrawn


@dataclass(frozen=True, slots=True, kw_only=True)
class PutBackFact:
    kind: Kind
    key: str


@operation(roles=WRITERS, writes=True)
def put_back_fact(context: Context, wanted: PutBackFact) -> FactAnswer:
    """A new version that says what the newest one before the withdrawal said. Refuses a fact that stands."""
    kind, key = wanted.kind, wanted.key

    def change(connection: Connection) -> FactAnswer:
        versions = reading.history(connection, kind, key, limit=VERSIONS, cursor=None).items
        if not versions:
            raise ledger.missing(kind, key, None)
        if not versions[0].withdrawn:
            raise Refusal(
                Sentence("{kind} {id} stands already", kind=kind.key, id=key), "open the account again", "conflict"
            )
        stood = next((one for one in versions if not one.withdrawn), None)
        if stood is None:
            raise ledger.missing(kind, key, versions[0])
        return ledger.stated_again(context, connection, kind, stood.said)

    return ledger.in_turn(context, change)
