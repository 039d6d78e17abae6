"""The weekly watch over drift, on a store: it judges when it is due, raises what moved, and ends what is over."""

import pytest
from sqlalchemy import insert

from collector import config
from collector import context as context_of
from collector.access.caller import COMMAND_LINE
from collector.accounts.ledger import facts as ledger
from collector.fleet import drift_alarm
from collector.health.model import MeasureScore, Scored
from collector.operations.drift import JudgeDrift, judge_drift, watch_drift
from collector.operations.fleet import ClearAlarm, clear_alarm, list_alarms
from collector.operations.operation import Done
from collector.scores import scores
from collector.store.tables.fleet import account

NOW = 1_780_000_000
DAY0, ACCOUNTS, PERIOD = 20_000, 30, 28
NAMES = [f"A{n:02d}" for n in range(ACCOUNTS)]


def day_of(store, day, points):
    """All accounts scored on that day; `points` of the measure B2 by number."""
    with store.write() as connection:
        ids = ledger.row_ids(connection, NAMES)
        rows = [scores.row_of(ids[name], scored(name, day, points(n)), day) for n, name in enumerate(NAMES)]
        scores.append(connection, rows, "arrived", NOW)


def scored(name, day, points):
    measures = {"B2": MeasureScore(state="present", score=points, weight=100.0)}
    return Scored(
        account=name, day=day, policy="p1", profile="mature", raw=60.0, final=60.0, band="yellow", coverage=1.0,
        measures=measures,
    )  # fmt: skip


def usual(number):
    return 40.0 + number


def fallen(number):
    return float(number)


@pytest.fixture
def context(store):
    with store.write() as connection:
        connection.execute(insert(account), [{"external_id": n, "name": n, "created_at": NOW} for n in NAMES])
    for period in range(8):
        day_of(store, DAY0 + PERIOD * period, usual)
    return context_of.of(config.load({}), store, lambda: float(NOW), COMMAND_LINE)


def drifts(context):
    return [(one.kind, one.times) for one in list_alarms(context, True) if one.kind in drift_alarm.KINDS]


def test_what_moved_is_an_alarm_until_it_is_over_and_is_judged_once_a_week(store, context):
    assert watch_drift(context, None) is True
    assert drifts(context) == [], "the control: nothing has moved yet"
    assert watch_drift(context, None) is False, "the week is not over"
    newest = DAY0 + PERIOD * 8
    day_of(store, newest, fallen)
    assert watch_drift(context, None) is True
    assert drifts(context) == [(drift_alarm.INPUTS, 1)]
    (said,) = [one for one in list_alarms(context, True) if one.kind == drift_alarm.INPUTS]
    assert said.detail.startswith("shares of accounts moved: B2 (")
    assert said.said["zh"].startswith("客户占比发生变动")
    for period in range(1, 13):
        day_of(store, newest + PERIOD * period, fallen)
        watch_drift(context, None)
    assert drifts(context) == [], "it is as it has been for a year"


def test_a_person_clears_it_and_it_holds_again_when_it_is_found_again(store, context):
    for period in (8, 9):
        day_of(store, DAY0 + PERIOD * period, fallen)
        assert watch_drift(context, None) is True
        assert len(drifts(context)) == 1
        assert clear_alarm(context, ClearAlarm(kind=drift_alarm.INPUTS)) == Done()
        assert drifts(context) == []
    assert clear_alarm(context, ClearAlarm(kind=drift_alarm.INPUTS)).kind == "not_found"


def test_whoever_asks_is_told_the_same_and_nothing_is_written(store, context):
    day_of(store, DAY0 + PERIOD * 8, fallen)
    found = judge_drift(context, JudgeDrift(basis="arrived"))
    assert (found.inputs.state, found.inputs.shifts[0].name) == ("drifted", "B2")
    assert found.outcomes.state == "no_history"
    assert drifts(context) == []
