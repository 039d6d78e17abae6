"""A customer's word on a version for its robots, while a rollout asks."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert

from collector.access.caller import APPROVERS
from collector.context import Context
from collector.operations.operation import account_row, operation
from collector.operations.rollouts import RolloutChanged, found_rollout, no_rollout
from collector.skillstore.rollouts.candidates import candidates
from collector.skillstore.rollouts.keeping import RolloutRow
from collector.skillstore.rollouts.progress import RolloutState
from collector.store.tables.rollouts import rollout_answer
from collector.values.refusal import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRollout:
    """A customer's word on a version for its robots. `account` is its external id."""

    rollout: int
    account: str
    approves: bool


@operation(roles=APPROVERS, writes=True)
def answer_rollout(context: Context, wanted: AnswerRollout) -> RolloutChanged:
    """A customer approves a version for its robots, or does not. Refused once robots were drawn."""
    now_s = context.now_s()

    def change(connection: Connection) -> RolloutChanged | Refused:
        account_id = account_row(context, connection, wanted.account)
        row = found_rollout(connection, wanted.rollout)
        if not _concerns(context, connection, row, account_id):
            raise no_rollout(wanted.rollout)
        if row.state is not RolloutState.ASKING:
            return Refused(
                f"rollout {row.id} does not ask any more", "say it to whoever looks after your robots", "conflict"
            )
        own = rollout_answer.c.rollout_id == row.id, rollout_answer.c.account_id == account_id
        connection.execute(delete(rollout_answer).where(*own))
        said = {"approves": wanted.approves, "who": context.caller.name, "at": now_s}
        connection.execute(insert(rollout_answer).values(rollout_id=row.id, account_id=account_id, **said))
        return RolloutChanged(row.id, row.state.value, row.state.value)

    return context.write(change)


def _concerns(context: Context, connection: Connection, row: RolloutRow, account_id: int) -> bool:
    robots = candidates(connection, row.skill, row.digest, context.today(), row.orders.accounts)
    return any(one.account == account_id for one in robots)
