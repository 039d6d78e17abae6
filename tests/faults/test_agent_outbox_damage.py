"""A damaged outbox file: equal to what was stored except what the robot itself reports as lost, to the record."""

import asyncio
import json
import random
import shutil
import sqlite3

import pytest

from protocol import records
from protocol.messages import Batch
from tests.faults.outbox_damage import BEGIN, damage, opened, written

CASES = 60


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole") / "a"
    folder.mkdir()
    rows = asyncio.run(written(folder))
    return folder.parent / "killed", {numbers: json.loads(body) for numbers, body in rows.items()}


async def _sent(outbox):
    found, mark = [], outbox.held - 1
    while outgoing := await outbox.batch(mark + 1, 100):
        envelope = json.loads(outgoing.text)
        Batch.model_validate(envelope)
        found += envelope["records"]
        mark = outgoing.last
    return found


@pytest.mark.parametrize("which", ["outbox.db", "outbox.db-wal"])
async def test_damage_anywhere_costs_only_what_is_reported(tmp_path, stored, which):
    source, rows = stored
    outcomes = {"whole": 0, "salvaged": 0}
    for case in range(CASES):
        folder = tmp_path / str(case)
        shutil.copytree(source, folder)
        damage(folder / which, random.Random(case))
        outbox = await opened(folder)
        sent = await _sent(outbox)
        again = {}
        for record in sent:
            was = record.get("was", {}).get("seq", record["seq"])
            again[was] = {k: v for k, v in record.items() if k not in {"seq", "was", "first"}}
        lost = [r["detail"] for r in sent if r.get("event") == "lost"]
        outcomes["salvaged" if any(r.get("event") == "epoch" for r in sent) else "whole"] += 1
        absent = 0
        for (begin, seq), record in rows.items():
            body = {k: v for k, v in record.items() if k != "first"}
            if again.get(seq) == body:
                continue
            absent += 1
            assert any(d["first"] <= seq and begin <= d["last"] for d in lost), f"case {case}: {seq} is gone unreported"
        assert absent == 0 or lost
        restored = await outbox.restore()
        if restored.totals:
            assert restored.totals["s", "c"].value == 259 or lost, f"case {case}: an older total is counted from again"
        await outbox.append([records.window(boot=outbox.boot, mono=1, at=BEGIN, span=1, counts={})])
        await outbox.close()
    assert outcomes["whole"] > 0, "damage to free space and to the log's past is no damage"
    assert outcomes["salvaged"] > CASES / 10


async def test_most_of_the_file_survives_a_broken_page(tmp_path, stored):
    source, rows = stored
    kept = []
    for page in range(0, (source / "outbox.db").stat().st_size // 1024, 5):
        folder = tmp_path / str(page)
        shutil.copytree(source, folder)
        content = bytearray((folder / "outbox.db").read_bytes())
        content[page * 1024 : page * 1024 + 1024] = b"\xa5" * 1024
        (folder / "outbox.db").write_bytes(bytes(content))
        outbox = await opened(folder)
        kept.append(sum(1 for r in await _sent(outbox) if r["kind"] != "lifecycle"))
        await outbox.close()
    assert min(kept) >= len(rows) - 12


async def test_sqlite_alone_would_send_wrong_numbers(tmp_path, stored):
    """The control of the row checksums: a flipped digit passes every check of SQLite."""
    source, _ = stored
    shutil.copytree(source, tmp_path / "a")
    with sqlite3.connect(tmp_path / "a" / "outbox.db") as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    db.close()
    content = (tmp_path / "a" / "outbox.db").read_bytes()
    (tmp_path / "a" / "outbox.db").write_bytes(content.replace(b'"operating_s":300', b'"operating_s":900', 1))
    with sqlite3.connect(tmp_path / "a" / "outbox.db") as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("SELECT count(*) FROM record WHERE body LIKE '%\"operating_s\":900%'").fetchone() == (1,)
    db.close()
    outbox = await opened(tmp_path / "a")
    sent = await _sent(outbox)
    assert not any(r.get("counts", {}).get("operating_s") == 900 for r in sent)
    assert any(r.get("event") == "lost" for r in sent)
    await outbox.close()


async def test_damaged_files_are_kept_but_not_for_ever(tmp_path, stored):
    source, _ = stored
    shutil.copytree(source, tmp_path / "a")
    for _ in range(5):
        (tmp_path / "a" / "outbox.db").write_bytes(b"not a database" * 500)
        outbox = await opened(tmp_path / "a")
        await outbox.append([records.window(boot=1, mono=1, at=BEGIN, span=1, counts={"touches": 1})])
        await outbox.close()
    assert sorted(path.name for path in (tmp_path / "a").glob("*.damaged-?")) == [
        "outbox.db.damaged-3",
        "outbox.db.damaged-4",
        "outbox.db.damaged-5",
    ]


@pytest.mark.parametrize("steps", [1, 2, 3])
async def test_an_interrupted_exchange_is_finished_at_the_next_start(tmp_path, stored, steps):
    source, _ = stored
    shutil.copytree(source, tmp_path / "a")
    outbox = await opened(tmp_path / "a")
    await outbox.append([records.window(boot=1, mono=9, at=BEGIN, span=1, counts={"touches": 1})])
    await outbox.rotate(10**6, now_s=BEGIN)
    epoch, newest = outbox.epoch, outbox.newest
    await outbox.close()
    folder = tmp_path / "a"
    (folder / "outbox.db").replace(folder / "outbox.db.ready")  # complete, but not yet in its place
    if steps == 1:
        shutil.copy(folder / "outbox.db.went-back-1", folder / "outbox.db")
    if steps == 2:
        (folder / "outbox.db-wal").write_bytes(b"log of another database")
    (folder / "outbox.db.building").write_bytes(b"half a database")
    outbox = await opened(folder)
    assert (outbox.epoch, outbox.newest) == (epoch, newest)
    await outbox.close()
