"""What is still on a robot as one database: every record, its counts and faults, what doctor found."""

import json
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from edge_agent.status import tables
from edge_agent.status.finding import Finding

HEAD = {"boot": "b-1", "at": 1_780_000_000, "mono": 1}
RECORDS = [
    {**HEAD, "seq": 1, "kind": "window", "span": 300, "counts": {"interaction": 4, "wake_up": 9}},
    {
        **HEAD,
        "seq": 2,
        "kind": "fault",
        "family": "network",
        "code": "offline",
        "state": "open",
        "ref": "",
        "detail": "",
    },
    {**HEAD, "seq": 3, "kind": "window", "span": 300, "counts": {}},
]
FINDINGS = [Finding("warn", "clock", "the clock is 3 s behind", "set it"), Finding("ok", "outbox", "writable")]


def test_records_counts_faults_and_findings_are_tables_that_hold_together(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "ROWS_AT_ONCE", 2)
    path = tmp_path / "held.db"
    assert tables.write(path, RECORDS, FINDINGS) == 3
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        assert database.execute("SELECT day, counter, value FROM counts_per_day ORDER BY counter").fetchall() == [
            ("2026-05-28", "interaction", 4), ("2026-05-28", "wake_up", 9)
        ]  # fmt: skip
        assert database.execute("SELECT seq, code, state FROM faults").fetchall() == [(2, "offline", "open")]
        assert json.loads(database.execute("SELECT body FROM records WHERE seq = 1").fetchone()[0]) == RECORDS[0]
        found = "SELECT subject FROM findings WHERE rowid IN (SELECT rowid FROM findings_fts(?))"
        assert database.execute(found, ["behind"]).fetchall() == [("clock",)]
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_that_cannot_be_whole_is_not_there(tmp_path):
    def broken():
        yield RECORDS[0]
        raise sqlite3.DatabaseError("the outbox is damaged")

    with pytest.raises(sqlite3.DatabaseError):
        tables.write(tmp_path / "held.db", broken(), [])
    assert list(tmp_path.iterdir()) == []


def test_the_library_is_loaded_by_the_command_that_needs_it_and_by_no_other():
    code = "import sys, edge_agent.__main__, edge_agent.status.{}; print('sqlite_utils' in sys.modules)"
    for module, loads in (("export", "False"), ("doctor", "False"), ("tables", "True")):
        done = subprocess.run([sys.executable, "-c", code.format(module)], capture_output=True, text=True, check=True)
        assert done.stdout.strip() == loads, module
