"""Amounts that no robot can have counted: a released one arrives once, a refused one stays seen."""

import pytest
from sqlalchemy import select

from collector import config, context
from collector.access.caller import COMMAND_LINE
from collector.fleet import holes, overview, usage
from collector.fleet.counts import Counted, NotCounted
from collector.fleet.parked_counts import Uncounted
from collector.fleet.scope import EVERYTHING, find
from collector.operations import parked_counts
from collector.operations.parked_counts import DecideParkedCount, ListParkedCounts
from collector.scores.days_codec import decode
from collector.store.tables.health import account_day
from collector.values.refusal import Refused
from protocol.counters import ROBOT_DAY_MAX
from tests import portfolio as p
from tests.batches import commit, lifecycle, message, window
from tests.calendars import never_closed
from tests.policies import a_closing
from tests.portfolio import DAY_S, NOON, T

AT = T * DAY_S + 9 * 3600
MUCH = 50_000


@pytest.fixture
def account(store):
    return p.add_account(store, "ACME", ["acme-0"])


@pytest.fixture
def desk(store):
    settings = config.load({"store": "sqlite:///unused.db"})
    return context.of(settings, store, lambda: float(NOON + 3600), COMMAND_LINE)


def arrive(store, amount, seq=2):
    """Twenty wake-ups, then an amount in the next five minutes."""
    rows = [
        window(seq - 1, {"wake_up": 20}, at=AT, mono=1),
        window(seq, {"wake_up": amount, "faces": 1}, at=AT + 300, mono=301),
    ]
    commit(store, message("acme-0", rows, first=seq - 1), received_s=NOON)


def waiting(desk):
    return parked_counts.list_parked_counts(desk, ListParkedCounts(state="waiting", limit=10)).items


def robot_day(store):
    with store.read() as connection:
        seen = find(connection, "acme-0", EVERYTHING)
        return usage.by_day(connection, seen, T, T)[0]


def account_days(store, account):
    with store.read() as connection:
        wanted = select(account_day).where(account_day.c.account_id == account, account_day.c.day == T)
        rows = connection.execute(wanted.order_by(account_day.c.version)).all()
    return [decode(row.day, row.version, row.body).counts.get("wake_up") for row in rows]


def test_a_released_amount_reaches_the_robot_day_and_the_account_day_once(store, account, desk):
    arrive(store, MUCH)
    closing = a_closing(store=store)
    closing.run(NOON)
    assert account_days(store, account) == [20]
    [one] = waiting(desk)
    assert robot_day(store).uncounted == [Uncounted(p.iso(T), "wake_up", str(MUCH), "waiting")]
    done = parked_counts.release_parked_count(desk, DecideParkedCount(parked=one.id, why="a fair"))
    assert (done.state, done.decided_by, done.why, done.amount) == ("released", "command line", "a fair", str(MUCH))
    again = parked_counts.release_parked_count(desk, DecideParkedCount(parked=one.id, why="a fair"))
    assert isinstance(again, Refused)
    assert "was released by command line" in again.reason
    closing.run(NOON + 3600)
    closing.run(NOON + 7200)
    assert robot_day(store).counts["wake_up"] == Counted(20 + MUCH)
    assert robot_day(store).uncounted == []
    assert account_days(store, account) == [20, 20 + MUCH]


def test_a_refused_amount_stays_visible_as_refused_and_is_never_counted(store, account, desk):
    arrive(store, 2**53)
    [one] = waiting(desk)
    endless = parked_counts.refuse_parked_count(desk, DecideParkedCount(parked=one.id, why="a" * 501))
    assert isinstance(endless, Refused), "as the API refuses it"
    assert endless.reason == "why: 501 characters are more than 500"
    done = parked_counts.refuse_parked_count(desk, DecideParkedCount(parked=one.id, why="a broken source"))
    assert (done.state, done.why) == ("refused", "a broken source")
    released = parked_counts.release_parked_count(desk, DecideParkedCount(parked=one.id, why="after all"))
    assert isinstance(released, Refused)
    a_closing(store=store).run(NOON)
    assert account_days(store, account) == [20]
    assert robot_day(store).uncounted == [Uncounted(p.iso(T), "wake_up", str(2**53), "refused")]


def test_what_was_parked_alone_is_not_zero_on_the_robots_day_nor_on_the_accounts(store, account):
    told = {"supported": ["wake_up", "faces", "dance"], "unsupported": []}
    rows = [
        lifecycle(1, "counters", told, at=AT) | {"mono": 1},
        window(2, {"wake_up": 2**53, "faces": 1}, at=AT, mono=2),
    ]
    commit(store, message("acme-0", rows), received_s=NOON)
    a_closing(store=store).run(NOON)
    assert robot_day(store).counts["wake_up"] == NotCounted(None, "waiting")
    assert robot_day(store).counts["dance"] == Counted(0)
    assert account_days(store, account) == [None]
    with store.read() as connection:
        seen = find(connection, "acme-0", EVERYTHING)
        complete = holes.completeness_of(connection, seen, 14, NOON, never_closed)
        look = overview.read(connection, EVERYTHING, AT + 900, T)
        [total] = usage.sums(connection, EVERYTHING, from_day=T, to_day=T, counters=["wake_up", "dance"])
    assert complete.uncounted == [Uncounted(p.iso(T), "wake_up", str(2**53), "waiting")]
    assert look.today["wake_up"] == NotCounted(None, "waiting")
    assert total.counts["wake_up"] == NotCounted(None, "waiting")
    assert total.uncounted == {"wake_up": str(2**53)}


@pytest.mark.usefixtures("account")
def test_more_than_a_robot_day_holds_is_not_released_and_nothing_is_changed(store, desk):
    arrive(store, ROBOT_DAY_MAX)
    [one] = waiting(desk)
    refused = parked_counts.release_parked_count(desk, DecideParkedCount(parked=one.id, why="surely"))
    assert isinstance(refused, Refused)
    assert refused.kind == "unprocessable"
    assert [row.state for row in waiting(desk)] == ["waiting"]
    assert robot_day(store).counts["wake_up"] == Counted(20)


def test_a_decision_has_a_reason_and_an_amount(desk):
    for operation in (parked_counts.release_parked_count, parked_counts.refuse_parked_count):
        assert operation(desk, DecideParkedCount(parked=1, why=" ")).kind == "invalid"
        assert operation(desk, DecideParkedCount(parked=1, why="gone")).kind == "not_found"
