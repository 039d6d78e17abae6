"""The simulated outbox keeps the stream's promises: numbers, merging, rotation."""

from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from protocol import records
from simulators.outbox import Outbox

HOUR_S = 1_761_494_400


def window(at: int, **counts: int) -> dict[str, Any]:
    return records.window(boot=1, mono=at - HOUR_S, at=at, span=300, counts=counts)


def filled(windows: int, **options: Any) -> Outbox:
    outbox = Outbox("r", "0" * 16, ZoneInfo("Asia/Shanghai"), **options)
    for n in range(windows):
        outbox.append(window(HOUR_S + 300 * n, interaction=1))
    return outbox


def envelope(outbox: Outbox, first: int, records_: int = 100, through: int | None = None) -> dict[str, Any]:
    batch = outbox.batch(first, records_, through or outbox.newest)
    assert batch is not None
    text = orjson.loads(batch.text)
    assert (text["first"], text["last"]) == (batch.first, batch.last)
    return text


def test_a_batch_holds_what_was_asked_for_and_no_more() -> None:
    outbox = filled(30)
    assert [r["seq"] for r in envelope(outbox, 5, 3)["records"]] == [5, 6, 7]
    assert envelope(outbox, 29, 100, through=29)["last"] == 29
    assert outbox.batch(31, 10, 30) is None


def test_forgetting_moves_held_and_never_reuses_a_number() -> None:
    outbox = filled(10)
    outbox.forget(10)
    assert (outbox.held, len(outbox)) == (11, 0)
    assert outbox.append(window(HOUR_S)) == 11


def test_a_full_outbox_merges_and_loses_no_count() -> None:
    outbox = filled(400, capacity=40)
    assert len(outbox) <= 40
    held = outbox.records()
    assert sum(r["counts"]["interaction"] for r in held) == 400
    assert sum(r["span"] for r in held) == 400 * 300
    ranges = [(r.get("first", r["seq"]), r["seq"]) for r in held]
    assert ranges[0][0] == outbox.held == 1
    assert all(a[1] + 1 == b[0] for a, b in pairwise(ranges)), "the numbers have a hole"


def test_what_may_have_been_sent_is_never_merged() -> None:
    outbox = Outbox("r", "0" * 16, capacity=40)
    for n in range(30):
        outbox.append(window(HOUR_S + 300 * n, interaction=1))
    envelope(outbox, 1, 20)
    for n in range(30, 300):
        outbox.append(window(HOUR_S + 300 * n, interaction=1))
    assert [r["seq"] for r in outbox.records()][:20] == list(range(1, 21))
    assert "first" not in outbox.records()[19]


def test_a_new_epoch_numbers_from_one_and_keeps_the_pairs_of_faults() -> None:
    outbox = filled(5)
    at = {"boot": 1, "mono": 0, "at": HOUR_S, "family": "asr", "code": "x"}
    opened = outbox.append(records.fault(**at, state="open"))
    outbox.forget(3)
    outbox.append(records.fault(**at, state="close", opened=opened))
    outbox.rotate("1" * 16, records.epoch(boot=1, mono=0, at=HOUR_S, closes="0" * 16, cause="rewound", salvaged=0))
    held = outbox.records()
    assert [r["seq"] for r in held] == list(range(1, 6)) == list(range(1, outbox.newest + 1))
    assert held[0]["event"] == "epoch"
    assert held[-1]["opened"] == held[-2]["seq"]
