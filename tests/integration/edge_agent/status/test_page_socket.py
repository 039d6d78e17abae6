"""The page under systemd's socket: it is there when somebody asks, and gone when nobody does."""

import os
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

STARTED = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.set_inheritable(3, True)
os.environ |= {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1"}
from edge_agent.status import page
page.IDLE_S = float(sys.argv[2])
from edge_agent.__main__ import main
sys.exit(main(["page", "--state-dir", sys.argv[3]]))
"""


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


def page(listener, folder, idle_s):
    """As systemd starts it: it is given the socket, and opens none."""
    words = [sys.executable, "-c", STARTED, str(listener.fileno()), str(idle_s), str(folder)]
    environ = {key: value for key, value in os.environ.items() if not key.startswith("EDGE_AGENT_")}
    absent = str(Path(folder) / "absent.toml")
    (Path(folder) / "absent.toml").write_text("")
    return subprocess.Popen(words, pass_fds=[listener.fileno()], env=environ | {"EDGE_AGENT_CONFIG": absent})


def ask(listener):
    port = listener.getsockname()[1]
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/?lang=en", timeout=60) as answer:
        return answer.read().decode()


def test_it_answers_on_the_socket_that_it_is_given_and_ends_by_itself_when_nobody_asks(listener, tmp_path):
    for _ in range(2):  # the socket outlives it: whoever asks later is answered by the next one
        process = page(listener, tmp_path, 0.5)
        try:
            assert "Robot status" in ask(listener)
            assert process.wait(timeout=60) == 0
        finally:
            process.kill()
            process.wait()


def test_it_goes_on_while_somebody_looks(listener, tmp_path):
    """The control: with the time that it gives, it is there still."""
    process = page(listener, tmp_path, 60)
    try:
        assert "Robot status" in ask(listener)
        assert "Robot status" in ask(listener)
        assert process.poll() is None
    finally:
        process.terminate()
        assert process.wait(timeout=60) == 0
