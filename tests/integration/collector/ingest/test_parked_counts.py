"""What no robot can have counted is parked, alone and in full; what it can have counted since it last did counts."""

import pytest

from collector.ingest import apply
from collector.ingest.bounds import LOOK_BACK_DAYS, Bounds
from collector.ingest.state import UnitOfWork
from collector.store.tables import fleet as t
from protocol.counters import COUNTERS, ROBOT_DAY_MAX
from tests.batches import DAY, NEXT_EPOCH, NOON, lifecycle, message, rows_of, totals, window
from tests.batches import commit as commit_at

WAKE_UPS_PER_H = COUNTERS["wake_up"].most_per_h
ABSURD = 2**53


def commit(store, *group, **more):
    return commit_at(store, *group, received_s=NOON + 4 * 86_400, **more)


def parked(store):
    return {(row["day"], row["counter"]): int(row["amount"]) for row in rows_of(store, t.parked_count)}


def test_only_the_counter_that_exceeds_is_parked_and_the_rest_of_its_record_counts(store):
    outcome = commit(store, message("r1", [window(1, {"wake_up": ABSURD, "faces": 3})]))
    assert outcome.answers["r1", "00000000000000e1"].mark == 1
    assert totals(store) == {("r1", DAY, "faces"): 3}
    [row] = rows_of(store, t.parked_count)
    assert (row["state"], row["reason"], row["windows"]) == ("waiting", "rate", 1)
    assert (row["hours"], row["amount"]) == (f'{{"12":"{ABSURD}"}}', str(ABSURD))
    [alarm] = rows_of(store, t.alarm)
    assert alarm["kind"] == "absurd_counts"
    assert f"wake_up {ABSURD}" in alarm["detail"]
    [day] = rows_of(store, t.usage_day)
    assert day["covered_s"] == 300, "the time arrived"


def test_three_batches_of_absurd_windows_leave_one_exact_amount_and_no_sum_beyond_the_limit(store):
    for first in (1, 401, 801):
        rows = [window(seq, {"wake_up": ABSURD, "plays": 1}, at=NOON, span=1) for seq in range(first, first + 400)]
        commit(store, message("r1", rows))
    assert parked(store) == {(DAY, "wake_up"): 1200 * ABSURD}
    [alarm] = rows_of(store, t.alarm)
    assert f"wake_up {1200 * ABSURD} (" in alarm["detail"], "all that waits, not the last batch of it"
    assert totals(store) == {("r1", DAY, "plays"): 1200}


@pytest.mark.parametrize("away", ["stopped", "a new outbox", "merged"])
def test_what_was_counted_in_three_days_comes_in_one_window_and_counts(store, away):
    back, caught_up = NOON + 3 * 86_400, 2 * WAKE_UPS_PER_H
    commit(store, message("r1", [window(1, {"wake_up": 5})]))
    if away == "a new outbox":
        first = lifecycle(1, "epoch", {"closes": "00000000000000e1", "cause": "corrupt"}, at=back)
        commit(store, message("r1", [first, window(2, {"wake_up": caught_up}, at=back)], epoch=NEXT_EPOCH))
    elif away == "merged":
        merged = window(9, {"wake_up": caught_up}, at=back, span=7200, first=2, covers=86_400)
        commit(store, message("r1", [merged]))
    else:
        commit(store, message("r1", [window(2, {"wake_up": caught_up}, at=back)]))
    assert parked(store) == {}
    assert totals(store)["r1", DAY + 3, "wake_up"] == caught_up


def test_the_same_amount_right_after_the_counter_was_counted_is_parked(store):
    commit(store, message("r1", [window(1, {"wake_up": 5})]))
    commit(store, message("r1", [window(2, {"wake_up": 2 * WAKE_UPS_PER_H})]))
    assert parked(store) == {(DAY, "wake_up"): 2 * WAKE_UPS_PER_H}
    assert totals(store) == {("r1", DAY, "wake_up"): 5}


class ByTheWindow(Bounds):
    """The control: however long the counter was not counted, a window holds what a usual window holds."""

    def per_h(self, counter: str) -> int:  # noqa: ARG002 - the signature of Bounds
        return 0


@pytest.mark.parametrize(("bounds", "is_parked"), [(Bounds(), False), (ByTheWindow(), True)])
def test_six_thousand_wake_ups_after_three_days_count_and_a_bound_by_the_window_would_park_them(
    store, bounds, is_parked
):
    commit(store, message("r1", [window(1, {"wake_up": 5})]), bounds=bounds)
    commit(store, message("r1", [window(2, {"wake_up": 6000}, at=NOON + 3 * 86_400)]), bounds=bounds)
    assert parked(store) == ({(DAY + 3, "wake_up"): 6000} if is_parked else {})


def test_six_thousand_after_three_days_count_in_a_batch_that_goes_on(store):
    commit(store, message("r1", [window(1, {"wake_up": 5})]))
    back = NOON + 3 * 86_400
    rows = [window(2, {"wake_up": 6000}, at=back)]
    rows += [window(seq, {"wake_up": 5}, at=back + 300 * (seq - 2)) for seq in range(3, 14)]
    commit(store, message("r1", rows))
    assert parked(store) == {}
    assert totals(store)["r1", DAY + 3, "wake_up"] == 6055


def test_amounts_of_one_hour_share_what_the_hour_can_hold(store):
    big = WAKE_UPS_PER_H // 2
    commit(store, message("r1", [window(seq, {"wake_up": big}, at=NOON + 60 * seq, span=60) for seq in (1, 2)]))
    commit(store, message("r1", [window(3, {"wake_up": big}, at=NOON + 180, span=60)]))
    assert totals(store) == {("r1", DAY, "wake_up"): 2 * big}
    assert parked(store) == {(DAY, "wake_up"): big}


def test_the_first_delivery_of_a_counter_has_two_months(store):
    most = WAKE_UPS_PER_H * 24 * LOOK_BACK_DAYS
    commit(store, message("r1", [window(1, {"wake_up": most})]), message("r2", [window(1, {"wake_up": most + 1})]))
    assert totals(store) == {("r1", DAY, "wake_up"): most}
    assert parked(store) == {(DAY, "wake_up"): most + 1}


def test_a_day_is_never_fuller_than_its_limit(store, monkeypatch):
    monkeypatch.setattr("collector.ingest.rows.daily.ROBOT_DAY_MAX", 1000)
    for seq, faces in ((1, 900), (2, 200), (3, 50)):
        commit(store, message("r1", [window(seq, {"faces": faces})]))
    assert totals(store) == {("r1", DAY, "faces"): 950}
    [row] = rows_of(store, t.parked_count)
    assert (row["reason"], row["amount"]) == ("day_full", "200")


def test_every_rate_is_below_what_the_limit_of_a_day_can_hold():
    assert all(0 < counter.most_per_h * 24 < ROBOT_DAY_MAX for counter in COUNTERS.values())


@pytest.mark.parametrize("believed", [False, True], ids=["bounded", "control"])
def test_a_window_that_claims_the_future_lifts_no_bound(store, monkeypatch, believed):
    """It cannot end after it arrived: what it covers beyond that is neither time to count in nor observed."""
    if believed:
        monkeypatch.setattr(apply, "believed_end", lambda at_s, *_: at_s + 10**9)
    now_s, forty_days_s = NOON + 86_400, 40 * 86_400
    commit_at(store, message("r1", [window(1, {"wake_up": 5}, at=now_s - 1500)]), received_s=now_s)
    row = window(2, {"wake_up": 30 * 24 * WAKE_UPS_PER_H}, at=now_s - 600, span=forty_days_s, covers=forty_days_s)
    commit_at(store, message("r1", [row]), received_s=now_s)
    assert bool(parked(store)) is not believed
    days = {row["day"] for row in rows_of(store, t.usage_day)}
    assert (max(days) <= now_s // 86_400 + 1) is not believed
    [known] = rows_of(store, t.stream)
    assert (known["last_end"] <= now_s + 86_400) is not believed


@pytest.mark.parametrize("clipped", [True, False], ids=["clipped", "control"])
def test_a_window_observed_no_more_than_it_covers(store, monkeypatch, clipped):
    if not clipped:
        monkeypatch.setattr(apply, "observed_s", lambda span_s, _: span_s)
    commit(store, message("r1", [window(1, {"faces": 1}, span=40 * 86_400, covers=60)]))
    covered = [row["covered_s"] for row in rows_of(store, t.usage_day)]
    assert (covered == [60]) is clipped
    commit(store, message("r1", [window(2, {"faces": 1}, at=NOON + 7200, span=60, covers=3600)]))
    assert sum(row["covered_s"] for row in rows_of(store, t.usage_day)) == sum(covered) + 60, "the other way round"


@pytest.mark.parametrize("given_once", [True, False], ids=["bounded", "control"])
def test_windows_that_come_newest_first_get_the_look_back_once(store, monkeypatch, given_once):
    if not given_once:
        monkeypatch.setattr(UnitOfWork, "counted_later", lambda *_: None)
    most = LOOK_BACK_DAYS * 24 * WAKE_UPS_PER_H // 2
    for n in range(1, 5):
        commit(store, message("r1", [window(n, {"wake_up": most}, at=NOON - n * 86_400, mono=n)]))
    assert bool(parked(store)) is given_once
    assert len(totals(store)) == (2 if given_once else 4)
