"""What an agent that is run by hand writes is its own user's; a certificate's name is judged whole."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

from edge_agent import config
from edge_agent.status.page import application
from tests.brokers import free_port
from tests.waiting import until

CERTIFICATES = Path(__file__).parents[3] / "deploy" / "mosquitto" / "certificates"


def test_files_of_an_agent_that_is_run_by_hand_are_its_own(tmp_path):
    """The caller's umask is the usual 022; the control is a file of the caller's own, which everybody may read."""
    state = tmp_path / "state"
    command = [sys.executable, "-m", "edge_agent", "run", "--state-dir", str(state), "--sources", "system"]
    command += ["--mqtt-url", f"mqtt://127.0.0.1:{free_port()}", "--robot", "hall-7"]
    control = [sys.executable, "-c", f"open({str(tmp_path / 'control')!r}, 'w')"]
    subprocess.run(control, check=True, umask=0o022)
    with subprocess.Popen(command, umask=0o022, stderr=subprocess.DEVNULL, env=dict(os.environ)) as agent:
        try:
            until((state / "control.sock").exists)
        finally:
            agent.terminate()
    files = {path.name: path.stat().st_mode & 0o777 for path in state.iterdir() if path.is_file()}
    assert "outbox.db" in files
    assert set(files.values()) == {0o600}, files
    assert (tmp_path / "control").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize(
    ("host", "status"),
    [("evil.example", 400), ("127.0.0.1.evil.example", 400), ("127.0.0.1:8099", 503), ("localhost", 503)],
)
async def test_the_page_does_not_answer_to_a_strangers_name(tmp_path, host, status):
    """The controls are the robot's own names: 503, since no agent runs here."""
    settings = config.load({"state_dir": str(tmp_path), "robot": "hall-7"}, {}, None)
    async with TestClient(TestServer(application(settings))) as client:
        assert (await client.get("/status.json", headers={"Host": host})).status == status


@pytest.mark.parametrize(("name", "said"), [("R-1\nuser evil", "is no id"), ("R-1", "holds no authority")])
def test_a_name_with_a_second_line_is_not_signed(tmp_path, name, said):
    """The control is the first line alone: it gets past the check of names."""
    done = subprocess.run([CERTIFICATES, tmp_path, "robot", name], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert said in done.stderr
