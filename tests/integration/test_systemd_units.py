"""The shipped systemd units, judged by systemd itself: hardened, and every line understood."""

import shutil
import subprocess

import pytest

from tests import ROOT

UNITS = {
    ROOT / "edge_agent" / "packaging" / "edge-agent.service": "/opt/edge-agent/bin/edge-agent",
    ROOT / "edge_agent" / "packaging" / "edge-agent-page.service": "/opt/edge-agent/bin/edge-agent",
    ROOT / "edge_agent" / "packaging" / "fleetward-skill@.service": "/usr/bin/python3 -I -S start.py",
    ROOT / "deploy" / "collector" / "collector.service": "/opt/fleetward/bin/collector",
}
THRESHOLD = 15  # tenths: an exposure of 1.5; a plain unit has 9.6

pytestmark = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="no systemd-analyze here: apt-get install systemd"
)
each_unit = pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)


def exposure(unit):
    return subprocess.run(
        ["systemd-analyze", "security", "--offline=true", f"--threshold={THRESHOLD}", str(unit)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@each_unit
def test_a_unit_is_exposed_no_more_than_allowed(unit):
    done = exposure(unit)
    assert done.returncode == 0, done.stdout


def test_a_plain_unit_would_be_refused(tmp_path):
    """The control: the threshold does tell units apart."""
    plain = tmp_path / "plain.service"
    plain.write_text("[Service]\nExecStart=/bin/true\n")
    assert exposure(plain).returncode != 0


@each_unit
def test_systemd_understands_every_line_of_a_unit(unit, tmp_path):
    installed = tmp_path / unit.name
    installed.write_text(unit.read_text().replace(UNITS[unit], "/bin/true"))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(installed)], capture_output=True, text=True, check=False
    )
    assert "Unknown" not in done.stderr
    assert "ignoring" not in done.stderr
