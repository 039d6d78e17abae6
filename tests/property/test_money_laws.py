"""Laws of money: text and amount are one, converting there and back loses less than a unit, sums are exact."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.accounts.contracts.exchange_rates import Rates, Stated, rates_on
from collector.accounts.ledger.kinds.money import ExchangeRate
from collector.accounts.ledger.kinds.registry import KINDS
from collector.values import money
from tests.sums import sum_text

OF_DECIMALS = {0: "JPY", 2: "CNY", 3: "KWD", 4: "CLF"}
CURRENCIES = st.sampled_from(sorted(OF_DECIMALS.values()))
LINE = KINDS["line"]


def amounts(currency, most=10**12):
    """Amounts with exactly the currency's decimals, as text."""
    places = money.decimals(currency)
    return st.integers(-most, most).map(lambda smallest: f"{Decimal(smallest).scaleb(-places):.{places}f}")


def worth(text):
    return Fraction(Decimal(text))


@pytest.mark.parametrize(("places", "currency"), OF_DECIMALS.items())
@given(data=st.data())
def test_text_becomes_an_amount_and_the_same_text_again(places, currency, data):
    text = data.draw(amounts(currency))
    if Decimal(text) == 0:
        text = text.removeprefix("-")
    amount = money.amount_of(text)
    assert money.decimals(currency) == places
    assert money.fits(amount, currency)
    assert money.amount_text(amount, currency) == text
    assert Fraction(amount) / 100 == worth(text)


@given(CURRENCIES, st.data())
def test_the_store_holds_every_amount_and_a_whole_number_of_hundredths_as_it_always_did(currency, data):
    text = data.draw(amounts(currency))
    said = {"id": "l", "account": "a", "contract": "c", "amount": text, "currency": currency}
    line = LINE.adapter.validate_python(said)
    dumped = LINE.dump(line)
    assert LINE.load(dumped) == line
    if isinstance(line.amount, int):
        assert f'"amount":{line.amount}' in dumped
    else:
        assert f'"amount":"{line.amount}"' in dumped
    assert isinstance(line.amount, int) == ((worth(text) * 100).denominator == 1)


@given(CURRENCIES, st.data())
def test_an_amount_with_more_decimals_than_its_currency_does_not_fit(currency, data):
    places = money.decimals(currency)
    if places == money.DECIMALS_MOST:
        with pytest.raises(ValueError, match="at most 4 decimals"):
            money.amount_of("0.00001")
        return
    digit = data.draw(st.integers(1, 9))
    finer = data.draw(amounts(currency)) + ("" if places else ".") + str(digit)
    assert not money.fits(money.amount_of(finer), currency)


@given(st.lists(st.tuples(CURRENCIES, st.integers(-(10**9), 10**9)), max_size=20))
def test_a_sum_in_the_base_currency_is_exact_for_what_was_stated_in_it(stated):
    for base in OF_DECIMALS.values():
        own = [Fraction(smallest, 10 ** money.decimals(base)) for currency, smallest in stated if currency == base]
        of_base = [money.amount_of(f"{Decimal(each.numerator) / each.denominator:f}") for each in own]
        rates = Rates(base)
        total = sum(rates.convert(amount, base) for amount in of_base)
        assert Fraction(total, rates.scale) == sum(own)


RATE = st.decimals("0.0001", "10000", places=4).map(float)


@given(CURRENCIES, CURRENCIES, RATE, st.data())
def test_a_conversion_is_the_nearest_amount_of_the_base_and_a_half_goes_to_the_even_one(currency, base, rate, data):
    if currency == base:
        return
    text = data.draw(amounts(currency, 10**9))
    rates = Rates(base, {currency: Stated(currency, rate, 0)})
    got = rates.convert(money.amount_of(text), currency)
    smallest = 10 ** money.decimals(base)
    assert Fraction(got, rates.scale) == Fraction(
        round(worth(text) * Fraction(Decimal(repr(rate))) * smallest), smallest
    )


@given(CURRENCIES, CURRENCIES, RATE, st.data())
def test_converted_there_and_back_it_is_off_by_less_than_a_smallest_unit_of_each(currency, base, rate, data):
    if currency == base:
        return
    text = data.draw(amounts(currency, 10**9))
    fact = ExchangeRate(id="x", currency=currency, base=base, day=0, worth=rate)
    there, back = rates_on([fact], base, 0), rates_on([fact], currency, 0)
    amount = money.amount_of(text)
    got = money.amount_of(sum_text(there.convert(amount, currency), base))
    again = Fraction(back.convert(got, base), back.scale)
    of_base, own = Fraction(1, 10 ** money.decimals(base)), Fraction(1, 10 ** money.decimals(currency))
    assert abs(again - worth(text)) <= (of_base / Fraction(Decimal(repr(rate))) + own) / 2


@given(st.integers(-(10**9), 10**9), st.integers(1, 10**4))
def test_half_even_is_what_fractions_round_to(over, under):
    assert money.half_even(over, under) == round(Fraction(over, under))
