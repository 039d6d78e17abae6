"""What an hour's windows add up to, and when room is looked for among the clocks' witnesses."""

from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from collector.ingest.bounds import Bounds
from collector.ingest.state import DayState, summed
from collector.ingest.witnesses import WITNESSES_MAX, Witness, Witnesses

COUNTS = st.dictionaries(st.sampled_from(["interaction", "wake_up", "leading", "operating_s"]), st.integers(0, 10**9))


def _one_by_one(windows: list[dict[str, int]]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for window in windows:
        for counter, n in window.items():
            sums[counter] = sums.get(counter, 0) + n
    return sums


@given(st.lists(COUNTS, min_size=1, max_size=6))
def test_windows_added_together_are_windows_added_one_by_one(windows: list[dict[str, int]]) -> None:
    assert summed(windows) == _one_by_one(windows)


@given(st.lists(COUNTS, min_size=1, max_size=4), st.integers(1, 5))
def test_the_same_counters_in_each_window_add_up_too(windows: list[dict[str, int]], times: int) -> None:
    assert summed(windows[:1] * times) == {counter: n * times for counter, n in windows[0].items()}


@given(st.lists(st.tuples(st.integers(0, 23), COUNTS, st.booleans()), max_size=12))
def test_a_day_that_is_looked_at_between_its_windows_has_the_same_sums(
    told: list[tuple[int, dict[str, int], bool]],
) -> None:
    day, expected = DayState(), dict[int, Counter[str]]()
    for hour, counts, looks in told:
        day.add(hour, counts)
        expected.setdefault(hour, Counter()).update(counts)
        if looks:
            assert day.counts[hour] == expected[hour]
    assert day.counts == expected


@given(st.dictionaries(st.sampled_from(["guide.stop", "interaction", "operating_s", "no.such"]), st.integers(0, 10**5)))
def test_the_short_way_finds_the_same_amounts_out_of_the_usual(counts: dict[str, int]) -> None:
    bounds = Bounds({"guide.stop": 60, "interaction": 36_000, "operating_s": 7_200}, undeclared_per_h=120)
    assert bounds.unusual(counts) == sum(n > bounds.usual_of(counter) for counter, n in counts.items())


def test_beyond_its_places_the_witnesses_are_looked_through_once_a_minute_and_make_room_again() -> None:
    witnesses = Witnesses()
    for n in range(WITNESSES_MAX):
        witnesses.hear(f"old-{n}", 0, 0)
    looks: list[int] = []

    class Told(dict[str, Witness]):
        def items(self) -> Any:
            looks.append(1)
            return super().items()

    witnesses._heard = Told(witnesses._heard)
    for n in range(50):
        witnesses.hear(f"new-{n}", 100, 100)
    assert len(looks) == 1
    later = 100 + 2 * 86_400
    witnesses.hear("late", later, later)
    assert "late" in witnesses._heard
    assert len(witnesses._heard) == 1
