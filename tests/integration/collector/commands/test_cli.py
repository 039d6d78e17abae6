"""The `collector` command as a person uses it: real processes where it matters, else in this one."""

import json
import subprocess
import sys
import urllib.request

import click
import pytest
from click.testing import CliRunner

from collector import config
from collector.__main__ import main_group
from collector.commands.serving import first_link
from collector.config import Settings
from collector.exchange.imports.spelling import safe
from tests.brokers import free_port
from tests.waiting import DEADLINE_S


def collector(*arguments):
    return CliRunner().invoke(main_group, list(arguments))


OF_FILES = {("skills", name) for name in ("key", "keys", "sign", "draft", "join")}
"""They make files where nobody is asked, and their answer is the file."""


def test_every_command_explains_itself_and_offers_json():
    def walk(command, path):
        done = collector(*path, "--help")
        assert done.exit_code == 0
        assert command.help, path
        if isinstance(command, click.Group):
            context = click.Context(command)
            for name in command.list_commands(context):
                walk(command.get_command(context, name), [*path, name])
        elif path != ["serve"] and tuple(path[:2]) not in OF_FILES:
            assert "--json" in done.output, path

    walk(main_group, [])


def test_an_empty_store_says_what_is_missing_and_what_to_do(store_url):
    for asked in (("score",), ("score", "--day", "2026-05-01")):
        done = collector(*asked, "--store", store_url)
        assert (done.exit_code, "there are no accounts yet" in done.output) == (0, True), done.output
        assert "collector import accounts FILE" in done.output


def test_every_setting_is_a_flag_of_serve():
    shown = collector("serve", "--help").output
    for name in Settings.model_fields:
        assert f"--{name.replace('_', '-')}" in shown


def test_tokens_are_made_listed_and_revoked(store_url):
    made = collector("token", "create", "--role", "staff", "--name", "Li", "--store", store_url)
    assert made.stdout.startswith("fw_")
    assert "not shown again" in made.stderr
    listed = json.loads(collector("token", "list", "--json", "--store", store_url).output)["items"]
    assert [(token["name"], token["role"], token["scope"]) for token in listed] == [("Li", "staff", "all")]
    assert collector("token", "revoke", "1", "--store", store_url).output == "token 1 is revoked\n"
    assert "revoked" in collector("token", "list", "--store", store_url).output
    assert "there is no token 9" in str(collector("token", "revoke", "9", "--store", store_url).exception)


def test_a_customers_token_needs_its_account(store_url):
    for more in ([], ["--account", "NOBODY"]):
        done = collector("token", "create", "--role", "customer", "--name", "x", "--store", store_url, *more)
        assert done.exception is not None
        assert "account" in str(done.exception)


def test_tokens_and_the_store_are_where_the_settings_file_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "collector.toml"
    file.write_text(f'store = "sqlite:///{tmp_path}/other.db"\n')

    def run(*words):
        done = CliRunner().invoke(main_group, [*words, "--config", str(file), "--json"], catch_exceptions=False)
        return json.loads(done.stdout)

    assert run("store", "migrate") == {"migrated": True}
    made = run("token", "create", "--role", "reader", "--name", "x")
    assert [one["name"] for one in run("token", "list")["items"]] == ["x"]
    assert run("token", "revoke", str(made["token"]["id"])) == {"revoked": made["token"]["id"]}
    assert run("store", "check")["integrity"] == "ok"
    assert not (tmp_path / "fleet.db").exists()


def test_the_first_link_is_made_at_each_start_until_somebody_has_used_it(store_url):
    settings = config.load({"store": store_url})
    links = [first_link(settings) for _ in range(2)]
    assert all(link.startswith("http://127.0.0.1:8380/link/") for link in links)
    assert links[0] != links[1]


def test_a_store_is_migrated_and_checked(store_url):
    assert collector("store", "migrate", "--store", store_url).exit_code == 0
    found = json.loads(collector("store", "check", "--json", "--store", store_url).output)
    assert (found["integrity"], found["robots"], found["robot_days"]) == ("ok", 0, 0)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["serve", "--listen", "8380"], "listen: write it as HOST:PORT"),
        (["serve", "--store", "mysql://x"], "store: "),
        (["verify", "--truth", __file__, "--url", "ftp://x", "--token", "t"], "robot, day, counter, value"),
        (["token", "list", "--url", "http://127.0.0.1:9", "--token", "t"], "check --url"),
        (["token", "list", "--store", "sqlite:///nothing-here.db"], "does not exist"),
    ],
)
def test_a_mistake_is_one_line_with_its_remedy_and_exit_code_2(arguments, says):
    done = subprocess.run(
        [sys.executable, "-m", "collector", *arguments], capture_output=True, text=True, check=False, timeout=DEADLINE_S
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("collector: ")
    assert says in done.stderr


def test_a_served_store_is_written_only_through_its_collector(tmp_path, mosquitto):
    """serve starts, answers, keeps others from writing its file, takes their wishes over HTTP, and stops with 0."""
    store, port = f"sqlite:///{tmp_path}/fleet.db", free_port()
    secret = collector("token", "create", "--role", "admin", "--name", "me", "--store", store).stdout.strip()
    command = ["serve", "--store", store, "--mqtt", mosquitto.url, "--listen", f"127.0.0.1:{port}"]
    serving = subprocess.Popen([sys.executable, "-m", "collector", *command], stdout=subprocess.PIPE, text=True)
    try:
        assert serving.stdout.readline() == f"Pages and API: http://127.0.0.1:{port}/\n"
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/sign-in") as answer:
            assert b"Fleetward" in answer.read()
        refused = collector("token", "create", "--role", "reader", "--name", "x", "--store", store)
        assert "--url" in str(refused.exception)
        through = ["--url", f"http://127.0.0.1:{port}", "--token", secret]
        assert collector("token", "create", "--role", "reader", "--name", "x", *through).stdout.startswith("fw_")
        assert len(json.loads(collector("token", "list", "--json", "--store", store).output)) == 2
    finally:
        serving.terminate()
        assert serving.wait(DEADLINE_S) == 0
        serving.stdout.close()


def test_text_that_a_spreadsheet_would_run_is_quoted():
    assert [safe(cell) for cell in ("=1+1", "@x", "-2", "plain", 5, None)] == ["'=1+1", "'@x", "'-2", "plain", 5, ""]
