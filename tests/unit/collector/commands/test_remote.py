"""A command's patience with a collector: it says that it waits, and never that what may go on has failed."""

import io
import os
import socket
import stat
import threading

import pytest

from collector.commands import files, remote
from collector.commands.remote import RemoteSource
from collector.exchange.errors import RemoteError


@pytest.fixture
def silent():
    """An address that takes requests and answers none."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def test_an_import_that_is_not_answered_may_still_be_running_and_a_question_may_not(silent, monkeypatch, capsys):
    monkeypatch.setattr(remote, "LONG_S", 0.3)
    monkeypatch.setattr(remote, "TIMEOUT_S", 0.1)
    monkeypatch.setattr(remote, "TELL_EVERY_S", 0.05)
    source = RemoteSource(silent, "t")
    with pytest.raises(RemoteError, match="it may still be running, and be done in the end; look whether it was"):
        source.ask("POST", "/import/accounts", body={})
    assert "import: the collector is at work, " in capsys.readouterr().err
    with pytest.raises(RemoteError, match="it may still be running"):
        source.ask("POST", "/imports/7/undo")
    capsys.readouterr()
    with pytest.raises(RemoteError) as asked:
        source.ask("GET", "/ctas")
    assert "may still be running" not in str(asked.value)
    assert "no answer within" in str(asked.value)
    assert capsys.readouterr().err == "", "a short question tells nothing"
    assert [one.name for one in threading.enumerate() if one.name == "progress"] == []


def test_a_download_waits_as_an_import_does(silent, monkeypatch, capsys):
    monkeypatch.setattr(remote, "LONG_S", 0.3)
    monkeypatch.setattr(remote, "TIMEOUT_S", 0.1)
    monkeypatch.setattr(remote, "TELL_EVERY_S", 0.05)
    with pytest.raises(RemoteError, match="no answer within 0 s"):
        RemoteSource(silent, "t").download("/export/all", io.BytesIO())
    assert "export: the collector is at work, " in capsys.readouterr().err


def test_what_is_written_is_for_its_owner_alone(tmp_path):
    out = tmp_path / "robots.csv"
    (tmp_path / "robots.csv.partial").touch(0o644)  # of a run that was killed
    before = os.umask(0)
    try:
        with files._output(out) as file:
            file.write(b"robot\r\n")
    finally:
        os.umask(before)
    assert (stat.S_IMODE(out.stat().st_mode), out.read_bytes()) == (0o600, b"robot\r\n")
    assert list(tmp_path.iterdir()) == [out]


def test_nobody_there_is_told_as_before():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(RemoteError, match="does not answer as a collector"):
        RemoteSource(f"http://127.0.0.1:{port}", "t").ask("POST", "/import/accounts", body={})
