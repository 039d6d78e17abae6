"""Accounting of numbers, and what carving believes."""

import sqlite3

import pytest

from edge_agent.outbox.recovery.carve import Origin, carve, judged, rebuild
from edge_agent.outbox.recovery.wal import LogState, judge
from edge_agent.outbox.rows import Loss, Row, StateRow, Stream, digests, missing, row_of, settled
from protocol import records

PAGE = 1024


def _window(seq, first=None, windows=1, rev=0, body='{"kind":"window"}'):
    return Row(seq, "window", body, first, windows, rev)


def _fault(seq):
    return Row(seq, "fault", '{"kind":"fault"}')


@pytest.mark.parametrize(
    ("rows", "held", "newest", "losses"),
    [
        ([], 1, 0, []),
        ([], 5, 7, [Loss(5, 7, 3)]),
        ([_window(1), _window(2)], 1, 2, []),
        ([_window(1), _window(4)], 1, 6, [Loss(2, 3, 2), Loss(5, 6, 2)]),
        ([_window(6, first=1, windows=6)], 1, 6, []),
        ([_fault(3), _window(6, first=1, windows=5)], 1, 6, []),
        ([_window(6, first=1, windows=5)], 1, 6, [Loss(1, 6, 1)]),  # a fault inside the merged range is gone
        ([_window(4, first=2, windows=3), _window(9, first=5, windows=5)], 1, 10, [Loss(1, 1, 1), Loss(10, 10, 1)]),
    ],
)
def test_every_number_is_accounted_for(rows, held, newest, losses):
    assert missing(rows, held, newest) == losses


def test_stale_copies_of_rows_are_told_from_present_ones():
    old, new = _window(5, body='{"kind":"window","a":1}'), _window(5, rev=1, body='{"kind":"window","a":2}')
    swallowed = [_window(7), _window(8), _window(9, first=7, windows=3, rev=1)]
    wider = _window(10, first=7, windows=4, rev=1)
    acked = [_window(1), _window(2)]
    rows = settled([*acked, new, old, _fault(6), *swallowed, wider], held=5)
    assert [(row.seq, row.rev) for row in rows] == [(5, 1), (6, 0), (10, 1)]
    assert missing(rows, 5, 10) == []


def _documents(*rows, newest=3):
    stream = Stream("ab" * 8, newest=newest, boot=4, boot_id="b", digests=digests(rows))
    return [*rows, StateRow("stream", "", 9, stream.to_body())]


def test_documents_of_an_older_commit_are_not_counted_on():
    total, window = StateRow("total", "s|c", 8, "{}"), StateRow("window", "open", 9, "{}")
    older = StateRow("total", "s|c", 5, '{"older":1}')
    fine = judged([_window(i) for i in (1, 2, 3)], [older, *_documents(total, window)])
    assert (fine.forgot, fine.losses) == ((), ())
    assert set(fine.state) == {total, window}
    stale = judged([_window(i) for i in (1, 2, 3)], [older, window, *_documents(total, window)[2:]])
    assert stale.forgot == ("total",)
    assert stale.losses == (Loss(4, 4, 1),), "what the next window would have counted from is told as lost"
    assert set(stale.state) == {window}


def test_a_file_without_its_stream_gives_what_its_rows_say():
    found = judged([row_of(i, records.window(boot=6, mono=1, at=1, span=1, counts={})) for i in (2, 3)], [])
    built = rebuild(found, Origin("cd" * 8, "corrupt", "ab" * 8, "h", "b2", now_s=99, mono_s=9))
    assert (built.stream.boot, built.stream.newest) == (7, 4)
    epoch, lost, first, second = (row.record for row in built.rows)
    assert epoch["detail"] == {"cause": "corrupt", "salvaged": 2, "closes": "ab" * 8, "open": {}}
    assert (lost["detail"]["first"], lost["detail"]["epoch"]) == (4, "ab" * 8)
    assert [row["was"] for row in (first, second)] == [{"epoch": "ab" * 8, "seq": 2}, {"epoch": "ab" * 8, "seq": 3}]


def _database(path, rows):
    db = sqlite3.connect(path, isolation_level=None)
    db.execute(f"PRAGMA page_size={PAGE}")
    db.execute("CREATE TABLE record (seq INTEGER PRIMARY KEY, kind, first, windows, rev, crc, body)")
    values = [(r.seq, r.kind, r.first, r.windows, r.rev, r.crc, r.body) for r in rows]
    db.executemany("INSERT INTO record VALUES (?, ?, ?, ?, ?, ?, ?)", values)
    return db


def _pages(content):
    return {1 + at // PAGE: content[at : at + PAGE] for at in range(0, len(content), PAGE)}


@pytest.mark.parametrize("size", [1, 300, 986, 987, 2000, 9000])
def test_rows_of_every_size_are_carved(tmp_path, size):
    rows = [_window(seq, body="{" + "é" * size + "}") for seq in (1, 2, 2**40)]
    _database(tmp_path / "a.db", rows).close()
    assert carve(_pages((tmp_path / "a.db").read_bytes()), PAGE).rows == tuple(rows)


def test_a_lost_root_page_costs_nothing(tmp_path):
    rows = [_window(seq, body=f'{{"n":{seq}}}') for seq in range(1, 400)]
    _database(tmp_path / "a.db", rows).close()
    pages = _pages((tmp_path / "a.db").read_bytes())
    pages[1] = pages[2] = b"\xff" * PAGE
    assert carve(pages, PAGE).rows == tuple(rows)


def _log(path, transactions):
    """Bytes of the log after so many transactions of one row each."""
    db = _database(path, [])
    for pragma in ("journal_mode=WAL", "wal_autocheckpoint=0"):
        db.execute(f"PRAGMA {pragma}").fetchall()
    for seq in range(1, transactions + 1):
        row = _window(seq, body="x" * 200)
        db.execute("INSERT INTO record VALUES (?, ?, ?, ?, ?, ?, ?)", (seq, row.kind, None, 1, 0, row.crc, row.body))
    content = path.with_name(path.name + "-wal").read_bytes()
    db.close()
    return content


def _flipped(content, at):
    return content[:at] + bytes([content[at] ^ 0x40]) + content[at + 1 :]


def test_a_log_is_judged_before_it_is_replayed(tmp_path):
    log = _log(tmp_path / "a.db", 12)
    frame = 24 + PAGE
    assert judge(b"", PAGE).state is LogState.CLEAN
    assert judge(log, PAGE).state is LogState.CLEAN
    assert judge(log[: -frame // 2], PAGE).state is LogState.CLEAN, "a frame that was never finished"
    assert judge(_flipped(log, len(log) - 5), PAGE).state is LogState.TORN
    assert judge(_flipped(log, 40), PAGE).state is LogState.DAMAGED
    assert judge(_flipped(log, 12 + frame * 3), PAGE).state is LogState.DAMAGED
    assert judge(_flipped(log, 5), PAGE).state is LogState.DAMAGED, "the header says nothing of the frames"
    assert judge(_flipped(log[: 32 + frame], 5), PAGE).state is LogState.TORN


def test_rows_behind_a_broken_frame_are_carved(tmp_path):
    log = _log(tmp_path / "a.db", 40)
    broken = judge(_flipped(log, len(log) // 2), PAGE)
    assert broken.state is LogState.DAMAGED
    pages = _pages((tmp_path / "a.db").read_bytes()) | broken.pages
    assert {row.seq for row in carve(pages, PAGE).rows} >= set(range(36, 41))


def test_an_older_generation_behind_the_end_is_no_damage_and_anything_else_is(tmp_path):
    db = _database(tmp_path / "a.db", [])
    for pragma in ("journal_mode=WAL", "wal_autocheckpoint=0"):
        db.execute(f"PRAGMA {pragma}").fetchall()
    for seq in range(1, 13):
        db.execute("INSERT INTO record (seq, body) VALUES (?, ?)", (seq, "x" * 200))
    db.execute("PRAGMA wal_checkpoint(RESTART)").fetchall()
    db.execute("INSERT INTO record (seq, body) VALUES (99, 'y')")
    log = (tmp_path / "a.db-wal").read_bytes()
    db.close()
    frame = 24 + PAGE
    assert len(log) > 32 + 5 * frame
    assert judge(log, PAGE).state is LogState.CLEAN
    fresh = sum(log[32 + frame * i + 8 : 32 + frame * i + 16] == log[16:24] for i in range((len(log) - 32) // frame))
    last = 32 + frame * (fresh - 1)
    assert judge(_flipped(log, last + 8), PAGE).state is LogState.TORN, "its salts have rotted"
    assert judge(log[:last] + bytes(frame) + log[last + frame :], PAGE).state is LogState.TORN, "zeros are no frame"
