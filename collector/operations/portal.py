"""A customer's portal: what it is shown of its own robots, use, goals, bills and score. What it opens is counted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from collector.access import portal_use
from collector.access.caller import CUSTOMERS, INSIDE, SEES_PORTAL
from collector.access.portal_use import PortalUse
from collector.accounts.closed_sites import closed_days
from collector.accounts.ledger import facts
from collector.accounts.ledger.facts import NOW
from collector.accounts.ledger.kinds.registry import KINDS
from collector.accounts.ledger.view import AccountLedger
from collector.calendar import days
from collector.context import Context
from collector.fleet import accounts, holes, robots, usage
from collector.fleet.completeness import Completeness
from collector.fleet.robots import Robot, RobotFilter
from collector.fleet.scope import Scope, VisibleRobot, find_all
from collector.fleet.usage import UsageDay
from collector.fleet.usual import UsualDay, usual_day
from collector.health.explain import customers_view
from collector.health.explain.customers_view import CustomersHealth, Goal, OpenInvoice, OpenTicket, UseOfDay
from collector.operations.operation import Done, account_row, operation
from collector.scores import reads, scores
from collector.values.refusal import Refusal

ACCOUNTS_MAX = 200  # of one caller, to choose among
ROBOTS_MAX = 100  # on one page; who has more reads the list of robots
USE_DAYS = 56  # two windows of four weeks
WINDOW_DAYS = 28
_KINDS = ("site", "deployment", "objective", "ticket", "invoice")


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalOf:
    """`account` is an external id; None: the only one, or the first, that the caller has."""

    account: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalUseOf:
    """`account` is its external id; the last `days` up to today are counted."""

    account: str
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnAccount:
    """One of the accounts that the caller may choose."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnRobot:
    """A robot with what it did today and on the days before. `place`: where it stands; "": nobody said.

    `usual`: what it counted of the scene's counter on whole days of this weekday. `arrival` is of 28 days and today.
    """

    robot: Robot
    place: str
    usual: UsualDay
    arrival: Completeness


@dataclass(frozen=True, slots=True, kw_only=True)
class LooksAfter:
    """Who looks after the account: the CSM's name and mail address; "" where none is known."""

    name: str
    mail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalSheet:
    """All of a portal, of one moment. Everything but robots is of `health.explain.customers_view`, an allow-list.

    `counter`: what its scene counts by. `closed_day`: the newest closed day; `use` ends with it. `health` None: there
    is no score. `timezone` and `today` are the account's.
    """

    account: str
    name: str
    accounts: Sequence[OwnAccount]
    timezone: str
    today: int
    counter: str
    closed_day: int
    health: CustomersHealth | None
    robots: Sequence[OwnRobot]
    more_robots: bool
    use: Sequence[UseOfDay]
    arrived_s: int
    goals: Sequence[Goal]
    tickets: Sequence[OpenTicket]
    invoices: Sequence[OpenInvoice]
    looks_after: LooksAfter


@operation(roles=CUSTOMERS, writes=True, noted=False)
def note_report(context: Context, account: str) -> Done:
    """The customer opened its report: counted as use of its portal. It is no act, and has no row in the audit log."""

    def change(connection: Connection) -> Done:
        row_id = account_row(context, connection, account)
        portal_use.note(connection, context.caller, [row_id], "report", context.today())
        return Done()

    return context.write(change)


@operation(roles=INSIDE)
def portal_use_of(context: Context, wanted: PortalUseOf) -> PortalUse:
    """How the account's people used its portal. Refuses an unknown account."""

    def read(connection: Connection) -> PortalUse:
        row_id, today = account_row(context, connection, wanted.account), context.today()
        return portal_use.of_account(connection, row_id, today - wanted.days + 1, today)

    return context.read(read)


@operation(roles=SEES_PORTAL)
def portal_sheet(context: Context, wanted: PortalOf) -> PortalSheet:
    """What the customer is shown. Refuses an account that is not the caller's, and a caller that has none."""

    def read(connection: Connection) -> PortalSheet:
        own, chosen, row_id = own_account(context, connection, wanted)
        ledger = facts.known(connection, [row_id], NOW, kinds=_KINDS).get(row_id)
        return _sheet(context, connection, chosen, row_id, ledger, own)

    return context.read(read)


def _sheet(
    context: Context, connection: Connection, account: str, row_id: int, ledger: AccountLedger | None,
    own: Sequence[OwnAccount],
) -> PortalSheet:  # fmt: skip
    timezone = context.settings.base_timezone if ledger is None else ledger.account.timezone
    today = days.of(context.now_s(), timezone)
    closed = scores.newest_day(connection, row_id, "arrived") or today - 1
    objectives = () if ledger is None else ledger.objectives
    first = min([closed - USE_DAYS + 1, *(one.from_day for one in objectives)])
    counted = reads.account_days(connection, [row_id], closed, NOW, from_day=first).get(row_id, ())
    counter = context.policies.health.scene("" if ledger is None else ledger.account.scene).counter
    score = scores.as_of(connection, row_id, closed, "arrived", None)
    shown, more = _robots(context, connection, row_id, counter, ledger, today)
    return PortalSheet(
        account=account,
        name=accounts.name_of(connection, row_id),
        accounts=own,
        timezone=timezone,
        today=today,
        counter=counter,
        closed_day=closed,
        health=None if score is None else customers_view.health_of(score.scored),
        robots=shown,
        more_robots=more,
        use=customers_view.use_of([one for one in counted if one.day > closed - USE_DAYS]),
        arrived_s=usage.arrived_s(connection, row_id, closed - WINDOW_DAYS + 1, closed),
        goals=customers_view.goals_of(objectives, counted, closed),
        tickets=() if ledger is None else customers_view.tickets_of(ledger, today),
        invoices=() if ledger is None else customers_view.invoices_of(ledger, today),
        looks_after=_looks_after(connection, ledger),
    )


def own_account(context: Context, connection: Connection, wanted: PortalOf) -> tuple[list[OwnAccount], str, int]:
    """The caller's accounts, and the one that is meant with its row. Raises Refusal."""
    own = _own_accounts(context, connection)
    chosen = wanted.account if wanted.account is not None else next((one.id for one in own), None)
    if chosen is None:
        raise Refusal("no account belongs to this caller", "ask your contact for access", "not_found")
    return own, chosen, account_row(context, connection, chosen)


def _own_accounts(context: Context, connection: Connection) -> list[OwnAccount]:
    """Those of a customer; a colleague names one."""
    if context.caller.scope.is_everything:
        return []
    found = accounts.listed(connection, context.caller.scope, context.today(), limit=ACCOUNTS_MAX).items
    return [OwnAccount(id=one.id, name=one.name) for one in found]


def _robots(
    context: Context, connection: Connection, row_id: int, counter: str, ledger: AccountLedger | None, today: int
) -> tuple[list[OwnRobot], bool]:
    """The account's robots of today by name, and whether there are more."""
    scope, now_s = Scope.of(row_id), context.now_s()
    page = robots.page(
        connection, scope, RobotFilter(account_id=row_id), now_s, context.today(), closed_days, limit=ROBOTS_MAX
    )
    seen = find_all(connection, [one.name for one in page.items], scope)
    arrived = holes.of_robots(connection, list(seen.values()), now_s, closed_days, days_back=WINDOW_DAYS)
    by_own_day: dict[int, list[VisibleRobot]] = {}
    for at in seen.values():
        by_own_day.setdefault(days.of(now_s, at.timezone), []).append(at)
    use: dict[int, list[UsageDay]] = {}
    for its_day, some in by_own_day.items():
        use |= usage.by_day_of(connection, some, its_day - WINDOW_DAYS, its_day)
    places: Mapping[str, str] = {} if ledger is None else customers_view.places_of(ledger, today)
    own: list[OwnRobot] = []
    for one in page.items:
        if one.name in seen:
            its = seen[one.name].id
            usual = usual_day(use[its], counter)
            own.append(OwnRobot(robot=one, place=places.get(one.name, ""), usual=usual, arrival=arrived[its]))
    return own, page.next is not None


def _looks_after(connection: Connection, ledger: AccountLedger | None) -> LooksAfter:
    key = None if ledger is None else ledger.account.csm
    known = None if key is None else facts.newest(connection, KINDS["csm"], key)
    if known is None or known.withdrawn:
        return LooksAfter(name="", mail="")
    return LooksAfter(name=known.said.name, mail=known.said.email)
