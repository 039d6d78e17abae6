"""On how many robots an account may use a skill on a day."""

import pytest

from collector.skillstore.entitlements.entitlement import EntitledBy, Entitlement, robots_allowed


def entitlement(from_day, to_day, robots_most):
    return Entitlement(1, 1, "guide", from_day, to_day, EntitledBy.GRANTED, None, robots_most, "")


@pytest.mark.parametrize(("day", "allowed"), [(9, 0), (10, 2), (15, 5), (20, 5), (21, 3), (25, None)], ids=str)
def test_entitlements_of_one_day_add_up_and_one_without_a_limit_is_all(day, allowed):
    had = [entitlement(10, 20, 2), entitlement(15, 30, 3), entitlement(25, None, None)]
    assert robots_allowed(had, day) == allowed
