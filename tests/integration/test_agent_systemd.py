"""The shipped systemd unit: hardened, and complete."""

import shutil
import subprocess
from pathlib import Path

import pytest

from edge_agent.config import load

PACKAGING = Path(__file__).parents[2] / "edge_agent" / "packaging"
UNIT = PACKAGING / "edge-agent.service"
THRESHOLD = 15  # tenths: an exposure of 1.5; a plain unit has 9.6

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="no systemd-analyze here: apt-get install systemd"
)


def exposure(unit):
    return subprocess.run(
        ["systemd-analyze", "security", "--offline=true", f"--threshold={THRESHOLD}", str(unit)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@needs_systemd
def test_the_unit_is_exposed_no_more_than_allowed():
    done = exposure(UNIT)
    assert done.returncode == 0, done.stdout


@needs_systemd
def test_a_plain_unit_would_be_refused(tmp_path):
    """The control: the threshold does tell units apart."""
    plain = tmp_path / "plain.service"
    plain.write_text("[Service]\nExecStart=/bin/true\n")
    assert exposure(plain).returncode != 0


@needs_systemd
def test_systemd_understands_every_line_of_the_unit(tmp_path):
    installed = tmp_path / "edge-agent.service"
    installed.write_text(UNIT.read_text().replace("/opt/edge-agent/bin/edge-agent", "/bin/true"))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(installed)], capture_output=True, text=True, check=False
    )
    assert "Unknown" not in done.stderr
    assert "ignoring" not in done.stderr


def test_the_unit_is_watched_restarted_and_gets_its_secrets_as_credentials():
    text = UNIT.read_text()
    for line in ("Type=notify", "WatchdogSec=", "Restart=always", "LoadCredential=", "StateDirectory=", "MemoryMax="):
        assert f"\n{line}" in text


def test_the_sample_configuration_is_accepted(tmp_path):
    settings = load({"state_dir": str(tmp_path)}, {}, PACKAGING / "agent.toml")
    assert settings.broker.tls
    assert settings.window_s == 300


def test_commands_of_an_operator_look_for_the_agent_where_the_unit_puts_its_sockets(tmp_path):
    """Else doctor takes the agent for stopped, connects in its name and throws it out of its broker."""
    settings = load({"state_dir": str(tmp_path)}, {}, PACKAGING / "agent.toml")
    folder = next(line for line in UNIT.read_text().splitlines() if line.startswith("RuntimeDirectory="))
    assert str(settings.runtime_dir) == f"/run/{folder.partition('=')[2]}"
