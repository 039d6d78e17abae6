"""Reads of what a rollout begins with: robots that have the skill, and what stands against their accounts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, and_, func, or_, select

from collector.accounts.contracts.terms import next_due
from collector.accounts.ledger import facts
from collector.accounts.ledger.view import AccountLedger
from collector.fleet.own_day import own_day
from collector.skillstore.rollouts.planning import AccountStands, RolloutCandidate
from collector.store.lists import among
from collector.store.tables.fleet import account, deployment, robot
from collector.store.tables.rollouts import rollout_answer
from collector.store.tables.skills import skill_wish

_KINDS = ("contract", "line", "renewal", "renewal_step", "ticket", "site", "deployment")


@dataclass(frozen=True, slots=True)
class AccountNamed:
    """As people call it."""

    external_id: str
    name: str


def candidates(
    connection: Connection, skill: str, digest: str, now_s: float, accounts: Sequence[str]
) -> list[RolloutCandidate]:
    """Robots on which another package of the skill is wished, with who has them today. `accounts`: of these; none: all.

    A robot's scene is its account's.
    """
    today = own_day(connection, now_s)
    last = select(func.max(skill_wish.c.id)).where(skill_wish.c.skill == skill).group_by(skill_wish.c.robot_id)
    here = and_(
        deployment.c.robot_id == robot.c.id, deployment.c.from_day <= today,
        or_(deployment.c.to_day.is_(None), deployment.c.to_day >= today),
    )  # fmt: skip
    query = (
        select(robot.c.id, robot.c.name, robot.c.model, deployment.c.account_id, account.c.external_id)
        .join(skill_wish, skill_wish.c.robot_id == robot.c.id)
        .join(deployment, here, isouter=True)
        .join(account, account.c.id == deployment.c.account_id, isouter=True)
        .where(skill_wish.c.id.in_(last), skill_wish.c.digest != "", skill_wish.c.digest != digest)
        .order_by(robot.c.name)
    )
    if accounts:
        query = query.where(account.c.external_id.in_(accounts))
    rows = connection.execute(query).all()
    scenes = {
        one.row_id: one.account.scene
        for one in facts.known(connection, _accounts_of(row.account_id for row in rows), facts.NOW, kinds=()).values()
    }
    return [
        RolloutCandidate(row.id, row.name, row.account_id, scenes.get(row.account_id, ""), row.model) for row in rows
    ]


def stands_of(
    connection: Connection, accounts: Iterable[int | None], today: int, grace_days: int, rollout_id: int | None
) -> dict[int, AccountStands]:
    """Renewals, urgent tickets and answers of these accounts, today."""
    ids = _accounts_of(accounts)
    known = facts.known(connection, ids, facts.NOW, kinds=_KINDS)
    said: dict[int, bool] = {}
    if rollout_id is not None:
        query = select(rollout_answer.c.account_id, rollout_answer.c.approves)
        said = {
            row.account_id: row.approves
            for row in connection.execute(query.where(rollout_answer.c.rollout_id == rollout_id))
        }
    return {one: replace(_stands(known.get(one), today, grace_days), approves=said.get(one)) for one in ids}


def names_of_accounts(connection: Connection, ids: Iterable[int | None]) -> dict[int, AccountNamed]:
    query = select(account.c.id, account.c.external_id, account.c.name)
    found = connection.execute(query.where(among(connection, account.c.id, _accounts_of(ids))))
    return {row.id: AccountNamed(row.external_id, row.name) for row in found}


def _stands(ledger: AccountLedger | None, today: int, grace_days: int) -> AccountStands:
    if ledger is None:
        return AccountStands(None, 0, None)
    due = next_due(ledger, today, grace_days=grace_days)
    urgent = sum(
        one.urgency == "urgent" and one.opened_day <= today and (one.closed_day is None or one.closed_day > today)
        for one in ledger.tickets
    )
    return AccountStands(None if due is None else due.days_left, urgent, None)


def _accounts_of(ids: Iterable[int | None]) -> list[int]:
    return sorted({one for one in ids if one is not None})
