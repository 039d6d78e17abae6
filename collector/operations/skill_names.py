"""What skills are called in the catalogue: pages show names where facts, bills and robots hold keys."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from collector.access.caller import EVERYONE
from collector.context import Context
from collector.operations.operation import operation
from collector.skillstore.catalogue import reading
from collector.skillstore.catalogue.listing import ListingState

_WAS_OFFERED = (ListingState.PUBLISHED, ListingState.WITHDRAWN, ListingState.RECALLED)


@dataclass(frozen=True, slots=True)
class SkillName:
    """As its publisher wrote it; "" where it has no name in that language."""

    en: str
    zh: str


@operation(roles=EVERYONE)
def names_of_skills(context: Context, _: None) -> Mapping[str, SkillName]:
    """By the key of the manifest, of all that are or were offered; what a draft is called is its publisher's."""

    def read(connection: Connection) -> Mapping[str, SkillName]:
        return {one.skill: SkillName(one.name_en, one.name_zh) for one in reading.listings(connection, _WAS_OFFERED)}

    return context.read(read)
