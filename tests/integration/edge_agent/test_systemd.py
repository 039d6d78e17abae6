"""The agent's shipped unit and its sample configuration; what systemd says of it: test_systemd_units.py."""

from edge_agent.config import load
from tests import ROOT

PACKAGING = ROOT / "edge_agent" / "packaging"
UNIT = PACKAGING / "edge-agent.service"


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
