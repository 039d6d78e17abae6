"""A skill as the catalogue shows it, and which states may follow one another. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class ListingState(StrEnum):
    """Draft: never published. Withdrawn: offered no more, goes on where it runs. Recalled: ends everywhere."""

    DRAFT = "draft"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"
    RECALLED = "recalled"


FOLLOWS: Mapping[ListingState, frozenset[ListingState]] = {
    ListingState.DRAFT: frozenset({ListingState.PUBLISHED, ListingState.WITHDRAWN}),
    ListingState.PUBLISHED: frozenset({ListingState.WITHDRAWN, ListingState.RECALLED}),
    ListingState.WITHDRAWN: frozenset({ListingState.PUBLISHED, ListingState.RECALLED}),
    ListingState.RECALLED: frozenset({ListingState.PUBLISHED}),  # by a release that is not recalled
}


@dataclass(frozen=True, slots=True)
class Listing:
    """`skill`: the key of its manifest. `scenes` are the manifest's, `industries` the catalogue's own words.

    `release`: whose words these are, by its publisher's count; None: noted before that was kept.
    """

    skill: str
    appid: str
    publisher: str
    state: ListingState
    name_en: str
    name_zh: str
    text_en: str
    text_zh: str
    scenes: tuple[str, ...]
    industries: tuple[str, ...]
    changed_at: int
    release: int | None = None


def may_become(now: ListingState, wanted: ListingState) -> bool:
    """Whether a listing of one state may take the other."""
    return wanted in FOLLOWS[now]
