"""Listings and their prices, from the store."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import orjson
from sqlalchemy import Connection, Row, select

from collector.skillstore.billing.price import Price
from collector.skillstore.catalogue.listing import Listing, ListingState
from collector.skillstore.catalogue.prices import DatedPrice
from collector.store.lists import among
from collector.store.tables.skill_store import skill_listing, skill_price


@dataclass(frozen=True, slots=True)
class PriceSet:
    """A price of one day with who set it, and when (seconds since 1970)."""

    valid_from_day: int
    price: Price
    who: str
    set_at: int


def listing_of(connection: Connection, skill: str) -> Listing | None:
    """None: there is no such skill in the catalogue."""
    row = connection.execute(select(skill_listing).where(skill_listing.c.skill == skill)).one_or_none()
    return None if row is None else _listing(row)


def listings(connection: Connection, states: Sequence[ListingState]) -> list[Listing]:
    """All of these states, by key."""
    query = select(skill_listing).where(among(connection, skill_listing.c.state, [one.value for one in states]))
    return [_listing(row) for row in connection.execute(query.order_by(skill_listing.c.skill))]


def prices_of(connection: Connection, skills: Sequence[str]) -> dict[str, list[DatedPrice]]:
    """Of each skill its prices by rising day; a skill without one is absent."""
    found: dict[str, list[DatedPrice]] = defaultdict(list)
    query = select(skill_price).where(among(connection, skill_price.c.skill, skills))
    for row in connection.execute(query.order_by(skill_price.c.skill, skill_price.c.valid_from_day)):
        found[row.skill].append(DatedPrice(row.valid_from_day, Price.model_validate_json(row.price)))
    return dict(found)


def prices_set(connection: Connection, skill: str) -> list[PriceSet]:
    """All prices of one skill, the newest day first."""
    query = select(skill_price).where(skill_price.c.skill == skill).order_by(skill_price.c.valid_from_day.desc())
    return [
        PriceSet(row.valid_from_day, Price.model_validate_json(row.price), row.who, row.set_at)
        for row in connection.execute(query)
    ]


def _listing(row: Row[tuple[object, ...]]) -> Listing:
    return Listing(
        row.skill, row.appid, row.publisher, ListingState(row.state), row.name_en, row.name_zh, row.text_en,
        row.text_zh, tuple(orjson.loads(row.scenes)), tuple(orjson.loads(row.industries)), row.changed_at, row.release,
    )  # fmt: skip
