"""The registry holds together, and skills can add to it but not change it."""

import pytest

from protocol.counters import COUNTERS, FAMILIES, Counter, with_counters
from protocol.limits import COUNTER_KEY


def test_every_key_fits_the_wire_and_every_name_is_there_in_both_languages():
    for key, counter in COUNTERS.items():
        assert COUNTER_KEY.fullmatch(key)
        assert counter.en
        assert counter.zh


def test_every_denominator_is_a_counter():
    wanted = {c.per for c in COUNTERS.values() if c.per} | {f.per for f in FAMILIES.values()}
    assert wanted <= set(COUNTERS)


def test_every_family_counts_what_it_could_not_do_and_all_but_the_network_what_it_did_wrong():
    for key in FAMILIES:
        did = {c.did for c in COUNTERS.values() if c.family == key}
        assert did == ({"could_not"} if key == "network" else {"could_not", "wrong"}), key


def test_a_fault_counter_is_divided_by_its_familys_opportunity():
    for counter in COUNTERS.values():
        if counter.family:
            assert counter.per == FAMILIES[counter.family].per, counter.key


def test_a_skill_adds_counters_of_its_own():
    registry = with_counters([Counter("tour.finished", "count", "skill", "Tours finished", "完成导览", "guided_tour")])
    assert registry["tour.finished"].per == "guided_tour"
    assert len(registry) == len(COUNTERS) + 1


@pytest.mark.parametrize("key", ["finished", "interaction", "Tour.finished", "tour.", "tour finished"])
def test_a_skill_cannot_take_a_name_of_the_registry_or_a_malformed_one(key):
    with pytest.raises(ValueError, match="lower case"):
        with_counters([Counter(key, "count", "skill", "x", "x")])


def test_two_skills_cannot_declare_one_counter():
    counter = Counter("tour.finished", "count", "skill", "x", "x")
    with pytest.raises(ValueError, match="declared twice"):
        with_counters([counter, counter])
