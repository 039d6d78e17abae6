"""Calls: whom to call next, by account; whose they are; how many wait. What is done with them: `ctas.py`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection

from collector.access.caller import INSIDE
from collector.accounts.ledger import reading
from collector.accounts.ledger.contact_names import contact_names
from collector.accounts.ledger.csm_names import CSMS_MAX
from collector.accounts.ledger.facts import NOW
from collector.accounts.ledger.kinds.registry import KINDS
from collector.accounts.ledger.reading import FactFilter
from collector.context import Context
from collector.operations.operation import account_row, operation
from collector.scores import scores
from collector.scores.scores import ScoreLine
from collector.success import calls, standings
from collector.success.calls import AccountCalls, Waiting
from collector.success.snoozes import snooze_days
from collector.values.paging import Page

Whose = Literal["mine", "team", "all"]
NOT_STOOD = (None, "", None)  # of an account that no closing has seen


@dataclass(frozen=True, slots=True, kw_only=True)
class ListCalls:
    """`whose` "mine": of the CSM that the caller is; "team": of the CSMs of that one's team."""

    whose: Whose
    limit: int
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class CallFound:
    """One account to call: its open calls to action, the strongest first, its newest score, what is at stake.

    `today`: the account's own day. `arr` in hundredths of `currency`; None: not known. `due_day` None: nothing is due.
    `snooze_days`: until when it may be put away by a word.
    """

    calls: AccountCalls
    today: int
    score: ScoreLine | None
    arr: int | None
    currency: str
    due_day: int | None
    snooze_days: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CallsAnswer:
    """`csm` None: the caller is no CSM, and nothing is theirs. `scored_day` None: nobody was ever scored.

    `people`: names of the contacts that the evidence names by id.
    """

    csm: str | None
    page: Page[CallFound]
    waiting: Waiting
    scored_day: int | None
    people: Mapping[str, str]


@operation(roles=INSIDE)
def list_calls(context: Context, wanted: ListCalls) -> CallsAnswer:
    """Accounts with open calls to action, the most urgent first."""
    return context.read(lambda connection: answer(context, connection, wanted))


def answer(context: Context, connection: Connection, wanted: ListCalls) -> CallsAnswer:
    """The same within a larger answer."""
    own = own_csm(context, connection)
    owners = owners_of(connection, wanted.whose, own)
    found = calls.page(connection, owners, context.policies.playbooks, limit=wanted.limit, cursor=wanted.cursor)
    ids = [one.account_id for one in found.items]
    day = scores.newest_day(connection, None, "arrived")
    lines = {} if day is None else scores.lines_of(connection, ids, day)
    stood = standings.of_accounts(connection, ids)
    todays = context.todays_of(connection, ids)
    items = [
        CallFound(
            one,
            todays[one.account_id],
            lines.get(one.account_id),
            *stood.get(one.account_id, NOT_STOOD),
            snooze_days(todays[one.account_id], context.policies.playbooks.limits.snooze_max_days),
        )
        for one in found.items
    ]
    ctas = (cta for one in found.items for cta in one.ctas)
    people = contact_names(connection, (key for cta in ctas for key in contacts_of(cta.evidence)))
    return CallsAnswer(own, Page(items, found.next), calls.waiting(connection, owners), day, people)


def contacts_of(evidence: Mapping[str, Any]) -> Iterator[str]:
    """The ids of contacts in what a call rests on."""
    for key in ("contacts", "unanswered"):
        yield from evidence.get(key) or ()


@operation(roles=INSIDE)
def default_whose(context: Context, _: None) -> str:
    """What Today shows without being asked: "mine", or "all" where the caller is no CSM."""
    return "all" if context.read(lambda connection: own_csm(context, connection)) is None else "mine"


@operation(roles=INSIDE)
def calls_of_account(context: Context, account: str) -> list[AccountCalls]:
    """The open calls of one account, by its external id, whoever owns them."""
    return context.read(
        lambda connection: calls.of_account(
            connection, account_row(context, connection, account), context.policies.playbooks
        )
    )


def own_csm(context: Context, connection: Connection) -> str | None:
    """The CSM that the caller is: the one that a person is linked with, else the one with the token's name."""
    if context.caller.csm is not None:
        return context.caller.csm
    found = reading.one(connection, KINDS["csm"], context.caller.name, NOW)
    return None if found is None or found.withdrawn else context.caller.name


def owners_of(connection: Connection, whose: Whose, own: str | None) -> Sequence[str] | None:
    """The CSMs whose calls are meant; None: everybody's, those of nobody too."""
    if whose == "all":
        return None
    if own is None:
        return []
    if whose == "mine":
        return [own]
    known = reading.listed(connection, KINDS["csm"], FactFilter(), NOW, limit=CSMS_MAX, cursor=None).items
    team = next((one.said.team for one in known if one.said.id == own), "")
    return [one.said.id for one in known if one.said.team == team] if team else [own]
