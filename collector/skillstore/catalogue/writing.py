"""What changes the catalogue: a published manifest, a price, a state."""

from collections.abc import Sequence

import orjson
from sqlalchemy import Connection, insert, update

from collector.skillstore.billing.price import Price
from collector.skillstore.catalogue.listing import ListingState
from collector.skillstore.catalogue.reading import listing_of
from collector.store.tables.skill_store import skill_listing, skill_price
from opk_skills.manifest.manifest import Manifest


def note_published(connection: Connection, published: Sequence[tuple[int, Manifest]], now_s: int) -> None:
    """Each release, with its number, was published: its words are the listing's. Industries stay as people set them."""
    for release, one in published:
        values = {
            "appid": one.appid, "publisher": one.appid.partition("_")[0], "state": ListingState.PUBLISHED.value,
            "release": release,
            "name_en": one.en, "name_zh": one.zh, "text_en": one.text_en, "text_zh": one.text_zh,
            "scenes": orjson.dumps(one.scenes).decode(), "changed_at": now_s,
        }  # fmt: skip
        if listing_of(connection, one.key) is None:
            connection.execute(insert(skill_listing).values(skill=one.key, industries="[]", **values))
        else:
            connection.execute(update(skill_listing).where(skill_listing.c.skill == one.key).values(values))


def note_release(connection: Connection, skill: str, release: int) -> None:
    """The words of a listing are those of that release; they were noted before that was kept."""
    connection.execute(update(skill_listing).where(skill_listing.c.skill == skill).values(release=release))


def set_state(connection: Connection, skill: str, state: ListingState, now_s: int) -> None:
    """Which state may follow is decided before (listing.py)."""
    changed = update(skill_listing).where(skill_listing.c.skill == skill)
    connection.execute(changed.values(state=state.value, changed_at=now_s))


def set_industries(connection: Connection, skill: str, industries: list[str], now_s: int) -> None:
    """Instead of those before."""
    changed = update(skill_listing).where(skill_listing.c.skill == skill)
    connection.execute(changed.values(industries=orjson.dumps(sorted(industries)).decode(), changed_at=now_s))


def add_price(connection: Connection, skill: str, valid_from_day: int, price: Price, who: str, now_s: int) -> None:
    """In force from a day on. Raises IntegrityError where that day has a price already."""
    connection.execute(
        insert(skill_price).values(
            skill=skill, valid_from_day=valid_from_day, price=price.model_dump_json(), who=who, set_at=now_s
        )
    )
