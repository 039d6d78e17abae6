"""The collector's shipped systemd unit: private, and its settings are ones the collector takes."""

from collector import config
from tests import ROOT

SHIPPED = ROOT / "deploy" / "collector"
UNIT = SHIPPED / "collector.service"


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
