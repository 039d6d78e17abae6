"""The collector's shipped systemd unit: hardened, private, and its settings are ones the collector takes."""

import shutil
import subprocess
from pathlib import Path

import pytest

from collector import config

SHIPPED = Path(__file__).parents[2] / "deploy" / "collector"
UNIT = SHIPPED / "collector.service"
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
    installed = tmp_path / "collector.service"
    installed.write_text(UNIT.read_text().replace("/opt/fleetward/bin/collector", "/bin/true"))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(installed)], capture_output=True, text=True, check=False
    )
    assert "Unknown" not in done.stderr
    assert "ignoring" not in done.stderr


def test_the_unit_keeps_its_files_and_the_brokers_password_to_itself():
    lines = UNIT.read_text().splitlines()
    for line in ("UMask=0077", "StateDirectoryMode=0700", "ProtectSystem=strict", "User=fleetward"):
        assert line in lines
    assert any(line.startswith("EnvironmentFile=") for line in lines)
    assert not any(line.startswith("Environment=") for line in lines)


def test_the_shipped_settings_are_accepted_and_the_store_is_where_the_unit_may_write():
    settings = config.load({}, SHIPPED / "collector.toml")
    assert settings.secure_cookies
    folder = next(line for line in UNIT.read_text().splitlines() if line.startswith("StateDirectory="))
    assert settings.store.get_secret_value() == f"sqlite:////var/lib/{folder.partition('=')[2]}/fleet.db"
