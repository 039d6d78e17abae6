"""Readings: profiles, staleness, mutes, closed sites, sentiment, the windows of open days."""

import pytest

from collector.health import open_days
from collector.health.model import AccountDay
from collector.health.score.readings import most_common
from tests.health_cases import T, alone, care, day, days, money, read, relations, scored, touch, who
from tests.plain_facts import a_contract
from tests.policies import HEALTH

TELEMETRY = ("A2", "B1", "B2", "B4", "C1", "C2", "C3")


def silent_for(n: int, **more) -> tuple[AccountDay, ...]:
    """Good days, then `n` of which nothing was heard."""
    return (*days(T - n, 150 - n), *(day(at, heard=0, active=0, counts={}, **more) for at in range(T - n + 1, T + 1)))


@pytest.mark.parametrize(("n", "state"), [(3, "present"), (4, "stale"), (6, "stale"), (7, "na")])
def test_telemetry_is_stale_after_three_open_days_and_absent_after_six(n, state):
    found = read(days=silent_for(n)).readings
    assert {found[name].state for name in TELEMETRY} == {state}
    if state == "na":
        assert {found[name].why for name in TELEMETRY[:3]} == {"too_old"}


def test_silence_of_robots_never_lowers_the_score_and_ends_in_grey():
    asked = {"surveys": (relations.Survey(id="s", account="a1", day=T - 20, kind="nps", score=10, answered_day=T),)}
    lines = {
        "lines": (money.ContractLine(id="l", account="a1", contract="a1-c", product="opk", amount=1, skill="guide"),)
    }
    short = scored(days=silent_for(3), ledger={**asked, **lines})
    whole = scored(ledger={**asked, **lines})
    assert short.raw >= whole.raw
    assert short.assured < whole.assured
    is_green = short.assured >= HEALTH.bands.green_from and short.coverage >= HEALTH.coverage.green_from
    assert short.band == ("green" if is_green else "yellow")
    for n in (7, 40):
        one = scored(days=silent_for(n))
        assert (one.raw, one.final, one.band) == (None, None, "grey")


def test_closed_days_do_not_age_telemetry():
    assert read(days=silent_for(9, open=False)).readings["B1"].state == "present"


def test_sites_that_are_closed_for_two_weeks_mute_telemetry():
    closed = read(days=silent_for(14, open=False))
    assert {closed.readings[name].state for name in TELEMETRY} == {"muted"}
    assert {closed.readings[name].why for name in TELEMETRY} == {"closed"}
    assert closed.readings["B1"].value == 90
    assert read(days=silent_for(13, open=False)).readings["B1"].state == "present"


@pytest.mark.parametrize(
    ("measure", "kind", "limit", "facts"),
    [
        ("D1", "touch", 90, {}),
        ("D2", "touch", 90, {}),
        ("D3", "touch", 90, {}),
        ("F2", "invoice", 35, {}),
        ("F3", "ticket", 7, {}),
    ],
)
def test_sources_of_the_ledger_age_by_their_newest_arrival(measure, kind, limit, facts):
    def state(ago: int) -> str:
        feeds = {"touch": T, "ticket": T, "invoice": T} | {kind: T - ago}
        return read(ledger=facts, feeds=feeds).readings[measure].state

    assert [state(limit), state(limit + 1), state(2 * limit), state(2 * limit + 1)] == [
        "present",
        "stale",
        "stale",
        "na",
    ]


def test_without_word_of_the_sources_the_accounts_own_newest_fact_tells():
    bill = money.Invoice(id="i", account="a1", issued_day=T - 50, due_day=T - 40, amount=1, paid_day=T - 36)
    assert read(ledger={"invoices": (bill,)}, feeds={}).readings["F2"].state == "stale"
    assert read(feeds={}).readings["F2"].why == "no_source"
    ticket = relations.Ticket(id="k", account="a1", opened_day=T - 7)
    assert read(ledger={"tickets": (ticket,)}, feeds={}).readings["F3"].state == "present"


def mute(from_day: int, to_day: int) -> dict:
    said = care.Mute(id="m", account="a1", measure="B2", from_day=from_day, to_day=to_day, reason="fair", owner="csm")
    return {"mutes": (said,)}


@pytest.mark.parametrize(
    ("from_day", "to_day", "state"),
    [
        (T, T, "muted"),
        (T - 5, T - 1, "present"),
        (T + 1, T + 5, "present"),
        (T - 89, T + 300, "muted"),
        (T - 90, T + 300, "present"),
    ],
)
def test_a_mute_holds_from_day_to_day_and_never_longer_than_ninety_days(from_day, to_day, state):
    one = read(ledger=mute(from_day, to_day)).readings["B2"]
    assert one.state == state
    if state == "muted":
        assert (one.why, one.value, one.detail["mutes"]) == ("muted", 1.0, ["m"])


def test_a_mute_that_has_not_begun_changes_nothing():
    assert alone(read(ledger=mute(T + 1, T + 5))) == alone(read())


def robot_since(ago: int) -> dict:
    return {"deployments": (who.Deployment(id="d", account="a1", robot="r", from_day=T - ago),)}


def due_in(left: int) -> dict:
    return {"contracts": (a_contract(id="c", account="a1", starts=T - 500, ends=T + left),)}


@pytest.mark.parametrize(
    ("facts", "stage", "profile"),
    [
        (robot_since(59), "", "onboarding"),
        (robot_since(59) | due_in(30), "", "onboarding"),
        (robot_since(60), "", "growth"),
        (robot_since(365), "", "mature"),
        (robot_since(100), "maturity", "mature"),
        (robot_since(500), "growth", "growth"),
        (robot_since(500) | due_in(120), "growth", "renewal"),
        (robot_since(500) | due_in(121), "", "mature"),
        (robot_since(500) | due_in(-10), "", "renewal"),
    ],
)
def test_the_profile_follows_age_renewal_and_stage(facts, stage, profile):
    assert read(ledger=facts, stage=stage).profile == profile


def test_a_contract_is_no_renewal_before_it_is_signed():
    later = a_contract(id="n", account="a1", starts=T + 10, ends=T + 20, signed_day=T + 1)
    assert read(ledger={"contracts": (*due_in(200)["contracts"], later)}).profile == "mature"


@pytest.mark.parametrize(("ago", "shown"), [(0, 2), (60, 2), (61, None), (-1, None)])
def test_a_sentiment_is_shown_while_it_is_fresh_or_stale_and_changes_no_score(ago, shown):
    said = relations.Sentiment(id="s", account="a1", day=T - ago, value=2)
    one = scored(ledger={"sentiments": (said,)})
    assert one.sentiment == shown
    assert (one.raw, one.final) == (scored().raw, scored().final)


def test_an_account_without_robots_has_no_telemetry_and_is_grey():
    gone = read(days=days(T - 1))
    assert {gone.readings[name].why for name in TELEMETRY} == {"no_robots"}
    assert alone(gone).band == "grey"


def test_robots_that_two_accounts_claim_are_named():
    assert read(days=days(conflicts=(9,))).readings["A2"].detail["conflicts"] == [9]


def test_the_model_is_that_of_most_robots_then_the_first_by_name():
    assert most_common({"b": 2, "a": 2, "c": 1}) == "a"
    assert most_common({}) == ""


def test_the_windows_are_of_open_days_up_to_the_day():
    found = open_days.open_days(tuple(day(at, open=at % 2 == 0) for at in range(T - 149, T + 9)), T, 28, 56)
    assert (len(found.window), len(found.base)) == (28, 47)
    assert (found.window[-1].day, found.window[0].day, found.base[-1].day) == (T, T - 54, T - 56)


def test_what_was_said_after_the_day_is_not_heard():
    later = touch("late", T - 1, contact="a1-admin", answered="yes", answered_day=T + 1)
    assert read(ledger={"touches": (later,)}).readings["D3"].count == 0
