"""A fault that was opened in a part of the outbox which is gone: the new file's first record says what is open."""

import pytest

from collector.store.tables import fleet as t
from tests.batches import EPOCH, NEXT_EPOCH, NOON, commit, fault, lifecycle, message, rows_of, window

OPENED_AT = NOON + 10


def episodes(store, **detail):
    """Two faults open in the old file, the first five minutes before the second; then a new file closes it."""
    old = [fault(1, "open", at=OPENED_AT, code="a"), window(2, {"faces": 1}, at=NOON), fault(3, "open", code="b")]
    commit(store, message("r1", old), received_s=NOON + 330)
    told = {"closes": EPOCH, "cause": "rewound", "salvaged": 0, "held": 4} | detail
    fresh = [
        lifecycle(1, "epoch", told, at=NOON + 900),
        fault(2, "open", code="c", at=NOON + 910),
        fault(3, "open", code="d", at=NOON + 20) | {"was": {"epoch": EPOCH, "seq": 4}},
    ]
    commit(store, message("r1", fresh, epoch=NEXT_EPOCH), received_s=NOON + 1000)
    return {row["code"]: (row["closed_at"], row["confidence"]) for row in rows_of(store, t.fault_episode)}


def test_what_the_new_file_knows_nothing_of_ends_where_the_data_of_the_old_one_end(store):
    found = episodes(store, open={EPOCH: [1]})
    assert found["a"][0] is None, "the new file will close it"
    assert found["b"] == (NOON + 300, "between")
    assert found["c"][0] is None, "it is the new file's own"
    assert found["d"][0] is None, "it is salvaged from the old one"


def test_a_close_that_comes_later_says_it_better(store):
    episodes(store, open={EPOCH: [1]})
    close = fault(4, "close", code="b", at=NOON + 400, opened=3, opened_epoch=EPOCH)
    commit(store, message("r1", [close], epoch=NEXT_EPOCH), received_s=NOON + 1010)
    assert {row["closed_at"] for row in rows_of(store, t.fault_episode) if row["code"] == "b"} == {NOON + 400}


@pytest.mark.parametrize("told", [None, {EPOCH: "all"}, {EPOCH: [1, 3]}])
def test_the_control_a_file_that_does_not_say_it_or_names_them_closes_none(store, told):
    detail = {} if told is None else {"open": told}
    found = episodes(store, **detail)
    expected = NOON + 300 if told == {EPOCH: "all"} else None  # what cannot be read names none
    assert (found["a"][0], found["b"][0]) == (expected, expected)


def test_another_robots_faults_stay(store):
    other = message("r2", [fault(1, "open", code="b")])
    commit(store, other, received_s=NOON + 330)
    episodes(store, open={})
    assert [row["closed_at"] for row in rows_of(store, t.fault_episode)].count(None) == 3


@pytest.mark.parametrize("before", [9, 10])
def test_a_fault_that_flapped_in_the_lost_part_is_named_by_an_alarm(store, before):
    """Up to the tenth opening in an hour each has a record of its own: nothing is unknown then."""
    old = []
    for n in range(before):
        old += [fault(2 * n + 1, "open", at=NOON + n), fault(2 * n + 2, "close", at=NOON + n, opened=2 * n + 1)]
    old.append(fault(2 * before + 1, "open", at=NOON + 60))
    commit(store, message("r1", old), received_s=NOON + 330)
    told = {"closes": EPOCH, "cause": "rewound", "salvaged": 0, "held": 99, "open": {}}
    fresh = [lifecycle(1, "epoch", told, at=NOON + 900)]
    commit(store, message("r1", fresh, epoch=NEXT_EPOCH), received_s=NOON + 1000)
    named = [row["detail"].rpartition(": ")[2] for row in rows_of(store, t.alarm) if row["kind"] == "openings_lost"]
    assert len(named) == (before == 10)


@pytest.mark.parametrize(("opened", "closed", "said"), [("", "b", "b"), ("a", "b", "a; b"), ("a", "", "a")])
def test_what_a_closing_says_is_kept_once(store, opened, closed, said):
    found = [fault(1, "open", detail=opened), fault(2, "close", at=NOON + 60, opened=1, detail=closed)]
    commit(store, message("r1", found), received_s=NOON + 330)
    again = fault(2, "close", at=NOON + 60, opened=1, opened_epoch=EPOCH, detail=closed)
    told = {"closes": EPOCH, "cause": "rewound", "salvaged": 0, "held": 3, "open": {}}
    fresh = [lifecycle(1, "epoch", told, at=NOON + 900), again]
    commit(store, message("r1", fresh, epoch=NEXT_EPOCH), received_s=NOON + 1000)
    assert [row["detail"] for row in rows_of(store, t.fault_episode)] == [said]
