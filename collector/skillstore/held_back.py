"""Robots that are not on the newest version of a skill, and why: they cannot, nobody wants it, or they are silent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, Subquery, Table, and_, func, or_, select

from collector.accounts.ledger import facts
from collector.accounts.ledger.kinds.registry import KINDS
from collector.fleet.own_day import own_day
from collector.fleet.skills.standing import NOT_HEARD, NOT_TOLD, turn_of
from collector.skillstore.repository.offers import Offers
from collector.store.tables.fleet import account, deployment, presence, robot
from collector.store.tables.ledger import fact
from collector.store.tables.skills import skill_fact, skill_wish
from collector.store.tables.success import standing
from opk_skills.trust.releases import Release

Held = Literal["cannot", "will_not", "silent", "under_way"]
NOT_WISHED, DECLINED = "not_wished", "declined"
ALL_HELD: tuple[Held, ...] = ("cannot", "will_not", "silent", "under_way")


@dataclass(frozen=True, slots=True)
class HeldBackRobot:
    """`runs`: the version that runs, "": none. `arr` in hundredths of `currency`; None: not known.

    `code`: why, as the robot said it; not_wished: nobody wished the newest for it; declined: and the account said no.
    `turn`: who must act; csm: whoever looks after the account.
    """

    robot: str
    account: str
    account_name: str
    arr: int | None
    currency: str
    skill: str
    runs: str
    newest: str
    held: Held
    code: str
    reason: str
    turn: str


def held_back(connection: Connection, offers: Offers, now_s: float, skill: str) -> list[HeldBackRobot]:
    """Of every robot that is with an account today; the largest ARR first. `skill` "": of all skills."""
    newest = {one.key: one for one in _newest_releases(offers) if skill in {"", one.key}}
    if not newest:
        return []
    today = own_day(connection, now_s)
    wish, told = _last(skill_wish), _last(skill_fact)
    here = and_(
        deployment.c.robot_id == wish.c.robot_id,
        deployment.c.from_day <= today,
        or_(deployment.c.to_day.is_(None), deployment.c.to_day >= today),
    )
    query = (
        select(
            robot.c.name, account.c.id.label("account_id"), account.c.external_id, account.c.name.label("account_name"),
            standing.c.arr, standing.c.currency, wish.c.skill, wish.c.digest, told.c.active, told.c.code,
            told.c.reason, presence.c.state,
        )
        .select_from(wish)
        .join(robot, robot.c.id == wish.c.robot_id)
        .join(deployment, here)
        .join(account, account.c.id == deployment.c.account_id)
        .outerjoin(standing, standing.c.account_id == account.c.id)
        .outerjoin(presence, presence.c.robot_id == robot.c.id)
        .outerjoin(told, and_(told.c.robot_id == wish.c.robot_id, told.c.skill == wish.c.skill))
        .where(
            wish.c.digest != "",
            or_(*(
                and_(
                    wish.c.skill == key,
                    or_(wish.c.digest != one.sha256, func.coalesce(told.c.active, "") != one.sha256),
                )
                for key, one in newest.items()
            )),
        )
    )  # fmt: skip
    declined = _declined(connection)
    found = []
    for row in connection.execute(query):
        one = newest[row.skill]
        held, code = _why(
            row.code, is_wished=row.digest == one.sha256, is_online=row.state == "online",
            has_declined=row.account_id in declined,
        )  # fmt: skip
        runs = offers.offered[row.active].version if row.active in offers.offered else (row.active or "")[:8]
        found.append(
            HeldBackRobot(
                row.name, row.external_id, row.account_name, row.arr, row.currency or "", row.skill, runs, one.version,
                held, code, row.reason or "" if code == row.code else "", "csm" if code == DECLINED else turn_of(code),
            )
        )  # fmt: skip
    return sorted(found, key=lambda one: (-(one.arr or 0), one.account, one.robot, one.skill))


def _why(code: str | None, *, is_wished: bool, is_online: bool, has_declined: bool) -> tuple[Held, str]:
    if not is_wished:
        return "will_not", DECLINED if has_declined else NOT_WISHED
    if not code:
        return ("under_way", NOT_TOLD) if is_online else ("silent", NOT_HEARD)
    turn = turn_of(code)
    held: Mapping[str, Held] = {"robot": "under_way", "site": "silent"}
    return held.get(turn, "cannot"), code


def _newest_releases(offers: Offers) -> Sequence[Release]:
    appids = sorted({one.appid for one in offers.offered.values()})
    return [found[0] for appid in appids if (found := offers.of_package(appid))]


def _last(table: Table) -> Subquery:
    newest = select(func.max(table.c.id)).group_by(table.c.robot_id, table.c.skill)
    return select(table).where(table.c.id.in_(newest)).subquery(f"last_{table.name}")


def _declined(connection: Connection) -> frozenset[int]:
    """Accounts of which somebody noted that they declined an update."""
    kind = KINDS["signal"]
    rows = select(fact).where(fact.c.kind == kind.key, fact.c.replaced_at.is_(None), ~fact.c.withdrawn)
    said = [facts.version_of(kind, row) for row in connection.execute(rows)]
    return frozenset(
        one.account_id for one in said if one.account_id is not None and one.said.signal == "update_declined"
    )
