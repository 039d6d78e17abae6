"""Where places are closed: robots that are not connected for that reason, and the days on which nothing is expected."""

from collections.abc import Collection, Mapping

from sqlalchemy import Connection, and_, or_, select

from collector.accounts.ledger import facts
from collector.accounts.ledger.view import AccountLedger
from collector.calendar import days, opening
from collector.fleet.own_day import own_day
from collector.fleet.presence import State, state_of
from collector.store import fence
from collector.store.fence import Failed
from collector.store.tables.fleet import deployment, presence, robot

CALENDAR = ("site", "closure", "deployment")
_HOURS = ("site", "closure")


def closed_now(connection: Connection, now_s: int) -> dict[str, State]:
    """Robots that were connected once, are not now and whose site is closed: name -> what their presence says.

    A robot of a site whose hours nobody knows is closed on the days on which the site is.
    """
    today = own_day(connection, now_s)
    here = and_(
        deployment.c.robot_id == robot.c.id,
        deployment.c.from_day <= today,
        or_(deployment.c.to_day.is_(None), deployment.c.to_day >= today),
    )
    wanted = (
        select(robot.c.name, robot.c.timezone, presence.c.state, deployment.c.account_id, deployment.c.fact_key)
        .join(presence, presence.c.robot_id == robot.c.id)
        .join(deployment, here)
        .where(presence.c.state != "online")
    )
    rows = connection.execute(wanted).all()
    ledgers = facts.known(connection, sorted({row.account_id for row in rows}), facts.NOW, kinds=CALENDAR)
    return {
        row.name: state_of(row.state)
        for row in rows
        if _is_closed(ledgers, row.account_id, row.fact_key, row.timezone, now_s)
    }


def _is_closed(
    ledgers: Mapping[int, AccountLedger], account_id: int, stay: str | None, timezone: str, now_s: int
) -> bool:
    ledger = ledgers.get(account_id)
    if ledger is None:
        return False
    sites = {site.id: site for site in ledger.sites}
    named = next((said.site for said in ledger.deployments if said.id == stay), None)
    key = named if named is not None else next(iter(sites)) if len(sites) == 1 else None
    if key is None or key not in sites:
        return False
    day = days.of(now_s, timezone)
    hours = opening.open_hours(sites[key], ledger.closures, day)
    if hours is None:
        return not opening.is_open(sites[key], ledger.closures, day)
    starts = days.hour_starts(day, timezone)
    hour = max(at for at in range(24) if starts[at] <= now_s)
    return hours[hour] == 0


def closed_days(connection: Connection, robots: Collection[int], first: int, last: int) -> dict[int, frozenset[int]]:
    """Of these robots (row ids) the days first..last on which the account that has them is closed.

    As health counts: an account's day is open when one of its places is.
    """
    overlaps = deployment.c.from_day <= last, or_(deployment.c.to_day.is_(None), deployment.c.to_day >= first)
    wanted = select(deployment.c.robot_id, deployment.c.account_id, deployment.c.from_day, deployment.c.to_day)
    stays = connection.execute(wanted.where(deployment.c.robot_id.in_(robots), *overlaps)).all()
    accounts = sorted({stay.account_id for stay in stays})
    shut: dict[int, list[int]] = {}
    ledgers: dict[int, AccountLedger] = {}
    unread: Failed = {}  # its closing names the fact; here its days are open
    fence.each(accounts, lambda some: ledgers.update(facts.known(connection, some, facts.NOW, kinds=_HOURS)), unread)
    for account_id, ledger in ledgers.items():
        if ledger.sites or ledger.closures:
            shut[account_id] = [
                day for day in range(first, last + 1) if not opening.any_open(ledger.sites, ledger.closures, day)
            ]
    found: dict[int, frozenset[int]] = {}
    for stay in stays:
        to_day = last if stay.to_day is None else stay.to_day
        mine = frozenset(day for day in shut.get(stay.account_id, ()) if stay.from_day <= day <= to_day)
        if mine:
            found[stay.robot_id] = found.get(stay.robot_id, frozenset()) | mine
    return found
