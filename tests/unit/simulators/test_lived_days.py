"""The fleet's table of lived days: what the skills live now, by chance between the days that lie around."""

from collections import Counter
from pathlib import Path
from random import Random

import pytest

from protocol.counters import COUNTERS
from simulators.bodies.living import lived
from simulators.body import FAILINGS
from simulators.errors import SimulationError
from simulators.lived_days import CALM, FRAIL, LEVELS, AskedHour, Kind, Table, kinds
from simulators.lived_table import HERE, read, table, written
from simulators.scenes import SCENES

FAILS = {"vision": "vision_not_recognised", "touch": "touch_no_response", "asr": "asr_not_recognised",
         "tts": "tts_not_played"}  # fmt: skip


def days(scene):
    return read(HERE / f"{scene}.json")


def total(hours) -> Counter[str]:
    return sum((Counter(hour) for hour in hours), Counter())


@pytest.mark.parametrize("scene", sorted(SCENES))
def test_the_table_is_what_the_skills_live_now(scene):
    """When this fails a skill, the orchestrator, a body or a visitor lives otherwise: make the table anew."""
    known = days(scene)
    for kind in (Kind(scene, 0.3, 1.0, FRAIL, "", 1), Kind(scene, 0.3, 1.0, CALM, "navigation", 1)):
        assert lived(kind) == known[kind], "python -m simulators.bodies.living"


@pytest.mark.parametrize("scene", sorted(SCENES))
def test_every_kind_of_day_is_there_whole(scene):
    known = days(scene)
    assert set(known) == set(kinds(scene))
    assert {len(hours) for hours in known.values()} == {len(SCENES[scene].open_hours())}
    assert set().union(*(total(hours) for hours in known.values())) <= set(COUNTERS)


@pytest.mark.parametrize("scene", sorted(SCENES))
def test_failures_never_exceed_their_opportunities_on_any_day(scene):
    for hours in days(scene).values():
        counts = total(hours)
        for failing in FAILINGS:
            assert counts[failing.counter] <= counts[failing.per]


@pytest.mark.parametrize("family", sorted(FAILS))
def test_while_a_family_is_out_whatever_it_should_have_done_failed(family):
    failed = FAILS[family]
    per = next(failing.per for failing in FAILINGS if failing.counter == failed)
    counts = total(days("exhibition_hall")[Kind("exhibition_hall", 2.0, 1.0, CALM, family, 1)])
    assert counts[failed] == counts[per] > 0


def test_less_appetite_leaves_those_who_pass_and_takes_what_they_want():
    hungry, sated = (
        total(days("exhibition_hall")[Kind("exhibition_hall", 0.8, appetite, CALM, "", 1)]) for appetite in (1.0, 0.25)
    )
    assert sated["foot_traffic"] > 0.8 * hungry["foot_traffic"]
    assert sated["interaction"] < 0.6 * hungry["interaction"]


def test_a_robots_hours_lie_between_the_days_around_them_in_the_mean():
    def mean(level):
        rng, asked = Random(1), AskedHour("conference", 0, 2, level, 1.0, CALM)
        return sum(table("conference").hour(rng, asked, ()).well.get("check_in", 0) for _ in range(4000)) / 4000

    low, high = LEVELS[1], LEVELS[2]
    assert mean(low) < mean((low + high) / 2) < mean(high)
    assert mean((low + high) / 2) == pytest.approx((mean(low) + mean(high)) / 2, rel=0.1)
    assert mean(0) == 0


def test_nobody_is_counted_where_nothing_looks_at_who_passes():
    assert {scene: table(scene).never for scene in SCENES} == {
        "exhibition_hall": (), "scenic_spot": (), "ktv": ("foot_traffic", "solicitation"),
        "conference": ("foot_traffic", "solicitation"),
    }  # fmt: skip


def test_a_table_is_read_as_it_was_written(tmp_path: Path):
    made = {kind: [{"delivery": kind.seed}, {}] for kind in kinds("ktv")}
    written(tmp_path / "ktv.json", "ktv", made)
    assert read(tmp_path / "ktv.json") == made
    assert Table(made).hour(Random(1), AskedHour("ktv", 0, 5, 0.1, 1.0, CALM), ()).well == {}


@pytest.mark.parametrize("text", ["", "[]", '{"format": 2}', '{"format":1,"scene":"ktv","counters":[],"days":[{}]}'])
def test_a_file_that_is_no_table_is_named_with_the_remedy(tmp_path: Path, text: str):
    (tmp_path / "ktv.json").write_text(text)
    with pytest.raises(SimulationError, match=r"ktv.json is no table.*simulators.bodies.living"):
        read(tmp_path / "ktv.json")
