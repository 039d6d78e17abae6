"""Settings are obeyed by the operations, by the closing and by the commands."""

import contextlib
import json
from dataclasses import replace
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from sqlalchemy import insert, select

from collector import app, config, context, scheduled
from collector.__main__ import main_group
from collector.access.caller import THE_CLOCK
from collector.accounts.ledger import facts as ledger
from collector.accounts.ledger.facts import Origin
from collector.accounts.ledger.kinds import money
from collector.accounts.ledger.kinds.registry import KINDS
from collector.calendar import days
from collector.closing.runs import Runs
from collector.commands import door
from collector.context import Services
from collector.errors import ConfigurationError
from collector.health.policy.file import Policy
from collector.notifications import webhooks
from collector.operations import anomalies
from collector.operations.closing import closing_of
from collector.scores import scores
from collector.store.engine import open_store
from collector.store.tables.fleet import account
from collector.store.tables.notifications import delivery
from collector.success import ctas
from collector.success.ctas import CtaFilter
from collector.values.keep import Keep
from collector.values.refusal import Refused
from tests import fleets
from tests.fleets import NOON, TODAY
from tests.plain_facts import a_contract, an_account
from tests.policies import GRACE_DAYS, HEALTH, PLAYBOOKS, a_closing

DAY = 20_400
SUNDAY = DAY + 1


def policy_of(grace_days: int) -> Policy:
    old = f"grace_days = {{ value = {GRACE_DAYS},"
    assert old in HEALTH.text
    return Policy.load(HEALTH.text.replace(old, f"grace_days = {{ value = {grace_days},"))


def in_euros(store):
    """Six contracts in EUR due in every period of 28 days, renewed but for those of the newest."""
    names = [f"A{n:03d}" for n in range(78)]
    facts = {"account": [], "contract": [], "line": [], "renewal": []}
    for number, name in enumerate(names):
        due = DAY - 28 * (number // 6) - 5
        facts["account"].append(an_account(id=name, name=name))
        facts["contract"].append(a_contract(id=name, account=name, starts=due - 364, ends=due, currency="EUR"))
        facts["line"].append(money.ContractLine(id=name, account=name, contract=name, amount=100_00))
        outcome = "renewed" if number >= 6 else "lost"
        facts["renewal"].append(
            money.Renewal(
                id=name, account=name, contract=name, due_day=due, outcome=outcome, decided_day=due, amount=100_00
            )
        )
    with store.write() as connection:
        connection.execute(insert(account), [{"external_id": n, "name": n, "created_at": NOON} for n in names])
        ids = ledger.row_ids(connection, names)
        for kind, made in facts.items():
            ledger.append(connection, KINDS[kind], made, [ids[name] for name in names], Origin("test", NOON))


@pytest.mark.parametrize("currency", ["EUR", "CNY"])
def test_swings_count_customers_and_need_no_exchange_rate(store, currency):
    """Contracts are in EUR, and no rate is stated: who left is known in any base currency."""
    in_euros(store)
    asked = context.of(config.load({"base_currency": currency}), store, lambda: NOON, THE_CLOCK)
    assert {one.figure: one.state for one in anomalies.list_swings(asked, DAY)}["churn"] == "swung"


@pytest.mark.parametrize("currency", ["EUR", "CNY"])
def test_the_week_tells_of_a_swing_in_any_base_currency(store, currency):
    in_euros(store)
    with store.write() as connection:
        webhooks.add(connection, "https://example.com/hook", ("figure.swung",), "whsec_AAAA", NOON, private=False)
    asked = context.of(config.load({"base_currency": currency, "scoring_processes": 1}), store, lambda: NOON, THE_CLOCK)
    closing_of(asked).close(SUNDAY, NOON)
    with store.read() as connection:
        bodies = connection.execute(select(delivery.c.body).where(delivery.c.webhook_id.is_not(None))).scalars().all()
    assert "churn" in {json.loads(body)["data"]["figure"] for body in bodies}


def test_a_score_made_by_a_command_names_the_policy_of_the_settings(store_url, tmp_path, monkeypatch):
    monkeypatch.setattr(door, "time", SimpleNamespace(time=lambda: NOON + 2 * days.DAY_S))
    with contextlib.closing(open_store(store_url)) as opened:
        fleets.story(opened)
    policy = tmp_path / "health.toml"
    policy.write_text(policy_of(9).text, encoding="utf-8")
    day = ("--day", days.iso(TODAY), "--store", store_url)
    done = CliRunner().invoke(main_group, ["score", *day], env={"COLLECTOR_HEALTH_POLICY": str(policy)})
    assert done.exit_code == 0, done.exception
    with contextlib.closing(open_store(store_url)) as opened, opened.read() as connection:
        made_by = {line.policy for line in scores.lines(connection, TODAY, "arrived")}
    assert made_by == {policy_of(9).hash} != {HEALTH.hash}


async def test_the_closing_job_closes_what_is_due_by_an_operation(store):
    fleets.story(store)
    asked = context.of(config.load({"scoring_processes": 1}), store, lambda: NOON, THE_CLOCK)
    runs = Runs(closing_of(asked), asked.clock)
    serving = replace(asked, services=Services(runs=runs))
    (job,) = [job for job in scheduled.jobs(serving, Keep()) if job.name == "closing"]
    answer = await job.work()
    runs.thread.join()
    assert not isinstance(answer, Refused)
    with store.read() as connection:
        assert scores.newest_day(connection, None, "arrived") == TODAY - 1
    (refused,) = [await job.work() for job in scheduled.jobs(asked, Keep()) if job.name == "closing"]
    assert isinstance(refused, Refused), "the control: this process has no closings"


@pytest.mark.parametrize(("grace_days", "called", "not_called"), [(5, "LAPSED", "RENEWAL"), (60, "RENEWAL", "LAPSED")])
def test_the_grace_of_the_policy_holds_for_calls_to_action_as_for_scores(store, grace_days, called, not_called):
    fleets.story(store)
    with store.write() as connection:
        over = a_contract(id="k", account="ACME", starts=TODAY - 400, ends=TODAY - 11)
        fleets.add(connection, "contract", over)
    a_closing(store, processes=1, policy=policy_of(grace_days)).close(TODAY - 1, NOON)
    with store.read() as connection:
        found = ctas.page(connection, CtaFilter(), PLAYBOOKS, limit=100).items
    rules = {one.rule for one in found if one.account == "ACME"}
    assert called in rules
    assert not_called not in rules


def test_a_command_makes_no_store_where_there_is_none(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main_group, ["score"], catch_exceptions=True)
    assert done.exit_code != 0
    assert "does not exist" in str(done.exception or done.output)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("given", [("skills_robots_ca",), ("skills_certificate",), ("skills_certificate_key",)])
async def test_a_site_of_packages_never_falls_back_to_plain_http(tmp_path, given):
    """The control: with none of the three it is plain HTTP, as asked."""
    folder = {"skills_folder": str(tmp_path), "skills_listen": "127.0.0.1:0"}
    with pytest.raises(ConfigurationError, match="TLS needs a certificate and its key"):
        await app._skills(config.load(folder | dict.fromkeys(given, "/etc/one.pem")))
    site = await app._skills(config.load(folder))
    await site.cleanup()
