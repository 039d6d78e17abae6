"""Settings: flags over file over environment, and one line with the remedy when they are wrong."""

import socket
from pathlib import Path

import pytest

from collector import config
from collector.config import Settings, check_together, load
from collector.errors import ConfigurationError
from collector.ingest import broker_url
from tests.unit.collector.web.test_complaints import LIBRARY


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
        ({"hours_keep_days": 0}, "hours_keep_days: .*at least 1"),
        ({"hourskeep": 1}, "hourskeep is not a setting: there are store, mqtt"),
        ({"log_level": "loud"}, "log_level: .*debug"),
    ],
)
def test_a_wrong_setting_is_one_line_with_the_remedy(flags, says):
    with pytest.raises(ConfigurationError, match=says) as caught:
        load(flags)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("flags", "missing"),
    [
        ({"oidc_issuer": "https://login.example"}, {"oidc_client_id": "fleet"}),
        ({"oidc_client_id": "fleet"}, {"oidc_issuer": "https://login.example"}),
        ({"skills_listen": "127.0.0.1:8443"}, {"skills_folder": "repository"}),
    ],
)
def test_a_setting_without_the_one_that_it_needs_stops_the_start_in_one_line(flags, missing):
    needs = f"{next(iter(flags))}: it needs {next(iter(missing))}"
    with pytest.raises(ConfigurationError, match=needs) as caught:
        check_together(load(flags))
    assert "\n" not in str(caught.value)
    check_together(load(flags | missing))


@pytest.mark.parametrize("listen", ["0.0.0.0:8380", "[::]:8380"])
def test_a_link_names_a_machine_that_a_browser_finds(listen):
    assert load({"listen": listen}).address_of_pages == f"http://{socket.gethostname()}:8380"
    assert load({"listen": "[::1]:8380"}).address_of_pages == "http://[::1]:8380"
    assert load({"listen": listen, "public_url": "https://fleet.example"}).address_of_pages == "https://fleet.example"


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


def test_the_digests_zone_is_the_collectors_where_it_is_not_set():
    assert Settings().digest_zone == "UTC"
    assert Settings(base_timezone="Asia/Shanghai").digest_zone == "Asia/Shanghai"
    assert Settings(base_timezone="Asia/Shanghai", digest_timezone="UTC").digest_zone == "UTC"
    for setting in ("base_timezone", "digest_timezone"):
        with pytest.raises(ConfigurationError, match="Mars"):
            Settings(**{setting: "Mars/Olympus"})
    with pytest.raises(ConfigurationError, match="no time zone"):
        Settings(base_timezone="")


WRONG = ("??", "", -1, 1e300, 3.5, True, ["a"], {"a": 1}, "x" * 100_000)


def refusal(name, value):
    try:
        config.load({name: value})
    except ConfigurationError as error:
        return str(error)
    return None


@pytest.mark.parametrize("name", Settings.model_fields)
def test_a_wrong_setting_is_refused_in_our_words(name):
    said = [text for value in WRONG if (text := refusal(name, value))]
    assert not [text for text in said if "\n" in text or LIBRARY.search(text)]


@pytest.mark.parametrize(
    ("name", "value"), [("oidc_client_secret", 4_711_471_147), ("mqtt", ["mqtts://a:4711471147@b"])]
)
def test_a_secret_that_is_not_taken_is_not_shown(name, value):
    with pytest.raises(ConfigurationError) as refused:
        config.load({name: value})
    assert "4711471147" not in str(refused.value)


def test_what_is_no_secret_is_shown_with_what_to_write():
    assert refusal("digest_hour", 25) == "digest_hour: 25 is out of range: write a number of at most 23"
