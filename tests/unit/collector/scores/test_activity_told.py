"""Whether a robot worked: yes, no, or nobody counts what would tell."""

import pytest

from collector.scores.days_codec import decode, encode
from collector.scores.rollup.robot_days import Adding, RobotUsageDay, Stay
from tests.health_cases import ledger

DAY = 20_000


def added(counts, *, says=(), imported=False, uncounted=()):
    """One robot's day as an account-day, through the form that the store keeps."""
    stay = Stay(1, 1, DAY, DAY, None, DAY, frozenset(says))
    adding = Adding({1: ledger()}, [stay], [], DAY, DAY)
    covered_s = 0 if imported else 3600
    adding.days([RobotUsageDay(1, DAY, counts, covered_s, None, imported, frozenset(uncounted))])
    return decode(DAY, 1, encode(adding.result()[1, DAY]))


@pytest.mark.parametrize(
    ("counts", "more", "active", "untold"),
    [
        ({"interaction": 3}, {}, 1, 0),
        ({"wake_up": 30, "interaction": 0}, {}, 0, 0),
        ({"wake_up": 30}, {"says": ("wake_up", "interaction")}, 0, 0),  # it can count, and nothing came of it
        ({"wake_up": 30}, {"says": ("wake_up",)}, 0, 1),
        ({"wake_up": 30, "delivery": 0}, {}, 0, 1),  # woken up, and what followed nobody counts
        ({"delivery": 0}, {"says": ("delivery",)}, 0, 0),
        ({"foot_traffic": 900}, {}, 0, 1),
        ({}, {"says": ("interaction",)}, 0, 0),
        ({}, {}, 0, 1),
        ({}, {"says": ("interaction",), "uncounted": ("interaction",)}, 0, 1),  # an amount that is in no count
        ({"wake_up": 30}, {"imported": True, "says": ("interaction",)}, 0, 1),  # a file vouches for no zero
        ({"advert": 9}, {}, 0, 1),  # it plays by itself
    ],
)
def test_activity_is_yes_no_or_unknown(counts, more, active, untold):
    found = added(counts, **more)
    assert (found.heard, found.active, found.untold) == (1, active, untold)


def test_a_day_that_only_a_file_tells_of_has_no_source_of_faults():
    assert added({"interaction": 3}, imported=True).unwatched == 1
    assert added({"interaction": 3}).unwatched == 0
