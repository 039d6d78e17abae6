"""The outbox on a real file: what is stored, what goes out, what survives a restart."""

import json
import sqlite3
from collections import Counter

import pytest

from edge_agent.errors import OutboxFull, OutboxInUse, OutboxUnwritable
from edge_agent.outbox import Outbox, OutboxSettings, SourceTotal
from edge_agent.outbox.file import Change
from edge_agent.outbox.start import peek
from protocol import records
from protocol.messages import Batch
from protocol.stream import StreamStanding, Take, receive, take

BEGIN = 1_800_000_000


async def _open(folder, *, hardware="h", boot_id="b", **settings):
    return await Outbox.open(
        folder / "outbox.db",
        settings=OutboxSettings("robot", **{"reserve_bytes": 0, **settings}),
        hardware=hardware,
        boot_id=boot_id,
        now_s=BEGIN,
    )


def _window(second=0, *, boot=1, sync="synced", **counts):
    return records.window(
        boot=boot, mono=second, at=BEGIN + second, span=300, counts=counts or {"touches": 1}, sync=sync
    )


def _fault(state, code="stuck", second=0):
    return records.fault(boot=1, mono=second, at=BEGIN + second, state=state, family="touch", code=code)


def _sent(outgoing):
    envelope = json.loads(outgoing.text)
    Batch.model_validate(envelope)
    return envelope["records"]


async def _reopened(outbox, folder, **rest):
    await outbox.close()
    return await _open(folder, **rest)


async def test_records_are_numbered_and_come_back_in_order(tmp_path):
    outbox = await _open(tmp_path)
    assert await outbox.append([_window(0), _window(300)]) == 2
    assert await outbox.append([_window(600)]) == 3
    outgoing = await outbox.batch(1, 100)
    assert [record["seq"] for record in _sent(outgoing)] == [1, 2, 3]
    assert (outgoing.first, outgoing.last, outgoing.held, outgoing.records) == (1, 3, 1, 3)
    assert await outbox.batch(4, 100) is None
    await outbox.close()


async def test_everything_survives_a_restart(tmp_path):
    outbox = await _open(tmp_path)
    assert not outbox.clean
    total = SourceTotal("driving_s", 12.7500001, "life", 0.5)
    await outbox.append([_window(0), _fault("open")], totals={("s", "x|y"): total}, window={"counts": {"a": 1}})
    await outbox.set_note("desired", {"revision": 3})
    outbox = await _reopened(outbox, tmp_path)
    restored = await outbox.restore()
    assert outbox.clean
    assert (outbox.newest, outbox.held, outbox.boot) == (2, 1, 1)
    assert (restored.totals, restored.window) == ({("s", "x|y"): total}, {"counts": {"a": 1}})
    assert [(e.code, e.opened, e.opened_epoch) for e in restored.episodes] == [("stuck", 2, outbox.epoch)]
    assert await outbox.note("desired") == {"revision": 3}
    assert outbox.last_seen_s == BEGIN
    outbox = await _reopened(outbox, tmp_path, boot_id="another")
    assert outbox.boot == 2
    await outbox.close()


async def test_a_closing_fault_names_what_it_closes(tmp_path):
    outbox = await _open(tmp_path)
    await outbox.append([_window(0), _fault("open"), _fault("open", "loose")])
    await outbox.append([_fault("close")], scopes={})
    closed = _sent(await outbox.batch(1, 100))[-1]
    assert (closed["state"], closed["opened"]) == ("close", 2)
    assert [e.code for e in (await outbox.restore()).episodes] == ["loose"]
    await outbox.close()


async def test_deletion_waits_for_company_but_the_link_sees_it_at_once(tmp_path):
    outbox = await _open(tmp_path)
    for i in range(20):
        await outbox.append([_window(300 * i)])
    await outbox.batch(1, 100)
    await outbox.forget(5)
    assert (outbox.held, outbox.figures().backlog, len(peek(tmp_path / "outbox.db").rows)) == (6, 15, 20)
    await outbox.forget(14)
    await outbox.append([_window(9000)])
    assert (outbox.held, len(peek(tmp_path / "outbox.db").rows)) == (15, 7)
    await outbox.forget(21)
    outbox = await _reopened(outbox, tmp_path)
    assert (outbox.newest, outbox.held) == (21, 22), "numbers are not used again, even when nothing is left"
    assert await outbox.append([_window(9300)]) == 22
    await outbox.close()


async def test_what_may_have_been_sent_is_durable_before_it_is_handed_out(tmp_path):
    outbox = await _open(tmp_path)
    for i in range(30):
        await outbox.append([_window(300 * i)])
    assert peek(tmp_path / "outbox.db").stream.sent_through == 0
    outgoing = await outbox.batch(1, 10)
    assert peek(tmp_path / "outbox.db").stream.sent_through >= outgoing.last == 10
    await outbox.close()


async def test_the_steady_state_costs_one_commit_per_window(tmp_path):
    outbox = await _open(tmp_path)
    before = outbox.figures().commits
    for i in range(96):
        await outbox.append([_window(300 * i)])
        if i % 3 == 2:
            outgoing = await outbox.batch(outbox.held, 100)
            await outbox.forget(outgoing.last)
    assert outbox.figures().commits - before <= 96 + 2
    await outbox.close()


async def test_a_batch_is_bounded_in_bytes_but_never_empty(tmp_path):
    outbox = await _open(tmp_path, batch_bytes=1000)
    await outbox.append([_window(0, **{f"c{i}": i + 1 for i in range(200)}), *(_window(300 * i) for i in range(40))])
    first = await outbox.batch(1, 500)
    second = await outbox.batch(2, 500)
    assert (first.records, len(first.text) > 1000) == (1, True)
    assert 3 <= second.records < 40
    await outbox.close()


async def test_only_unsent_unsynced_records_of_the_boot_are_restamped(tmp_path):
    outbox = await _open(tmp_path)
    await outbox.append([_window(0, sync="unsynced")])
    await outbox.batch(1, 1)
    await outbox.append([_window(300, sync="unsynced"), _window(600, boot=2, sync="unsynced"), _window(900)])
    assert await outbox.restamp(1, 5_000_000) == 1
    assert [(r["at"] - BEGIN, r.get("sync")) for r in _sent(await outbox.batch(1, 10))] == [
        (0, "unsynced"),
        (5_000_300 - BEGIN, "restamped"),
        (600, "unsynced"),
        (900, None),
    ]
    await outbox.close()


async def test_offline_records_are_not_pinned_before_a_clock_is_known(tmp_path):
    outbox = await _open(tmp_path)
    await outbox.append([_window(0)])
    await outbox.batch(1, 10)
    await outbox.forget(1)
    await outbox.append([_window(300, sync="unsynced")])
    assert outbox.figures().sent_through == 1
    await outbox.append([_window(600)])
    assert outbox.figures().sent_through == 1, "what lies before it is not pinned either"
    await outbox.close()


async def test_a_refused_record_is_replaced_in_its_place(tmp_path):
    outbox = await _open(tmp_path)
    await outbox.append([_window(0), _window(300), _window(600)])
    await outbox.give_up(2, "schema")
    kept, lost, last = _sent(await outbox.batch(1, 10))
    assert (kept["kind"], lost["seq"], last["seq"]) == ("window", 2, 3)
    assert lost["detail"] == {"epoch": outbox.epoch, "first": 2, "last": 2, "cause": "refused", "records": 1}
    await outbox.close()


async def test_what_the_caller_could_not_keep_is_reported_with_numbers_of_its_own(tmp_path):
    outbox = await _open(tmp_path)
    await outbox.append([_window(0)])
    outbox.dropped(3)
    outbox.dropped(2)
    assert await outbox.append([_window(300)]) == 8
    _, lost, _ = _sent(await outbox.batch(1, 10))
    assert (lost["seq"], lost["detail"]["first"], lost["detail"]["last"], lost["detail"]["records"]) == (7, 2, 6, 5)
    assert outbox.figures().dropped == 5
    assert not peek(tmp_path / "outbox.db").losses
    await outbox.close()


async def test_a_rewound_file_goes_on_in_a_new_epoch(tmp_path):
    outbox = await _open(tmp_path)
    old = outbox.epoch
    await outbox.append([_window(0, faces=3)])
    assert await outbox.batch(1, 10)  # the window may be at the collector, the fault never left
    await outbox.append([_fault("open", "old")])
    outbox = await _reopened(outbox, tmp_path)
    await outbox.append([_fault("open", "new"), _window(300, faces=7), _fault("close", "old"), _fault("close", "new")])
    await outbox.append([_fault("open", "late")], totals={("s", "c"): SourceTotal("c", 1, "e")}, window={"n": 1})
    await outbox.rotate(900, now_s=BEGIN, mono_s=5)
    assert outbox.epoch != old
    epoch, lost, sent, opened, window, old_closed, closed, late = _sent(await outbox.batch(1, 10))
    assert epoch["detail"] == {"cause": "rewound", "salvaged": 6, "closes": old, "held": 1, "open": {}}
    assert lost["detail"] == {"epoch": old, "first": 2, "last": 2, "cause": "rewound", "records": 1}
    assert (sent["was"], sent["counts"]) == ({"epoch": old, "seq": 1}, {"faces": 3})
    assert (opened["seq"], window["counts"]) == (4, {"faces": 7})
    assert (old_closed["opened"], old_closed["opened_epoch"]) == (2, old)
    assert (closed["opened"], closed["opened_epoch"], late["seq"]) == (4, outbox.epoch, 8)
    assert "was" not in json.dumps([opened, window])
    restored = await outbox.restore()
    assert [(e.code, e.opened, e.opened_epoch) for e in restored.episodes] == [("late", 8, outbox.epoch)]
    assert (restored.window, len(restored.totals)) == ({"n": 1}, 1)
    assert await outbox.append([_window(600)]) == 9
    outbox = await _reopened(outbox, tmp_path)
    assert outbox.newest == 9
    await outbox.close()


async def test_a_copied_card_takes_nothing_over(tmp_path):
    outbox = await _open(tmp_path)
    old = outbox.epoch
    await outbox.append([_window(0)])
    outbox = await _reopened(outbox, tmp_path, hardware="another board")
    epoch, lost = _sent(await outbox.batch(1, 10))
    assert epoch["detail"] == {"cause": "foreign_hardware", "salvaged": 0, "open": {}}
    assert (lost["detail"]["epoch"], lost["detail"]["records"]) == (old, 1)
    assert (await outbox.restore()).totals == {}
    assert list(tmp_path.glob("*.other-board-1"))
    await outbox.close()


async def test_a_board_that_cannot_be_read_is_unknown_and_nothing_is_set_aside(tmp_path):
    """Written by root, opened by the service's user: the card was not copied. The control is the test above."""
    outbox = await _open(tmp_path, hardware="product_uuid=U1")
    epoch = outbox.epoch
    await outbox.append([_window(0)])
    outbox = await _reopened(outbox, tmp_path, hardware="")
    assert (outbox.epoch, outbox.newest) == (epoch, 1)
    outbox = await _reopened(outbox, tmp_path, hardware="product_uuid=U1")
    assert (outbox.epoch, outbox.newest) == (epoch, 1)
    assert not list(tmp_path.glob("outbox.db.*-[0-9]"))
    outbox = await _reopened(outbox, tmp_path, hardware="product_uuid=U2")
    assert outbox.epoch != epoch, "what was read once is remembered through a start that could not read it"
    await outbox.close()


async def test_a_removed_file_is_closed_by_its_note(tmp_path):
    outbox = await _open(tmp_path)
    old = outbox.epoch
    await outbox.append([_window(0)])
    await outbox.close()
    (tmp_path / "outbox.db").unlink()
    outbox = await _open(tmp_path)
    epoch, lost = _sent(await outbox.batch(1, 10))
    assert epoch["detail"] == {"cause": "replaced", "salvaged": 0, "closes": old, "open": {}}
    assert (lost["detail"]["epoch"], lost["detail"]["first"], lost["detail"]["last"]) == (old, 1, 1)
    await outbox.close()


async def test_one_agent_per_state_folder(tmp_path):
    outbox = await _open(tmp_path)
    with pytest.raises(OutboxInUse, match="stop it, or set another state_dir"):
        await _open(tmp_path)
    await outbox.close()
    await (await _open(tmp_path)).close()


async def test_a_folder_that_is_not_there_is_named_with_its_remedy(tmp_path):
    with pytest.raises(OutboxUnwritable, match="create it"):
        await _open(tmp_path / "none")


async def test_a_file_of_a_newer_agent_is_left_alone(tmp_path):
    await (await _open(tmp_path)).close()
    with sqlite3.connect(tmp_path / "outbox.db") as db:
        db.execute("PRAGMA user_version=99")
    db.close()
    with pytest.raises(OutboxUnwritable, match="newer agent"):
        await _open(tmp_path)
    assert not list(tmp_path.glob("outbox.db.*-[0-9]"))


async def test_a_full_outbox_merges_then_refuses_then_goes_on(tmp_path):
    outbox = await _open(tmp_path, max_bytes=96 * 1024)
    stored = []

    async def fill():
        while True:
            i = len(stored)
            await outbox.append([_window(300 * i), _fault("open", f"c{i}")])
            stored.append(i)

    with pytest.raises(OutboxFull, match="connect the robot"):
        await fill()
    figures = outbox.figures()
    assert figures.full
    assert figures.merged > 0
    assert figures.bytes_on_disk < 96 * 1024 + 256 * 1024 + 4096
    counts, mark, faults = Counter(), 0, 0
    while outgoing := await outbox.batch(mark + 1, 100):
        for record in _sent(outgoing):
            counts.update(record.get("counts", {}))
            faults += record["kind"] == "fault"
        mark = outgoing.last
        await outbox.forget(mark)
    assert (counts["touches"], faults) == (len(stored), len(stored))
    await outbox.append([_window(0)])
    assert not outbox.figures().full
    await outbox.close()


async def test_months_offline_fit_without_losing_a_count(tmp_path):
    outbox = await _open(tmp_path, max_bytes=128 * 1024, timezone="Asia/Shanghai")
    for day in range(60):
        await outbox.append([_window(86_400 * day + 300 * i, touches=i + 1) for i in range(288)])
    found = peek(tmp_path / "outbox.db")
    assert not found.losses
    assert sum(row.record["counts"]["touches"] for row in found.rows) == 60 * sum(range(1, 289))
    widest = max(found.rows, key=lambda row: row.windows)
    assert widest.windows == 288
    assert (widest.record["at"] + 8 * 3600) % 86_400 == (BEGIN + 8 * 3600) % 300, "a day begins at the robot's midnight"
    await outbox.close()


@pytest.mark.parametrize("pinned", [True, False])
async def test_without_the_pin_merging_would_break_what_was_sent(tmp_path, pinned):
    """The control of the rule that only unsent windows are merged."""
    outbox = await _open(tmp_path, max_bytes=64 * 1024)
    await outbox.append([_window(i) for i in range(250)])
    collector = StreamStanding(json.loads((await outbox.batch(1, 5)).text)["last"])  # committed; the ack is lost
    if not pinned:
        file = outbox._stream.file
        await outbox._run(lambda: file.commit(Change(), type(file.stream)(outbox.epoch, newest=250, boot=1)))
    for i in range(12):
        await outbox.append([_window(250 + 20 * i + n) for n in range(20)])
    assert outbox.figures().merged > 0
    verdicts, previous = [], 0
    envelope = json.loads((await outbox.batch(1, 500)).text)
    decision = receive(collector, envelope["first"], envelope["last"], envelope["held"])
    for record in envelope["records"]:
        verdicts.append(take(record["seq"], record.get("first"), decision, previous))
        previous = record["seq"]
    assert (Take.BROKEN in verdicts) is not pinned
    await outbox.close()
