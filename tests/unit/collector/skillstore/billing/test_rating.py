"""What a month costs: fees, robots, seats, tiers, trials, minimum, to the smallest unit."""

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from collector.skillstore.billing.price import Price
from collector.skillstore.billing.rating import BillPeriod, Known, Subscription, rated, total

JUNE = BillPeriod(100, 130)
NOTHING = Known({}, {}, {})
FEE = {"kind": "fixed", "name": "fee", "amount": "300.00", "each": "account", "counting": "average"}


def a_price(*charges: dict[str, Any], currency: str = "CNY", trial_days: int = 0, minimum: str = "0") -> Price:
    return Price.model_validate({
        "currency": currency, "trial_days": trial_days, "minimum": minimum, "charges": charges,
    })  # fmt: skip


def use(
    *tiers: tuple[int | None, str, str], per: int = 1, mode: str = "graduated", counter: str = "tours"
) -> dict[str, Any]:
    return {
        "kind": "use", "name": counter, "counter": counter, "per": per, "mode": mode,
        "tiers": [{"up_to": up_to, "unit": unit, "flat": flat} for up_to, unit, flat in tiers],
    }  # fmt: skip


def cost(price: Price, known: Known = NOTHING, begins: int = 0, ends: int | None = None) -> int:
    return total(rated(Subscription("s", price, begins, ends), JUNE, known))


def counted(n: int, counter: str = "tours") -> Known:
    return Known({counter: {("r1", 100): n}}, {}, {})


def test_a_monthly_fee_is_cut_to_the_days_of_the_subscription():
    assert cost(a_price(FEE)) == 30_000
    assert cost(a_price(FEE), begins=115) == 15_000
    assert cost(a_price(FEE), ends=101) == 1_000
    assert cost(a_price(FEE), begins=130) == 0


def test_a_trial_costs_nothing_and_what_was_used_in_it_is_on_no_bill():
    price = a_price(FEE, use((None, "1", "0")), trial_days=10)
    known = Known({"tours": {("r1", 109): 5, ("r1", 110): 7}}, {}, {})
    assert cost(price, known, begins=100) == 20_000 + 700


def test_a_one_off_price_is_paid_once_after_the_trial():
    price = a_price({"kind": "one_off", "name": "setup", "amount": "80.00"}, trial_days=20)
    assert cost(price, begins=100) == 8_000
    assert cost(price, begins=110) == 0  # the trial ends in the next month
    assert cost(price, begins=70) == 0  # it was paid in the month before


@pytest.mark.parametrize(("counting", "amount"), [("average", 1_000), ("peak", 2_000)])
def test_seats_are_counted_by_the_highest_day_or_the_mean(counting, amount):
    price = a_price({"kind": "fixed", "name": "seats", "amount": "10.00", "each": "seat", "counting": counting})
    seats = {(holder, day): 1 for holder in ("ann", "ben") for day in range(100, 115)}
    assert cost(price, Known({}, {}, seats)) == amount


@pytest.mark.parametrize(
    ("n", "graduated", "volume"), [(0, 0, 0), (100, 10_000, 10_000), (101, 10_050, 5_050), (1_000, 55_000, 50_000)]
)
def test_tiers_cost_what_they_say(n, graduated, volume):
    tiers = ((100, "1.00", "0"), (None, "0.50", "0"))
    assert cost(a_price(use(*tiers)), counted(n)) == graduated
    assert cost(a_price(use(*tiers, mode="volume")), counted(n)) == volume


def test_a_tier_may_cost_something_once_it_is_reached():
    tiers = ((10, "0", "5.00"), (None, "1", "20.00"))
    assert [cost(a_price(use(*tiers)), counted(n)) for n in (0, 1, 10, 11)] == [0, 500, 500, 2_600]


def test_seconds_become_hours_and_the_line_is_rounded_not_the_unit():
    assert cost(a_price(use((None, "0.10", "0"), per=3_600, counter="s")), counted(5_400, "s")) == 15
    assert cost(a_price(use((None, "0.0004", "0"))), counted(1_237)) == 49  # 0.4948


def test_halves_go_to_the_even_unit():
    assert [cost(a_price(use((None, "0.005", "0"))), counted(n)) for n in (1, 3, 5)] == [0, 2, 2]


def test_a_part_of_a_month_is_rounded_once():
    """3 cents for 5 of 30 days are half a cent: to the even one."""
    assert cost(a_price({**FEE, "amount": "0.03"}), begins=125) == 0
    assert cost(a_price({**FEE, "amount": "0.09"}), begins=125) == 2


def test_a_minimum_fills_up_what_is_missing_and_no_more():
    price = a_price(use((None, "1", "0")), minimum="50.00")
    assert [cost(price, counted(n)) for n in (0, 30, 50, 70)] == [5_000, 5_000, 5_000, 7_000]
    assert cost(price, begins=115) == 2_500


@pytest.mark.parametrize(("currency", "amount"), [("JPY", 1_500), ("CNY", 150_000), ("KWD", 1_500_000)])
def test_amounts_are_in_the_smallest_unit_of_the_currency(currency, amount):
    assert cost(a_price({**FEE, "amount": "1500"}, currency=currency)) == amount


def test_lines_of_zero_stand_and_lines_of_use_open_to_robots_and_days():
    lines = rated(Subscription("s", a_price(use((None, "1", "0"))), 0, None), JUNE, NOTHING)
    assert [(line.charge, line.quantity, line.amount) for line in lines] == [("tours", Decimal(0), 0)]
    (line,) = rated(Subscription("s", a_price(use((None, "1", "0"))), 0, None), JUNE, counted(3))
    assert line.counts == {("r1", 100): 3}


@pytest.mark.parametrize(
    ("price", "why"),
    [
        ({"currency": "XYZ"}, "no currency"),
        ({"charges": [{**FEE, "amount": "0.001"}]}, "more decimals"),
        ({"charges": [FEE, FEE]}, "a name of its own"),
        ({"charges": [{**FEE, "name": "minimum"}]}, "take another"),
        ({"charges": [use((10, "1", "0"))]}, "no end"),
        ({"charges": [use((10, "1", "0"), (5, "1", "0"), (None, "1", "0"))]}, "tiers rise"),
        ({"charges": [{**FEE, "amount": "-1"}]}, "greater than or equal"),
    ],
)
def test_a_price_that_cannot_be_is_refused(price, why):
    whole = {"currency": "CNY", "trial_days": 0, "minimum": "0", "charges": [FEE]}
    with pytest.raises(ValidationError, match=why):
        Price.model_validate(whole | price)
