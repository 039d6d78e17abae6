"""Service fee and OPK fee apart: each line, each renewal and each shared amount is in the rates of one product."""

from hypothesis import given
from hypothesis import strategies as st

from collector.accounts.contracts.renewed import Period
from collector.accounts.rates.answer import value_of
from collector.accounts.rates.figures import FIGURES
from collector.accounts.rates.product import PRODUCTS, of_product
from collector.accounts.rates.rates import movements
from tests.ledgers import FX, contract, ledger, line, on, renewal
from tests.policies import GRACE_DAYS

Y2025 = Period(on("2025-01-01"), on("2025-12-31"), on("2026-06-01"), grace_days=GRACE_DAYS)
BOTH = (contract("A", "2024-07-01", "2025-06-30"), line("A", 30), line("A", 10, product="opk", skill="guide"))


def move(*facts, product):
    book = ledger(*facts)
    (found,) = movements([book if product is None else of_product(book, product, FX)], Y2025, FX)
    return found


def rate(key, *facts, product):
    book = ledger(*facts)
    return value_of(
        FIGURES[key], movements([book if product is None else of_product(book, product, FX)], Y2025, FX), FX.scale
    ).value


def test_a_subscription_to_a_skill_and_its_renewal_feed_the_rates_of_opk_alone():
    facts = (*BOTH, contract("B", "2025-07-01", "2026-06-30", renews="A"), line("B", 30, "s"))
    facts += (line("B", 5, "o", product="opk", skill="guide"),)
    assert rate("renewal_gross", *facts, product="service") == 1
    assert rate("renewal_gross", *facts, product="opk") == 0.5
    assert rate("renewal_gross", *facts, product=None) == 35 / 40, "the control: both together"


def test_a_skill_that_is_not_renewed_with_the_service_is_churn_of_opk():
    facts = (*BOTH, contract("B", "2025-07-01", "2026-06-30", renews="A"), line("B", 30, "s"))
    assert (rate("grr", *facts, product="service"), rate("grr", *facts, product="opk")) == (1, 0)


def test_what_a_contract_of_both_was_renewed_at_is_shared_as_it_recurred():
    facts = (*BOTH, renewal("A", "2025-06-30", decided_day="2025-06-01", amount=20))
    assert [rate("renewal_gross", *facts, product=one) for one in ("service", "opk", None)] == [0.5, 0.5, 0.5]
    assert [move(*facts, product=one).closing for one in ("service", "opk", None)] == [1500, 500, 2000]


def test_what_was_bought_after_a_renewal_has_no_share_in_it():
    renewed = (BOTH[0], line("A", 30), renewal("A", "2025-06-30", decided_day="2025-06-01", amount=36))
    later, before = (line("A", 10, "o", product="opk", starts=starts) for starts in ("2025-09-01", "2025-05-01"))
    assert rate("renewal_net", *renewed, later, product="service") == 36 / 30
    assert move(*renewed, later, product="opk").closing == 0
    assert rate("renewal_net", *renewed, before, product="service") == 27 / 30, "the control: it recurred by then"


def test_a_contract_of_the_service_alone_is_never_due_for_skills():
    facts = (contract("A", "2024-07-01", "2025-06-30"), line("A", 30))
    assert rate("renewal_customers", *facts, product="service") == 0
    assert rate("renewal_customers", *facts, product="opk") is None
    assert move(*facts, product="opk").opening == 0


LINES = st.lists(st.tuples(st.sampled_from(PRODUCTS), st.integers(1, 9_999)), max_size=6)


@given(LINES, st.integers(0, 99_999))
def test_the_amounts_of_all_products_add_up_to_the_whole(sold, renewed):
    lines = [line("A", amount, f"L{at}", product=of) for at, (of, amount) in enumerate(sold)]
    facts = (contract("A", "2024-07-01", "2025-06-30"), *lines)
    facts += (renewal("A", "2025-06-30", decided_day="2025-06-01", amount=renewed),)
    whole, parts = move(*facts, product=None), [move(*facts, product=one) for one in PRODUCTS]
    assert sum(one.opening for one in parts) == whole.opening
    assert sum(one.closing for one in parts) == whole.closing
