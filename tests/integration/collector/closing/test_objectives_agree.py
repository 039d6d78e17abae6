"""An objective that began before the score's history has one number: in its score, its call to action and its plan."""

import orjson
import pytest
from sqlalchemy import select

from collector.accounts.ledger.kinds import care
from collector.scores import reads, scores
from collector.store.tables.success import cta
from collector.success import reads as success_reads
from tests import portfolio as p
from tests.policies import a_closing
from tests.portfolio import NOON, T

BEGAN = T - 179
OPEN_S = NOON + p.DAY_S


@pytest.fixture
def account(store):
    """One robot, a hundred interactions a day for 30 days and ten a day since: the start is what the history lacks."""
    found = p.add_account(store, "ACME", [], industry="museum", scene="exhibition_hall")
    p.deploy(store, "ACME", "r", from_day=BEGAN)
    p.use(store, "r", range(BEGAN, BEGAN + 30), {"interaction": 100})
    p.use(store, "r", range(BEGAN + 30, T + 1), {"interaction": 10})
    target = care.Objective(
        id="O", account="ACME", plan="Hall", counter="interaction", target=9000.0, per="period", from_day=BEGAN,
        to_day=T + 20,
    )  # fmt: skip
    p.write(store, "objective", target)
    return found


def closed(store):
    """T is closed, and a day of two months before was: the account-days reach back to the beginning."""
    for day in (T - 90, T):
        a_closing(store=store).close(day, (day + 1) * p.DAY_S + 12 * p.HOUR_S)


def told(store, account):
    """Reached, as the score's call to action and as the plan say it; what E2 judged by."""
    with store.read() as connection:
        row = connection.execute(select(cta.c.evidence).where(cta.c.rule == "OBJECTIVE")).scalar()
        plan = success_reads.plans(connection, account, OPEN_S, T).plans[0].objectives[0]
        score = scores.newest(connection, [account], T, "arrived")[account].scored
    called = None if row is None else (orjson.loads(row) if isinstance(row, str | bytes) else row)["reached"]
    return called, plan.reached, score.measures["E2"].detail


def test_the_call_and_the_plan_of_one_objective_say_one_number(store, account):
    closed(store)
    assert told(store, account) == (4500, 4500, {"objectives": ["O"], "objectives_behind": ["O"]})


def test_days_that_only_the_history_has_are_caught(store, account, monkeypatch):
    """The control: without the days before the history, the call says what the last 150 days had."""
    monkeypatch.setattr(reads, "_older", lambda *_: {})
    closed(store)
    called, planned, _ = told(store, account)
    assert (called, planned) == (1500, 4500)
