"""`collector backtest --propose` on a store with losses enough: the file, the answer, and what stays as it was."""

import json

from click.testing import CliRunner

from collector.calendar import days
from collector.commands.backtest import backtest
from collector.health.policy.file import Policy
from tests.past_losses import ACCOUNTS, DAY0, fill


def test_the_file_is_the_answers_policy_and_no_score_changes(store, store_url, tmp_path):
    fill(store)
    file = tmp_path / "policy.toml"
    asked = ["--store", store_url, "--propose", str(file), "--lead", "30", "--resamples", "20"]
    done = CliRunner().invoke(backtest, [*asked, "--json"], catch_exceptions=False)
    assert done.exit_code == 0
    said = json.loads(done.stdout)
    assert file.read_text(encoding="utf-8") == said["proposal"]["policy"]
    assert Policy.load(said["proposal"]["policy"]).hash == said["proposal"]["proposed"]
    assert said["proposal"]["factors"]["B2"] > said["proposal"]["factors"]["C1"]
    assert said["effect"]["proposed"] == said["proposal"]["proposed"]
    spoken = CliRunner().invoke(backtest, [*asked, "--lang", "zh"], catch_exceptions=False).stdout
    assert "只有设置 health_policy 指向它" in spoken


def test_an_imported_past_without_an_own_day_is_proposed_from_and_previewed_on_its_newest_recorded_day(
    store, store_url, tmp_path
):
    fill(store, "recorded")
    asked = ["--store", store_url, "--propose", str(tmp_path / "policy.toml"), "--lead", "30", "--resamples", "20"]
    done = CliRunner().invoke(backtest, [*asked, "--basis", "recorded", "--json"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    effect = json.loads(done.stdout)["effect"]
    assert (effect["basis"], effect["day"]) == ("recorded", days.iso(DAY0 + 28 * 28))
    assert effect["scored"] >= ACCOUNTS // 2  # who renewed is still a customer
    spoken = CliRunner().invoke(backtest, [*asked, "--basis", "recorded"], catch_exceptions=False).stdout
    assert "It rests on the newest recorded day" in spoken


def test_a_preview_rests_on_what_arrived_where_that_was_scored(store, store_url, tmp_path):
    fill(store)
    asked = ["--store", store_url, "--propose", str(tmp_path / "policy.toml"), "--lead", "30", "--resamples", "20"]
    done = CliRunner().invoke(backtest, [*asked, "--json"], catch_exceptions=False)
    assert json.loads(done.stdout)["effect"]["basis"] == "arrived"
    assert "recorded day" not in CliRunner().invoke(backtest, asked, catch_exceptions=False).stdout
