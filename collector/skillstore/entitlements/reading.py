"""Entitlements from the store, and the price that each was sold at."""

from dataclasses import dataclass

from sqlalchemy import Connection, Row, select

from collector.skillstore.billing.price import Price
from collector.skillstore.catalogue.prices import price_on
from collector.skillstore.catalogue.reading import prices_of
from collector.skillstore.entitlements.entitlement import EntitledBy, Entitlement
from collector.store.tables.skill_store import skill_entitlement, skill_seat


@dataclass(frozen=True, slots=True)
class PricedEntitlement:
    """`price`: of the day it began. None: a trial or a grant, which nobody pays, or sold before there was a price."""

    entitlement: Entitlement
    price: Price | None


@dataclass(frozen=True, slots=True)
class Seat:
    """`from_day` to `to_day`, both counting; None: it goes on."""

    id: int
    skill: str
    holder: str
    from_day: int
    to_day: int | None

    def lasts_to(self, day: int) -> bool:
        """Whether it is, or will be, somebody's on that day or after it."""
        return self.to_day is None or self.to_day >= max(day, self.from_day)


def of_account(connection: Connection, account_id: int) -> list[Entitlement]:
    """All that the account ever had, by skill and first day."""
    query = select(skill_entitlement).where(skill_entitlement.c.account_id == account_id)
    order = skill_entitlement.c.skill, skill_entitlement.c.from_day, skill_entitlement.c.id
    return [entitlement_of(row) for row in connection.execute(query.order_by(*order))]


def accounts(connection: Connection) -> list[int]:
    """That have, or had, an entitlement."""
    return list(connection.execute(select(skill_entitlement.c.account_id).distinct().order_by("account_id")).scalars())


def priced_of_account(connection: Connection, account_id: int) -> list[PricedEntitlement]:
    """The same, each with its price: what bills make their subscriptions of."""
    found = of_account(connection, account_id)
    prices = prices_of(connection, sorted({one.skill for one in found}))
    return [
        PricedEntitlement(
            one,
            price_on(prices.get(one.skill, ()), one.from_day) if one.origin is EntitledBy.CONTRACT_LINE else None,
        )
        for one in found
    ]


def seats_of_account(connection: Connection, account_id: int) -> list[Seat]:
    """All seats that the account ever named, by skill and first day."""
    query = select(skill_seat).where(skill_seat.c.account_id == account_id)
    order = skill_seat.c.skill, skill_seat.c.from_day, skill_seat.c.id
    return [
        Seat(row.id, row.skill, row.holder, row.from_day, row.to_day)
        for row in connection.execute(query.order_by(*order))
    ]


def entitlement_of(row: Row[tuple[object, ...]]) -> Entitlement:
    """Of a row of skill_entitlement."""
    return Entitlement(
        row.id, row.account_id, row.skill, row.from_day, row.to_day, EntitledBy(row.origin), row.contract_line,
        row.robots_most, row.ended_reason,
    )  # fmt: skip
