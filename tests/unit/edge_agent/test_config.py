"""Settings: flags over file over environment, and one line with the remedy for whatever is wrong."""

import pytest

from edge_agent import config
from edge_agent.config import Settings, credentials, load
from edge_agent.errors import ConfigError


@pytest.fixture(autouse=True)
def no_file_of_this_machine(monkeypatch, tmp_path):
    monkeypatch.setattr(config, "FILE_DEFAULT", tmp_path / "absent.toml")


def written(tmp_path, text):
    path = tmp_path / "agent.toml"
    path.write_text(text)
    return path


def refusal(*, flags=None, environ=None, file=None):
    with pytest.raises(ConfigError) as caught:
        load(flags or {}, environ or {}, file)
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_a_flag_wins_over_the_file_and_the_file_over_the_environment(tmp_path):
    file = written(tmp_path, "window_s = 60\nupload_s = 120\n")
    environ = {"EDGE_AGENT_WINDOW_S": "300", "EDGE_AGENT_UPLOAD_S": "600", "EDGE_AGENT_SAMPLE_S": "2.5"}
    settings = load({"window_s": "5"}, environ, file)
    assert (settings.window_s, settings.upload_s, settings.sample_s) == (5, 120, 2.5)


def test_the_file_may_be_named_by_the_environment(tmp_path):
    file = written(tmp_path, 'robot = "lobby-01"\n')
    assert load({}, {"EDGE_AGENT_CONFIG": str(file)}).robot == "lobby-01"


def test_what_systemd_provides_stands_below_what_the_operator_says(tmp_path):
    (tmp_path / "mqtt_password").write_text("s3cret\n")
    environ = {"STATE_DIRECTORY": "/var/lib/a", "RUNTIME_DIRECTORY": "/run/a", "CREDENTIALS_DIRECTORY": str(tmp_path)}
    settings = load({"robot": "r1", "state_dir": str(tmp_path)}, environ)
    assert settings.state_dir == tmp_path
    assert str(settings.runtime_dir) == "/run/a"
    assert credentials(settings) == ("r1", "s3cret")


def test_a_source_section_of_the_file_enables_its_source(tmp_path):
    file = written(tmp_path, "[sources.replay]\nspeed = 10\n")
    settings = load({}, {}, file)
    assert settings.sources == (*Settings().sources, "replay")
    assert settings.source_options["replay"] == {"speed": 10}


def test_an_explicit_list_of_sources_is_final(tmp_path):
    file = written(tmp_path, '[sources]\nenabled = ["system"]\n[sources.statsd]\nport = 1\n')
    assert load({}, {}, file).sources == ("system",)
    assert load({"sources": "local, statsd"}, {}, file).sources == ("local", "statsd")


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"EDGE_AGENT_WINDOWS_S": "5"}, "did you mean EDGE_AGENT_WINDOW_S?"),
        ({"EDGE_AGENT_WINDOW_S": "7"}, "does not divide an hour: choose"),
        ({"EDGE_AGENT_WINDOW_S": "five"}, "not a whole number"),
        ({"EDGE_AGENT_UPLOAD_S": "0"}, "outside 1 to 86400: choose"),
        ({"EDGE_AGENT_SAMPLE_S": "nan"}, "outside"),
        ({"EDGE_AGENT_ROBOT": "a/b"}, "is not an identity"),
        ({"EDGE_AGENT_MQTT_URL": "http://x"}, "mqtt://host:1883"),
        ({"EDGE_AGENT_MQTT_URL": "mqtt://x:99999"}, "mqtt://host:1883"),
        ({"EDGE_AGENT_MQTT_URL": "mqtt://x/path"}, "mqtt://host:1883"),
        ({"EDGE_AGENT_MQTT_VERSION": "4"}, "choose auto, 5, 3.1.1"),
        ({"EDGE_AGENT_TLS_CA_FILE": "/absent/ca"}, "does not exist: create it"),
        ({"EDGE_AGENT_CONFIG": "/absent/agent.toml"}, "create it or name another"),
    ],
)
def test_a_wrong_setting_is_refused_in_one_line_with_its_remedy(environ, said):
    assert said in refusal(environ=environ)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("windows = 5\n", "did you mean window_s?"),
        ("window_s = 5.5\n", "not a whole number"),
        ("window_s = true\n", "not a whole number"),
        ("window_s = \n", "correct this line of TOML"),
        ('sources = ["system"]\n', "write [sources] and enabled"),
        ("[sources]\nport = 5\n", "move port into its table"),
    ],
)
def test_a_wrong_file_is_refused_in_one_line_with_its_remedy(tmp_path, text, said):
    assert said in refusal(file=written(tmp_path, text))


def test_a_client_certificate_needs_its_key_and_tls(tmp_path):
    for name in ("crt", "key"):
        (tmp_path / name).write_text("")
    only_certificate = {"EDGE_AGENT_TLS_CERT_FILE": str(tmp_path / "crt")}
    assert "belong together" in refusal(environ=only_certificate)
    both = only_certificate | {"EDGE_AGENT_TLS_KEY_FILE": str(tmp_path / "key")}
    assert "write mqtts://" in refusal(environ=both)


def test_a_password_is_taken_from_the_url_and_shown_nowhere():
    settings = load({}, {"EDGE_AGENT_MQTT_URL": "mqtt://bob:p%40ss@broker:1884"})
    assert credentials(settings) == ("bob", "p@ss")
    for shown in (repr(settings), repr(settings.broker), str(settings.broker)):
        assert "p@ss" not in shown
        assert "p%40ss" not in shown


def test_a_password_file_is_read_each_time_and_wins_over_the_url(tmp_path):
    file = tmp_path / "password"
    file.write_text("first\n")
    environ = {"EDGE_AGENT_MQTT_URL": "mqtt://bob:url@broker", "EDGE_AGENT_MQTT_PASSWORD_FILE": str(file)}
    settings = load({}, environ)
    assert credentials(settings) == ("bob", "first")
    file.write_text("rotated\n")
    assert credentials(settings) == ("bob", "rotated")


def test_a_variable_of_the_counting_client_is_no_setting_and_no_mistake():
    assert load({}, {"EDGE_AGENT_COUNT_SOCKET": "/run/x"}).robot


def test_settings_cannot_be_changed_after_the_start():
    with pytest.raises(AttributeError):
        load({}, {}).window_s = 5
