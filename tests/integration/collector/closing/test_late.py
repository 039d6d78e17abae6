"""Ingest and imports note what comes for days that are settled, and nothing else; on both databases."""

from io import BytesIO

import pytest
from sqlalchemy import select

from collector.calendar import days
from collector.exchange.imports.usage_history import commit, stage
from collector.exchange.imports.usage_staging import Staging
from collector.ingest.transaction import Groups
from collector.scores.rollup import rollup
from collector.store.tables.health import late_day
from tests import batches
from tests import portfolio as p
from tests.batches import DAY, NOON
from tests.policies import GRAVE
from tests.portfolio import HOUR_S, T

DAY_END = (DAY + 1) * 86_400


def noted(store):
    with store.read() as connection:
        return connection.execute(select(late_day.c.day).order_by(late_day.c.day)).scalars().all()


@pytest.mark.parametrize(
    ("arrives", "late"),
    [(NOON + 60, []), (DAY_END + HOUR_S, []), (DAY_END + 2 * HOUR_S, [DAY]), (DAY_END + 40 * HOUR_S, [DAY])],
)
def test_a_window_is_late_when_its_day_was_settled_where_the_robot_is(store, arrives, late):
    group = {0: batches.message("r1", [batches.window(1, {"interaction": 5}, at=NOON)])}
    Groups(store).commit(group, arrives)
    assert noted(store) == late


def test_an_import_notes_the_days_that_are_rolled_up_and_leaves_the_others_to_the_first_rollup(store):
    account = p.add_account(store, "OLD", ["f1"])

    def bring(day):
        with Staging() as staging:
            lines = ["account,robot,day,counter,value\n", f"OLD,f1,{p.iso(day)},interaction,{day}\n"]
            assert stage(BytesIO("".join(lines).encode()), staging, days.of(p.NOON, "UTC")) is None
            with store.write() as connection:
                commit(connection, staging, p.NOON)

    bring(T - 3)
    assert noted(store) == []
    rollup.roll_up(store, [account], T - 1, p.NOON, grave=GRAVE)
    bring(T - 4)
    bring(T)
    assert noted(store) == [T - 4]
