"""An account goes to another CSM: its fact says so, its calls to action go along, lists follow at once."""

from dataclasses import dataclass, replace

from sqlalchemy import Connection

from collector.access.caller import WRITERS
from collector.accounts.ledger import reading, writing
from collector.accounts.ledger.facts import NOW
from collector.accounts.ledger.kinds.registry import KINDS
from collector.context import Context
from collector.operations import following, ledger
from collector.operations.operation import account_row, operation
from collector.success.ownership import OwnerChange
from collector.values.refusal import Refusal, Refused
from collector.values.sentence import Sentence
from collector.values.texts import NAME_MAX_CHARS, taken


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver:
    """`account` is its external id, `csm` who looks after it from now on.

    `calls`: calls to action that go along; None: all of the former CSM's that are not closed.
    """

    account: str
    csm: str
    calls: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class HandedOver:
    """`before`: whose it was, "" for nobody. `calls`: that went along."""

    account: str
    before: str
    csm: str
    calls: list[int]


@operation(roles=WRITERS, writes=True)
def hand_over(context: Context, wanted: HandOver) -> HandedOver:
    """Give an account to a CSM, with every call to action that the former one has there and that is not closed.

    The same with `before` and `calls` of the answer takes it back. Refuses an unknown CSM, and the same.
    """
    csm = taken("csm", wanted.csm, NAME_MAX_CHARS)

    def change(connection: Connection) -> HandedOver | Refused:
        writing.take_turn(connection, ledger.TURN_WAIT_S)
        row_id = account_row(context, connection, wanted.account)
        kind = KINDS["account"]
        old = ledger.current(connection, kind, wanted.account, None)
        before = old.said.csm or ""
        if before == csm:
            raise Refusal(Sentence("{csm} looks after it already", csm=csm), "choose somebody else", "conflict")
        known = reading.one(connection, KINDS["csm"], csm, NOW)
        if known is None or known.withdrawn:
            raise Refusal(Sentence("there is no CSM {csm}", csm=csm), "import the CSM first", "unprocessable")
        ledger.written_alone(context, connection, kind, replace(old.said, csm=csm))
        went = following.given(context, connection, [OwnerChange(row_id, before, csm)], only=wanted.calls)
        return HandedOver(wanted.account, before, csm, [one.cta for one in went])

    return context.write(change)
