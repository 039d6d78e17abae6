"""Robots: the same seed gives the same life, a scene gives its profile, nothing is counted outside the law."""

import hashlib
from collections import Counter, defaultdict
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from protocol.counters import COUNTERS, FAMILIES
from protocol.messages import Fault, Lifecycle, Window, parse_record
from simulators import truth
from simulators.body import AILMENTS, FAILINGS
from simulators.robot import Rhythm, Robot
from simulators.scenes import SCENES, is_holiday

DAY_S = 86_400
MONDAY_S = 1_761_494_400  # 2025-10-27 00:00 in Shanghai
SHANGHAI = ZoneInfo("Asia/Shanghai")


def lived(name: str, scene: str, days: float, *, seed: int = 1, step_s: int = DAY_S, **options: Any):
    """A robot and the records it wrote, numbered from 1."""
    robot = Robot(name, SCENES[scene], seed, options.pop("zone", SHANGHAI), MONDAY_S, **options)
    written: list[dict[str, Any]] = []

    def append(record: dict[str, Any]) -> int:
        written.append({"seq": len(written) + 1, **record})
        return len(written)

    until_s, end_s = MONDAY_S, MONDAY_S + int(days * DAY_S)
    while until_s < end_s:
        until_s = min(end_s, until_s + step_s)
        robot.release(until_s, append)
    return robot, written


def totals(scene: str, robots: int = 6, days: int = 7) -> Counter[str]:
    found: Counter[str] = Counter()
    for number in range(robots):
        for counts in lived(f"{scene}-{number}", scene, days)[0].counted.values():
            found.update(counts)
    return found


@pytest.fixture(scope="module")
def week() -> dict[str, Counter[str]]:
    return {scene: totals(scene) for scene in SCENES}


def test_the_same_seed_gives_the_same_truth_file(tmp_path: Path) -> None:
    def digest(seed: int) -> str:
        lives = [lived(f"r{n}", scene, 3, seed=seed)[0] for n, scene in enumerate(SCENES)]
        path = tmp_path / "truth.csv"
        truth.write(path, [(robot.name, robot.counted) for robot in lives])
        return hashlib.sha256(path.read_bytes()).hexdigest()

    assert digest(1) == digest(1)
    assert digest(1) != digest(2)


def test_how_often_a_robot_is_asked_does_not_change_what_it_counted() -> None:
    assert lived("r", "ktv", 2, step_s=DAY_S)[1] == lived("r", "ktv", 2, step_s=700)[1]


def test_a_longer_life_begins_like_the_shorter_one() -> None:
    short, long = lived("r", "conference", 1)[1], lived("r", "conference", 2)[1]
    assert long[: len(short)] == short


def test_the_truth_is_the_sum_of_the_windows() -> None:
    robot, written = lived("r", "exhibition_hall", 7)
    summed: dict[int, Counter[str]] = defaultdict(Counter)
    for record in written:
        if record["kind"] == "window":
            day = datetime.fromtimestamp(record["at"], SHANGHAI).date()
            summed[(day - date(1970, 1, 1)).days].update(record["counts"])
    assert {day: dict(counts) for day, counts in summed.items() if counts} == robot.counted


def test_every_record_is_valid_on_the_wire() -> None:
    _, written = lived("r", "conference", 5)
    kinds = Counter(type(parse_record(record)) for record in written)
    assert kinds[Window] > 1000
    assert kinds[Lifecycle] >= 2
    assert kinds[Fault] > 0


def test_only_registered_counters_are_counted(week: dict[str, Counter[str]]) -> None:
    assert set().union(*week.values()) <= set(COUNTERS)


def test_scenes_differ_as_their_profiles_say(week: dict[str, Counter[str]]) -> None:
    def per_interaction(scene: str, counter: str) -> float:
        return week[scene][counter] / week[scene]["interaction"]

    def highest(counter: str) -> str:
        return max(SCENES, key=lambda scene: per_interaction(scene, counter))

    assert highest("guided_tour") == "exhibition_hall"
    assert highest("delivery") == "ktv"
    assert highest("dialog_turn") == "scenic_spot"
    assert highest("check_in") == "conference"
    assert week["exhibition_hall"]["guided_tour"] > 5 * week["exhibition_hall"]["check_in"]
    assert week["ktv"]["delivery"] > 5 * week["ktv"]["interaction"]
    assert week["scenic_spot"]["dialog_turn"] > 5 * week["scenic_spot"]["narration"]
    few = week["conference"]["guided_tour"]
    assert min(week["conference"]["check_in"], week["conference"]["leading"]) > 5 * few


def test_failures_never_exceed_their_opportunities(week: dict[str, Counter[str]]) -> None:
    for counts in week.values():
        for failing in FAILINGS:
            assert counts[failing.counter] <= counts[failing.per]


def test_all_seven_families_fail(week: dict[str, Counter[str]]) -> None:
    everywhere: Counter[str] = sum(week.values(), Counter())
    failed = {COUNTERS[key].family for key, n in everywhere.items() if n and COUNTERS[key].group == "fault"}
    assert failed == set(FAMILIES)
    assert {ailment.family for ailment in AILMENTS} == set(FAMILIES)


def test_a_fault_closes_with_the_number_it_opened_with() -> None:
    open_seqs: dict[tuple[str, str], int] = {}
    closed = 0
    for number in range(8):
        open_seqs.clear()
        for record in lived(f"ill-{number}", "exhibition_hall", 7)[1]:
            if record["kind"] != "fault":
                continue
            key = (record["family"], record["code"])
            if record["state"] == "open":
                assert key not in open_seqs, "an open episode opened again"
                open_seqs[key] = record["seq"]
            else:
                assert record["opened"] == open_seqs.pop(key)
                closed += 1
    assert closed > 10


def test_a_closed_place_counts_no_use() -> None:
    robot, written = lived("r", "exhibition_hall", 1)  # a hall is closed on Mondays
    assert not {key for counts in robot.counted.values() for key in counts} - {"charging_s"}
    assert any(record["kind"] == "window" for record in written) is not robot.off_at_night


def test_a_robot_that_cannot_count_passers_by_says_so_and_never_sends_a_zero() -> None:
    blind = next(
        (robot, written)
        for robot, written in (lived(f"r{n}", "scenic_spot", 1) for n in range(40))
        if "foot_traffic" in robot.unsupported
    )
    robot, written = blind
    said = next(r["detail"] for r in written if r.get("event") == "counters")
    assert said["unsupported"] == ["foot_traffic"]
    ktv = lived("r", "ktv", 1)[0].unsupported
    assert {"foot_traffic", "solicitation"} <= set(ktv)  # nothing on it looks at who passes
    assert "foot_traffic" not in said["supported"]
    assert all("foot_traffic" not in r.get("counts", {}) for r in written)
    assert any(counts.get("solicitation") for counts in robot.counted.values())


def test_a_robot_that_is_switched_off_at_night_says_stop_and_starts_a_new_boot() -> None:
    robot, written = next(life for life in (lived(f"r{n}", "conference", 2) for n in range(40)) if life[0].off_at_night)
    events = [r["event"] for r in written if r["kind"] == "lifecycle"]
    assert events.count("stop") >= 2
    assert robot.boot >= 2
    assert len({r["boot"] for r in written if r["kind"] == "window"}) >= 2


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Asia/Kathmandu", "America/St_Johns", "Europe/Berlin"])
def test_no_window_straddles_a_local_midnight(zone: str) -> None:
    _, written = lived("r", "ktv", 3, zone=ZoneInfo(zone), rhythm=Rhythm(900))
    for record in written:
        if record["kind"] == "window":
            first, last = record["at"], record["at"] + record["span"] - 1
            days = {datetime.fromtimestamp(t, ZoneInfo(zone)).date() for t in (first, last)}
            assert len(days) == 1


def test_live_windows_follow_the_history_without_a_gap() -> None:
    live_s = MONDAY_S + DAY_S + 13 * 3600 + 900
    _, written = lived("r", "ktv", 1.6, rhythm=Rhythm(300, 5, live_s))
    windows = [r for r in written if r["kind"] == "window"]
    assert {r["span"] for r in windows if r["at"] < live_s} == {300}
    assert {r["span"] for r in windows if r["at"] >= live_s} == {5}
    by_boot = defaultdict(list)
    for r in windows:
        by_boot[r["boot"]].append(r)
    for run in by_boot.values():
        assert all(a["at"] + a["span"] == b["at"] for a, b in pairwise(run))


def test_a_window_length_that_would_cross_midnight_is_refused() -> None:
    with pytest.raises(ValueError, match="does not divide 900"):
        Rhythm(1000)


def test_holidays_are_known() -> None:
    assert is_holiday(date(2026, 10, 1))
    assert is_holiday(date(2026, 2, 17))
    assert not is_holiday(date(2026, 11, 18))
