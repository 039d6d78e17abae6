"""A past day is judged by what the robot said of its counters then, not by what it says today."""

import pytest
from sqlalchemy import delete

from collector import retention
from collector.fleet import usage
from collector.fleet.counts import NOT_ARRIVED, UNSUPPORTED, Counted
from collector.fleet.scope import EVERYTHING, find
from collector.scores import days_codec
from collector.store.tables.fleet import counter_support_past
from collector.store.tables.health import account_day
from collector.values.keep import Keep
from protocol import codec, topics
from protocol import records as wire
from tests import portfolio as p
from tests.batches import DAY, EPOCH, commit, decode, lifecycle, message, rows_of, window
from tests.policies import a_closing
from tests.portfolio import DAY_S

T = DAY + 6
DAYS = range(T - 5, T + 1)
CAN, CANNOT = {"supported": ["touches"]}, {"unsupported": ["touches"]}
SAID = {T - 5: CAN, T - 3: CANNOT, T - 1: CAN}
"""Every day at six; a window at nine. On two days it could not."""
RIGHT = [Counted(0), Counted(0), UNSUPPORTED, UNSUPPORTED, Counted(0), Counted(0)]


def records():
    found = []
    for day in DAYS:
        if day in SAID:
            found.append(lifecycle(len(found) + 1, "counters", SAID[day], at=day * DAY_S + 6 * 3600))
        found.append(window(len(found) + 1, {"faces": 1}, at=day * DAY_S + 9 * 3600))
    return found


def arrive(store, whole):
    """As one backlog in one group, or record by record."""
    p.add_account(store, "ACME", ["r1"])
    rows = records()
    groups = [rows] if whole else [[row] for row in rows]
    for group in groups:
        commit(store, message("r1", group), received_s=(T + 1) * DAY_S)


def shown(store):
    with store.read() as connection:
        seen = find(connection, "r1", EVERYTHING)
        by_day = [one.counts["touches"] for one in usage.by_day(connection, seen, DAYS[0], DAYS[-1])]
        sums = usage.sums(connection, EVERYTHING, from_day=DAYS[0], to_day=DAYS[-1], counters=["touches"])
        return by_day, [one.counts["touches"] for one in sums]


def in_account_days(store):
    a_closing(store=store).run((T + 1) * DAY_S + DAY_S // 2)
    rows = {row["day"]: row["body"] for row in rows_of(store, account_day)}
    return ["touches" in days_codec.decode(day, 1, rows[day]).counts for day in DAYS]


@pytest.mark.parametrize("whole", [True, False])
def test_a_day_on_which_a_robot_could_not_count_stays_unsupported_and_one_on_which_it_could_zero(store, whole):
    arrive(store, whole)
    by_day, sums = shown(store)
    assert by_day == RIGHT
    assert sums == RIGHT
    assert in_account_days(store) == [isinstance(one, Counted) for one in RIGHT]


def test_without_what_was_said_before_past_days_are_judged_by_the_last_change(store):
    """The control."""
    arrive(store, whole=False)
    with store.write() as connection:
        connection.execute(delete(counter_support_past))
    by_day, sums = shown(store)
    assert by_day[:2] == [UNSUPPORTED, UNSUPPORTED] != RIGHT[:2]
    assert sums[:2] == [UNSUPPORTED, UNSUPPORTED]


def test_a_robot_that_is_new_to_this_store_could_always_count_what_it_says_in_answer_to_its_hello(store):
    """A replaced store asks for the description; windows of the days before are on their way."""
    what = {"supported": ["touches"], "unsupported": ["plays"]}
    told = wire.description(agent="1.1", timezone="UTC", model="AOBO", rom="V9", configuration={}, **what)
    hello = wire.hello(robot="r1", epoch=EPOCH, mark=0, held=1, about="00000000000000aa", description=told)
    commit(store, decode(topics.up("r1"), codec.encode(hello)), received_s=(T + 1) * DAY_S)
    rows = [window(n, {"faces": 1}, at=day * DAY_S + 9 * 3600) for n, day in enumerate(DAYS, 1)]
    commit(store, message("r1", rows), received_s=(T + 1) * DAY_S)
    by_day, _ = shown(store)
    assert by_day == [Counted(0)] * len(DAYS)


def test_what_was_said_long_ago_is_forgotten_with_the_events(store):
    arrive(store, whole=False)
    assert len(rows_of(store, counter_support_past)) == 2
    keep, now_s = Keep(), (T - 1) * DAY_S

    def in_turn(step):
        with store.write() as connection:
            return step(connection)

    retention.run(in_turn, keep, now_s + keep.events_days * DAY_S)
    assert [row["until_s"] for row in rows_of(store, counter_support_past)] == [(T - 1) * DAY_S + 6 * 3600]
    assert NOT_ARRIVED not in shown(store)[0]
