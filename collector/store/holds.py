"""Robot-days that bills still rest on: retention takes nothing from them.

These are the days of months that are not closed yet, of accounts that bought a skill, and of lines that somebody
contests. What a dispute held is removed after it was settled: `skill_bill_dispute.released_at` says that it was.
"""

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select

from collector.store.tables.fleet import deployment
from collector.store.tables.skill_bills import skill_bill_dispute, skill_bill_mark
from collector.store.tables.skill_store import skill_entitlement

_PAID = "contract_line"


def is_held(robot_id: ColumnElement[int], day: ColumnElement[int]) -> ColumnElement[bool]:
    """SQL: that robot's day is of an open or a contested line."""
    had = and_(
        deployment.c.robot_id == robot_id,
        deployment.c.from_day <= day,
        or_(deployment.c.to_day.is_(None), deployment.c.to_day >= day),
    )
    contested = and_(
        skill_bill_dispute.c.account_id == deployment.c.account_id,
        skill_bill_dispute.c.settled_at.is_(None),
        skill_bill_dispute.c.from_day <= day,
        skill_bill_dispute.c.to_day > day,
    )
    looked = select(skill_bill_mark.c.to_day).where(skill_bill_mark.c.account_id == deployment.c.account_id)
    still_open = and_(
        skill_entitlement.c.account_id == deployment.c.account_id,
        skill_entitlement.c.origin == _PAID,
        skill_entitlement.c.from_day <= day,
        func.coalesce(looked.scalar_subquery(), 0) <= day,
    )
    return exists().where(had, or_(exists().where(contested), exists().where(still_open)))


def any_held(connection: Connection) -> bool:
    """Whether anything can be: most installations bill nothing."""
    return connection.execute(select(skill_entitlement.c.id).limit(1)).first() is not None
