"""Rates of a period: the tricky cases, each as a small table of contracts."""

from dataclasses import asdict, replace

import pytest

from collector.accounts.contracts.renewed import Period, expired_in
from collector.accounts.ledger.kinds.money import Opportunity
from collector.accounts.ledger.kinds.relations import Survey
from collector.accounts.rates.answer import behind, period_figures, value_of
from collector.accounts.rates.figures import FIGURES
from collector.accounts.rates.rates import movements
from collector.calendar.days import iso
from collector.language.rates import answer, part_of, text
from tests.ledgers import FX, account, contract, ledger, line, on, renewal
from tests.policies import GRACE_DAYS

Y2025 = Period(on("2025-01-01"), on("2025-12-31"), on("2026-06-01"), grace_days=GRACE_DAYS)
OLD = contract("A", "2024-07-01", "2025-06-30")
TEN = line("A", 10)


def rate(key, *books, period=Y2025):
    return value_of(FIGURES[key], movements(books, period, FX), FX.scale)


def upsell(closed, amount=5, **fields):
    made = {"id": f"U-{closed}", "account": "ACME", "kind": "upsell", "opened_day": on("2025-01-01"), "stage": "won"}
    return Opportunity(**{**made, "closed_day": on(closed), "amount": amount * 100, **fields})


@pytest.mark.parametrize(
    ("facts", "fate", "renewed"),
    [
        ([], "lost", 0),
        ([renewal("A", "2025-06-30", decided_day="2025-06-01", amount=12)], "renewed", 12),
        ([renewal("A", "2025-06-30", decided_day="2025-06-30")], "renewed", 10),
        ([renewal("A", "2025-06-30", "partial", decided_day="2025-06-01", amount=4)], "partial", 4),
        ([renewal("A", "2025-06-30", "partial", decided_day="2025-06-01")], "partial", 0),
        ([renewal("A", "2025-06-30", decided_day="2025-07-20")], "late", 10),
        ([renewal("A", "2025-06-30", decided_day="2025-09-01")], "won_back", 0),
        ([renewal("A", "2025-06-30", "lost", decided_day="2025-05-01")], "lost", 0),
        ([contract("B", "2025-07-01", "2026-06-30", renews="A"), line("B", 15)], "renewed", 15),
        ([contract("B", "2025-04-01", "2026-03-31", renews="A"), line("B", 15)], "early", 15),
        (
            [contract("B", "2025-07-01", "2026-06-30", renews="A", signed_day="2025-07-10"), line("B", 15)],
            "late",
            15,
        ),
        ([contract("B", "2025-10-01", "2026-09-30", renews="A"), line("B", 15)], "won_back", 0),
        ([contract("B", "2025-10-01", "2026-09-30"), line("B", 15)], "won_back", 0),  # nobody says what it continues
        # another contract stood meanwhile: a customer that never left is not won back
        (
            [
                contract("B", "2025-10-01", "2026-09-30"),
                line("B", 15),
                contract("C", "2025-01-01", "2026-02-28"),
                line("C", 1),
            ],
            "lost",
            0,
        ),
        # two words of one thing: the contract is right
        (
            [
                renewal("A", "2025-06-30", "lost", decided_day="2025-06-01"),
                contract("B", "2025-07-01", "2026-06-30", renews="A"),
                line("B", 15),
            ],
            "renewed",
            15,
        ),
        ([renewal("A", "2025-06-30", decided_day="2025-06-01", amount=2, currency="EUR")], "renewed", 16),
    ],
)
def test_what_became_of_a_contract_that_was_due(facts, fate, renewed):
    (found,) = expired_in(ledger(OLD, TEN, *facts), Y2025, FX)
    assert (found.fate, found.renewed, found.expiring) == (fate, renewed * 100, 1000)


def more(*facts):
    """(upsell rate by amount, by customers) of 2025 with the contract A of 9,000 over all of it."""
    book = ledger(contract("A", "2024-07-01", "2026-06-30"), *facts)
    return rate("upsell_amount", book).value, rate("upsell_customers", book).value


NINE = line("A", 9000, "a", ends="2025-03-31")
STAYS = line("A", 9000, "a")


@pytest.mark.parametrize(
    ("lines", "amount"),
    [
        ((STAYS, line("A", 3000, "b", starts="2025-04-01", product="opk")), 3000 / 9000),
        ((NINE, line("A", 6000, "b", starts="2025-04-01")), 0),  # cut
        ((NINE, line("A", 18000, "b", starts="2025-04-01")), 0),  # a ramp: the same thing at another price
        ((NINE, line("A", 18000, "b", starts="2025-04-02")), 0),  # with a day between, and with the whole grace
        ((NINE, line("A", 18000, "b", starts="2025-05-01")), 0),
        ((NINE, line("A", 18000, "b", starts="2025-05-02")), 1),  # a day more: one thing ended, another was bought
        ((NINE, line("A", 18000, "b", starts="2025-04-01", quantity=2)), 1),  # as much again of it
        ((NINE, line("A", 18000, "b", starts="2025-04-02", quantity=2)), 1),
        ((NINE, line("A", 12000, "b", starts="2025-04-01", product="opk")), 3000 / 9000),  # net of what ended
        ((NINE, line("A", 6000, "b", starts="2025-04-01", product="opk")), 0),
        ((STAYS, line("A", 3000, "b", starts="2025-04-01"), upsell("2025-05-01", 5000, recurring=False)), 3000 / 9000),
        ((STAYS, upsell("2025-05-01", 1800)), 0.2),
        ((STAYS, line("A", 7000, "b", starts="2025-04-01"), upsell("2025-05-01", 1800)), 0.2),  # said once, not twice
    ],
)  # fmt: skip
def test_an_upsell_is_net_of_what_ended_and_a_price_is_none(lines, amount):
    by_amount, by_customers = more(*lines)
    assert by_amount == pytest.approx(amount)
    one_off = any(isinstance(each, Opportunity) and not each.recurring for each in lines)
    assert by_customers == int(amount > 0 or one_off)


@pytest.mark.parametrize(
    ("starts", "closing", "seen", "left"),
    [
        ("2025-04-02", "2025-03-31", "2026-06-01", 0),  # the period's money is that of 1 April, between the two lines
        ("2025-05-01", "2025-04-15", "2026-06-01", 0),
        ("2025-05-02", "2025-04-15", "2026-06-01", 1),  # later than the grace: it had left, and came back
        ("2025-05-01", "2025-04-15", "2025-04-20", 1),  # seen before the second line began
    ],
)
def test_a_line_goes_on_between_its_end_and_the_line_that_takes_its_place(starts, closing, seen, left):
    period = Period(on("2025-01-01"), on(closing), on(seen), grace_days=GRACE_DAYS)
    ramp = ledger(contract("A", "2024-01-01", "2026-12-31"), NINE, line("A", 12000, "b", starts=starts))
    assert rate("logo_churn", ramp, period=period).value == left
    assert rate("grr", ramp, period=period).value == 1 - left


OTHER = contract("B", "2024-01-01", "2026-12-31")
SWAP = (line("B", 500, "b-old", ends="2025-05-31"), line("B", 500, "b-new", starts="2025-06-01", product="opk"))


@pytest.mark.parametrize(
    "other",
    [
        (contract("B", "2024-01-01", "2025-06-30"), line("B", 2000)),  # it lapses
        (contract("B", "2024-01-01", "2026-12-31", terminated_day="2025-06-30"), line("B", 2000)),  # it is ended early
        (OTHER, line("B", 2000, ends="2025-06-30"), line("B", 100, "rest")),  # a part of it ends
        (OTHER, *SWAP, line("B", 1500, "rest")),  # one thing takes another's place: nothing more was bought there
    ],
)
def test_what_ends_on_one_contract_takes_nothing_from_an_upsell_on_another(other):
    """Finance: 1,000 a year more were sold to whoever paid 11,000; what it gave up elsewhere is contraction."""
    extra = line("A", 1000, "more", starts="2025-04-01", product="opk")
    won = more(STAYS, extra, upsell("2025-03-20", 1000), *other)
    opening = 9000 + sum(each.amount for each in other if hasattr(each, "amount") and each.id != "b-new") / 100
    assert won == (pytest.approx(1000 / opening), 1)
    assert more(STAYS, extra, *other) == won  # and without the opportunity the contracts say the same


def test_a_contract_that_is_merged_into_another_is_transferred_and_no_upsell():
    merged = (
        contract("A", "2024-07-01", "2025-12-31"), line("A", 10, "a"), contract("C", "2024-01-01", "2026-12-31"),
        line("C", 30, "c"), renewal("A", "2025-12-31", decided_day="2025-06-15", new_contract="C"),
    )  # fmt: skip
    ended = Period(Y2025.first, on("2026-03-31"), on("2026-06-01"), grace_days=GRACE_DAYS)
    book = ledger(*merged, line("C", 10, "moved", starts="2026-01-01"))
    (found,) = expired_in(book, ended, FX)
    assert found.fate == "transferred"
    assert [rate(key, book, period=ended).value for key in ("grr", "nrr", "upsell_amount")] == [1, 1, 0]
    assert rate("renewal_customers", book, period=ended).value is None
    apart = ledger(*merged[:4], line("C", 10, "moved", starts="2026-01-01"))
    assert rate("upsell_amount", apart, period=ended).value == 10 / 40


def moved(**fields):
    """ACME's contract goes on at BETA from July on; BETA also has a contract of its own."""
    old = ledger(contract("A", "2024-07-01", "2025-06-30"), line("A", 10, "a"))
    new = ledger(
        contract("M", "2025-07-01", "2026-06-30", **fields), line("M", 12, "m"),
        contract("B", "2024-01-01", "2026-12-31"), line("B", 30, "b"), who=account("BETA"),
    )  # fmt: skip
    return old, new


def test_a_contract_that_moved_to_another_account_is_neither_churn_nor_new_there():
    books = moved(moved_from="A")
    assert [rate(key, *books).value for key in ("logo_churn", "grr")] == [0, 1]
    assert rate("nrr", *books).value == 42 / 40
    assert rate("upsell_amount", *books).value == 0
    assert rate("renewal_customers", *books).value is None
    apart = moved()
    assert [rate(key, *apart).value for key in ("logo_churn", "grr")] == [0.5, 30 / 40]
    assert rate("upsell_amount", *apart).value == 12 / 40


@pytest.mark.parametrize(("late", "churn"), [(GRACE_DAYS, 0), (GRACE_DAYS + 1, 0.5)])
def test_a_contract_moves_at_most_the_grace_after_it_ended(late, churn):
    starts = on("2025-07-01") + late
    old, _ = moved()
    heir = ledger(
        contract("M", iso(starts), "2026-06-30", moved_from="A"), line("M", 12, "m"),
        contract("B", "2024-01-01", "2026-12-31"), line("B", 30, "b"), who=account("BETA"),
    )  # fmt: skip
    assert rate("logo_churn", old, heir).value == churn


def test_the_shares_of_one_contract_that_continues_three_are_the_whole_of_it_to_the_cent():
    olds = [part for key in "ABD" for part in (contract(key, "2024-07-01", "2025-06-30"), line(key, 10, f"l{key}"))]
    said = [renewal(key, "2025-06-30", decided_day="2025-06-30", new_contract="C") for key in "ABD"]
    book = ledger(*olds, *said, contract("C", "2025-07-01", "2026-06-30"), line("C", 10))
    assert sorted(each.renewed for each in expired_in(book, Y2025, FX)) == [333, 333, 334]


@pytest.mark.parametrize("first", ["2025-01-01", "2025-07-01"])
def test_an_account_that_begins_with_a_moved_contract_is_no_new_customer(first):
    old, _ = moved()
    heir = ledger(contract("M", "2025-07-01", "2026-06-30", moved_from="A"), line("M", 12, "m"), who=account("BETA"))
    period = Period(on(first), on("2025-12-31"), on("2026-06-01"), grace_days=GRACE_DAYS)
    moves = {each.account: each for each in movements([old, heir], period, FX)}
    assert not moves["BETA"].is_new
    assert moves["BETA"].is_opening
    assert not moves["ACME"].is_opening
    assert rate("logo_churn", old, heir, period=period).value == 0


def test_inside_the_grace_nothing_is_lost_yet_and_nothing_is_renewed():
    seen = Period(Y2025.first, Y2025.last, on("2025-07-15"), grace_days=GRACE_DAYS)
    book = ledger(OLD, TEN, renewal("A", "2025-06-30", decided_day="2025-07-20"))
    (found,) = expired_in(book, seen, FX)
    assert found.fate == "in_grace"
    assert rate("renewal_customers", book, period=seen).value == 0
    assert rate("renewal_customers", book).value == 1


def test_a_contract_renews_itself_when_its_day_has_passed():
    book = ledger(contract("A", "2024-07-01", "2025-06-30", auto_renews=True), TEN)
    (found,) = expired_in(book, Y2025, FX)
    assert (found.fate, found.renewed) == ("auto", 1000)


def test_a_contract_of_several_years_is_due_once():
    book = ledger(contract("A", "2023-01-01", "2025-12-31"), TEN)
    assert (
        expired_in(book, Period(on("2024-01-01"), on("2024-12-31"), on("2026-06-01"), grace_days=GRACE_DAYS), FX) == ()
    )
    assert [each.contract for each in expired_in(book, Y2025, FX)] == ["A"]


def test_an_early_renewal_counts_when_it_was_due():
    book = ledger(
        contract("A", "2025-03-01", "2026-02-28"),
        TEN,
        contract("B", "2025-12-01", "2026-11-30", renews="A"),
        line("B", 12),
    )
    assert expired_in(book, Y2025, FX) == ()
    (found,) = expired_in(book, Period(on("2026-01-01"), on("2026-12-31"), on("2026-06-01"), grace_days=GRACE_DAYS), FX)
    assert (found.contract, found.fate) == ("A", "early")


def test_contracts_that_end_together_share_the_one_that_continues_both():
    book = ledger(
        OLD,
        TEN,
        contract("B", "2025-01-01", "2025-06-30"),
        line("B", 30),
        contract("C", "2025-07-01", "2026-06-30"),
        line("C", 50),
        renewal("A", "2025-06-30", decided_day="2025-06-15", new_contract="C"),
        renewal("B", "2025-06-30", decided_day="2025-06-15", new_contract="C"),
    )
    assert [(each.contract, each.renewed) for each in expired_in(book, Y2025, FX)] == [("A", 1250), ("B", 3750)]
    assert rate("renewal_net", book).value == 50 / 40
    assert rate("renewal_gross", book).value == 1


def test_one_off_money_is_never_due_and_never_arr():
    book = ledger(contract("A", "2024-07-01", "2025-06-30"), line("A", 10, recurring=False))
    assert expired_in(book, Y2025, FX) == ()
    assert rate("grr", book).value is None


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("renewal_customers", "no contracts due"),
        ("renewal_gross", "no recurring revenue due"),
        ("logo_churn", "no customers at the start"),
        ("nrr", "no recurring revenue at the start"),
        ("nps", "no answers"),
    ],
)
def test_without_anything_to_divide_by_there_is_no_value_but_a_reason(key, why):
    assert rate(key, ledger()).value is None
    (group,) = answer(period_figures({"": movements([ledger()], Y2025, FX)}, Y2025, FX), (), str, "en").rates.groups
    assert [(one.value, one.why) for one in group.values if one.figure == key] == [(None, why)]


def test_a_contract_that_ends_with_the_period_is_its_churn():
    book = ledger(contract("A", "2025-01-01", "2025-12-31"), TEN, contract("0", "2024-01-01", "2024-12-31"))
    assert rate("logo_churn", book).value == 1
    assert rate("grr", book).value == 0


def test_whoever_starts_inside_the_period_is_new_and_not_in_the_cohort():
    found = movements([ledger(contract("A", "2025-01-01", "2025-12-31"), TEN)], Y2025, FX)
    assert [(each.is_new, each.is_opening) for each in found] == [(True, False)]


def test_gross_retention_is_capped_by_customer_and_net_is_not():
    grown = ledger(OLD, TEN, contract("B", "2025-07-01", "2026-06-30", renews="A"), line("B", 30))
    shrunk = ledger(
        OLD, line("A", 20), contract("B", "2025-07-01", "2026-06-30", renews="A"), line("B", 5), who=account("B")
    )
    assert rate("grr", grown, shrunk).value == 15 / 30
    assert rate("nrr", grown, shrunk).value == 35 / 30
    assert rate("contraction", grown, shrunk).value == 15 / 30
    assert rate("expansion_amount", grown, shrunk).value == 20 / 30
    assert rate("expansion_customers", grown, shrunk).value == 1 / 2


def test_an_upsell_is_closed_while_a_contract_stands():
    book = ledger(OLD, TEN, upsell("2025-03-01"), upsell("2025-08-01"), upsell("2025-04-01", 100, recurring=False))
    assert rate("upsell_customers", book).value == 1
    assert rate("upsell_amount", book).value == 5 / 10
    assert rate("upsell_amount", ledger(OLD, TEN, upsell("2025-08-01"))).numerator == 0


def test_the_amount_of_an_upsell_rests_on_what_recurs_and_its_customers_on_what_was_sold_once_too():
    book = ledger(OLD, TEN, upsell("2025-03-01"), upsell("2025-04-01", 100, recurring=False))

    def rests_on(figure):
        (part,) = behind(FIGURES[figure], movements([book], Y2025, FX), FX)
        return part.sales

    assert rests_on("upsell_amount") == ("U-2025-03-01",)
    assert rests_on("upsell_customers") == ("U-2025-03-01", "U-2025-04-01")


UNPRICED = replace(upsell("2025-03-01", amount=0, id="U"), amount=None)


def test_an_upsell_whose_amount_nobody_stated_is_one_and_hides_no_line():
    unpriced = upsell("2025-03-01", amount=0, id="U")
    unpriced = replace(unpriced, amount=None)
    for facts, amount in (((unpriced,), 0), ((unpriced, line("A", 3, starts="2025-02-01")), 3)):
        book = ledger(OLD, TEN, *facts)
        assert rate("upsell_customers", book).value == 1
        assert rate("upsell_amount", book).numerator == amount
        (part,) = behind(FIGURES["upsell_customers"], movements([book], Y2025, FX), FX)
        assert "U" in part.sales
    assert rate("upsell_customers", ledger(OLD, TEN)).value == 0, "the control"


@pytest.mark.parametrize(
    ("facts", "above", "below", "rests_on", "unstated"),
    [
        ((UNPRICED,), 0, 0, (), ("U",)),
        ((UNPRICED, upsell("2025-03-01", 2)), 0, 0, (), ("U",)),
        ((UNPRICED, line("A", 3, starts="2025-02-01")), 3, 10, ("A-3",), ()),
        ((UNPRICED, upsell("2025-03-01", 2), line("A", 5, starts="2025-02-01")), 5, 10, ("A-5",), ()),
        ((UNPRICED, upsell("2025-03-01", 2), line("A", 2, starts="2025-02-01")), 0, 0, (), ("U",)),
        ((upsell("2025-03-01", 2), line("A", 5, starts="2025-02-01")), 2, 10, ("U-2025-03-01",), ()),  # the control
        ((replace(UNPRICED, recurring=False),), 0, 10, (), ()),
    ],
)
def test_an_upsell_without_an_amount_is_not_known_unless_the_contracts_tell_it(
    facts, above, below, rests_on, unstated
):  # fmt: skip
    book = ledger(OLD, TEN, *facts)
    found = rate("upsell_amount", book)
    assert (found.numerator, found.denominator, found.unstated) == (above, below, unstated)
    assert (found.value is None) is bool(unstated)
    (part,) = behind(FIGURES["upsell_amount"], movements([book], Y2025, FX), FX)
    assert (part.sales, part.unstated) == (rests_on, unstated)


def test_the_report_and_the_accounts_behind_name_what_has_no_amount():
    moves = movements([ledger(OLD, TEN, UNPRICED)], Y2025, FX)
    told = asdict(answer(period_figures({"": moves}, Y2025, FX), [], str, "en"))
    (value,) = (each for each in told["rates"]["groups"][0]["values"] if each["figure"] == "upsell_amount")
    assert (value["value"], value["why"]) == (None, "no amount is stated for what was won")
    assert "Upsell rate, amount: accounts left out, no amount is stated for U" in text(told, "en", {})
    chinese = text(asdict(answer(period_figures({"": moves}, Y2025, FX), [], str, "zh")), "zh", {})
    assert "增购率（按金额）：以下成交业务未填写金额，其客户未计入：U" in chinese
    (part,) = behind(FIGURES["upsell_amount"], moves, FX)
    assert part_of(part, "en").notes == ["U: no amount is stated"]
    priced = movements([ledger(OLD, TEN, upsell("2025-03-01"))], Y2025, FX)
    shown = text(asdict(answer(period_figures({"": priced}, Y2025, FX), [], str, "en")), "en", {})
    assert "accounts left out" not in shown, "the control"


def test_a_referral_without_an_amount_is_not_known():
    for amount, unstated in ((None, ("R",)), (4_00, ())):
        referral = Opportunity(
            id="R", account="ACME", kind="referral", opened_day=on("2025-01-05"), stage="won",
            closed_day=on("2025-03-01"), amount=amount,
        )  # fmt: skip
        found = rate("referral_amount", ledger(OLD, TEN, referral))
        assert (found.unstated, found.value) == (unstated, None if unstated else 0.4)


def test_without_a_recorded_upsell_what_was_added_to_contracts_counts():
    added = ledger(OLD, TEN, line("A", 3, starts="2025-02-01"))
    beside = ledger(OLD, TEN, contract("B", "2025-02-01", "2026-01-31"), line("B", 4))
    continued = ledger(OLD, TEN, contract("B", "2025-02-01", "2026-01-31", renews="A"), line("B", 14))
    assert rate("upsell_amount", added).numerator == 3
    assert rate("upsell_amount", beside).numerator == 4
    assert rate("upsell_customers", continued).value == 0
    assert rate("expansion_customers", continued).value == 1


def test_a_referred_customer_counts_once_at_who_referred_it():
    referrer = ledger(
        OLD,
        TEN,
        Opportunity(
            id="o", account="ACME", kind="referral", opened_day=on("2025-01-05"), stage="won",
            closed_day=on("2025-02-01"), amount=9_00, referred="NEW",
        ),
        Opportunity(
            id="p", account="ACME", kind="referral", opened_day=on("2025-01-05"), stage="won",
            closed_day=on("2025-02-01"), amount=7_00, referred="ELSEWHERE",
        ),
    )  # fmt: skip
    new = ledger(
        contract("N", "2025-03-01", "2026-02-28"), line("N", 8), who=account("NEW", referred_by="ACME")
    )  # fmt: skip
    assert rate("referral_customers", referrer, new).numerator == 2
    assert rate("referral_amount", referrer, new).value == (8 + 7) / 10
    assert rate("referral_participation", referrer, new).value == 1
    assert rate("nrr", referrer, new).denominator == 10
    assert behind(FIGURES["referral_customers"], movements([referrer, new], Y2025, FX), FX)[0].sales == ("NEW", "p")


def test_surveys_count_answers_and_response():
    def survey(key, kind, score):
        return Survey(id=key, account="ACME", day=on("2025-05-01"), kind=kind, score=score)

    book = ledger(
        survey("1", "nps", 10), survey("2", "nps", 9), survey("3", "nps", 3), survey("4", "nps", None),
        survey("5", "csat", 4), survey("6", "csat", 2),
    )  # fmt: skip
    assert rate("nps", book).value == pytest.approx(1 / 3)
    assert rate("nps_response", book).value == 3 / 4
    assert rate("csat", book).value == 1 / 2


def test_an_answer_that_came_later_has_not_come_yet():
    asked = {"account": "ACME", "day": on("2025-05-01"), "kind": "nps"}
    book = ledger(
        Survey(id="1", score=10, answered_day=on("2025-05-03"), **asked),
        Survey(id="2", score=0, answered_day=on("2025-06-20"), **asked),
    )
    seen = Period(on("2025-05-01"), on("2025-05-31"), on("2025-05-31"), grace_days=GRACE_DAYS)
    assert (rate("nps", book, period=seen).value, rate("nps_response", book, period=seen).value) == (1, 1 / 2)
    assert rate("nps", book).value == 0


def test_the_accounts_behind_add_up_to_the_figure():
    books = [
        ledger(OLD, TEN, renewal("A", "2025-06-30", decided_day="2025-06-01", amount=12)),
        ledger(OLD, line("A", 20), who=account("B")),
        ledger(who=account("C")),
    ]
    moves = movements(books, Y2025, FX)
    for figure in FIGURES.values():
        value, parts = value_of(figure, moves, FX.scale), behind(figure, moves, FX)
        assert sum(part.numerator for part in parts) == value.numerator
        assert sum(part.denominator for part in parts) == value.denominator
    due = behind(FIGURES["renewal_gross"], moves, FX)
    assert [part_of(one, "en").notes for one in due] == [["A due 30 Jun 2025: renewed"], ["A due 30 Jun 2025: lost"]]
    assert [part_of(one, "zh").notes for one in due] == [
        ["A，2025年6月30日到期：已续费"],
        ["A，2025年6月30日到期：流失"],
    ]
    assert {part_of(one, "zh").currency for one in due} == {"CNY"}


def test_a_report_says_its_days_its_rates_and_every_definition_in_both_languages():
    moves = movements([ledger(OLD, TEN)], Y2025, FX)
    found = period_figures({"": moves}, Y2025, FX)
    english, chinese = (answer(found, (), str, language).rates for language in ("en", "zh"))
    assert (english.first, english.last, english.as_of, english.currency) == (
        "2025-01-01", "2025-12-31", "2026-06-01", "CNY",
    )  # fmt: skip
    assert {stated.currency for stated in english.exchange_rates} == {"EUR", "USD"}
    for one, other in zip(english.groups[0].values, chinese.groups[0].values, strict=True):
        assert one.figure == other.figure
        assert one.definition
        assert other.definition
        assert one.definition != other.definition
