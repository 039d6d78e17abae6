"""Settings: flags over file over environment, and one line with the remedy when they are wrong."""

from pathlib import Path

import pytest

from collector.config import Settings, load
from collector.errors import ConfigurationError
from collector.ingest import broker_url


def test_flags_win_over_the_file_and_the_file_over_the_environment(tmp_path, monkeypatch):
    file = tmp_path / "collector.toml"
    file.write_text('part = "2/3"\nhours_keep_days = 7\n')
    monkeypatch.setenv("COLLECTOR_PART", "3/3")
    monkeypatch.setenv("COLLECTOR_HOURS_KEEP_DAYS", "8")
    monkeypatch.setenv("COLLECTOR_EVENTS_KEEP_DAYS", "9")
    settings = load({"part": "1/3", "hours_keep_days": None}, file)
    assert (settings.parts, settings.hours_keep_days, settings.events_keep_days) == ((1, 3), 7, 9)
    assert settings.parked_keep_days == Settings().parked_keep_days


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        ({"store": "mysql://x"}, "store: .* write sqlite:///"),
        ({"mqtt": "http://x"}, "mqtt: .* write mqtt://"),
        ({"mqtt": "mqtt://x:99999"}, "mqtt: .* write mqtt://"),
        ({"part": "4/3"}, "part: write it as i/n"),
        ({"listen": "8380"}, "listen: write it as HOST:PORT"),
        ({"hours_keep_days": 0}, "hours_keep_days: .*greater than or equal to 1"),
        ({"hourskeep": 1}, "hourskeep is not a setting: there are store, mqtt"),
        ({"log_level": "loud"}, "log_level: .*'debug'"),
    ],
)
def test_a_wrong_setting_is_one_line_with_the_remedy(flags, says):
    with pytest.raises(ConfigurationError, match=says) as caught:
        load(flags)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_missing_or_no_toml_is_named(tmp_path):
    with pytest.raises(ConfigurationError, match="does not exist"):
        load({}, tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("= 5")
    with pytest.raises(ConfigurationError, match=r"bad\.toml: not TOML"):
        load({}, tmp_path / "bad.toml")


def test_secrets_are_in_no_text():
    settings = load({"store": "postgresql://u:hush@h/d", "mqtt": "mqtt://u:hush@h"})
    assert "hush" not in repr(settings)
    assert "hush" not in repr(broker_url.parse("mqtt://u:hush@h"))


def test_a_broker_url_says_everything(tmp_path):
    for name in ("ca", "own.crt", "own.key"):
        (tmp_path / name).touch()
    text = f"mqtts://col%40x:p%2Fw@broker?ca={tmp_path}/ca&cert={tmp_path}/own.crt&key={tmp_path}/own.key"
    url = broker_url.parse(text)
    assert (url.host, url.port, url.tls, url.user, url.password) == ("broker", 8883, True, "col@x", "p/w")
    assert (url.ca, url.key) == (tmp_path / "ca", tmp_path / "own.key")
    assert broker_url.parse("mqtt://[::1]").port == 1883


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("mqtts://h?ca=/nowhere", "ca file /nowhere does not exist"),
        ("mqtts://h?cert=/x", "belong together"),
        ("mqtt://h?ca=/x", "need TLS"),
        ("mqtts://h?cafile=/x", "unknown option cafile"),
        ("mqtt://:pw@h", "a password needs a user"),
        ("mqtt://", "not a broker's address"),
        ("mqtt://h/path", "not a broker's address"),
    ],
)
def test_a_wrong_broker_url_says_what_to_write(text, says):
    with pytest.raises(ConfigurationError, match=says):
        broker_url.parse(text)


def test_a_key_that_does_not_fit_is_named(tmp_path):
    for name in ("own.crt", "own.key"):
        Path(tmp_path / name).write_text("nothing")
    url = broker_url.parse(f"mqtts://h?cert={tmp_path}/own.crt&key={tmp_path}/own.key")
    with pytest.raises(ConfigurationError, match="cannot be used"):
        broker_url.tls_context(url)
