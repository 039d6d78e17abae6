"""Ingest and imports note what comes for days that are settled, and nothing else; on both databases."""

from io import BytesIO

import pytest
from sqlalchemy import select

from collector.calendar import days
from collector.exchange.imports.usage_history import commit, stage
from collector.exchange.imports.usage_staging import Staging
from collector.scores.rollup import rollup
from collector.store import rolled
from collector.store.tables.health import late_day
from tests import batches
from tests import portfolio as p
from tests.batches import DAY, NOON
from tests.groups import groups_of
from tests.plain_facts import BASE
from tests.policies import GRAVE
from tests.portfolio import T


def noted(store):
    with store.read() as connection:
        return connection.execute(select(late_day.c.day).order_by(late_day.c.day)).scalars().all()


@pytest.mark.parametrize(("through", "late"), [(None, []), (DAY - 1, []), (DAY, [DAY]), (DAY + 40, [DAY])])
def test_a_window_is_late_when_a_roll_up_has_read_its_day_whatever_the_clock_says(store, through, late):
    if through is not None:
        with store.write() as connection:
            rolled.begin(connection, through)
    group = {0: batches.message("r1", [batches.window(1, {"interaction": 5}, at=NOON)])}
    groups_of(store).commit(group, NOON + 60)
    assert noted(store) == late


def test_a_fault_that_closes_late_is_noted_for_the_days_that_it_was_stuck(store):
    with store.write() as connection:
        rolled.begin(connection, DAY + 3)
    rows = [batches.fault(1, "open"), batches.fault(2, "close", opened=1, at=NOON + 86_400)]
    groups_of(store).commit({0: batches.message("r1", rows)}, NOON + 60)
    assert noted(store) == [DAY, DAY + 1, DAY + 2, DAY + 3]


def test_an_import_notes_the_days_that_are_rolled_up_and_leaves_the_others_to_the_first_rollup(store):
    account = p.add_account(store, "OLD", ["f1"])

    def bring(day):
        with Staging() as staging:
            lines = ["account,robot,day,counter,value\n", f"OLD,f1,{p.iso(day)},interaction,{day}\n"]
            assert stage(BytesIO("".join(lines).encode()), staging, days.of(p.NOON, "UTC")) is None
            with store.write() as connection:
                commit(connection, staging, p.NOON, BASE)

    bring(T - 3)
    assert noted(store) == []
    rollup.roll_up(store, [account], T - 1, p.NOON, grave=GRAVE)
    bring(T - 4)
    bring(T)
    assert noted(store) == [T - 4]
