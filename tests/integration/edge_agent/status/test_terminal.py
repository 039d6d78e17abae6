"""What commands owe the terminal: no traceback where nobody reads on, and the language that it speaks."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

BIN = Path(sys.executable).parent
OUTBOX = """
import asyncio
from pathlib import Path
from edge_agent.outbox import Outbox, OutboxSettings

async def main():
    settings = OutboxSettings("r")
    await (await Outbox.open(Path("outbox.db"), settings=settings, hardware="", boot_id="b", now_s=0)).close()

asyncio.run(main())
"""


def unread(*words, environ):
    """The command with a standard output that nobody reads any more, as behind `| head`."""
    reads, writes = os.pipe()
    os.close(reads)
    try:
        return subprocess.run(
            words, stdout=writes, stderr=subprocess.PIPE, env=os.environ | environ, text=True, check=False
        )
    finally:
        os.close(writes)


@pytest.mark.parametrize(
    "words",
    [
        "edge-agent status", "edge-agent status --json", "edge-agent doctor", "edge-agent export", "edge-agent --help",
        "edge-agent status --help", "collector --help", "collector robots --help", "collector robots",
        "collector version", "collector verify --help", "fleet-sim --help", "fleet-sim run --help", "opk --help",
        "opk list",
    ],
)  # fmt: skip
def test_a_command_whose_reader_has_gone_ends_without_a_traceback(tmp_path, words):
    subprocess.run([sys.executable, "-c", OUTBOX], cwd=tmp_path, check=True)
    program, *rest = words.split()
    environ = {"EDGE_AGENT_STATE_DIR": str(tmp_path), "EDGE_AGENT_MQTT_URL": "mqtt://127.0.0.1:1"}
    environ |= {"FLEETWARD_STORE": f"sqlite:///{tmp_path / 'c.db'}"}
    said = unread(str(BIN / program), *rest, environ=environ)
    assert "Traceback" not in said.stderr
    assert "BrokenPipe" not in said.stderr


@pytest.mark.parametrize(("variable", "chinese"), [("LANG", True), ("LC_ALL", True), ("NOBODY", False)])
def test_doctor_speaks_the_language_of_the_terminal(tmp_path, variable, chinese):
    environ = {name: value for name, value in os.environ.items() if name not in {"LC_ALL", "LC_MESSAGES", "LANG"}}
    environ |= {variable: "zh_CN.UTF-8", "PYTHONUTF8": "1", "EDGE_AGENT_MQTT_URL": "mqtt://127.0.0.1:1"}
    argv = [BIN / "edge-agent", "doctor", "--state-dir", tmp_path]
    said = subprocess.run(argv, capture_output=True, env=environ, text=True, check=False).stdout
    assert ("时区" in said) == chinese, said


def test_count_takes_the_folder_as_the_other_commands_do_and_names_an_option_it_does_not_know(tmp_path):
    def count(*words):
        return subprocess.run([BIN / "edge-agent", "count", *words], capture_output=True, text=True, check=False)

    there = count("guided_tour", "--state-dir", str(tmp_path))
    assert (there.returncode, str(tmp_path / "count.sock") in there.stderr) == (1, True)
    unknown = count("guided_tour", "--robot", "r")
    assert (unknown.returncode, "no option --robot" in unknown.stderr) == (2, True)
