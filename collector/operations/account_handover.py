"""An account goes to another CSM: its fact says so, open calls to action go along, lists follow at once."""

from dataclasses import dataclass, replace

from sqlalchemy import Connection

from collector.access.caller import WRITERS
from collector.accounts.ledger import reading, writing
from collector.accounts.ledger.facts import NOW
from collector.accounts.ledger.kinds.registry import KINDS
from collector.context import Context
from collector.operations import ledger
from collector.operations.operation import account_row, operation
from collector.success import acts, calls, standings
from collector.values.refusal import Refusal, Refused
from collector.values.sentence import Sentence
from collector.values.texts import NAME_MAX_CHARS, taken


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver:
    """`account` is its external id, `csm` who looks after it from now on."""

    account: str
    csm: str


@dataclass(frozen=True, slots=True)
class HandedOver:
    """`before`: whose it was, "" for nobody. `calls`: that went along."""

    account: str
    before: str
    csm: str
    calls: list[int]


@operation(roles=WRITERS, writes=True)
def hand_over(context: Context, wanted: HandOver) -> HandedOver:
    """Give an account to a CSM, with the open calls to action of who had it. Refuses an unknown CSM, and the same."""
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
        ledger.written(context, connection, kind, replace(old.said, csm=csm))
        own = (one for of in calls.of_account(connection, row_id, context.policies.playbooks) for one in of.ctas)
        moved = [one.id for one in own if one.owner == before]
        for cta in moved:
            refused = acts.assign(
                connection, cta, csm, context.caller.name, context.now_s(), context.settings.base_timezone,
                context.policies.playbooks,
            )  # fmt: skip
            if isinstance(refused, Refused):
                return refused
        standings.given_to(connection, row_id, csm)
        return HandedOver(wanted.account, before, csm, moved)

    return context.write(change)
