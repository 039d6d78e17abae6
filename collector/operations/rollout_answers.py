"""A customer's word on a version for its robots, while a rollout asks."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from collector.access.caller import APPROVERS, SEES_PORTAL
from collector.calendar import days
from collector.context import Context
from collector.operations.operation import account_row, operation
from collector.operations.rollouts import RolloutChanged, found_rollout, no_rollout
from collector.skillstore.rollouts import keeping
from collector.skillstore.rollouts.candidates import candidates
from collector.skillstore.rollouts.keeping import RolloutRow
from collector.skillstore.rollouts.progress import RolloutState
from collector.store.tables.rollouts import rollout_answer
from collector.values.refusal import Refused
from collector.values.sentence import Sentence

ASKING_MOST = 1_000  # one of a skill at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRollout:
    """A customer's word on a version for its robots. `account` is its external id."""

    rollout: int
    account: str
    approves: bool


@dataclass(frozen=True, slots=True)
class RolloutQuestion:
    """A version that a customer is asked about. `approves` None: not answered yet. `until`: the last day to answer."""

    rollout: int
    skill: str
    version: str
    robots: int
    until: str
    approves: bool | None


@operation(roles=SEES_PORTAL)
def rollout_questions(context: Context, account: str) -> list[RolloutQuestion]:
    """What a customer is asked now: of each rollout that asks, how many of its robots would be in it."""

    def read(connection: Connection) -> list[RolloutQuestion]:
        account_id = account_row(context, connection, account)
        said = {
            row.rollout_id: row.approves
            for row in connection.execute(
                select(rollout_answer.c.rollout_id, rollout_answer.c.approves).where(
                    rollout_answer.c.account_id == account_id
                )
            )
        }
        asking = keeping.listed(connection, {RolloutState.ASKING}, ASKING_MOST)
        found = [(row, _robots(context, connection, row, account_id)) for row in asking]
        return [
            RolloutQuestion(row.id, row.skill, row.version, robots, _until(row), said.get(row.id))
            for row, robots in found
            if robots
        ]

    return context.read(read)


@operation(roles=APPROVERS, writes=True)
def answer_rollout(context: Context, wanted: AnswerRollout) -> RolloutChanged:
    """A customer approves a version for its robots, or does not. Refused once robots were drawn."""
    now_s = context.now_s()

    def change(connection: Connection) -> RolloutChanged | Refused:
        account_id = account_row(context, connection, wanted.account)
        row = found_rollout(connection, wanted.rollout)
        if not _robots(context, connection, row, account_id):
            raise no_rollout(wanted.rollout)
        if row.state is not RolloutState.ASKING:
            return Refused(
                Sentence("rollout {id} does not ask any more", id=row.id),
                "say it to whoever looks after your robots",
                "conflict",
            )
        own = rollout_answer.c.rollout_id == row.id, rollout_answer.c.account_id == account_id
        connection.execute(delete(rollout_answer).where(*own))
        said = {"approves": wanted.approves, "who": context.caller.name, "at": now_s}
        connection.execute(insert(rollout_answer).values(rollout_id=row.id, account_id=account_id, **said))
        return RolloutChanged(row.id, row.state.value, row.state.value)

    return context.write(change)


def _robots(context: Context, connection: Connection, row: RolloutRow, account_id: int) -> int:
    """How many of the account's robots would be in it."""
    robots = candidates(connection, row.skill, row.digest, context.now_s(), row.orders.accounts)
    return sum(one.account == account_id for one in robots)


def _until(row: RolloutRow) -> str:
    last_day = row.orders.approval_until_day
    return "" if last_day is None else days.iso(last_day)
