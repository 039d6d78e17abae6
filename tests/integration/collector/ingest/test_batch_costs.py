"""What one batch costs the collector is bounded, whatever its windows claim; and nothing of an honest one is lost."""

import orjson
import pytest

from collector.ingest import budget, decode
from collector.ingest.budget import DAYS_MAX
from collector.ingest.decode import BAD_MAX, ParkedMessage
from collector.ingest.rows import daily
from collector.store.tables import fleet as t
from tests.batches import DAY, EPOCH, NOON, message, rows_of, totals, window
from tests.groups import groups_of

DAY_S = 86_400
FORTY_DAYS_S = 40 * DAY_S


def delivered(store, rows):
    """As a robot does: after a gap it goes on from the mark. How many batches it took, and the most days of one."""
    collector = groups_of(store)
    mark, sent, most = 0, 0, 0
    while mark < rows[-1]["seq"]:
        before = len(rows_of(store, t.usage_day))
        left = [row for row in rows if row["seq"] > mark]
        answer = collector.commit({0: message("r1", left)}, NOON + DAY_S).answers["r1", EPOCH]
        assert answer.mark > mark
        assert answer.gap is (answer.mark < rows[-1]["seq"])
        mark, sent, most = answer.mark, sent + 1, max(most, len(rows_of(store, t.usage_day)) - before)
    return sent, most


@pytest.mark.parametrize("bounded", [True, False], ids=["bounded", "control"])
def test_a_batch_of_many_days_is_taken_in_parts_and_nothing_of_it_is_lost(store, monkeypatch, bounded):
    if not bounded:
        monkeypatch.setattr(budget, "DAYS_MAX", 10**9)
    rows = [window(n, {"faces": 1}, at=NOON - (301 - n) * DAY_S, mono=n * DAY_S) for n in range(1, 301)]
    sent, most = delivered(store, rows)
    assert sum(totals(store).values()) == 300
    assert rows_of(store, t.gap) == []
    assert (most <= DAYS_MAX + 1, sent > 4) == (bounded, bounded)


def test_windows_of_forty_days_are_taken_one_by_one(store):
    rows = [
        window(n, {"faces": 1}, at=NOON - FORTY_DAYS_S + n, mono=n, span=FORTY_DAYS_S, covers=FORTY_DAYS_S)
        for n in range(1, 6)
    ]
    sent, _ = delivered(store, rows)
    assert sent == 5
    assert sum(totals(store).values()) == 5


def test_records_that_only_their_monotonic_time_places_cost_their_days_too(store):
    rows = [
        window(n, {"faces": 1}, at=1, sync="unsynced", boot=1, mono=n * DAY_S, span=300) for n in range(1, 2 * DAYS_MAX)
    ]
    sent, most = delivered(store, rows)
    assert sent > 1
    assert most <= DAYS_MAX + 1


@pytest.mark.parametrize("bounded", [True, False], ids=["bounded", "control"])
def test_a_robot_day_holds_so_many_counters_and_the_others_are_parked(store, monkeypatch, bounded):
    monkeypatch.setattr(daily, "NAMES_MAX", 300 if bounded else 10**9)
    collector = groups_of(store)
    for n in range(1, 4):
        counts = {f"made.up_{n}_{one}": 1 for one in range(200)} | {"faces": 1}
        collector.commit({0: message("r1", [window(n, counts)])}, NOON + DAY_S)
    kept = totals(store)
    assert kept["r1", DAY, "faces"] == 3, "what the day holds already goes on"
    assert len(kept) == (300 if bounded else 601)
    parked = rows_of(store, t.parked)
    assert [row["reason"] for row in parked] == (["names"] * 2 if bounded else [])
    waiting = [orjson.loads(row["payload"])["counts"]["12"] for row in parked]
    assert sum(map(sum, (counts.values() for counts in waiting))) == (301 if bounded else 0)


def bad(seq):
    return {"kind": "window", "seq": seq}


@pytest.mark.parametrize("bounded", [True, False], ids=["bounded", "control"])
def test_a_batch_of_bad_records_is_refused_at_the_fifty_first(monkeypatch, bounded):
    if not bounded:
        monkeypatch.setattr(decode, "BAD_MAX", 10**9)
    found = message("r1", [bad(n) for n in range(1, 501)])
    assert isinstance(found, ParkedMessage) is bounded
    if bounded:
        assert found.reason == "record", "its robot halves it"
    assert len(message("r1", [bad(n) for n in range(1, BAD_MAX + 1)]).bad) == BAD_MAX


def test_amounts_out_of_the_usual_cost_their_look_ups_too(store, monkeypatch):
    monkeypatch.setattr(budget, "UNUSUAL_MAX", 100)
    rows = [window(n, {f"made.up_{one}": 10**7 for one in range(40)}) for n in range(1, 11)]
    sent, _ = delivered(store, rows)
    assert sent == 5, "two windows of forty such amounts each"
