"""Months are closed once and never changed; what comes later is on the next bill; one bad account stops no other."""

import pytest
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from collector.calendar.days import DAY_S
from collector.operations import skill_bills
from collector.operations.skill_bills import BillLineOf
from collector.store.tables.fleet import deployment, gap, parked_count, stream
from collector.store.tables.skill_bills import skill_bill, skill_bill_line
from tests import billed
from tests.billed import CLOSES, JULY, JUNE, MAY
from tests.portfolio import robot_id


@pytest.fixture
def account(store):
    billed.offer(store)
    made = billed.an_account(store)
    billed.contract(store, "ACME")
    billed.sell(store, made)
    return made


def lines(sheet):
    return [(line.charge, line.month, line.quantity, line.amount) for line in sheet.lines]


@pytest.mark.usefixtures("account")
def test_a_month_is_closed_after_its_grace_and_once(store):
    billed.count(store, "acme-0", {MAY: 7, MAY + 1: 5, JUNE: 3})
    assert billed.close(store, (JUNE + 4) * DAY_S).bills == 0
    assert billed.close(store, CLOSES).bills == 1
    assert billed.close(store, CLOSES + DAY_S).bills == 0
    (may,) = billed.bills(store)
    assert lines(may) == [("fee", "2026-05", "1", "300.00"), ("tours", "2026-05", "12", "10.67")]
    assert (may.bill.amount, may.bill.state) == ("310.67", "closed")


@pytest.mark.usefixtures("account")
def test_the_setting_says_how_long_the_grace_is(store):
    assert billed.close(store, (JUNE + 19) * DAY_S, bill_grace_days=20).bills == 0
    assert billed.close(store, JUNE * DAY_S, bill_grace_days=0).bills == 1


def test_a_month_ends_at_midnight_of_the_accounts_zone(store):
    billed.offer(store)
    for name, zone in (("EAST", "Asia/Shanghai"), ("WEST", "America/Los_Angeles")):
        row_id = billed.an_account(store, name, [name.lower()], timezone=zone)
        billed.sell(store, row_id, line=name)
    in_may_of_utc = JUNE * DAY_S - 4 * 3600
    billed.close(store, in_may_of_utc, bill_grace_days=0)
    assert [sheet.bill.account for sheet in billed.bills(store)] == ["EAST"]
    billed.close(store, JUNE * DAY_S + 8 * 3600, bill_grace_days=0)
    assert [sheet.bill.account for sheet in billed.bills(store)] == ["EAST", "WEST"]


@pytest.mark.usefixtures("account")
def test_what_comes_late_is_a_delta_on_the_next_bill_with_its_days(store):
    billed.count(store, "acme-0", {MAY: 7})
    billed.close(store)
    billed.count(store, "acme-0", {MAY: 7, MAY + 2: 2, JUNE: 1})
    billed.close(store, CLOSES + 30 * DAY_S)
    may, june = billed.bills(store)
    assert lines(june)[-1] == ("tours", "2026-05", "2", "2.00")
    assert june.lines[-1].is_delta
    desk = billed.a_desk(store)
    found = skill_bills.skill_bill_line(desk, BillLineOf(bill=june.bill.id, line=june.lines[-1].place))
    assert [(one.robot, one.day, one.count) for one in found.days] == [("acme-0", "2026-05-03", 2)]
    assert lines(may) == [("fee", "2026-05", "1", "300.00"), ("tours", "2026-05", "7", "7.00")]


@pytest.mark.usefixtures("account")
def test_lines_of_zero_stand_and_hours_that_have_not_arrived_are_named(store):
    billed.count(store, "acme-0", dict.fromkeys(range(MAY, JUNE), 0))
    billed.count(store, "acme-0", {MAY + 3: 0}, hours=12)
    billed.close(store)
    (may,) = billed.bills(store)
    assert lines(may)[1] == ("tours", "2026-05", "0", "0.00")
    assert (may.lines[1].expected_robot_h, may.lines[1].missing_robot_h) == (744, 12)
    assert may.lines[0].expected_robot_h is None  # a fee rests on no robot's counts


@pytest.mark.usefixtures("account")
def test_time_switched_off_is_no_hole(store):
    billed.count(store, "acme-0", dict.fromkeys(range(MAY, JUNE), 1))
    billed.count(store, "acme-0", {MAY + 3: 1}, hours=12)
    with store.write() as connection:
        off = {"robot_id": robot_id(store, "acme-0"), "cause": "off", "epoch": "e", "records": 0, "detail": ""}
        starts = (MAY + 3) * DAY_S
        connection.execute(insert(gap).values(**off, from_s=starts + 12 * 3600, to_s=starts + DAY_S))
    billed.close(store)
    (may,) = billed.bills(store)
    assert (may.lines[1].expected_robot_h, may.lines[1].missing_robot_h) == (732, 0)


@pytest.mark.usefixtures("account")
def test_absurd_counts_are_in_dispute_until_somebody_counts_them(store):
    billed.count(store, "acme-0", {MAY: 7})
    with store.write() as connection:
        connection.execute(
            insert(parked_count).values(
                robot_id=robot_id(store, "acme-0"), day=MAY, counter="guided_tour", reason="rate",
                hours='{"9": "50000"}', amount="50000", windows=1, most=100, first_at=0, last_at=0, state="waiting",
            )
        )  # fmt: skip
    billed.close(store)
    (may,) = billed.bills(store)
    assert may.lines[1].quantity == "7"
    assert [(one.robot, one.day, one.amount, one.state) for one in may.lines[1].in_dispute] == [
        ("acme-0", "2026-05-01", "50000", "waiting")
    ]


@pytest.mark.usefixtures("account")
def test_a_line_opens_to_robots_days_and_positions_in_streams(store):
    billed.count(store, "acme-0", {MAY: 7})
    position = {"robot_id": robot_id(store, "acme-0"), "epoch": "e1", "first_at": 0, "received_at": 0}
    with store.write() as connection:
        connection.execute(delete(stream))
        connection.execute(insert(stream).values(**position, mark=120))
    billed.close(store)
    billed.count(store, "acme-0", {MAY: 9})
    with store.write() as connection:
        connection.execute(update(stream).values(mark=150))
    billed.close(store, CLOSES + 30 * DAY_S)
    may, june = billed.bills(store)
    desk = billed.a_desk(store)
    first = skill_bills.skill_bill_line(desk, BillLineOf(bill=may.bill.id, line=1))
    assert [(one.robot, one.epoch, one.after, one.to) for one in first.positions] == [("acme-0", "e1", 0, 120)]
    late = skill_bills.skill_bill_line(desk, BillLineOf(bill=june.bill.id, line=june.lines[-1].place))
    assert [(one.after, one.to) for one in late.positions] == [(120, 150)]


def test_use_belongs_to_the_account_that_had_the_robot_that_day(store, account):
    billed.count(store, "acme-0", {MAY: 7, MAY + 20: 5})
    with store.write() as connection:
        connection.execute(update(deployment).where(deployment.c.account_id == account).values(to_day=MAY + 10))
    billed.close(store)
    (may,) = billed.bills(store)
    assert may.lines[1].quantity == "7"
    assert may.lines[1].expected_robot_h == 11 * 24


@pytest.mark.parametrize("table", [skill_bill, skill_bill_line])
@pytest.mark.parametrize("act", ["update", "delete"])
@pytest.mark.usefixtures("account")
def test_the_database_refuses_to_change_a_closed_bill(store, table, act):
    billed.close(store)
    change = update(table).values(amount=0) if act == "update" else delete(table)
    with pytest.raises(DBAPIError, match="append-only"), store.write() as connection:
        connection.execute(change)
    assert billed.bills(store)[0].bill.amount == "300.00"


@pytest.mark.usefixtures("account")
def test_the_database_takes_no_further_line_into_a_closed_bill(store):
    billed.close(store)
    with store.read() as connection:
        row = dict(connection.execute(select(skill_bill_line)).mappings().first())
    with pytest.raises(DBAPIError, match="append-only"), store.write() as connection:
        connection.execute(insert(skill_bill_line).values(**{**row, "place": 2, "charge": "further", "amount": 0}))
    assert len(billed.bills(store)[0].lines) == 2


@pytest.mark.usefixtures("account")
def test_one_account_that_cannot_be_billed_stops_no_other(store):
    billed.offer(store, "broken")
    other = billed.an_account(store, "BROKEN", ["broken-0"])
    billed.sell(store, other, "broken", line="line-b")
    with store.write() as connection:
        connection.execute(text("UPDATE skill_price SET price = '{}' WHERE skill = 'broken'"))
    done = billed.close(store)
    assert done.bills == 1
    assert list(done.failed) == ["BROKEN"]
    assert [sheet.bill.account for sheet in billed.bills(store)] == ["ACME"]


@pytest.mark.usefixtures("account")
def test_a_draft_says_what_the_bill_would_be_now(store):
    billed.count(store, "acme-0", {MAY: 7, JUNE: 2})
    billed.close(store)
    found = skill_bills.skill_bill_drafts(billed.a_desk(store), "ACME")
    (june,) = found.drafts
    assert (june.bill.state, june.bill.month, june.bill.amount) == ("draft", "2026-06", "302.00")


@pytest.mark.usefixtures("account")
def test_an_account_whose_subscriptions_have_ended_gets_no_empty_bills(store):
    with store.write() as connection:
        connection.execute(text("UPDATE skill_entitlement SET to_day = :day"), {"day": MAY + 9})
    billed.close(store, CLOSES + 90 * DAY_S)
    (may,) = billed.bills(store)
    assert lines(may)[0] == ("fee", "2026-05", "0.322581", "96.77")
    billed.count(store, "acme-0", {MAY: 4})
    billed.close(store, CLOSES + 120 * DAY_S)
    assert [line.amount for line in billed.bills(store)[-1].lines] == ["4.00"]


@pytest.mark.usefixtures("account")
def test_marks_say_how_far_an_account_was_looked_at(store):
    assert billed.close(store).accounts == 1
    assert billed.close(store, CLOSES + 3600).accounts == 0
    assert billed.close(store, (JULY + 8) * DAY_S).accounts == 1
    with store.read() as connection:
        assert len(connection.execute(select(skill_bill)).all()) == 2


def beyond_of(store, robots_most):
    """A bill of three robots of which two count on a day and all three on the next."""
    billed.offer(store)
    names = ["acme-0", "acme-1", "acme-2"]
    billed.sell(store, billed.an_account(store, robots=names), robots_most=robots_most)
    for name in names[:2]:
        billed.count(store, name, {MAY: 1, MAY + 1: 1})
    billed.count(store, "acme-2", {MAY + 1: 5})
    billed.close(store)
    (may,) = billed.bills(store)
    return may


def test_robots_beyond_what_was_sold_are_billed_and_named(store):
    may = beyond_of(store, 2)
    assert [line.beyond_robots for line in may.lines] == [[], ["acme-2"]]
    assert may.lines[1].quantity == "9"
    found = skill_bills.skill_bill_line(billed.a_desk(store), BillLineOf(bill=may.bill.id, line=1))
    assert found.line.beyond_robots == ["acme-2"], "it is kept with the closed bill"


@pytest.mark.parametrize("robots_most", [3, None])
def test_robots_that_were_sold_are_not_named_as_beyond(store, robots_most):
    """The control of the test above."""
    may = beyond_of(store, robots_most)
    assert [line.beyond_robots for line in may.lines] == [[], []]


def test_several_lines_allow_together_what_each_allows(store):
    billed.offer(store)
    account = billed.an_account(store, robots=["acme-0", "acme-1", "acme-2", "acme-3"])
    for at in range(2):
        billed.sell(store, account, line=f"line-{at}", from_day=MAY - at, robots_most=1 + at)
    for at in range(4):
        billed.count(store, f"acme-{at}", {MAY: 1})
    billed.close(store)
    named = [line.beyond_robots for line in billed.bills(store)[-1].lines if line.charge == "tours"]
    assert named == [[], ["acme-3"]]
