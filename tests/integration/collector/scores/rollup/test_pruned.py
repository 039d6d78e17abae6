"""What is added up again from rows that retention has taken never knows less than what stood."""

from dataclasses import replace

import pytest

from collector import config, context
from collector.access.caller import THE_CLOCK
from collector.operations import upkeep
from collector.scores.rollup import rollup
from collector.store.pruned import Pruned
from collector.values.keep import Keep
from tests import portfolio as p
from tests.policies import GRAVE
from tests.portfolio import DAY_S, HOUR_S, NOON, T
from tests.rolled_days import newest_days

KEEP = Keep(hours_days=2, events_days=2, faults_days=2, parked_days=2)


def prune(store, keep=KEEP):
    assert upkeep.remove_old_rows(context.of(config.load(), store, lambda: NOON, THE_CLOCK), keep) > 0


@pytest.mark.parametrize("protected", [True, False], ids=["kept", "control"])
def test_faults_and_open_hours_of_a_pruned_day_stand_when_it_is_added_up_again(store, monkeypatch, protected):
    account = p.add_account(store, "ACME", ["r1", "r2"])
    p.use(store, "r1", range(T - 9, T + 1), covered_h=15)  # three of them after the place has closed
    p.use(store, "r2", [T])
    opened = (T - 5) * DAY_S + 9 * HOUR_S
    p.fault(store, "r1", "network", opened, opened + HOUR_S)
    rollup.roll_up(store, [account], T, NOON, grave=GRAVE)
    before = newest_days(store)[account, T - 5]
    assert (before.faults, before.online_s) == ({"network": 1}, 12 * HOUR_S)
    prune(store)
    if not protected:
        monkeypatch.setattr(rollup.pruned, "read", lambda _: Pruned())
    p.late(store, "r2", T - 5, {"interaction": 7})
    rollup.roll_up(store, [account], T, NOON + HOUR_S, grave=GRAVE)
    after = newest_days(store)[account, T - 5]
    assert after.counts["interaction"] == before.counts["interaction"] + 7
    assert after.heard == 2
    assert (after.faults == {"network": 1}) is protected
    assert (after.affected == before.affected) is protected


def test_a_day_that_is_not_pruned_is_what_its_rows_say(store):
    account = p.add_account(store, "ACME", ["r1"])
    p.use(store, "r1", range(T - 9, T + 1))
    p.fault(store, "r1", "network", (T - 8) * DAY_S, (T - 8) * DAY_S + HOUR_S)  # old enough to go
    p.fault(store, "r1", "network", T * DAY_S, T * DAY_S + HOUR_S, seq=2)
    rollup.roll_up(store, [account], T, NOON, grave=GRAVE)
    prune(store, replace(KEEP, faults_days=4))
    with store.write() as connection:
        connection.exec_driver_sql("DELETE FROM fault_episode")  # a person corrected it
        connection.exec_driver_sql(f"INSERT INTO late_day (day, robot_id) VALUES ({T}, {p.robot_id(store, 'r1')})")
    rollup.roll_up(store, [account], T, NOON + HOUR_S, grave=GRAVE)
    assert newest_days(store)[account, T].faults == {}
