"""What cannot be read or reckoned with of one account, or of one fact of none, is left out by name; all else stands."""

from dataclasses import replace

import pytest
from sqlalchemy import update

from collector import config, context
from collector.access.caller import THE_CLOCK
from collector.accounts.ledger.kinds import money
from collector.operations import lifecycle, rates, segments
from collector.scores import portfolio_swings
from collector.store import fence
from collector.store.tables.ledger import fact
from tests import fleets, portfolios
from tests.fleets import NOON, TODAY, add
from tests.plain_facts import a_contract, a_cost, a_csm, an_account
from tests.policies import CURRENCY, GRACE_DAYS, RULES

HUGE = '"1e400"'  # an amount as decimal text


@pytest.fixture
def filled(store):
    fleets.story(store)
    portfolios.fill(store)
    return store


def plant_account(store):
    """ODD has a contract, a line, a won referral and a potential: sound ones."""
    with store.write() as connection:
        add(connection, "account", an_account(id="ODD", name="Odd", potential=100, csm="csm-anna"))
        add(connection, "contract", a_contract(id="O1", account="ODD", starts=TODAY - 300, ends=TODAY + 90))
        add(connection, "line", money.ContractLine(id="OL", account="ODD", contract="O1", amount=100))
        won = money.Opportunity(
            id="OO", account="ODD", kind="referral", opened_day=TODAY - 90, stage="won", closed_day=TODAY - 60,
            amount=100, referred="NEW",
        )  # fmt: skip
        add(connection, "opportunity", won)


def spoil(store, key, body):
    with store.write() as connection:
        done = connection.execute(update(fact).where(fact.c.key == key).values(body=body))
        assert done.rowcount >= 1


def answers(store):
    """Every report over all accounts, and what the rates say that they left out."""
    asked = context.of(config.load({"base_currency": CURRENCY}), store, lambda: NOON, THE_CLOCK)
    chosen = [rates.RatesOf(basis="arrived", language="en", by=by) for by in ("", "segment", "tier", "csm", "team")]
    found = [rates.rates(asked, each) for each in chosen]
    figure = rates.AccountsOf(figure="nrr", rates=chosen[0], limit=100)
    on = {"language": "en"}
    with store.read() as connection:
        swings = portfolio_swings.swings(connection, TODAY - 1, RULES, CURRENCY, GRACE_DAYS)
    others = [
        [replace(each, rates=replace(each.rates, unread=[])) for each in found],
        rates.rates_accounts(asked, figure),
        segments.segments(asked, segments.SegmentsOn(**on)),
        segments.segments_accounts(asked, segments.PlacesOn(limit=100, **on)),
        segments.capacity(asked, segments.PortfolioOn()),
        segments.cost_ratio(asked, segments.PortfolioOn()),
        lifecycle.handover_clocks(asked, lifecycle.ListHandovers(limit=100, language="en")),
        swings,
    ]
    return others, {(each.kind, each.key) for each in found[0].rates.unread}


BROKEN = {
    "the account's own fact": ("ODD", "no JSON"),
    "an unknown field": ("O1", '{"id":"O1","account":"ODD","nothing":1}'),
    "an amount that is none": ("OL", f'{{"id":"OL","account":"ODD","contract":"O1","amount":{HUGE}}}'),
    "an amount that is no number": ("OL", '{"id":"OL","account":"ODD","contract":"O1","amount":"much"}'),
    "a day that is a word": ("O1", f'{{"id":"O1","account":"ODD","starts":"soon","ends":{TODAY},"currency":"CNY"}}'),
    "a referral's amount": (
        "OO",
        f'{{"id":"OO","account":"ODD","kind":"referral","opened_day":1,"stage":"won","closed_day":2,"amount":{HUGE}}}',
    ),
    "a potential": ("ODD", f'{{"id":"ODD","name":"Odd","currency":"CNY","timezone":"UTC","potential":{HUGE}}}'),
}
READ_FOR_PLACES_ONLY = {"a potential"}
READ_FOR_RATES_ONLY = {"a referral's amount"}


@pytest.mark.parametrize("broken", BROKEN)
def test_an_account_that_cannot_be_reckoned_with_is_named_and_every_other_answer_is_what_it_was(filled, broken):
    without, nothing = answers(filled)
    assert nothing == set()
    plant_account(filled)
    with_it, _ = answers(filled)
    assert with_it != without, "the control: the sound account is in the figures"
    spoil(filled, *BROKEN[broken])
    found, unread = answers(filled)
    same = [a == b for a, b in zip(found, without, strict=True)]
    if broken in READ_FOR_PLACES_ONLY:  # rates that ask for no place never read it
        assert all(same[2:6])
    elif broken in READ_FOR_RATES_ONLY:
        assert all([*same[:2], *same[6:]])
        assert unread == {("account", "ODD")}
    else:
        assert all(same), same
        assert unread == {("account", "ODD")}


FACTS = {
    "exchange_rate": (
        money.ExchangeRate(id="odd", currency="USD", base="CNY", day=TODAY - 300, worth=7.0),
        f'{{"id":"odd","currency":"USD","base":"CNY","day":{TODAY - 300},"worth":0}}',
    ),
    "cost": (
        a_cost(id="odd", day=TODAY - 20, category="sales", amount=100),
        f'{{"id":"odd","day":{TODAY - 20},"category":"sales","amount":{HUGE},"currency":"CNY"}}',
    ),
    "csm": (
        a_csm(id="odd", name="Odd", cost_year=100),
        f'{{"id":"odd","name":"Odd","currency":"CNY","cost_year":{HUGE}}}',
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", FACTS)
def test_a_fact_of_no_account_that_cannot_be_reckoned_with_is_left_out_alone(filled, kind):
    without, _ = answers(filled)
    said, body = FACTS[kind]
    with filled.write() as connection:
        add(connection, kind, said)
    assert answers(filled)[0] != without, "the control: the sound fact is in the figures"
    spoil(filled, "odd", body)
    found, unread = answers(filled)
    assert found == without
    assert unread == (set() if kind == "csm" else {(kind, "odd")}), "rates do not reckon with what a person costs"
    spoil(filled, "odd", "no JSON")
    found, unread = answers(filled)
    assert (found, unread) == (without, {(kind, "odd")})


def test_without_the_fence_one_account_costs_everybody_the_report(filled, monkeypatch):
    """The control of both tests above."""
    plant_account(filled)
    spoil(filled, *BROKEN["an amount that is none"])
    monkeypatch.setattr(fence, "every", lambda items, work, _: map(work, items))
    with pytest.raises(ValueError, match="more than any amount can be"):
        answers(filled)


def test_a_failure_of_everybody_is_no_accounts(filled, monkeypatch):
    monkeypatch.setattr(portfolio_swings, "moved", lambda *_: (_ for _ in ()).throw(OSError("the store is away")))
    with pytest.raises(OSError, match="away"):
        answers(filled)
