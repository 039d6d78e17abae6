"""Segments, the pyramid, touch models, capacity and the cost ratio, on numbers that can be checked by hand."""

import pytest

from collector.accounts.contracts.arr import arr_on
from collector.accounts.ledger.kinds.relations import Review
from collector.accounts.segments.capacity import plan
from collector.accounts.segments.cost_ratio import Served, cost_ratios, levers, paid_for
from collector.accounts.segments.segments import TouchKind, load, place, tiers
from collector.accounts.segments.touch_models import cadence_days, hours_year, kept, rule_of
from collector.built_in import SEGMENTS as DEFAULT
from collector.built_in import SEGMENTS_FILE as DEFAULT_FILE
from tests.ledgers import FX, account, contract, ledger, line, on
from tests.plain_facts import a_csm
from tests.policies import GRACE_DAYS, SEGMENTS

UNITS = 100
TODAY = on("2026-05-01")


def csm(key, cost=0, **fields):
    return a_csm(id=key, name=key.title(), cost_year=cost * UNITS, **fields)


def test_25_accounts_of_200_hours_are_5000_hours_and_three_people():
    found = plan([("strategic", None)] * 25, [], TODAY, policy=SEGMENTS)
    assert (found.hours_needed, found.hours_per_person) == (5000, 1667)
    assert found.people_exact == pytest.approx(3, abs=0.001)
    assert found.people_needed == 3
    assert (found.people_there, found.hours_missing) == (0, 5000)


def test_people_are_rounded_up_once_over_all_segments():
    pairs = [("key", None)] * 10 + [("growth", None)] * 40  # 800 h + 960 h
    found = plan(pairs, [], TODAY, policy=SEGMENTS)
    assert [need.segment for need in found.needs] == ["key", "growth"]
    assert (found.hours_needed, found.people_needed) == (1760, 2)


def test_the_load_of_each_person_and_of_nobody():
    csms = [csm("anna", hours_year=1000), csm("left", to_day=on("2026-04-30"))]
    found = plan([("strategic", "anna"), ("key", "anna"), ("key", "left"), ("key", None)], csms, TODAY, policy=SEGMENTS)
    assert [(load.csm, load.accounts, load.hours_needed, load.load) for load in found.loads] == [
        ("anna", 2, 280, 0.28),
        ("", 2, 160, None),
    ]


def test_the_top_tier_makes_up_the_first_half_of_arr():
    assert tiers({"a": 40, "b": 30, "c": 20, "d": 10, "e": 0}, policy=SEGMENTS) == {
        "a": "top", "b": "top", "c": "middle", "d": "base", "e": "none",
    }  # fmt: skip
    assert tiers({"a": 50, "b": 50}, policy=SEGMENTS) == {"a": "top", "b": "middle"}
    assert tiers({}, policy=SEGMENTS) == {}


@pytest.mark.parametrize(
    ("fields", "arr", "segment"),
    [
        ({"potential": 1_000_000 * UNITS}, 0, "strategic"),
        ({"potential": 125_000 * UNITS, "currency": "EUR"}, 0, "strategic"),
        ({"potential": 999_999 * UNITS}, 299_999, "growth"),
        ({}, 300_000, "key"),
        ({}, 50_000, "growth"),
        ({}, 0, "standard"),
        ({"segment": "friends"}, 900_000, "friends"),
    ],
)
def test_strategic_is_by_potential_and_the_rest_by_arr(fields, arr, segment):
    assert place([(account(**fields), arr * UNITS)], FX, policy=SEGMENTS)["ACME"].segment == segment


def test_points_add_up_and_may_name_the_segment():
    best = account(potential=2_000_000 * UNITS, industry="hospitality", brand=5, referenceable=5)
    assert place([(best, 900_000 * UNITS)], FX, policy=SEGMENTS)["ACME"].points == 100
    by_points = load(DEFAULT_FILE.read_text().replace('model = "arr"', 'model = "points"'))
    well_known = account(brand=5, referenceable=5)  # 30, and 3 for an industry that is not named
    assert place([(well_known, 200_000 * UNITS)], FX, by_points)["ACME"].segment == "key"
    assert place([(well_known, 200_000 * UNITS)], FX, policy=SEGMENTS)["ACME"].segment == "growth"


def test_a_policy_that_leaves_somebody_out_is_refused():
    with pytest.raises(ValueError, match="the last segment takes everybody"):
        load(DEFAULT_FILE.read_text().replace("arr_from = 0\n", "arr_from = 10\n"))


def test_touch_models_have_the_kinds_of_planned_reviews_and_a_cadence():
    assert set(TouchKind.__args__) == set(Review.__dataclass_fields__["kind"].type.__args__)
    assert [hours_year(rule.key, policy=SEGMENTS) for rule in DEFAULT.segment] == [200, 80, 24, 2]
    assert (
        cadence_days("strategic", policy=SEGMENTS)
        < cadence_days("standard", policy=SEGMENTS)
        == cadence_days("a word of somebody's own", policy=SEGMENTS)
    )


def test_planned_touches_that_were_held_and_missed():
    def review(key, due, held):
        return Review(id=key, account="ACME", due_day=on(due), held_day=held and on(held))

    book = ledger(
        review("1", "2026-01-15", "2026-01-20"), review("2", "2026-04-15", None), review("3", "2026-12-01", None),
        review("4", "2026-04-20", "2026-05-10"),
    )  # fmt: skip
    found = kept(book, rule_of("key", policy=SEGMENTS), on("2025-05-02"), TODAY)["qbr"]
    assert (found.planned, found.held, found.missed, found.hours_planned) == (4, 1, 2, 32)


def test_the_cost_ratio_is_cost_less_paid_work_over_arr():
    served = [Served("A", "key", "anna", 1_000_000 * UNITS, 20_000 * UNITS), Served("B", "standard", "anna", 0, 0)]
    key, standard = cost_ratios(served, [csm("anna", 205_000)], FX, policy=SEGMENTS)
    assert (key.cost, standard.cost) == (200_000, 5_000)  # 80 h and 2 h
    assert key.ratio == pytest.approx(0.18)
    assert key.fits is False
    assert (standard.ratio, standard.why) == (None, "no recurring revenue")


def test_the_cost_of_all_people_is_in_the_segments_once():
    served = [Served("A", "key", "anna", 10, 0), Served("B", "growth", None, 10, 0), Served("C", "standard", "x", 1, 0)]
    people = [csm("anna", 100), csm("ben", 300), csm("eve", 10, currency="EUR")]
    found = cost_ratios(served, people, FX, policy=SEGMENTS, away={"x"})
    assert sum(each.cost for each in found) == pytest.approx(480)


def test_each_lever_alone_makes_the_ratio_fit():
    cost, paid, arr, accounts, hours, limit = 200_000.0, 20_000.0, 1_000_000.0, 4, 50.0, 0.15
    needs = {lever.lever: lever.needs for lever in levers(cost, paid, arr, accounts, hours, limit)}
    assert (needs["cost_per_hour"] * accounts * hours - paid) / arr == pytest.approx(limit)
    assert (cost * needs["hours_per_account"] / hours - paid) / arr == pytest.approx(limit)
    assert (cost - needs["paid_revenue"]) / arr == pytest.approx(limit)
    assert (cost - paid) / needs["arr"] == pytest.approx(limit)


def test_paid_work_is_recurring_lines_that_stand_and_the_last_year_of_one_off_ones():
    book = ledger(
        contract("A", "2025-01-01", "2026-12-31"),
        line("A", 100, for_success=True),
        line("A", 900),
        line("A", 30, "old", for_success=True, recurring=False),
        line("A", 7, "new", for_success=True, recurring=False, starts="2026-01-01"),
        line("A", 5, "ahead", for_success=True, starts="2026-08-01"),
    )
    assert paid_for(book, TODAY, FX, grace_days=GRACE_DAYS) == 107 * UNITS


def test_paid_work_that_ends_with_a_contract_that_renews_itself_goes_on_with_it_as_its_arr_does():
    book = ledger(
        contract("A", "2025-01-01", "2025-12-31", auto_renews=True),
        line("A", 100, for_success=True, ends="2025-12-31"),
        line("A", 50, "over", for_success=True, ends="2025-10-31"),
    )
    assert arr_on(book, TODAY, FX, grace_days=GRACE_DAYS) == 100 * UNITS
    assert paid_for(book, TODAY, FX, grace_days=GRACE_DAYS) == 100 * UNITS
