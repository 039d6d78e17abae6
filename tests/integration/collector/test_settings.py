"""Settings are obeyed by the operations, by the closing and by the commands."""

import pytest
from click.testing import CliRunner
from sqlalchemy import insert

from collector import config, context
from collector.__main__ import main_group
from collector.access.caller import THE_CLOCK
from collector.accounts.ledger import facts as ledger
from collector.accounts.ledger.facts import Origin
from collector.accounts.ledger.kinds import money, who
from collector.accounts.ledger.kinds.registry import KINDS
from collector.health.policy.file import Policy
from collector.operations import anomalies
from collector.store.tables.fleet import account
from collector.success import ctas
from collector.success.ctas import CtaFilter
from tests import fleets
from tests.fleets import NOON, TODAY
from tests.policies import GRACE_DAYS, HEALTH, PLAYBOOKS, a_closing

DAY = 20_400


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
        facts["account"].append(who.Account(id=name, name=name))
        facts["contract"].append(money.Contract(id=name, account=name, starts=due - 364, ends=due, currency="EUR"))
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


def test_swings_are_of_the_base_currency(store):
    in_euros(store)
    states = {}
    for currency in ("EUR", "CNY"):
        asked = context.of(config.load({"base_currency": currency}), store, lambda: NOON, THE_CLOCK)
        states[currency] = {one.figure: one.state for one in anomalies.list_swings(asked, DAY)}
    assert states["EUR"]["churn"] == "swung"
    assert states["CNY"]["churn"] == "no_history", "the control: money without a stated rate is nobody's"


@pytest.mark.parametrize(("grace_days", "called", "not_called"), [(5, "LAPSED", "RENEWAL"), (60, "RENEWAL", "LAPSED")])
def test_the_grace_of_the_policy_holds_for_calls_to_action_as_for_scores(store, grace_days, called, not_called):
    fleets.story(store)
    with store.write() as connection:
        over = money.Contract(id="k", account="ACME", starts=TODAY - 400, ends=TODAY - 11)
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
