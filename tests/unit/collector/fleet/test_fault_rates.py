"""Faults per 100 hours by what robots are: who is compared with whom, and when nobody can say."""

from hypothesis import given
from hypothesis import strategies as st

from collector.fleet.fault_rates import EPISODES_MIN, HOURS_MIN, judged

NAMES = st.sampled_from(["V6.2", "V6.9", "V7.0", ""])
HOURS = st.dictionaries(NAMES, st.tuples(st.integers(1, 50), st.floats(0, 30_000)), min_size=1)
COUNTS = st.dictionaries(st.tuples(NAMES, st.sampled_from(["navigation", "asr"])), st.integers(1, 600))


def test_one_firmware_with_many_times_the_faults_of_the_others_stands_out():
    found = judged(
        "rom", 1, 28, {"V6.2": (90, 25_362.0), "V6.9": (12, 3_509.0), "V6.0": (1, 129.0)},
        {("V6.2", "navigation"): 111, ("V6.9", "navigation"): 537, ("V6.9", "network"): 12, ("V6.2", "network"): 79},
    )  # fmt: skip
    hot = {(group.value, family) for group in found.groups for family, one in group.families.items() if one.is_hot}
    assert hot == {("V6.9", "navigation")}
    assert found.families == ["navigation", "network"]
    assert [group.value for group in found.groups] == ["V6.2", "V6.9", "V6.0"]
    assert found.groups[2].families["navigation"].per_100_h is None
    assert round(found.groups[1].families["navigation"].per_100_h, 2) == 15.30


def test_most_of_the_fleet_does_not_stand_out_because_few_others_had_no_fault_yet():
    hours = {"V6.2": (98, 24_760.0), "V6.9": (12, 3_382.0)}
    counts = {("V6.2", "asr"): 12}  # the others would have had less than two
    found = judged("rom", 1, 28, hours, counts)
    assert not any(group.families["asr"].is_hot for group in found.groups)
    control = judged("rom", 1, 28, hours, {("V6.2", "asr"): 120})  # and here sixteen
    assert [group.value for group in control.groups if group.families["asr"].is_hot] == ["V6.2"]


@given(HOURS, COUNTS)
def test_no_episode_is_lost_and_no_rate_is_stated_for_too_few_hours(hours, counts):
    found = judged("rom", 1, 28, hours, counts)
    assert sum(one.episodes for group in found.groups for one in group.families.values()) == sum(counts.values())
    for group in found.groups:
        for one in group.families.values():
            assert (one.per_100_h is None) == (group.hours < HOURS_MIN)
            assert not one.is_hot or (one.episodes >= EPISODES_MIN and one.per_100_h >= one.others)
