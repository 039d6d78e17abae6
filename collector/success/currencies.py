"""The one currency that a sum over how accounts stood is in. Rows are in the base currency of their closing.

After the setting has changed they stay in the one before until the next closing writes them anew: amounts of two
currencies are never added.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, case, func, null, or_, select

from collector.store.tables.fleet import account
from collector.store.tables.success import standing

AT_RISK = ("yellow", "red")
JUDGED = ("green", *AT_RISK)  # an account that is grey has no band


@dataclass(frozen=True, slots=True)
class SumCurrency:
    """`other_currency` accounts have their amounts in another one, and are in no sum. `has_changed`: the setting names
    another one now, and the next closing converts.
    """

    code: str
    other_currency: int
    has_changed: bool


def of_sums(connection: Connection, where: Sequence[ColumnElement[bool]], base: str) -> SumCurrency:
    """Of the accounts that `where` finds: the setting's, or where nobody has an amount in it, that of most of them."""
    c = standing.c
    query = (
        select(c.currency, func.count())
        .select_from(standing.join(account, account.c.id == c.account_id))
        .where(*where, c.arr.is_not(None), c.arr != 0)
        .group_by(c.currency)
    )
    accounts = {row[0]: int(row[1]) for row in connection.execute(query)}
    code = base if base in accounts or not accounts else min(accounts, key=lambda one: (-accounts[one], one))
    return SumCurrency(code, sum(accounts.values()) - accounts.get(code, 0), code != base)


def money_of(condition: ColumnElement[bool], code: str) -> ColumnElement[int | None]:
    """SQL: the sum of ARR of such accounts in that currency; null where there are some, and no amount is known of any.

    Nothing is nothing in every currency.
    """
    c = standing.c
    known = func.sum(case((and_(condition, or_(c.currency == code, c.arr == 0)), c.arr)))
    return func.coalesce(known, case((func.count(case((condition, 1))) == 0, 0)))


def at_risk_of(condition: ColumnElement[bool], code: str) -> ColumnElement[int | None]:
    """SQL: the part of `money_of` that is yellow or red; null too where there are such accounts and none has a band,
    since then nobody knows how much that is.
    """
    c = standing.c
    everybody, judged = (func.count(case((each, 1))) for each in (condition, and_(condition, c.band.in_(JUDGED))))
    risky = money_of(and_(condition, c.band.in_(AT_RISK)), code)
    return case((and_(everybody > 0, judged == 0), null()), else_=risky)


def whole(amount: object) -> int | None:
    """What `money_of` found: PostgreSQL's sums are decimals."""
    return None if amount is None else int(str(amount))
