"""A skill counts only what it declares, within its plausible rate, and once, whatever it says again."""

import pytest

from simulators.bodies.counting import CountingDesk


def desk(now_s=0.0, **rates):
    return CountingDesk(rates or {"tours": 10}, lambda: now_s)


def test_totals_are_counted_once_however_often_they_are_said():
    here = desk()
    for _ in range(3):
        assert here.take({"totals": {"tours": 4}, "source": "a", "durable": True}) == {"ok": True, "durable": True}
    here.take({"totals": {"tours": 2}, "source": "b"})
    here.take({"count": "tours", "n": 1})
    assert here.counted == {"tours": 7}


def test_what_is_not_declared_is_refused_and_named():
    here = desk()
    answer = here.take({"totals": {"tours": 1, "money": 5}, "source": "a"})
    assert answer["refused"] == {"money": "not declared in the skill's manifest"}
    assert (here.counted, "money" in here.refused) == ({"tours": 1}, True)


@pytest.mark.parametrize(("hours", "fits"), [(0, 10), (1, 20), (5, 60)])
def test_what_is_more_than_its_rate_gives_the_time_is_refused(hours, fits):
    here = desk(hours * 3600.0)
    assert here.take({"totals": {"tours": fits}, "source": "a"})["ok"]
    assert not here.take({"totals": {"tours": fits + 1}, "source": "a"})["ok"]
    assert not here.take({"totals": {"tours": 1}, "source": "another life"})["ok"]
    assert here.counted == {"tours": fits}


def test_what_did_not_fit_is_taken_when_it_does():
    now_s = [0.0]
    here = CountingDesk({"tours": 10}, lambda: now_s[0])
    assert not here.take({"totals": {"tours": 15}, "source": "a"})["ok"]
    now_s[0] = 3600.0
    assert here.take({"totals": {"tours": 15}, "source": "a"})["ok"]
    assert (here.counted, here.refused) == ({"tours": 15}, {})
