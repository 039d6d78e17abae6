"""Swings of the portfolio's figures, from facts in a store."""

import orjson
import pytest
from sqlalchemy import insert, select

from collector.accounts.ledger import facts as ledger
from collector.accounts.ledger.facts import Origin
from collector.accounts.ledger.kinds import money
from collector.accounts.ledger.kinds.registry import KINDS
from collector.health.anomalies.swings import Swing
from collector.notifications import announcements, webhooks
from collector.scores import portfolio_swings
from collector.store.tables.fleet import account
from collector.store.tables.health import incident
from collector.store.tables.notifications import delivery
from collector.success.store import Updated
from tests.plain_facts import a_contract, an_account
from tests.policies import CURRENCY, GRACE_DAYS, HEALTH, PLAYBOOKS, RULES

DAY, NOW = 20_400, 1_770_000_000
DUE_EACH = 6


@pytest.fixture
def portfolio(store):
    """Six contracts due in every period of 28 days; all are renewed on their day, but for those of the newest."""
    names = [f"A{n:03d}" for n in range(13 * DUE_EACH)]
    with store.write() as connection:
        connection.execute(insert(account), [{"external_id": n, "name": n, "created_at": NOW} for n in names])
        ids = ledger.row_ids(connection, names)
        said = {"account": [], "contract": [], "line": [], "renewal": []}
        for number, name in enumerate(names):
            back = number // DUE_EACH
            due = DAY - 28 * back - 5
            said["account"].append(an_account(id=name, name=name))
            said["contract"].append(a_contract(id=name, account=name, starts=due - 364, ends=due))
            said["line"].append(money.ContractLine(id=name, account=name, contract=name, amount=100_00))
            outcome = "renewed" if back else "lost"
            said["renewal"].append(
                money.Renewal(
                    id=name, account=name, contract=name, due_day=due, outcome=outcome, decided_day=due, amount=100_00
                )
            )
        for kind, facts in said.items():
            ledger.append(connection, KINDS[kind], facts, [ids[name] for name in names], Origin("test", NOW))
    return store


def test_a_month_in_which_nobody_renews_swings_renewal_and_churn(portfolio):
    with portfolio.read() as connection:
        found = {
            one.figure: one
            for one in portfolio_swings.swings(connection, DAY, rules=RULES, currency=CURRENCY, grace_days=GRACE_DAYS)
        }
    assert (found["renewal"].state, found["renewal"].bad, found["renewal"].rate) == ("swung", True, 0.0)
    assert (found["churn"].state, found["churn"].direction) == ("swung", "up")
    assert found["upsell"].state == "steady"
    assert found["active"].state == "no_history"


def test_a_month_before_is_steady(portfolio):
    with portfolio.read() as connection:
        found = {
            one.figure: one
            for one in portfolio_swings.swings(
                connection, DAY - 28, rules=RULES, currency=CURRENCY, grace_days=GRACE_DAYS
            )
        }
    assert found["renewal"].state == "steady"
    assert found["churn"].state == "steady"


def test_a_bad_swing_is_told_once_a_week(portfolio):
    with portfolio.write() as connection:
        webhooks.add(connection, "https://example.com/hook", ("figure.swung",), "whsec_AAAA", NOW, private=False)
        for day in range(DAY - 5, DAY + 2):  # one of them is a Sunday
            announcements.closed_day(
                connection, day, Updated(), NOW, policy=HEALTH, playbooks=PLAYBOOKS, currency=CURRENCY
            )
        bodies = connection.execute(select(delivery.c.body).where(delivery.c.webhook_id.is_not(None))).scalars().all()
    told = {orjson.loads(body)["data"]["figure"] for body in bodies}
    assert len(bodies) == len(told)
    assert "churn" in told


def test_an_empty_store_has_no_history(store):
    with store.read() as connection:
        assert {
            one.state
            for one in portfolio_swings.swings(connection, DAY, rules=RULES, currency=CURRENCY, grace_days=GRACE_DAYS)
        } == {"no_history"}


def test_only_a_swing_that_costs_money_is_told(store, monkeypatch):
    swung = {"label": "May", "state": "swung", "rate": 0.9, "usual": 0.5, "p": 0.001}
    found = [
        Swing(figure="renewal", direction="up", **swung),
        Swing(figure="churn", direction="up", bad=True, **swung),
        Swing(figure="upsell", label="May", state="steady", rate=0.5, usual=0.5),
    ]
    monkeypatch.setattr(portfolio_swings, "swings", lambda *_: found)
    with store.write() as connection:
        webhooks.add(connection, "https://example.com/hook", ("figure.swung",), "whsec_AAAA", NOW, private=False)
        for day in range(DAY - 6, DAY + 1):
            announcements.closed_day(
                connection, day, Updated(), NOW, policy=HEALTH, playbooks=PLAYBOOKS, currency=CURRENCY
            )
        bodies = connection.execute(select(delivery.c.body).where(delivery.c.webhook_id.is_not(None))).scalars().all()
    assert [orjson.loads(body)["data"]["figure"] for body in bodies] == ["churn"]


def test_an_incident_is_told_on_the_day_it_opened_and_not_again(store):
    with store.write() as connection:
        webhooks.add(connection, "https://example.com/hook", ("incident.opened",), "whsec_AAAA", NOW, private=False)
        values = {"cause": "firmware", "value": "9.1", "detail": "{}", "opened_day": DAY, "arrived_at": NOW}
        connection.execute(insert(incident).values(values))
        told = []
        for day in (DAY - 1, DAY, DAY + 1):
            announcements.closed_day(
                connection, day, Updated(), NOW, policy=HEALTH, playbooks=PLAYBOOKS, currency=CURRENCY
            )
            told.append(len(connection.execute(select(delivery.c.id)).all()))
    assert told == [0, 1, 1]
