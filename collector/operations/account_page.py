"""One account as its page shows it: ledger, score explained, use, robots, completeness, plans; all of one moment."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from collector.access import portal_use
from collector.access.caller import INSIDE
from collector.access.portal_use import PortalUse
from collector.accounts.closed_sites import closed_days
from collector.accounts.contracts.current import CurrentContract, current_contract
from collector.accounts.ledger import facts
from collector.accounts.ledger.facts import NOW
from collector.accounts.ledger.view import AccountLedger
from collector.accounts.lifecycle.stage import Entered
from collector.calendar import days
from collector.context import Context
from collector.fleet import accounts, holes, robots, usage
from collector.fleet.completeness import Completeness
from collector.fleet.counts import FUNNEL
from collector.fleet.robots import Robot, RobotFilter
from collector.fleet.scope import find_all
from collector.fleet.skills import tracking
from collector.fleet.skills.standing import TrackedSkill
from collector.fleet.usage import UsageDay
from collector.health.model import AccountDay
from collector.language.catalogue import Language
from collector.operations.operation import account_row, operation, within_account
from collector.scores import evidence, reads, scores, stages
from collector.scores.errors import NoScore
from collector.scores.evidence import Explained
from collector.success import plans, standings
from collector.success.plans import Plans
from collector.success.priority import Situation

HISTORY_DAYS = 90  # of the score's line
USE_DAYS = 182  # of account-days: two windows of 28 and half a year of weeks
WINDOW_DAYS = 28
ROBOTS_SHOWN = 12  # an account with more leads to the fleet's page


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSheetOf:
    """`account` is its external id."""

    account: str
    language: Language


@dataclass(frozen=True, slots=True)
class NamedAccount:
    """`today`: the day it is where the account is."""

    name: str
    today: int


@dataclass(frozen=True, slots=True)
class RobotOnSheet:
    """One robot. `days`: its last 28 closed ones, by the funnel's counters and the account's own; `completeness` is of
    these and of today.
    """

    robot: Robot
    days: Sequence[UsageDay]
    completeness: Completeness
    skills: Sequence[TrackedSkill]


@dataclass(frozen=True, slots=True)
class DayScore:
    """The score of one day. `is_recorded`: of a day before we heard the robots, by what was recorded of it later."""

    day: int
    final: float | None
    caps: tuple[str, ...]
    is_recorded: bool


@dataclass(frozen=True, slots=True)
class AccountSheet:
    """`today`: its own day.

    `ledger` None: nothing but its name is known. `explained` None: it has no score, and `why_not` says why.

    `counted`: account-days up to the newest closed one, `closed_day`. `counter`: what its scene counts by, `target` a
    day and active robot. `borders` of yellow and green. `arrived_s`: of its robots, in the last 28 closed days.
    """

    account: str
    name: str
    today: int
    ledger: AccountLedger | None
    contract: CurrentContract | None
    explained: Explained | None
    why_not: str
    history: Sequence[DayScore]
    stood: tuple[Situation, str] | None
    stages: Sequence[Entered]
    closed_day: int
    counted: Sequence[AccountDay]
    counter: str
    borders: tuple[float, float]
    robots: Sequence[RobotOnSheet]
    more_robots: bool
    arrived_s: int
    plans: Plans | None
    portal: PortalUse


@operation(roles=INSIDE)
def account_sheet(context: Context, wanted: AccountSheetOf) -> AccountSheet:
    """Everything of its page. Refuses an unknown account."""

    def read(connection: Connection) -> AccountSheet:
        row_id = account_row(context, connection, wanted.account)
        found, why_not = _explained(context, connection, row_id, wanted.language)
        ledger = facts.known(connection, [row_id], NOW).get(row_id)
        today = context.today_of(connection, row_id)
        closed = scores.newest_day(connection, row_id, "arrived") or today - 1
        first = min([closed - USE_DAYS + 1, *(one.from_day for one in (ledger.objectives if ledger else ()))])
        counted = reads.account_days(connection, [row_id], closed, NOW, from_day=first).get(row_id, ())
        policy = context.policies.health
        counter = policy.scene("" if ledger is None else ledger.account.scene).counter
        stood = standings.of_account(connection, row_id)
        due = "" if stood is None else stood[0].contract
        shown, more = _robots(context, connection, wanted.account, row_id, closed, counter)
        return AccountSheet(
            account=wanted.account,
            name=accounts.name_of(connection, row_id),
            today=today,
            ledger=ledger,
            contract=None if ledger is None else current_contract(ledger, due, today),
            explained=found,
            why_not=why_not,
            history=_history(connection, row_id, closed),
            stood=stood,
            stages=stages.history(connection, row_id),
            closed_day=closed,
            counted=counted,
            counter=counter,
            borders=(float(policy.bands.yellow_from), float(policy.bands.green_from)),
            robots=shown,
            more_robots=more,
            arrived_s=usage.arrived_s(connection, row_id, closed - WINDOW_DAYS + 1, closed),
            plans=None if ledger is None else plans.plans(wanted.account, ledger.objectives, counted, closed),
            portal=portal_use.of_account(connection, row_id, context.today() - WINDOW_DAYS + 1, context.today()),
        )

    return context.read(read)


@operation(roles=INSIDE)
def named_account(context: Context, account: str) -> NamedAccount:
    """What the account with this external id is called, and its own day. Refuses an unknown one."""

    def read(connection: Connection) -> NamedAccount:
        row_id = account_row(context, connection, account)
        return NamedAccount(accounts.name_of(connection, row_id), context.today_of(connection, row_id))

    return context.read(read)


def _history(connection: Connection, row_id: int, closed: int) -> list[DayScore]:
    """One of each day, in order: the last version of what had arrived; where there is none, of what was recorded."""
    found: dict[int, DayScore] = {}
    for basis in ("recorded", "arrived"):
        for one in scores.history(connection, row_id, closed - HISTORY_DAYS + 1, closed, basis):
            found[one.day] = DayScore(one.day, one.final, one.caps, basis == "recorded")
    return [found[day] for day in sorted(found)]


def _robots(
    context: Context, connection: Connection, account: str, row_id: int, closed: int, counter: str
) -> tuple[list[RobotOnSheet], bool]:
    """The account's robots of today, by name, and whether there are more."""
    scope, now_s = within_account(context, connection, account), context.now_s()
    page = robots.page(
        connection, scope, RobotFilter(account_id=row_id), now_s, context.today(), closed_days, limit=ROBOTS_SHOWN
    )
    seen = find_all(connection, [one.name for one in page.items], scope)
    tracks = {one.robot: one.skills for one in tracking.of_robots(connection, {at.id: at for at in seen.values()})}
    complete = holes.of_robots(connection, list(seen.values()), now_s, closed_days, days_back=WINDOW_DAYS)
    first = closed - WINDOW_DAYS + 1
    use = usage.by_day_of(connection, list(seen.values()), first, closed, {*FUNNEL, counter})
    return [
        RobotOnSheet(
            one,
            use[at.id],
            complete[at.id],
            tracks[one.name],
        )
        for one in page.items
        if (at := seen.get(one.name)) is not None
    ], page.next is not None


def _explained(
    context: Context, connection: Connection, row_id: int, language: Language
) -> tuple[Explained | None, str]:
    try:
        found = evidence.explained(
            connection, row_id, basis="arrived", lang=language, policy=context.policies.health,
            base_timezone=context.settings.base_timezone,
        )  # fmt: skip
    except NoScore as error:
        return None, str(error)
    return found, ""


def first_day(sheet: AccountSheet) -> str | None:
    """Since when it is a customer: the day it first signed, or its first contract began; else its first robot's day."""
    if sheet.ledger is None:
        return None
    signed = [sheet.ledger.account.signed_day, *(one.signed_day or one.starts for one in sheet.ledger.contracts)]
    began = [day for day in signed if day is not None] or [one.from_day for one in sheet.ledger.deployments]
    return days.iso(min(began)) if began else None
