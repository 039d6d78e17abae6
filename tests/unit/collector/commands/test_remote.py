"""A command's patience with a collector: it says that it waits, and never that what may go on has failed."""

import socket
import threading

import pytest

from collector.commands import remote
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


def test_nobody_there_is_told_as_before():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(RemoteError, match="does not answer as a collector"):
        RemoteSource(f"http://127.0.0.1:{port}", "t").ask("POST", "/import/accounts", body={})
