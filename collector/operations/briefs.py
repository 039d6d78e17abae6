"""What to know of one account before a touch: the brief, its success plans, suggestions from places like it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from sqlalchemy import Connection

from collector.access.caller import INSIDE
from collector.context import Context
from collector.operations.operation import account_row, operation
from collector.success import reads
from collector.success.brief import Brief
from collector.success.plans import Plans
from collector.success.suggestions import Suggestions
from collector.values.refusal import Refusal, Remedy
from collector.values.sentence import Sentence

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountOnDay:
    """`account` is its external id. `day` None: the newest scored day, else yesterday where the account is."""

    account: str
    day: int | None = None


@operation(roles=INSIDE)
def brief(context: Context, wanted: AccountOnDay) -> Brief:
    """Before a touch: what changed since the customer last spoke, what was promised, what to ask."""
    return _of_account(context, wanted, partial(reads.brief, playbooks=context.policies.playbooks))


@operation(roles=INSIDE)
def plans(context: Context, wanted: AccountOnDay) -> Plans:
    """Objectives agreed with the customer, tracked from what the robots counted."""
    return _of_account(context, wanted, reads.plans)


@operation(roles=INSIDE)
def suggestions(context: Context, wanted: AccountOnDay) -> Suggestions:
    """What places of the same industry and scene with high use have and use, and this account lacks."""
    policies = context.policies
    answer = partial(reads.suggestions_for, policy=policies.health, playbooks=policies.playbooks)
    return _of_account(context, wanted, answer)


def _of_account(
    context: Context, wanted: AccountOnDay, answer: Callable[[Connection, int, int, int | None], T | None]
) -> T:
    def read(connection: Connection) -> T:
        account_id = account_row(context, connection, wanted.account)
        found = answer(connection, account_id, context.now_s(), wanted.day)
        if found is None:
            raise Refusal(
                Sentence("nothing but the name of account {account} is known", account=wanted.account),
                Remedy("bring its facts in first", "import accounts", "POST /api/v1/accounts", "/admin/imports"),
                "not_found",
            )
        return found

    return context.read(read)
