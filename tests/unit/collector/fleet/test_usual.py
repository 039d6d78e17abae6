"""A usual day, by the same weekday before."""

from collector.fleet.counts import NOT_ARRIVED, Counted
from collector.fleet.usage import UsageDay
from collector.fleet.usual import usual_day


def day(text, count):
    return UsageDay(text, 3600, 0, False, {"interaction": count}, [])


def test_a_usual_day_is_the_mean_of_the_known_days_of_the_same_weekday_before():
    usage = [day("2026-05-01", Counted(4)), day("2026-05-02", Counted(90)), day("2026-05-08", Counted(8))]
    assert usual_day([*usage, day("2026-05-15", Counted(1))], "interaction").mean == 6
    unknown = [day("2026-05-01", NOT_ARRIVED), day("2026-05-08", Counted(1))]
    assert (usual_day(unknown, "interaction").mean, usual_day(unknown, "interaction").days) == (None, 0)
    assert usual_day([], "interaction").mean is None
