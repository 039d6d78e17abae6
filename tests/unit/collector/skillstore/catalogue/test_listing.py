"""Which states of a listing may follow one another."""

import pytest

from collector.skillstore.catalogue.listing import ListingState, may_become

DRAFT, PUBLISHED, WITHDRAWN, RECALLED = ListingState


@pytest.mark.parametrize(
    ("now", "wanted", "may"),
    [
        (DRAFT, PUBLISHED, True), (DRAFT, RECALLED, False), (PUBLISHED, DRAFT, False), (PUBLISHED, RECALLED, True),
        (WITHDRAWN, PUBLISHED, True), (RECALLED, WITHDRAWN, False), (RECALLED, PUBLISHED, True),
    ],
)  # fmt: skip
def test_a_listing_goes_from_state_to_state_as_the_table_says(now, wanted, may):
    assert may_become(now, wanted) is may
