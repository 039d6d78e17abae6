"""Money without an exchange rate is left out by name, and is never zero: the same facts at a stated rate are the
control of each claim.
"""

import pytest

from collector.accounts.contracts.arr import arr_on, unconverted
from collector.accounts.contracts.exchange_rates import LeftOut, Rates, Stated, known_sum
from collector.accounts.contracts.renewed import Period
from collector.accounts.ledger.kinds.money import Cost
from collector.accounts.rates.answer import period_figures, value_of
from collector.accounts.rates.economics import economics
from collector.accounts.rates.figures import FIGURES
from collector.accounts.rates.rates import Movement, movements
from collector.accounts.segments.capacity import plan
from collector.accounts.segments.cost_ratio import Served, cost_ratios
from collector.accounts.segments.segments import UNKNOWN, load, place, segment_of
from collector.built_in import SEGMENTS_FILE
from collector.language import rates as rates_words
from collector.language import segments
from collector.success.priority import Situation, known_arr, priority
from tests.ledgers import account, contract, ledger, line, on
from tests.plain_facts import a_csm
from tests.policies import GRACE_DAYS, PLAYBOOKS, SEGMENTS

BARE = Rates("EUR")
STATED = Rates("EUR", {"USD": Stated("USD", 0.5, 0), "CNY": Stated("CNY", 0.125, 0)})
YEAR = Period(on("2025-01-01"), on("2025-12-31"), on("2026-02-15"), GRACE_DAYS)
DAY = on("2025-06-01")


def customer(key, currency, closing, amount=100, later=0):
    """A contract through the year's start; what it has a year later is of the currency `closing` ("" for nothing)."""
    facts = [contract("A", "2024-01-01", "2025-06-30", currency=currency), line("A", amount)]
    if closing:
        facts += [contract("B", "2025-07-01", "2027-06-30", currency=closing, renews="A"), line("B", later or amount)]
    return ledger(*facts, who=account(key, currency=currency))


def figure(key, books, rates):
    found = value_of(FIGURES[key], movements(books, YEAR, rates), rates.scale)
    return found.numerator, found.denominator


@pytest.mark.parametrize("rates", [BARE, STATED])
def test_customers_are_counted_by_their_own_money_whatever_rates_are_stated(rates):
    books = [
        customer("ACME", "EUR", "EUR"), customer("GAMA", "USD", "USD", later=150), customer("GONE", "USD", ""),
    ]  # fmt: skip
    assert figure("logo_churn", books, rates) == (1, 3)
    assert figure("expansion_customers", books, rates) == (1, 3)
    assert figure("renewal_customers", books, rates) == (2, 3)


def test_an_amount_without_a_rate_is_in_neither_side_of_a_figure():
    books = [customer("ACME", "EUR", "EUR"), customer("GAMA", "USD", "USD")]
    assert figure("nrr", books, BARE) == (100, 100)
    assert figure("nrr", books, STATED) == (150, 150), "the control"


@pytest.mark.parametrize(("one", "other"), [("EUR", "USD"), ("USD", "EUR")])
@pytest.mark.parametrize("key", ["grr", "nrr", "contraction", "expansion_amount", "renewal_gross", "renewal_net"])
def test_a_customer_that_changed_its_currency_neither_shrank_nor_grew(key, one, other):
    assert figure(key, [customer("GAMA", one, other)], BARE) == (0, 0)
    assert figure(key, [customer("GAMA", one, other)], STATED)[1] > 0, "the control"
    assert figure("logo_churn", [customer("GAMA", one, other)], BARE) == (0, 1)
    assert figure("expansion_customers", [customer("GAMA", one, other)], BARE) == (0, 0), "nobody can say"


def test_a_figure_that_nothing_is_known_of_says_so_and_not_that_there_is_nothing():
    moves = movements([customer("GAMA", "USD", "USD")], YEAR, BARE)
    figures = period_figures({"": moves}, YEAR, BARE)
    [everybody] = figures.groups
    assert (everybody.opening_customers, everybody.opening_arr, everybody.closing_arr) == (1, None, None)
    said = {each.figure: each.why for each in rates_words.answer(figures, [], str, "en").rates.groups[0].values}
    assert said["nrr"] == said["renewal_net"] == "no exchange rate is stated for its currencies"
    assert said["nps"] == "no answers"
    known = period_figures({"": movements([customer("GAMA", "USD", "USD")], YEAR, STATED)}, YEAR, STATED)
    assert known.groups[0].opening_arr == 50, "the control"


def test_a_cost_without_a_rate_makes_no_cac_and_is_named():
    new = ledger(contract("A", "2025-03-01", "2026-12-31", currency="EUR"), line("A", 100))
    spent = Cost(id="c-1", day=DAY, category="sales", amount=800_00, currency="CNY")
    moves = movements([new], YEAR, BARE)
    cac = economics(moves, [spent], YEAR, BARE)[0]
    assert (cac.value, cac.why, cac.inputs["cost"]) == (None, "no_rate", None)
    assert economics(moves, [spent], YEAR, STATED)[0].value == 100, "the control"
    [shown] = rates_words.left_out([{"currency": "CNY", "accounts": [], "costs": ["c-1"], "csms": []}], "en")
    assert shown == "left out, no rate is stated for CNY: cost c-1"


def test_arr_is_not_known_where_a_part_of_it_has_no_rate_and_nothing_is_nothing_in_any_currency():
    book = ledger(contract("A", "2025-01-01", "2025-12-31"), line("A", 7, currency="USD"), line("A", 3))
    assert arr_on(book, DAY, Rates("CNY"), grace_days=GRACE_DAYS) is None
    assert unconverted(book, Rates("CNY")) == {"USD"}
    none = ledger(contract("A", "2025-01-01", "2025-12-31"), line("A", 0, currency="USD"), line("A", 3))
    assert arr_on(none, DAY, Rates("CNY"), grace_days=GRACE_DAYS) == 300
    assert unconverted(none, Rates("CNY")) == frozenset()


def test_an_account_of_unknown_size_is_in_no_segment_and_no_tier_unless_every_size_leads_to_one():
    gama = account("GAMA")
    placed = place([(gama, None), (account("ACME"), 100_00)], BARE, SEGMENTS)
    assert (placed["GAMA"].segment, placed["GAMA"].tier, placed["GAMA"].points) == (UNKNOWN, "unknown", None)
    assert placed["ACME"].tier == "top"
    assert place([(gama, 0)], BARE, SEGMENTS)["GAMA"].segment == "standard", "the control"
    assert place([(account("GAMA", segment="friends"), None)], BARE, SEGMENTS)["GAMA"].segment == "friends"
    assert segment_of(gama, None, 1_000_000.0, SEGMENTS) == "strategic", "whatever its ARR is"
    foreign = account("GAMA", potential=1, currency="USD")
    assert place([(foreign, 0)], BARE, SEGMENTS)["GAMA"].segment == UNKNOWN
    by_points = load(SEGMENTS_FILE.read_text().replace('model = "arr"', 'model = "points"'))
    assert segment_of(gama, None, None, by_points) == UNKNOWN


def test_hours_of_an_unknown_segment_are_not_zero_hours():
    people = [a_csm(id="anna", name="Anna", hours_year=1000)]
    found = plan([(UNKNOWN, "anna"), ("key", "anna")], people, DAY, SEGMENTS, [LeftOut("USD", ["GAMA"])])
    assert (found.hours_needed, found.unknown, found.hours_missing) == (80, 1, None)
    assert [(need.segment, need.hours) for need in found.needs] == [("key", 80), (UNKNOWN, None)]
    assert [(load.accounts, load.unknown, load.load) for load in found.loads] == [(2, 1, None)]
    assert found.left_out[0].accounts == ["GAMA"]
    nothing = plan([(UNKNOWN, None)] * 37, people, DAY, SEGMENTS)
    assert (nothing.hours_needed, nothing.people_exact, nothing.people_needed) == (None, None, None)
    assert [(load.csm, load.hours_needed, load.unknown) for load in nothing.loads] == [("anna", 0, 0), ("", None, 37)]
    assert plan([("key", "anna")], people, DAY, SEGMENTS).loads[0].load == 0.08, "the control"


def test_a_load_says_beside_its_sum_of_how_many_accounts_nobody_knows_the_hours():
    assert segments.hours_needed(80.0, 2, "en") == "80 + 2 unknown"
    assert segments.hours_needed(None, 2, "en") == "unknown"
    assert segments.hours_needed(80.0, 0, "en") == "80"


def test_a_person_whose_cost_nobody_stated_does_not_work_for_nothing():
    served = [Served("ACME", "key", "anna", 1_000_00, 0), Served("BETA", "growth", "ben", 1_000_00, 0)]
    anna, ben = a_csm(id="anna", name="Anna"), a_csm(id="ben", name="Ben", cost_year=100)
    key, growth = cost_ratios(served, [anna, ben], STATED, SEGMENTS)
    assert (key.cost, key.ratio, key.fits, key.why) == (None, None, None, "no cost of a person stated")
    assert key.unstated == ["anna"]
    assert (growth.fits, growth.unstated) == (True, []), "the control: Anna has no account there"
    nobodys = a_csm(id="cara", name="Cara")
    found = cost_ratios(served, [ben, nobodys], STATED, SEGMENTS, away={"anna"})
    assert [one.unstated for one in found] == [["cara"], ["cara"]]


def test_who_was_not_entered_does_not_work_for_nothing():
    served = [Served("ACME", "key", "anna", 1_000_00, 0), Served("BETA", "growth", None, 1_000_00, 0)]
    for one in cost_ratios(served, [], STATED, SEGMENTS):
        assert (one.cost, one.ratio, one.fits, one.levers, one.why) == (None, None, None, [], "no person entered")
    ben = a_csm(id="ben", name="Ben", cost_year=100)
    key, growth = cost_ratios(served, [ben], STATED, SEGMENTS)
    assert (key.cost, key.fits, key.why, key.unstated) == (None, None, "no cost of a person stated", ["anna"])
    assert (growth.fits, growth.unstated) == (True, []), "Ben's cost is known"
    key, _ = cost_ratios(served, [ben], STATED, SEGMENTS, away={"anna"})
    assert (key.fits, key.unstated) == (True, []), "the control: Anna was entered, and has left"


def test_a_cost_that_nobody_knows_fits_nothing():
    served = [Served("ACME", "key", "anna", 1_000_00, 0), Served("GAMA", UNKNOWN, "ben", None, 0)]
    people = [
        a_csm(id="anna", name="Anna", cost_year=100_00, currency="USD"),
        a_csm(id="ben", name="Ben", cost_year=1, currency="EUR"),
    ]
    key, unknown = cost_ratios(served, people, BARE, SEGMENTS, {"GAMA": frozenset({"USD"})})
    assert (key.cost, key.ratio, key.fits, key.why) == (None, None, None, "no exchange rate")
    assert key.left_out == [LeftOut("USD", [], [], ["anna"])]
    assert (unknown.arr, unknown.hours, unknown.fits) == (None, None, None)
    assert unknown.left_out == [LeftOut("USD", ["GAMA"], [], ["anna"])]
    key = cost_ratios(served, people, STATED, SEGMENTS)[0]
    assert (key.cost, key.fits) == (50, True), "the control"


def test_an_unknown_arr_ranks_a_call_neither_last_nor_first():
    def of(arr):
        one = Situation(row_id=1, account="A", arr=arr, due_day=145, contact_day=70, cadence_days=60.0)
        return priority(0.3, one, [0, 100, 1000], 100, PLAYBOOKS.priority)

    assert of(0) < of(None) < of(1000)
    assert known_arr([Situation(row_id=1, account="A", cadence_days=1.0)]) == []


@pytest.mark.parametrize(("parts", "total"), [([], 0), ([1, None], 1), ([0, None], None), ([0, 0], 0)])
def test_a_sum_is_not_known_where_nothing_of_it_is(parts, total):
    assert known_sum(parts) == total


def test_without_opening_customers_every_figure_of_them_says_that_there_are_none():
    new = ledger(contract("N", "2025-03-01", "2026-12-31", currency="USD"), line("N", 100), who=account("NEW"))

    def whys(books):
        figures = period_figures({"": movements(books, YEAR, BARE)}, YEAR, BARE)
        return {one.figure: one.why for one in rates_words.answer(figures, [], str, "en").rates.groups[0].values}

    said = whys([new])
    assert {said[key] for key in ("grr", "nrr", "contraction", "expansion_amount", "upsell_amount")} == {
        "no recurring revenue at the start"
    }
    assert said["logo_churn"] == "no customers at the start"
    assert whys([new, customer("GAMA", "USD", "USD")])["grr"] == "no exchange rate is stated for its currencies"


@pytest.mark.parametrize(
    ("opening", "closing", "unknown", "is_comparable"),
    [
        (100, 150, None, True),
        (100, 150, ({"USD": 5}, {"USD": 5}), True),  # what nobody can weigh is as much as before
        (100, 100, ({"USD": 5}, {"USD": 3}), True),  # less of it, and no more of what is known
        (100, 101, ({"USD": 5}, {"USD": 3}), False),  # it may have become what is known
        (100, 99, ({"USD": 5}, {"USD": 3}), True),
        (100, 99, ({"USD": 5}, {"USD": 6}), False),  # what is known may have become it
        (100, 100, ({}, {"USD": 1}), False),
    ],
)
def test_what_is_known_is_compared_at_its_borders(opening, closing, unknown, is_comparable):
    assert Movement("A", "A", opening, closing, unknown=unknown).is_comparable == is_comparable
