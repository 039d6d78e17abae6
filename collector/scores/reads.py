"""What the health model reads of the store: accounts as known at a moment, in chunks, one query per table and chunk.

Nothing here decides anything. `Knowledge` chooses the versions: facts and account-days that came later are not there.
With basis "recorded" facts count from when their source knew them, and an account-day by its newest version: what the
robots counted, whenever it came.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, func, or_, select

from collector.accounts import objectives
from collector.accounts.ledger import facts
from collector.accounts.ledger.facts import Knowledge
from collector.accounts.ledger.view import FIELD_OF_KIND, AccountLedger
from collector.calendar.days import DAY_S
from collector.fleet.skills.runs import held
from collector.health.model import HISTORY_DAYS, AccountDay, AccountInputs, Fleet
from collector.scores.days_codec import decode
from collector.store.tables.fleet import account, deployment, robot
from collector.store.tables.health import account_day
from collector.store.tables.ledger import fact

CHUNK = 50  # accounts at a time: what they read of 150 days stays below 20 MB
FEEDS = ("touch", "invoice", "ticket")  # systems that are read now and then: none of it new may mean not read
FACTS_DAYS = 400  # facts that happened longer ago and do not last are not read: the longest look back is 12 months


def account_ids(connection: Connection) -> list[int]:
    """The rows of all accounts, in order."""
    return list(connection.execute(select(account.c.id).order_by(account.c.id)).scalars())


def inputs(
    connection: Connection,
    accounts: Sequence[int],
    day: int,
    knowledge: Knowledge,
    kinds: Iterable[str] = FIELD_OF_KIND,
) -> dict[int, AccountInputs]:
    """By account row: everything that its score of `day` is made of. Accounts that were not known then are left out."""
    ledgers = facts.known(connection, accounts, knowledge, kinds, from_day=day - FACTS_DAYS)
    found = list(ledgers)
    days = account_days(connection, found, day, knowledge)
    older = _older(connection, ledgers, day, knowledge)
    together = fleets(connection, found, day)
    nothing = Fleet()
    return {
        account_id: AccountInputs(
            day=day,
            ledger=known,
            days=days.get(account_id, ()),
            older=older.get(account_id, ()),
            fleet=together.get(account_id, nothing),
        )
        for account_id, known in ledgers.items()
    }


def _older(
    connection: Connection, ledgers: Mapping[int, AccountLedger], day: int, knowledge: Knowledge
) -> dict[int, tuple[AccountDay, ...]]:
    """Days before the history, of the accounts with an objective that began before it: few have one."""
    begins = {
        account_id: min((one.from_day for one in objectives.looked_at(known.objectives, day)), default=day)
        for account_id, known in ledgers.items()
    }
    last = day - HISTORY_DAYS
    long = [account_id for account_id, first in begins.items() if first <= last]
    if not long:
        return {}
    found = account_days(connection, long, last, knowledge, min(begins[one] for one in long))
    return {one: tuple(each for each in of if each.day >= begins[one]) for one, of in found.items()}


def feeds(connection: Connection, knowledge: Knowledge) -> dict[str, int]:
    """Kind -> the newest day (UTC) on which any fact of it arrived, of anybody: how fresh each source is."""
    came = fact.c.arrived_at if knowledge.basis == "arrived" else fact.c.recorded_at
    wanted = select(fact.c.kind, func.max(came)).where(fact.c.kind.in_(FEEDS)).group_by(fact.c.kind)
    if knowledge.at_s is not None:
        wanted = wanted.where(came <= knowledge.at_s)
    return {kind: at_s // DAY_S for kind, at_s in connection.execute(wanted)}


def account_days(
    connection: Connection,
    accounts: Sequence[int],
    to_day: int,
    knowledge: Knowledge,
    from_day: int | None = None,
) -> dict[int, tuple[AccountDay, ...]]:
    """By account row, in order of day; by default the HISTORY_DAYS up to `to_day`."""
    first = to_day - HISTORY_DAYS + 1 if from_day is None else from_day
    known_at = knowledge.at_s if knowledge.basis == "arrived" else None
    found: dict[int, dict[int, AccountDay]] = {}
    for account_id, day, version, body in _day_rows(connection, accounts, first, to_day, known_at):
        found.setdefault(account_id, {})[day] = decode(day, version, body)
    return {
        account_id: tuple(one for _, one in sorted(of_account.items()) if one.robots or one.conflicts)
        for account_id, of_account in found.items()
    }


def _day_rows(
    connection: Connection, accounts: Sequence[int], first: int, last: int, known_at: int | None
) -> Iterator[tuple[int, int, int, bytes]]:
    """(account, day, version, body), versions of a day in order."""
    for start in range(0, len(accounts), facts.ACCOUNTS_AT_ONCE):
        chunk = accounts[start : start + facts.ACCOUNTS_AT_ONCE]
        wanted = (
            select(account_day.c.account_id, account_day.c.day, account_day.c.version, account_day.c.body)
            .where(account_day.c.account_id.in_(chunk), account_day.c.day.between(first, last))
            .order_by(account_day.c.account_id, account_day.c.day, account_day.c.version)
        )
        if known_at is not None:
            wanted = wanted.where(account_day.c.arrived_at <= known_at)
        yield from connection.execute(wanted)


def fleets(connection: Connection, accounts: Sequence[int], day: int) -> dict[int, Fleet]:
    """What robots with each account on `day` have in common: skills as of that day, models and firmware as of now."""
    found: dict[int, dict[str, dict[str, Any]]] = {}
    for start in range(0, len(accounts), facts.ACCOUNTS_AT_ONCE):
        here = (
            deployment.c.account_id.in_(accounts[start : start + facts.ACCOUNTS_AT_ONCE]),
            deployment.c.from_day <= day,
            or_(deployment.c.to_day.is_(None), deployment.c.to_day >= day),
        )
        robots = (
            select(deployment.c.account_id, robot.c.model, robot.c.rom, robot.c.agent, func.count())
            .join(robot, robot.c.id == deployment.c.robot_id)
            .where(*here)
            .group_by(deployment.c.account_id, robot.c.model, robot.c.rom, robot.c.agent)
        )
        for account_id, model, rom, agent, n in connection.execute(robots):
            of_account = found.setdefault(account_id, {"models": {}, "roms": {}, "agents": {}, "skills": {}})
            for name, value in (("models", model), ("roms", rom), ("agents", agent)):
                if value:
                    of_account[name][value] = of_account[name].get(value, 0) + n
        had = held(day, select(deployment.c.robot_id).where(*here))
        skills = (
            select(deployment.c.account_id, had.c.skill, had.c.version, func.count())
            .join(had, had.c.robot_id == deployment.c.robot_id)
            .where(*here)
            .group_by(deployment.c.account_id, had.c.skill, had.c.version)
        )
        for account_id, skill, version, n in connection.execute(skills):
            found[account_id]["skills"].setdefault(skill, {})[version] = n
    return {account_id: Fleet(**of_account) for account_id, of_account in found.items()}
