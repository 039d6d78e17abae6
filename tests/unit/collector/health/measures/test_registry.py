"""A measure is what its declaration says: read, aged, muted and ranked by it, and by no other list."""

from types import MappingProxyType

import pytest

from collector.health.measures import commercial, habit, registry, relation, reliability, usage
from collector.health.measures.measure import Measure
from collector.health.model import Reading
from collector.health.score import peers, readings
from tests.health_cases import T, day, days, inputs, read
from tests.policies import HEALTH

ALL = (*usage.MEASURES, *habit.MEASURES, *reliability.MEASURES, *relation.MEASURES, *commercial.MEASURES)


def new(ago: int, **how) -> Measure:
    return Measure("B9", lambda of: Reading(measure="B9", value=1.0, newest_day=of.inputs.day - ago), **how)


@pytest.fixture
def add(monkeypatch):
    def added(measure: Measure) -> None:
        found = MappingProxyType({**registry.BY_KEY, measure.key: measure})
        monkeypatch.setattr(readings, "BY_KEY", found)
        monkeypatch.setattr(readings, "TELEMETRY", tuple(key for key, each in found.items() if each.is_telemetry))

    return added


def test_every_measure_is_declared_once_and_read_under_its_key():
    assert len(registry.MEASURES) == len(ALL)
    assert list(registry.MEASURES) == sorted(each.key for each in ALL)
    found = read().readings
    assert tuple(found) == registry.MEASURES
    assert [one.measure for one in found.values()] == list(registry.MEASURES)


def test_groups_are_the_letters_of_the_keys():
    assert {key for inside in registry.GROUPS.values() for key in inside} == set(registry.MEASURES)
    assert list(registry.GROUPS) == list(HEALTH.profiles.growth)


@pytest.mark.parametrize(
    ("ages_with", "limit"),
    [
        ("contacts", HEALTH.ages.contacts_days), ("finance", HEALTH.ages.finance_days),
        ("tickets", HEALTH.ages.tickets_days), ("telemetry", HEALTH.ages.telemetry_open_days),
    ],
)  # fmt: skip
def test_a_new_measure_ages_with_the_source_that_it_names(add, ages_with, limit):
    states = []
    for ago in (limit, limit + 1, 2 * limit, 2 * limit + 1):
        add(new(ago, ages_with=ages_with))
        states.append(read().readings["B9"].state)
    assert states == ["present", "stale", "stale", "na"]
    add(new(2 * limit + 1))
    assert read().readings["B9"].state == "present", "without a source it does not age"


def test_a_new_measure_of_telemetry_needs_a_robot_and_is_muted_while_closed(add):
    closed = (*days(T - 20), *(day(at, open=False) for at in range(T - 19, T + 1)))
    states = []
    for is_telemetry in (True, False):
        add(new(0, is_telemetry=is_telemetry))
        shut, gone = (readings.read(inputs(days=of), policy=HEALTH) for of in (closed, days(T - 1)))
        states.append((shut.readings["B9"].state, gone.readings["B9"].why))
    assert states == [("muted", "no_robots"), ("present", "")]


def test_peers_rank_the_lower_value_higher_where_less_is_better():
    assert set(registry.LOWER_IS_BETTER) == {"C1", "C3", "D1", "F2", "F3"}
    sample = peers.Sample(6, (1.0, 2.0, 3.0, 4.0, 5.0, 6.0), True)
    group = peers.Peers(0, "all", 6, peers.PeerGroup(6, {"F2": sample, "D4": sample}), None, None, None)
    ranks = {
        key: group.compare(Reading(measure=key, value=1.0, count=1.0, exposure=1.0), HEALTH.peers)
        for key in ("F2", "D4")
    }
    assert ranks["F2"].rank == 1.0
    assert ranks["D4"].rank < 0.2
