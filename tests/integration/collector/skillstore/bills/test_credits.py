"""Two people make a credit note; contested lines keep what they rest on; each caller sees its own bills only."""

import pytest
from sqlalchemy import select, update

from collector import retention
from collector.access.caller import Caller, Role
from collector.calendar.days import DAY_S
from collector.fleet.scope import EVERYTHING, Scope
from collector.operations import skill_bills, skill_credits
from collector.operations.skill_bills import BillLineOf, ListSkillBills
from collector.operations.skill_credits import ContestLine, DecideCredit, ProposeCredit, SettleDispute
from collector.store.tables.fleet import usage_day
from collector.values.keep import Keep
from collector.values.refusal import Refused
from tests import billed
from tests.billed import CLOSES, MAY


def person(number, name, role=Role.FINANCE, scope=EVERYTHING):
    return Caller(0, name, role, scope, person_id=number, roles=frozenset({role}))


@pytest.fixture
def account(store):
    billed.offer(store)
    made = billed.an_account(store)
    billed.sell(store, made)
    billed.count(store, "acme-0", {MAY: 7})
    billed.close(store)
    return made


@pytest.fixture
def bill(store, account):
    assert account
    return billed.bills(store)[0].bill.id


def at(store, caller):
    return billed.a_desk(store, CLOSES, caller)


def proposed(store, bill, caller, amount="2.50"):
    wanted = ProposeCredit(bill=bill, line=1, amount=amount, reason="a day without service")
    return skill_credits.propose_credit_note(at(store, caller), wanted)


def test_the_person_decides_and_not_the_name(store, bill):
    note = proposed(store, bill, person(1, "Anna"))
    decide = DecideCredit(credit_note=note.id, approve=True)
    same = skill_credits.decide_credit_note(at(store, person(1, "anna")), decide)
    assert isinstance(same, Refused)
    assert "second person" in same.reason
    other = skill_credits.decide_credit_note(at(store, person(2, "Anna")), decide)
    assert (other.state, other.amount) == ("approved", "2.50")
    assert billed.bills(store)[0].bill.credited == "2.50"
    again = skill_credits.decide_credit_note(at(store, person(3, "Carl")), decide)
    assert isinstance(again, Refused)


def test_no_program_makes_a_credit_note(store, bill):
    assert isinstance(proposed(store, bill, Caller(7, "script", Role.ADMIN, EVERYTHING)), Refused)


@pytest.mark.parametrize("amount", ["7.01", "0", "-1", "1.234", "much", "NaN", "Infinity", "1e40"])
def test_no_more_is_given_back_than_the_line_was(store, bill, amount):
    assert isinstance(proposed(store, bill, person(1, "Anna"), amount), Refused)


def test_refused_notes_give_nothing_back_and_leave_room(store, bill):
    first = proposed(store, bill, person(1, "Anna"), "7.00")
    assert isinstance(proposed(store, bill, person(1, "Anna"), "1.00"), Refused)
    skill_credits.decide_credit_note(at(store, person(1, "Anna")), DecideCredit(credit_note=first.id, approve=False))
    assert proposed(store, bill, person(1, "Anna"), "1.00").state == "proposed"
    assert billed.bills(store)[0].bill.credited == "0.00"


def test_a_customer_sees_its_own_bills_and_no_others(store, account, bill):
    stranger = billed.an_account(store, "OTHER", ["other-0"])
    for scope, sees in ((Scope.of(account), True), (Scope.of(stranger), False)):
        desk = at(store, person(9, "Wang", Role.CUSTOMER_ADMIN, scope))
        found = skill_bills.list_skill_bills(desk, ListSkillBills(limit=10))
        assert len(found.items) == sees
        for answer in (
            skill_bills.one_skill_bill(desk, bill),
            skill_bills.skill_bill_line(desk, BillLineOf(bill=bill, line=1)),
            skill_bills.skill_bill_drafts(desk, "ACME"),
            skill_credits.contest_bill_line(desk, ContestLine(bill=bill, line=1, reason="we were closed")),
        ):
            assert isinstance(answer, Refused) != sees
            if not sees:
                assert answer.kind == "not_found"


def test_a_customer_sees_approved_notes_and_not_who_made_them(store, account, bill):
    note = proposed(store, bill, person(1, "Anna"))
    customer = at(store, person(9, "Wang", Role.CUSTOMER_ADMIN, Scope.of(account)))
    assert skill_bills.one_skill_bill(customer, bill).credit_notes == []
    skill_credits.decide_credit_note(at(store, person(2, "Ben")), DecideCredit(credit_note=note.id, approve=True))
    (shown,) = skill_bills.one_skill_bill(customer, bill).credit_notes
    assert (shown.amount, shown.proposed_by, shown.decided_by) == ("2.50", "", "")


def hours_kept(store):
    with store.read() as connection:
        return connection.scalar(select(usage_day.c.hours).where(usage_day.c.day == MAY)) is not None


def retained(store, now_s):
    def in_turn(step):
        with store.write() as connection:
            return step(connection)

    retention.run(in_turn, Keep(), now_s)


def test_what_a_contested_line_rests_on_stays_until_it_is_settled(store, bill):
    with store.write() as connection:
        connection.execute(update(usage_day).values(hours='{"guided_tour": [7]}', covered="[]"))
    much_later = CLOSES + 200 * DAY_S
    anna = at(store, person(1, "Anna"))
    dispute = skill_credits.contest_bill_line(anna, ContestLine(bill=bill, line=1, reason="we were closed"))
    second = skill_credits.contest_bill_line(anna, ContestLine(bill=bill, line=1, reason="again"))
    assert isinstance(second, Refused)
    retained(store, much_later)
    assert hours_kept(store)
    skill_credits.settle_bill_dispute(anna, SettleDispute(dispute=dispute.id, why="they were open"))
    retained(store, much_later)
    assert not hours_kept(store)


@pytest.mark.usefixtures("bill")
def test_what_nobody_contests_is_not_kept(store):
    """The control of the test above."""
    with store.write() as connection:
        connection.execute(update(usage_day).values(hours='{"guided_tour": [7]}', covered="[]"))
    retained(store, CLOSES + 200 * DAY_S)
    assert not hours_kept(store)


def test_what_an_open_month_rests_on_stays(store):
    billed.offer(store)
    account = billed.an_account(store)
    billed.sell(store, account)
    billed.count(store, "acme-0", {MAY: 7})
    with store.write() as connection:
        connection.execute(update(usage_day).values(hours='{"guided_tour": [7]}', covered="[]"))
    retained(store, CLOSES + 200 * DAY_S)
    assert hours_kept(store)


NEXT, AFTER_NEXT, THIRD = (CLOSES + n * DAY_S for n in (30, 61, 92))


def given(store, now_s, bill, line, amount):
    """Proposed by one and approved by another at that moment; what the second was told."""
    wanted = ProposeCredit(bill=bill, line=line, amount=amount, reason="a day without service")
    note = skill_credits.propose_credit_note(billed.a_desk(store, now_s, person(1, "Anna")), wanted)
    return note if isinstance(note, Refused) else approved(store, now_s, note)


def approved(store, now_s, note):
    decide = DecideCredit(credit_note=note.id, approve=True)
    return skill_credits.decide_credit_note(billed.a_desk(store, now_s, person(2, "Ben")), decide)


def paid_for_tours(store):
    """What all bills say of the tours of May; and what was given back of it."""
    sheets = billed.bills(store)
    paid = sum(float(line.amount) for one in sheets for line in one.lines
               if (line.charge, line.month) == ("tours", "2026-05"))  # fmt: skip
    return paid, sum(float(one.bill.credited) for one in sheets)


def counted_again(store, now_s, n):
    billed.count(store, "acme-0", {MAY: n})
    assert billed.close(store, now_s).bills == 1


def test_what_a_delta_took_back_meanwhile_is_not_approved(store, bill):
    note = proposed(store, bill, person(1, "Anna"), "7.00")
    counted_again(store, NEXT, 0)
    refusal = approved(store, NEXT, note)
    assert isinstance(refusal, Refused)
    assert "at most 0" in refusal.reason
    assert paid_for_tours(store) == (0, 0)


def test_what_was_given_back_is_not_taken_by_a_delta_as_well(store, bill):
    """The control is the test above: where nothing was given, the delta takes all."""
    assert given(store, CLOSES, bill, 1, "5.00").state == "approved"
    counted_again(store, NEXT, 0)
    assert paid_for_tours(store) == (5, 5)
    counted_again(store, AFTER_NEXT, 4)
    assert paid_for_tours(store) == (5, 5)
    counted_again(store, THIRD, 6)
    assert paid_for_tours(store) == (6, 5)


def test_one_charge_on_two_bills_is_given_back_once(store, bill):
    counted_again(store, NEXT, 0)
    counted_again(store, AFTER_NEXT, 5)
    newest = billed.bills(store)[-1]
    delta = next(line.place for line in newest.lines if line.is_delta)
    assert given(store, AFTER_NEXT, bill, 1, "3.00").state == "approved"
    assert isinstance(given(store, AFTER_NEXT, newest.bill.id, delta, "3.00"), Refused)
    assert given(store, AFTER_NEXT, newest.bill.id, delta, "2.00").state == "approved"
    assert paid_for_tours(store) == (5, 5)
