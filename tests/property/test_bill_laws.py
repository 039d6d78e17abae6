"""Laws of closed bills, through the store: late counts, closings, credit notes, disputes and decisions in any order.

A robot counts tours of four months. Whatever happens when, no closed bill is ever another one; and in the end, for each
charge and month, all bills together are the rating of all use. Only what credit notes gave back is not taken away a
second time, and never is more given back than was billed.
"""

from collections import Counter
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from collector.access.caller import Caller, Role
from collector.calendar import days
from collector.fleet.scope import EVERYTHING
from collector.operations import skill_credits
from collector.operations.skill_credits import ContestLine, DecideCredit, ProposeCredit, SettleDispute
from collector.skillstore.billing.months import month_of, name_of
from collector.skillstore.billing.price import Price
from collector.skillstore.billing.rating import Known, Subscription, rated
from collector.skillstore.bills import closing, drafts
from collector.skillstore.bills.closing import Turns
from collector.store.tables.skill_bills import skill_bill, skill_bill_line
from collector.values.refusal import Refused
from tests import billed
from tests.billed import GRACE_DAYS, MAY

MONTHS = [month_of(days.parse(f"2026-0{month}-01")) for month in (5, 6, 7, 8)]
PRICE = billed.TOURS | {"minimum": "305.00"}
NAMES = count()  # each example has an account of its own in the test's one store
PICK = st.integers(0, 40)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("count"), st.integers(0, 110), st.integers(0, 60)),
        st.tuples(st.just("close"), st.none() | PICK),
        st.tuples(st.just("propose"), PICK, st.integers(1, 100)),
        st.tuples(st.just("decide"), PICK, st.booleans()),
        st.tuples(st.just("contest"), PICK),
        st.tuples(st.just("settle"), PICK),
    ),
    max_size=18,
)


def person(number):
    return Caller(0, f"p{number}", Role.FINANCE, EVERYTHING, person_id=number, roles=frozenset({Role.FINANCE}))


class Story:
    """One account. Moments are those at which the next month is due; who proposes is 1, who decides 2."""

    def __init__(self, store):
        self.store, self.name = store, f"A{next(NAMES)}"
        self.account = billed.an_account(store, self.name, [f"{self.name}-0".lower()])
        entitlement = billed.sell(store, self.account, line=self.name)
        self.subscription = Subscription(f"guide/{entitlement}", Price.model_validate(PRICE), MAY, None)
        self.counts, self.closed, self.notes, self.disputes = {}, 0, [], []
        self.before, self.is_writing = [], False

    @property
    def now_s(self):
        return (MONTHS[min(self.closed, 3)].to_day + GRACE_DAYS + 1) * days.DAY_S

    def desk(self, number):
        return billed.a_desk(self.store, self.now_s, person(number))

    def lines(self):
        """(bill, place, month, charge, amount) of all its closed bills."""
        query = (
            select(
                skill_bill_line.c.bill_id, skill_bill_line.c.place, skill_bill_line.c.from_day,
                skill_bill_line.c.charge, skill_bill_line.c.amount, skill_bill_line.c.quantity,
                skill_bill_line.c.evidence, skill_bill.c.amount.label("of_bill"),
            )
            .join(skill_bill, skill_bill.c.id == skill_bill_line.c.bill_id)
            .where(skill_bill.c.account_id == self.account)
            .order_by(skill_bill_line.c.bill_id, skill_bill_line.c.place)
        )  # fmt: skip
        with self.store.read() as connection:
            return connection.execute(query).all()

    def count(self, day, n):
        self.counts[f"{self.name}-0".lower(), MAY + day] = n
        billed.count(self.store, f"{self.name}-0".lower(), {MAY + day: n})

    def close(self, meanwhile=None):
        """`meanwhile`: a note that is approved between the reading of a closing and its writing."""
        if self.closed == len(MONTHS):
            return
        context = billed.a_desk(self.store, self.now_s)

        def write(change):
            if meanwhile is not None:
                self.decide(meanwhile, True)
            self.is_writing = True
            try:
                return context.write(change)
            finally:
                self.is_writing = False

        for turn in (write, context.write):
            done = closing.close_due(Turns(context.read, turn), self.now_s, GRACE_DAYS)
            assert not done.failed
        self.closed += 1

    def propose(self, at, percent):
        found = [one for one in self.lines() if one.amount > 0]
        if found:
            line = found[at % len(found)]
            amount = f"{max(1, line.amount * percent // 100) / 100:.2f}"
            made = skill_credits.propose_credit_note(
                self.desk(1), ProposeCredit(bill=line.bill_id, line=line.place, amount=amount, reason="a law")
            )
            if not isinstance(made, Refused):
                self.notes.append((made.id, (line.from_day, line.charge), round(float(amount) * 100), []))

    def decide(self, at, approve):
        if self.notes:
            number, _, _, state = self.notes[at % len(self.notes)]
            done = skill_credits.decide_credit_note(self.desk(2), DecideCredit(credit_note=number, approve=approve))
            if not isinstance(done, Refused):
                state.append(approve)

    def contest(self, at):
        if found := self.lines():
            line = found[at % len(found)]
            wanted = ContestLine(bill=line.bill_id, line=line.place, reason="not so many")
            made = skill_credits.contest_bill_line(self.desk(3), wanted)
            if not isinstance(made, Refused):
                self.disputes.append(made.id)

    def settle(self, at):
        if self.disputes:
            wanted = SettleDispute(dispute=self.disputes[at % len(self.disputes)], why="it was so")
            skill_credits.settle_bill_dispute(self.desk(3), wanted)

    def play(self, steps):
        for word, *given_with in steps:
            getattr(self, word)(*given_with)
            now = self.lines()
            assert now[: len(self.before)] == self.before, "a closed bill is another one"
            self.before = now
        while self.closed < len(MONTHS):
            self.close()
        assert self.lines()[: len(self.before)] == self.before
        self.judge()

    def judge(self):
        known = Known({"guided_tour": self.counts}, {}, {})
        said, gave = Counter(), Counter()
        for one in self.lines():
            said[name_of(month_of(one.from_day)), one.charge] += one.amount
        for _, (from_day, charge), amount, state in self.notes:
            gave[name_of(month_of(from_day)), charge] += amount if True in state else 0
        for month in MONTHS:
            for line in rated(self.subscription, month, known):
                key = name_of(month), line.charge
                # of the newest month deltas are on the bill after it
                if month != MONTHS[-1]:
                    assert line.amount <= said[key] <= max(line.amount, gave[key]), key
                assert gave[key] <= said[key], key


@pytest.fixture
def shop(store):
    billed.offer(store, price=PRICE)
    return store


@given(steps=STEPS)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_in_any_order_all_bills_together_are_the_rating_of_all_use(shop, steps):
    Story(shop).play(steps)


GIVEN_AND_TAKEN = [("count", 3, 40), ("close", None), ("propose", 1, 100), ("decide", 0, True), ("count", 3, 0)]
IN_THE_MIDDLE = [("count", 3, 40), ("close", None), ("propose", 1, 100), ("count", 3, 0), ("close", 0)]
LATE = [("count", 3, 40), ("close", None), ("count", 4, 7), ("contest", 1), ("close", None), ("settle", 0)]


@pytest.mark.parametrize("steps", [GIVEN_AND_TAKEN, IN_THE_MIDDLE, LATE])
def test_the_law_holds_where_it_is_hardest(shop, steps):
    Story(shop).play(steps)


def test_a_closing_that_forgets_what_was_given_back_breaks_the_law(shop, monkeypatch):
    monkeypatch.setattr(drafts.credit_notes, "given", lambda *_: {})
    with pytest.raises(AssertionError):
        Story(shop).play(GIVEN_AND_TAKEN)


def test_a_closing_without_deltas_breaks_the_law(shop, monkeypatch):
    whole = drafts.drafted

    def of_its_month(*given_with):
        made = whole(*given_with)
        return type(made)(made.period, tuple(one for one in made.lines if one.period == made.period))

    monkeypatch.setattr(drafts, "drafted", of_its_month)
    with pytest.raises(AssertionError):
        Story(shop).play(LATE)


def test_a_closing_that_does_not_look_again_breaks_the_law(shop, monkeypatch):
    """A note that is approved between reading and writing: the delta took the same money back."""
    story, look, seen = Story(shop), closing.credit_notes.given, {}

    def as_it_was_read(connection, accounts):
        if not story.is_writing:
            seen.clear()
            seen.update(look(connection, accounts))
        return dict(seen)

    monkeypatch.setattr(closing.credit_notes, "given", as_it_was_read)
    with pytest.raises(AssertionError):
        story.play(IN_THE_MIDDLE)
