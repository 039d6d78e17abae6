"""Laws of rates and of what they stand on, on generated ledgers: contracts early, late, several, renewed and lost."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from collector.accounts.contracts.arr import arr_of, arr_on
from collector.accounts.contracts.exchange_rates import Rates, Stated
from collector.accounts.contracts.renewed import KEPT, Period, expired_in
from collector.accounts.contracts.terms import all_terms, lapsed, next_due
from collector.accounts.ledger.kinds.money import ContractLine, Opportunity, Renewal
from collector.accounts.ledger.view import AccountLedger
from collector.accounts.rates.answer import grouped, sums, value_of
from collector.accounts.rates.figures import FIGURES
from collector.accounts.rates.rates import movements
from collector.accounts.rates.survival import kaplan_meier, time_to_value
from collector.accounts.segments.cost_ratio import levers
from collector.accounts.segments.segments import tiers
from tests.plain_facts import a_contract, an_account
from tests.policies import GRACE_DAYS, SEGMENTS

FIRST = 20_000
PERIOD = Period(FIRST, FIRST + 364, FIRST + 500, grace_days=GRACE_DAYS)
ONE = Rates("CNY", {"EUR": Stated("EUR", 8.0, 0)})
day = st.integers(FIRST - 400, FIRST + 500)


@st.composite
def ledgers(draw, name="A"):
    contracts, lines, renewals = [], [], []
    for number in range(draw(st.integers(0, 3))):
        starts = draw(day)
        made = a_contract(
            id=f"C{number}", account=name, starts=starts, ends=starts + draw(st.integers(0, 800)),
            signed_day=draw(st.none() | st.integers(starts - 60, starts + 40)), auto_renews=draw(st.booleans()),
            renews=draw(st.sampled_from([None, "C0", "C1"])) if number else None,
            terminated_day=draw(st.none() | st.integers(starts, starts + 400)),
        )  # fmt: skip
        contracts.append(made)
        lines += [
            ContractLine(
                id=f"L{number}{at}", account=name, contract=made.id, amount=draw(st.integers(0, 10**7)),
                recurring=draw(st.booleans()), currency=draw(st.sampled_from([None, "EUR"])),
                starts=draw(st.none() | st.integers(starts, made.ends)),
            )
            for at in range(draw(st.integers(0, 2)))
        ]  # fmt: skip
        if draw(st.booleans()):
            renewals.append(
                Renewal(
                    id=f"R{number}", account=name, contract=made.id, due_day=made.ends,
                    outcome=draw(st.sampled_from(["pending", "renewed", "partial", "lost"])),
                    decided_day=draw(st.none() | st.integers(made.ends - 90, made.ends + 90)),
                    amount=draw(st.none() | st.integers(0, 10**7)),
                )
            )  # fmt: skip
    sold = [
        Opportunity(
            id=f"O{number}", account=name, kind=draw(st.sampled_from(["upsell", "referral"])), opened_day=FIRST,
            stage=draw(st.sampled_from(["open", "won", "lost"])), closed_day=draw(day),
            amount=draw(st.integers(0, 10**6)), referred=draw(st.sampled_from([None, "A0", "A1", "Z"])),
        )
        for number in range(draw(st.integers(0, 2)))
    ]  # fmt: skip
    return AccountLedger(
        row_id=1, account=an_account(id=name, name=name), contracts=tuple(contracts), lines=tuple(lines),
        renewals=tuple(renewals), opportunities=tuple(sold),
    )  # fmt: skip


@st.composite
def portfolios(draw):
    return [draw(ledgers(name=f"A{number}")) for number in range(draw(st.integers(0, 4)))]


def totals(books, rates=ONE, period=PERIOD):
    moves = movements(books, period, rates)
    return {key: sums(figure, moves) for key, figure in FIGURES.items()}


@settings(max_examples=150)
@given(portfolios())
def test_shares_are_between_nothing_and_everything_and_gross_is_at_most_net(books):
    found = totals(books)
    for key, figure in FIGURES.items():
        above, below = found[key]
        assert below >= 0
        if figure.share:
            assert 0 <= above <= below, key
    assert found["grr"][0] <= found["nrr"][0]
    assert found["grr"][1] == found["nrr"][1]
    assert found["renewal_gross"][0] <= found["renewal_net"][0]


@settings(max_examples=100)
@given(portfolios())
def test_opening_arr_is_kept_cut_or_lost_to_the_last_hundredth(books):
    """opening + expansion - contraction - churned = closing of the cohort; kept = opening - contraction - churned."""
    moves = [move for move in movements(books, PERIOD, ONE) if move.is_opening]
    found = totals(books)
    churned = sum(move.opening for move in moves if move.closing == 0)
    opening, cut, more = found["nrr"][1], found["contraction"][0], found["expansion_amount"][0]
    assert found["nrr"][0] == opening + more - cut - churned
    assert found["grr"][0] == opening - cut - churned


@settings(max_examples=100)
@given(portfolios(), st.lists(st.sampled_from(["x", "y", "z"]), min_size=5, max_size=5))
def test_the_parts_of_any_split_add_up_to_the_whole(books, words):
    moves = movements(books, PERIOD, ONE)
    word_of = {move.account: words[at] for at, move in enumerate(moves)}
    parts = grouped(moves, lambda account: word_of[account])
    for figure in FIGURES.values():
        of_parts = [sums(figure, each) for each in parts.values()]
        assert (sum(a for a, _ in of_parts), sum(b for _, b in of_parts)) == sums(figure, moves)


@settings(max_examples=100)
@given(portfolios(), st.randoms(use_true_random=False))
def test_the_order_of_accounts_and_of_facts_is_irrelevant(books, chance):
    shuffled = []
    for book in books:
        fields = {
            name: tuple(chance.sample(getattr(book, name), len(getattr(book, name))))
            for name in ("contracts", "lines", "renewals", "opportunities")
        }
        shuffled.append(replace(book, **fields))
    chance.shuffle(shuffled)
    assert totals(shuffled) == totals(books)


@settings(max_examples=60)
@given(portfolios(), st.integers(2, 9))
def test_money_in_another_unit_changes_no_rate(books, factor):
    def scaled(book):
        return replace(
            book,
            lines=tuple(replace(each, amount=each.amount * factor) for each in book.lines),
            renewals=tuple(
                replace(each, amount=None if each.amount is None else each.amount * factor) for each in book.renewals
            ),
            opportunities=tuple(replace(each, amount=(each.amount or 0) * factor) for each in book.opportunities),
        )

    before, after = totals(books), totals([scaled(book) for book in books])
    for key, figure in FIGURES.items():
        if figure.unit != "amount":
            assert before[key] == after[key]
        elif not any(len(book.contracts) > 1 for book in books):  # shares of a common successor are whole hundredths
            assert tuple(part * factor for part in before[key]) == after[key]


@settings(max_examples=100)
@given(ledgers(), day)
def test_what_is_dated_after_a_day_does_not_change_what_stood_on_it(book, at):
    """No look-ahead: decisions, notices, terminations and signatures after `at` are as if they were not there."""
    cut = replace(
        book,
        contracts=tuple(
            replace(each, terminated_day=None if (each.terminated_day or 0) > at else each.terminated_day)
            for each in book.contracts
            if (each.starts if each.signed_day is None else each.signed_day) <= at
        ),
        renewals=tuple(
            each
            if (each.due_day if each.decided_day is None else each.decided_day) <= at
            else replace(each, outcome="pending", decided_day=None, amount=None)
            for each in book.renewals
        ),
    )
    named = {each.id for each in cut.contracts}
    cut = replace(cut, lines=tuple(each for each in cut.lines if each.contract in named))
    assert arr_on(cut, at, ONE, grace_days=GRACE_DAYS) == arr_on(book, at, ONE, grace_days=GRACE_DAYS)
    assert lapsed(cut, at, grace_days=GRACE_DAYS) == lapsed(book, at, grace_days=GRACE_DAYS)
    due, cut_due = next_due(book, at, grace_days=GRACE_DAYS), next_due(cut, at, grace_days=GRACE_DAYS)
    assert (due and (due.contract.id, due.due_day)) == (cut_due and (cut_due.contract.id, cut_due.due_day))
    if lapsed(book, at, grace_days=GRACE_DAYS):
        assert arr_on(book, at, ONE, grace_days=GRACE_DAYS) == 0


@settings(max_examples=100)
@given(ledgers(), day, st.integers(0, 300))
def test_contracts_that_are_left_out_as_past_change_nothing_later(book, since, later):
    at, until = since + later, FIRST + 500
    full, short = (
        all_terms(book, until, until, grace_days=GRACE_DAYS),
        all_terms(book, until, until, since=since, grace_days=GRACE_DAYS),
    )
    assert arr_of(book, short, at, ONE) == arr_of(book, full, at, ONE)
    assert [term for term in full if term.due >= since] == [term for term in short if term.due >= since]


@settings(max_examples=60)
@given(portfolios(), st.integers(0, 200))
def test_a_longer_grace_loses_nothing_that_was_renewed(books, more):
    """But for terms that renewed themselves: with a longer grace a contract that begins in the next one is late."""
    longer = replace(PERIOD, grace_days=PERIOD.grace_days + more)
    for book in books:
        after = {(one.contract, one.due_day): one.fate for one in expired_in(book, longer, ONE)}
        for one in expired_in(book, PERIOD, ONE):
            if one.fate in KEPT - {"auto"}:
                assert after.get((one.contract, one.due_day), "renewed") in KEPT | {"transferred"}


@given(st.dictionaries(st.text(max_size=3), st.integers(0, 1000), max_size=12))
def test_the_top_tier_is_the_fewest_customers_that_make_up_half(arr_of):
    tier = tiers(arr_of, policy=SEGMENTS)
    whole = sum(arr_of.values())
    top = [arr_of[each] for each, word in tier.items() if word == "top"]
    assert 2 * sum(top) >= whole
    assert not top or 2 * (sum(top) - min(top)) < whole


@given(
    st.floats(1, 1e9), st.floats(0, 1e9), st.floats(1, 1e9), st.integers(1, 1000), st.floats(0.1, 500),
    st.floats(0.01, 1),
)  # fmt: skip
def test_the_levers_solve_what_they_say(cost, paid, arr, accounts, hours, limit):
    needs = {lever.lever: lever.needs for lever in levers(cost, paid, arr, accounts, hours, limit)}
    close = 1e-6 * (cost + paid + arr)
    assert abs(needs["cost_per_hour"] * accounts * hours - paid - limit * arr) < close
    assert abs(cost * needs["hours_per_account"] / hours - paid - limit * arr) < close
    assert cost - needs["paid_revenue"] <= limit * arr + close
    assert cost - paid <= limit * needs["arr"] + close


@given(st.integers(1, 60), st.integers(0, 60), st.integers(0, 20))
def test_the_median_is_the_day_on_which_half_have_arrived(early, late, gone):
    """`early` arrive one a day, `late` together afterwards; `gone` were seen on no day on which somebody arrived."""
    found = time_to_value([(day, True) for day in range(1, early + 1)] + [(99, True)] * late + [(0, False)] * gone)
    half = -(-(early + late) // 2)  # that many are at least half
    assert found.median_days == (half if half <= early else 99)


@given(st.lists(st.tuples(st.integers(0, 60), st.booleans()), max_size=40))
def test_survival_falls_from_one_and_without_censoring_it_is_the_share_left(times):
    curve = kaplan_meier([days for days, _ in times], [seen for _, seen in times])
    values = [point.survival for point in curve]
    assert all(1 >= a >= b >= 0 for a, b in zip([1.0, *values], values, strict=False))
    if times:
        full = kaplan_meier([days for days, _ in times], [True] * len(times))
        for point in full:
            assert abs(point.survival - sum(days > point.day for days, _ in times) / len(times)) < 1e-9
    assert all(value_of(figure, [], 100).value is None for figure in FIGURES.values())
