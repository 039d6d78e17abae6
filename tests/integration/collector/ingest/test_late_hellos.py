"""A broker may bring a hello late and more than once: one that was said before what is known ends no stream."""

import pytest
from sqlalchemy import select

from collector.ingest import went_back
from collector.ingest.decode import decode
from collector.store.tables import fleet as t
from protocol import codec, counted, records, topics
from tests.batches import DAY, EPOCH, NEXT_EPOCH, commit, rows_of, totals, window

A, B, C = "0000000a", "0000000b", "0000000c"


def hello(runs, newest, *, epoch=EPOCH, mark=0):
    said = records.hello(robot="r1", epoch=epoch, mark=mark, held=mark + 1, runs=runs, newest=newest)
    return decode(topics.up("r1"), codec.encode(said))


def batch(first, last, run, *, epoch=EPOCH):
    rows = [window(seq, {"faces": 1}) for seq in range(first, last + 1)]
    said = records.envelope(robot="r1", epoch=epoch, first=first, last=last, held=1, records=rows, timezone="UTC")
    return decode(topics.up("r1"), codec.encode({"run": run} | said))


def answer(store, *said):
    """The last one's."""
    (found,) = commit(store, *said).answers.values()
    return found


def went(store):
    return [row["kind"] for row in rows_of(store, t.alarm) if row["kind"] == "went_back"]


def faces(store):
    return totals(store).get(("r1", DAY, "faces"), 0)


def test_one_of_the_same_process_that_comes_again_takes_nothing_away(store):
    first = hello([(A, 1)], 10)
    commit(store, first)
    commit(store, batch(1, 40, A))
    for _ in range(3):
        commit(store, first)
    commit(store, batch(41, 60, A))
    assert (faces(store), went(store)) == (60, [])


def test_one_of_an_earlier_process_changes_neither_the_runs_nor_the_stream(store):
    early = hello([(A, 1)], 10)
    commit(store, early)
    commit(store, batch(1, 40, A))
    commit(store, hello([(A, 1), (B, 41)], 41, mark=40))
    commit(store, batch(41, 50, B))
    assert answer(store, early).greeting.run == A, "which tells the robot's newer process that it is not meant"
    commit(store, batch(51, 60, B))
    commit(store, hello([(A, 1), (B, 41)], 60, mark=60))
    assert (faces(store), went(store)) == (60, [])


def test_one_of_a_file_that_did_go_back_does_not_end_the_file_that_took_its_place(store):
    commit(store, hello([(A, 1)], 10))
    commit(store, batch(1, 40, A))
    copy = hello([(A, 1), (C, 21)], 21, mark=20)
    assert answer(store, copy).greeting.back["to"] == 20
    assert answer(store, copy).greeting.back["to"] == 20, "its answer was lost: it is told again"
    commit(store, hello([(C, 1)], 5, epoch=NEXT_EPOCH))
    commit(store, batch(1, 20, C, epoch=NEXT_EPOCH))
    assert answer(store, copy).greeting.back is None
    commit(store, batch(21, 30, C, epoch=NEXT_EPOCH))
    assert (faces(store), went(store)) == (40 + 30, ["went_back"])


def test_a_process_that_goes_on_to_a_new_file_is_answered_as_itself(store):
    """Its run is that of the old file, too, which the collector knows last."""
    commit(store, hello([(A, 1)], 10))
    commit(store, batch(1, 40, A))
    found = hello([(A, 1)], 3, epoch=NEXT_EPOCH)
    for _ in range(2):
        assert (answer(store, found).greeting.run, answer(store, found).greeting.back) == (A, None)
    with store.read() as connection:
        runs = connection.execute(select(t.stream_past.c.runs)).scalars().all()
    assert len(runs) == 2, "the new file's are kept"


@pytest.mark.parametrize("protection", ["process", "file"])
def test_the_control_judged_like_any_other_it_ends_a_stream(store, monkeypatch, protection):
    """Without one of the two protections each of the tests above but one fails."""
    monkeypatch.setattr(went_back, "is_late", lambda *_: False)
    commit(store, hello([(A, 1)], 10))
    commit(store, batch(1, 40, A))
    if protection == "process":
        monkeypatch.setattr(counted, "parted", lambda _known, mark, _said, newest: _parted(mark, newest))
        commit(store, hello([(A, 1)], 10))
    else:
        copy = hello([(A, 1), (C, 21)], 21, mark=20)
        commit(store, copy)
        commit(store, hello([(C, 1)], 5, epoch=NEXT_EPOCH))
        commit(store, batch(1, 20, C, epoch=NEXT_EPOCH))
        commit(store, copy)
    assert {row["closed_at"] is None for row in rows_of(store, t.stream)} == {False}


def _parted(mark, newest):
    return counted.Parted(newest) if mark > newest else None


def test_a_copy_that_is_put_back_twice_is_told_so_twice(store):
    """Another process opens it each time."""
    commit(store, hello([(A, 1)], 10))
    commit(store, batch(1, 40, A))
    commit(store, hello([(A, 1), (B, 21)], 21, mark=20))
    commit(store, hello([(B, 1)], 5, epoch=NEXT_EPOCH))
    commit(store, batch(1, 20, B, epoch=NEXT_EPOCH))
    assert answer(store, hello([(A, 1), (C, 21)], 21, mark=20)).greeting.back["latest"] == [NEXT_EPOCH, 20]
    assert {row["closed_at"] is None for row in rows_of(store, t.stream)} == {False}
