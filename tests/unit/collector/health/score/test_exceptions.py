"""Every exception with worked cases: when it holds, its cap, its reason and the facts that it names."""

from dataclasses import replace

import pytest

from collector.health.anomalies.model import Verdict
from collector.health.model import Cap
from tests.health_cases import (
    FIRST,
    T,
    alone,
    care,
    codes,
    day,
    days,
    money,
    read,
    relations,
    scored,
    touch,
    who,
)
from tests.plain_facts import a_contract


def held(code: str, **more) -> Cap | None:
    """The exception as the score has it."""
    return next((cap for cap in scored(**more).caps if cap.code == code), None)


def value(code: str, **more) -> float | None:
    cap = held(code, **more)
    return None if cap is None else cap.value


def ending(left: int, **more) -> dict:
    return {"contracts": (a_contract(id="c", account="a1", starts=T - 500, ends=T + left, **more),)}


def test_a_good_account_has_no_exception():
    assert scored().caps == ()


# SILENT


def sent(*agos: int, channels=("phone", "email"), **more) -> tuple[relations.Touch, ...]:
    return tuple(touch(f"o{ago}", T - ago, channel=channels[i % len(channels)], **more) for i, ago in enumerate(agos))


def test_silence_is_three_messages_in_three_weeks_by_two_channels():
    old = touch("old", T - 60, answered="yes", contact="a1-admin")
    cap = held("SILENT", ledger={"touches": (old, *sent(21, 10, 3))})
    assert cap is not None
    assert (cap.value, cap.reason) == (59, "outreach")
    assert (cap.evidence["messages"], cap.evidence["since_day"], cap.evidence["last_reply_day"]) == (3, T - 21, T - 60)
    assert cap.evidence["touches"] == ["o21", "o10", "o3"]


def test_silence_of_six_weeks_or_before_a_renewal_is_red():
    assert value("SILENT", ledger={"touches": sent(45, 10, 3)}) == 39
    assert value("SILENT", ledger={"touches": sent(21, 10, 3), **ending(90)}) == 39
    assert value("SILENT", ledger={"touches": sent(21, 10, 3), **ending(91)}) == 59


@pytest.mark.parametrize(
    "touches",
    [
        sent(20, 10, 3),  # not three weeks
        sent(21, 3),  # two messages
        sent(21, 10, 3, channels=("phone",)),  # one channel
        (*sent(21, 10, 3), touch("in", T - 2, direction="in")),  # they wrote themselves
        (*sent(21, 10, 3), touch("yes", T - 9, answered="yes")),  # they answered one
    ],
)
def test_what_is_no_silence(touches):
    assert value("SILENT", ledger={"touches": touches}) is None


def test_a_machines_reply_breaks_no_silence_and_an_unanswered_survey_is_a_message():
    assert value("SILENT", ledger={"touches": sent(21, 10, 3, answered="auto")}) == 59
    survey = relations.Survey(id="s", account="a1", day=T - 1, kind="nps")
    assert value("SILENT", ledger={"touches": sent(21, 10, channels=("phone",)), "surveys": (survey,)}) == 59


# SINGLE


def one_contact(**person) -> dict:
    people = (
        who.Contact(id="x", account="a1", name="x", role="sponsor", **person),
        who.Contact(id="y", account="a1", name="y"),
    )
    return {"contacts": people, "touches": (touch("t", T - 20, contact="x", answered="yes"),)}


def test_one_active_contact_of_three_robots_is_no_green():
    cap = held("SINGLE", ledger=one_contact(), days=days(robots=3))
    assert cap is not None
    assert (cap.value, cap.reason, cap.evidence["contacts"]) == (69, "one_contact", ["x"])


def test_the_only_contact_who_has_left_or_bounces_is_red_and_stays_so_until_somebody_else_comes():
    left = held("SINGLE", ledger=one_contact(left_day=T - 3), days=days(robots=3))
    assert left is not None
    assert (left.value, left.reason) == (39, "contact_left")
    bounced = held("SINGLE", ledger=one_contact(bounced_day=T - 3), days=days(robots=3))
    assert bounced is not None
    assert bounced.reason == "contact_bounced"
    long_ago = one_contact(left_day=T - 100) | {"touches": (touch("t", T - 120, contact="x", answered="yes"),)}
    assert value("SINGLE", ledger=long_ago, days=days(robots=3)) == 39
    replaced = {**long_ago, "touches": (*long_ago["touches"], touch("u", T - 95, contact="y", answered="yes"))}
    assert value("SINGLE", ledger=replaced, days=days(robots=3)) is None


def test_a_small_account_may_have_one_contact_unless_it_is_of_the_top_tier():
    small = read(ledger=one_contact(), days=days(robots=2), arr=0)
    assert "SINGLE" not in codes(alone(small).caps)
    top = read(ledger=one_contact(), days=days(robots=2), arr=100)
    assert codes(alone(top).caps)["SINGLE"] == 69


# REF_REFUSE, OVERDUE, LAPSED


@pytest.mark.parametrize(
    ("fact", "cap"),
    [
        ({"outcome": "declined", "outcome_day": T - 89}, 69),
        ({"outcome": "withdrawn", "outcome_day": T - 1}, 69),
        ({"outcome": "withdrawn", "outcome_day": T - 1, "accepted_day": T - 40}, 59),
        ({"outcome": "declined", "outcome_day": T - 90}, None),
        ({"outcome": "declined", "outcome_day": T - 5, "reason": "company_policy"}, None),
        ({"outcome": "declined", "outcome_day": T + 1}, None),
        ({"outcome": "accepted", "outcome_day": T - 5}, None),
    ],
)
def test_a_refused_reference(fact, cap):
    asked = relations.Reference(id="r", account="a1", asked_day=T - 100, **fact)
    assert value("REF_REFUSE", ledger={"references": (asked,)}) == cap


@pytest.mark.parametrize(("ago", "paid", "cap"), [(61, None, 49), (60, None, None), (90, T, None), (90, T + 1, 49)])
def test_an_invoice_that_is_overdue_for_two_months(ago, paid, cap):
    bill = money.Invoice(id="i", account="a1", issued_day=T - 200, due_day=T - ago, amount=1, paid_day=paid)
    assert value("OVERDUE", ledger={"invoices": (bill,)}) == cap
    credit = replace(bill, amount=-1)
    assert value("OVERDUE", ledger={"invoices": (credit,)}) is None


@pytest.mark.parametrize(("left", "cap"), [(-31, 20), (-30, None), (5, None)])
def test_a_contract_that_has_lapsed(left, cap):
    assert value("LAPSED", ledger=ending(left)) == cap


def test_a_renewed_contract_has_not_lapsed():
    renewed = money.Renewal(id="r", account="a1", contract="c", due_day=T - 60, outcome="renewed", decided_day=T - 70)
    assert value("LAPSED", ledger={**ending(-60), "renewals": (renewed,)}) is None


# DARK, FAULT, STALL, DROP


def last_days(n: int, **more) -> tuple:
    return (*days(T - n, 150 - n), *(day(at, **more) for at in range(T - n + 1, T + 1)))


def test_half_of_the_robots_dark_for_three_open_days():
    cap = held("DARK", days=last_days(3, dark=(2,), heard=1, active=1))
    assert cap is not None
    assert (cap.value, cap.evidence["robots"], cap.evidence["of"]) == (39, [2], 2)
    assert value("DARK", days=last_days(2, dark=(2,), heard=1, active=1)) is None
    assert value("DARK", days=last_days(3, robots=3, dark=(2,), heard=2, active=2)) is None


def test_dark_robots_are_not_heard_of_since_the_day_that_they_were_heard_last():
    closed = tuple(day(at, open=False, heard=1, dark=(2,)) for at in (T - 5, T - 4))  # between: nobody asks then
    silent = tuple(day(at, heard=1, active=1, dark=(2,)) for at in range(T - 3, T + 1))
    cap = held("DARK", days=(*days(T - 6, 144), *closed, *silent))
    assert (cap.evidence["from_day"], cap.evidence["last_heard_day"]) == (T - 2, T - 6)
    assert held("DARK", days=silent).evidence["last_heard_day"] is None


def test_closed_days_darken_nobody():
    assert value("DARK", days=last_days(5, open=False, dark=(1, 2), heard=0, active=0)) is None


def test_severe_faults_that_stay_open_on_a_fifth_of_the_robots():
    cap = held("FAULT", days=last_days(1, robots=5, stuck=(4,)))
    assert cap is not None
    assert (cap.value, cap.evidence["robots"]) == (49, [4])
    assert value("FAULT", days=last_days(1, robots=6, stuck=(4,))) is None


def test_a_severe_fault_is_dated_by_the_day_on_which_it_opened():
    """72 h are over at the end of the first of three days: it opened three days before, whatever is closed."""
    stuck = {"robots": 5, "stuck": (4,)}
    closed = (day(T - 2, **stuck), day(T - 1, open=False, **stuck), day(T, **stuck))
    for lasting in (last_days(3, **stuck), (*days(T - 3, 147), *closed)):
        assert held("FAULT", days=lasting).evidence["since_day"] == T - 2 - 3
    assert held("FAULT", days=closed).evidence["since_day"] is None, "it was open before anything is known"
    two = (*days(T - 2, 148), day(T - 1, robots=5, stuck=(4,)), day(T, robots=5, stuck=(3, 4)))
    assert held("FAULT", days=two).evidence["since_day"] == T - 1 - 3


@pytest.mark.parametrize(
    ("since", "worked", "cap"), [(13, 0, None), (14, 0, 49), (29, 2, 49), (30, 2, 39), (40, 3, None)]
)
def test_a_start_that_stalls(since, worked, cap):
    robot = who.Deployment(id="d", account="a1", robot="r", from_day=T - since)
    idle = tuple(
        day(at, active=1 if at > T - worked else 0, counts={"interaction": 0}) for at in range(T - since, T + 1)
    )
    assert value("STALL", ledger={"deployments": (robot,)}, days=idle) == cap


def test_steps_that_are_done_after_the_day_are_not_done_in_a_stalls_evidence():
    def step(name: str, started: int, done: int | None) -> care.Onboarding:
        done_at = None if done is None else done * 86_400
        return care.Onboarding(id=name, account="a1", step="map", started_at=started * 86_400, done_at=done_at)

    robot = who.Deployment(id="d", account="a1", robot="r", from_day=T - 20)
    steps = (
        step("done", T - 9, T - 8),
        step("later", T - 9, T + 1),
        step("never", T - 9, None),
        step("n", T + 1, None),
    )
    idle = tuple(day(at, active=0, counts={"interaction": 0}) for at in range(T - 20, T + 1))
    cap = held("STALL", ledger={"deployments": (robot,), "onboarding": steps}, days=idle)
    assert cap is not None
    assert cap.evidence["onboarding"] == ["later", "never"]


def test_an_old_account_cannot_stall():
    assert T - FIRST > 150
    assert value("STALL", days=days(active=0)) is None


def test_a_drop_is_what_the_anomaly_rules_say_unless_a_common_cause_explains_it():
    one = read()
    verdict = Verdict(
        account="a1", row_id=1, day=T, counter="interaction", state="fell", rule="week", p=0.001, ratio=0.4
    )
    fell = alone(one, verdict=verdict)
    assert codes(fell.caps) == {"DROP": 49}
    assert (fell.caps[0].reason, fell.caps[0].evidence["ratio"]) == ("week", 0.4)
    ours = Verdict(
        account="a1", row_id=1, day=T, counter="interaction", state="fell", rule="week", incident=("firmware", "9.1")
    )
    muted = alone(one, verdict=ours)
    assert muted.caps == ()
    assert (muted.measures["B2"].state, muted.measures["B2"].why) == ("muted", "incident")
    assert muted.measures["B2"].weight == 0
    assert muted.measures["B2"].score is not None


# people


def override(bound: str, points: float, *, from_ago: int = 0, to: int = 29) -> dict:
    said = care.Override(
        id="v", account="a1", bound=bound, value=points, from_day=T - from_ago, to_day=T + to, reason="agreed", by="csm"
    )
    return {"overrides": (said,)}


def test_an_override_shows_both_numbers():
    low = scored(ledger=override("cap", 30))
    assert (low.final, low.computed, low.band) == (30, low.raw, "red")
    assert (low.caps[0].code, low.caps[0].until_day) == ("OVERRIDE", T + 29)
    bill = money.Invoice(id="i", account="a1", issued_day=T - 200, due_day=T - 90, amount=1)
    high = scored(ledger={**override("floor", 60), "invoices": (bill,)})
    assert (high.final, high.computed, high.band) == (60, 49, "yellow")
    assert [cap.code for cap in high.caps] == ["OVERRIDE", "OVERDUE"]


def test_an_override_ends_after_thirty_days_whatever_it_says():
    assert scored(ledger=override("cap", 30, from_ago=29, to=500)).final == 30
    assert scored(ledger=override("cap", 30, from_ago=30, to=500)).caps == ()
    assert scored(ledger=override("cap", 30, from_ago=-1)).caps == ()


def test_several_exceptions_are_all_named_the_binding_one_first():
    bill = money.Invoice(id="i", account="a1", issued_day=T - 200, due_day=T - 90, amount=1)
    both = scored(ledger={"invoices": (bill,), "touches": sent(45, 10, 3)})
    assert [(cap.code, cap.value) for cap in both.caps] == [("SILENT", 39), ("OVERDUE", 49)]
    assert both.final == 39


def people(**changes) -> dict:
    """Sponsor, champion, a guard and a cleaner, who all spoke lately; `changes`: fields of one by role."""
    roles = {"sponsor": "sponsor", "champion": "champion", "guard": "other", "cleaner": "other"}
    contacts = tuple(
        who.Contact(id=key, account="a1", name=key, role=role, **changes.get(key, {})) for key, role in roles.items()
    )
    return {
        "contacts": contacts,
        "touches": tuple(touch(f"t-{key}", T - 20, contact=key, direction="in") for key in roles),
    }


def test_a_sponsor_or_champion_who_has_left_is_a_matter_of_its_own():
    assert "CHAMPION_LEFT" not in codes(read(ledger=people()).exceptions)
    one = held("CHAMPION_LEFT", ledger=people(champion={"left_day": T - 9}))
    assert (one.value, one.reason, one.evidence["since_day"]) == (59, "champion", T - 9)
    both = held("CHAMPION_LEFT", ledger=people(champion={"left_day": T - 9}, sponsor={"bounced_day": T - 3}))
    assert (both.value, both.reason, both.evidence["since_day"]) == (49, "both", T - 3)
    assert both.evidence["contacts"] == ["champion", "sponsor"]
    guard = read(ledger=people(guard={"left_day": T - 9}))
    assert "CHAMPION_LEFT" not in codes(guard.exceptions)


def test_it_stands_until_the_role_is_filled_and_its_holder_has_answered():
    gone = people(champion={"left_day": T - 100})
    heir = who.Contact(id="heir", account="a1", name="heir", role="champion", since_day=T - 60)
    named = {**gone, "contacts": (*gone["contacts"], heir)}
    assert held("CHAMPION_LEFT", ledger=named).evidence["unanswered"] == ["heir"]
    asked = {**named, "touches": (*named["touches"], touch("hello", T - 5, contact="heir"))}
    assert held("CHAMPION_LEFT", ledger=asked)
    answered = {**named, "touches": (*named["touches"], touch("hello", T - 5, contact="heir", answered="yes"))}
    assert "CHAMPION_LEFT" not in codes(read(ledger=answered).exceptions)
    sponsor_spoke = {**gone, "touches": (*gone["touches"], touch("s", T - 1, contact="sponsor", direction="in"))}
    assert held("CHAMPION_LEFT", ledger=sponsor_spoke)  # the other role fills none


def test_of_two_champions_the_one_who_stays_and_speaks_fills_the_role():
    two = people(champion={"left_day": T - 9})
    second = who.Contact(id="second", account="a1", name="second", role="champion")
    spoke = touch("again", T - 30, contact="second", direction="in")
    there = {"contacts": (*two["contacts"], second), "touches": (*two["touches"], spoke)}
    assert "CHAMPION_LEFT" not in codes(read(ledger=there).exceptions)


@pytest.mark.parametrize(("ago", "holds"), [(364, True), (365, False), (-1, False)])
def test_a_champion_who_left_a_year_ago_or_leaves_tomorrow_is_no_matter_today(ago, holds):
    found = read(ledger=people(champion={"left_day": T - ago}))
    assert ("CHAMPION_LEFT" in codes(found.exceptions)) == holds


def test_sponsor_and_champion_gone_beside_a_guard_and_a_cleaner_is_no_green():
    left = {"left_day": T - 3}
    before, after = scored(ledger=people()), scored(ledger=people(champion=left, sponsor=left))
    assert before.final > 90
    assert (after.final, after.band) == (49, "yellow")
    assert after.measures["D2"].score == 15
    assert after.measures["D2"].value == 2
