"""Closed bills and their deltas: together always the rating of all that is known, and never changed."""

from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.skillstore.billing.bill import Bill, drafted
from collector.skillstore.billing.credit import Billed, CreditRefused, approved, proposed
from collector.skillstore.billing.rating import BillPeriod, Known, Subscription, rated, total
from tests.unit.collector.skillstore.billing.test_rating import FEE, a_price, use

ANNA, BEN, CARL = 1, 2, 3
MONTHS = tuple(BillPeriod(100 + 30 * at, 130 + 30 * at) for at in range(4))
PRICES = st.sampled_from([
    a_price(use((None, "0.013", "0"))),
    a_price(FEE, use((50, "1.00", "0"), (None, "0.335", "2.00"), mode="graduated"), minimum="310.00"),
    a_price(use((50, "1.00", "0"), (None, "0.335", "0"), mode="volume"), minimum="20.00", trial_days=14),
    a_price({"kind": "one_off", "name": "setup", "amount": "9.99"}, use((None, "0.1", "0"), per=7)),
])  # fmt: skip


@dataclass(frozen=True)
class Arrival:
    """So many counts of a robot's day arrive when `closed` bills are closed."""

    closed: int
    robot: str
    day: int
    n: int


ARRIVALS = st.lists(
    st.builds(
        Arrival, closed=st.integers(0, 4), robot=st.sampled_from("ab"), day=st.integers(95, 225),
        n=st.integers(-20, 200),
    ),
    max_size=25,
)  # fmt: skip


def known(arrivals: list[Arrival]) -> Known:
    counts: dict[tuple[str, int], int] = {}
    for each in arrivals:
        at = (each.robot, each.day)
        counts[at] = max(0, counts.get(at, 0) + each.n)
    return Known({"tours": counts}, {}, {})


def billed(arrivals: list[Arrival], subscription: Subscription) -> list[Bill]:
    """Months closed one after another, each from what had arrived by then."""
    bills: list[Bill] = []
    for at in range(len(MONTHS)):
        then = known([each for each in arrivals if each.closed <= at])
        bills.append(drafted(MONTHS[: at + 1], bills, [subscription], {subscription.key: then}))
    return bills


@given(arrivals=ARRIVALS, price=PRICES, begins=st.integers(60, 170), length=st.none() | st.integers(0, 120))
def test_closed_bills_and_deltas_are_the_rating_of_all_use(arrivals, price, begins, length):
    subscription = Subscription("s", price, begins, None if length is None else begins + length)
    all_known = known(arrivals)
    bills = billed(arrivals, subscription)
    ended = replace(subscription, to_day=min(220, subscription.to_day or 220))
    bills.append(drafted([*MONTHS, BillPeriod(220, 250)], bills, [ended], {"s": all_known}))
    right = sum(total(rated(ended, month, all_known)) for month in MONTHS)
    assert sum(bill.amount for bill in bills) == right
    counts: dict[tuple[str, int], int] = {}
    for bill in bills:
        for line in bill.lines:
            for at, n in line.counts.items():
                counts[at] = counts.get(at, 0) + n
    paid = {
        at: n for at, n in all_known.use["tours"].items() if n and ended.paid_from_day <= at[1] < (ended.to_day or 0)
    }
    assert {at: n for at, n in counts.items() if n} == {at: n for at, n in paid.items() if 100 <= at[1] < 220}


@given(arrivals=ARRIVALS, price=PRICES, data=st.data())
def test_the_order_of_arrival_changes_no_bill(arrivals, price, data):
    arrivals = [replace(each, n=abs(each.n)) for each in arrivals]
    subscription = Subscription("s", price, 90, None)
    assert billed(arrivals, subscription) == billed(data.draw(st.permutations(arrivals)), subscription)


def test_a_count_that_came_late_is_a_delta_with_its_evidence():
    subscription = Subscription("s", a_price(use((None, "2", "0"))), 0, None)
    june = drafted(MONTHS[:1], [], [subscription], {"s": known([Arrival(0, "a", 101, 5)])})
    july = drafted(MONTHS[:2], [june], [subscription], {"s": known([Arrival(0, "a", 101, 5), Arrival(1, "b", 103, 2)])})
    assert june.amount == 1_000
    (own, late) = july.lines
    assert (own.amount, own.period) == (0, MONTHS[1])
    assert (late.amount, late.period, late.counts) == (400, MONTHS[0], {("b", 103): 2})


def test_a_subscription_that_ended_earlier_than_was_known_gives_back_what_was_billed():
    subscription = Subscription("s", a_price(FEE), 0, None)
    june = drafted(MONTHS[:1], [], [subscription], {"s": known([])})
    july = drafted(MONTHS[:2], [june], [replace(subscription, to_day=115)], {"s": known([])})
    assert [(line.period, line.amount) for line in july.lines] == [(MONTHS[0], -15_000)]


def test_where_nothing_came_late_an_earlier_month_has_no_line():
    subscription = Subscription("s", a_price(FEE), 0, None)
    bills = billed([], subscription)
    assert [len(bill.lines) for bill in bills] == [1, 1, 1, 1]


def a_bill() -> Bill:
    return drafted(MONTHS[:1], [], [Subscription("s", a_price(FEE), 0, None)], {"s": known([])})


def test_a_credit_note_needs_two_people_and_never_exceeds_its_line():
    bill = a_bill()
    note = proposed(Billed(bill, ()), [], 0, 20_000, "CNY", "three days without service", ANNA)
    with pytest.raises(CreditRefused, match="second person"):
        approved(note, ANNA, 30_000, "CNY")
    assert approved(note, BEN, 30_000, "CNY").approved_by == BEN
    with pytest.raises(CreditRefused, match=r"100\.00 CNY"):
        proposed(Billed(bill, (note,)), [], 0, 10_001, "CNY", "again", ANNA)
    with pytest.raises(CreditRefused, match="already"):
        approved(approved(note, BEN, 30_000, "CNY"), CARL, 30_000, "CNY")
    with pytest.raises(CreditRefused, match=r"at most 199\.99 CNY"):
        approved(note, BEN, 19_999, "CNY")


@pytest.mark.parametrize(
    ("line", "amount", "reason"), [(1, 5, "x"), (-1, 5, "x"), (0, 0, "x"), (0, -5, "x"), (0, 5, " ")]
)
def test_a_credit_note_that_names_no_line_amount_or_reason_is_refused(line, amount, reason):
    with pytest.raises(CreditRefused):
        proposed(Billed(a_bill(), ()), [], line, amount, "CNY", reason, ANNA)


def test_what_a_delta_took_back_cannot_be_given_back_again():
    subscription = Subscription("s", a_price(FEE), 0, None)
    june = drafted(MONTHS[:1], [], [subscription], {"s": known([])})
    july = drafted(MONTHS[:2], [june], [replace(subscription, to_day=110)], {"s": known([])})
    with pytest.raises(CreditRefused, match=r"100\.00 CNY"):
        proposed(Billed(june, ()), [Billed(july, ())], 0, 10_001, "CNY", "again", ANNA)


@pytest.mark.parametrize(
    ("months", "why"),
    [(MONTHS[:1], "is closed"), ((MONTHS[0], MONTHS[2]), "the one before it ended"), (MONTHS[1:2], "none of these")],
    ids=["twice", "a gap", "without the billed one"],
)
def test_months_follow_each_other_and_none_is_billed_twice(months, why):
    subscription = Subscription("s", a_price(FEE), 0, None)
    june = drafted(MONTHS[:1], [], [subscription], {"s": known([])})
    with pytest.raises(ValueError, match=why):
        drafted(months, [june], [subscription], {"s": known([])})


def test_what_is_sold_later_for_a_month_without_a_bill_is_a_delta():
    one, other = Subscription("s", a_price(FEE), 100, 130), Subscription("t", a_price(FEE), 160, None)
    june = drafted(MONTHS[:1], [], [one], {"s": known([])})
    later = Subscription("u", a_price(FEE), 130, 160)
    of = {"s": known([]), "t": known([]), "u": known([])}
    august = drafted(MONTHS[:3], [june], [one, other, later], of)
    assert [(line.subscription, line.period, line.amount) for line in august.lines] == [
        ("t", MONTHS[2], 30_000),
        ("u", MONTHS[1], 30_000),
    ]


def test_one_key_and_one_currency_on_a_bill():
    one, other = (Subscription("s", a_price(FEE, currency=currency), 0, None) for currency in ("CNY", "EUR"))
    with pytest.raises(ValueError, match="key of its own"):
        drafted(MONTHS[:1], [], [one, one], {"s": known([])})
    with pytest.raises(ValueError, match="one currency"):
        drafted(MONTHS[:1], [], [one, replace(other, key="t")], {"s": known([]), "t": known([])})
