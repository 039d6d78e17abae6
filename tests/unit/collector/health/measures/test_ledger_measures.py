"""Measures of the ledger (D1 to F3) with worked numbers: raw value and points of the absolute curve."""

from dataclasses import replace

import pytest

from collector.accounts.ledger.view import AccountLedger
from collector.health.explain import customers_view
from tests import ledgers
from tests.health_cases import T, alone, care, money, read, relations, touch, who
from tests.plain_facts import a_contract


def measure(name: str, **more):
    """Reading and score of one measure, without peers."""
    one = read(**more)
    return one.readings[name], alone(one).measures[name]


@pytest.mark.parametrize(("ago", "points"), [(15, 100), (30, 66.7), (60, 0), (90, 0)])
def test_d1_is_days_since_two_way_contact_over_the_cadence(ago, points):
    touches = (touch("t", T - ago, answered="yes"), touch("u", T - 1), touch("v", T, answered="auto"))
    reading, scored = measure("D1", ledger={"touches": touches})
    assert reading.value == pytest.approx(ago / 30)
    assert scored.score == pytest.approx(points, abs=0.1)


def test_d1_counts_from_the_first_robot_where_nobody_has_answered_and_keeps_the_accounts_cadence():
    assert measure("D1", ledger={"touches": ()}, cadence_days=90)[0].value == pytest.approx(400 / 90)
    assert measure("D1", ledger={"touches": ()}, feeds={})[0].why == "no_source"


def test_d2_steps_by_contacts_and_wants_a_sponsor():
    def points(*roles: str) -> float:
        people = tuple(who.Contact(id=f"{r}{i}", account="a1", name="n", role=r) for i, r in enumerate(roles))
        spoken = tuple(touch(f"t{p.id}", T - 80, contact=p.id, direction="in") for p in people)
        return measure("D2", ledger={"contacts": people, "touches": spoken})[1].score

    assert [points(), points("admin"), points("admin", "sponsor")] == [None, 30, 65]
    assert points("admin", "champion", "admin") == 65
    assert points("admin", "champion", "sponsor") == 100


def test_d2_weighs_roles():
    def points(*roles: str) -> float:
        people = tuple(who.Contact(id=f"{r}{i}", account="a1", name="n", role=r) for i, r in enumerate(roles))
        spoken = tuple(touch(f"t{p.id}", T - 5, contact=p.id, direction="in") for p in people)
        return measure("D2", ledger={"contacts": people, "touches": spoken})[1].score

    assert points("other", "other") == 15  # a guard and a cleaner
    assert points("sponsor", "champion") == 65
    assert points("operator", "finance") == points("admin") == 30
    assert points("sponsor", "operator") == pytest.approx(30 + 35 / 2)
    assert points(*["other"] * 40) == 65  # however many: none of them decides


def test_d2_does_not_count_who_has_left_or_was_last_heard_a_quarter_ago():
    people = tuple(
        who.Contact(id=key, account="a1", name=key, left_day=left)
        for key, left in (("x", T - 1), ("y", T + 1), ("z", None))
    )
    spoken = tuple(
        touch(f"t{key}", T - ago, contact=key, direction="in") for key, ago in (("x", 5), ("y", 5), ("z", 90))
    )
    reading, _ = measure("D2", ledger={"contacts": people, "touches": spoken})
    assert reading.detail["contacts"] == ["y"]


def test_d3_is_answers_over_messages_and_surveys_drawn_to_one_half():
    sent = tuple(touch(f"t{i}", T - 2 * i, answered="yes" if i == 0 else "no") for i in range(3))
    survey = relations.Survey(id="s", account="a1", day=T - 59, kind="nps")
    old = touch("old", T - 60, answered="yes")
    reading, scored = measure("D3", ledger={"touches": (*sent, old), "surveys": (survey,)})
    assert (reading.count, reading.exposure, reading.value) == (1, 4, 2 / 6)
    assert reading.detail["touches"] == ["t2", "t1"]
    assert scored.score == pytest.approx((2 / 6 - 0.1) / 0.5 * 100)


def test_d4_is_reviews_held_over_due_within_a_year():
    due = tuple(
        relations.Review(id=f"v{i}", account="a1", due_day=T - ago, held_day=held)
        for i, (ago, held) in enumerate(((10, T - 8), (100, None), (200, T + 1), (365, None)))
    )
    reading, scored = measure("D4", ledger={"reviews": due})
    assert (reading.value, reading.exposure, scored.score) == (pytest.approx(1 / 3), 3, pytest.approx(100 / 3))
    assert reading.detail == {"reviews": ["v0", "v1", "v2"], "missed_reviews": ["v1", "v2"]}
    held = measure("D4", ledger={"reviews": due[:1]})[0]
    assert (held.value, held.detail) == (1, {"reviews": ["v0"], "missed_reviews": []})


@pytest.mark.parametrize(
    ("kind", "score", "ago", "points"),
    [("nps", 10, 0, 100), ("nps", 0, 180, 25), ("csat", 5, 180, 75), ("csat", 3, 90, 50)],
)
def test_e1_is_the_last_answer_decayed_to_neutral(kind, score, ago, points):
    surveys = (
        relations.Survey(id="s", account="a1", day=T - ago - 3, kind=kind, score=score, answered_day=T - ago),
        relations.Survey(id="later", account="a1", day=T - 1, kind=kind, score=1, answered_day=T + 1),
        relations.Survey(id="unanswered", account="a1", day=T - 1, kind=kind),
    )
    assert measure("E1", ledger={"surveys": surveys})[1].score == pytest.approx(points)


def test_e1_of_who_never_answered_is_absent_because_d3_has_counted_it():
    surveys = (relations.Survey(id="s", account="a1", day=T - 3, kind="nps"),)
    assert measure("E1", ledger={"surveys": surveys})[0].why == "never_answered"


def test_e2_is_objectives_on_track():
    objectives = tuple(
        care.Objective(
            id=f"o{i}", account="a1", counter="interaction", target=target, from_day=T - 30, to_day=T + 30, per="day"
        )
        for i, target in enumerate((100, 1000))
    )
    reading, scored = measure("E2", ledger={"objectives": objectives})
    assert (reading.value, scored.score) == (0.5, 50)
    assert reading.detail == {"objectives": ["o0", "o1"], "objectives_behind": ["o1"]}


@pytest.mark.parametrize(
    ("outcome", "reason", "points"),
    [("accepted", "", 100), ("declined", "no time", 0), ("declined", "company_policy", None), ("pending", "", None)],
)
def test_e3_is_the_last_answer_to_being_asked(outcome, reason, points):
    asked = relations.Reference(
        id="x", account="a1", asked_day=T - 20, outcome=outcome, outcome_day=T - 10, reason=reason
    )
    assert measure("E3", ledger={"references": (asked,)})[1].score == points


def test_e3_takes_a_referral_and_a_yes_that_is_not_yet_taken_back():
    referral = money.Opportunity(id="o", account="a1", kind="referral", opened_day=T - 5)
    assert measure("E3", ledger={"opportunities": (referral,)})[1].score == 100
    later = relations.Reference(
        id="x", account="a1", asked_day=T - 20, outcome="withdrawn", outcome_day=T + 1, accepted_day=T - 9
    )
    assert measure("E3", ledger={"references": (later,)})[1].score == 100


@pytest.mark.parametrize(
    ("left", "steps", "value"),
    [(181, 0, None), (170, 0, None), (150, 0, 0.0), (100, 1, 0.5), (100, 2, 1.0), (20, 3, 0.6), (100, 5, 1.0)],
)
def test_f1_is_steps_done_over_steps_expected_by_now(left, steps, value):
    contract = a_contract(id="c", account="a1", starts=T - 500, ends=T + left)
    names = ("contacted", "reviewed", "proposed", "negotiated", "agreed")[:steps]
    done = tuple(money.RenewalStep(id=s, account="a1", contract="c", step=s, done_day=T - 1) for s in names)
    reading, _ = measure("F1", ledger={"contracts": (contract,), "renewal_steps": done})
    assert reading.value == (None if value is None else pytest.approx(value))


def test_f1_of_a_contract_that_renews_itself_is_absent_and_of_a_noticed_one_zero():
    contract = a_contract(id="c", account="a1", starts=T - 500, ends=T + 20, auto_renews=True)
    assert measure("F1", ledger={"contracts": (contract,)})[0].why == "auto_renews"
    leaving = money.Renewal(id="r", account="a1", contract="c", due_day=T + 20, notice_day=T - 3)
    assert measure("F1", ledger={"contracts": (contract,), "renewals": (leaving,)})[0].value == 0
    assert measure("F1", ledger={"contracts": ()})[0].why == "no_contract"


@pytest.mark.parametrize(
    ("ago", "paid", "points"), [(0, None, 100), (30, None, 50), (90, None, 0), (30, T - 1, 100), (30, T + 1, 50)]
)
def test_f2_is_days_of_the_longest_overdue_invoice(ago, paid, points):
    bill = money.Invoice(id="i", account="a1", issued_day=T - 100, due_day=T - ago, amount=1, paid_day=paid)
    assert measure("F2", ledger={"invoices": (bill,)})[1].score == pytest.approx(points)


def test_f3_is_urgent_and_breached_tickets_per_robot():
    tickets = (
        relations.Ticket(id="u", account="a1", opened_day=T - 3, urgency="urgent"),
        relations.Ticket(id="b", account="a1", opened_day=T - 9, sla_day=T - 5, closed_day=T - 2),
        relations.Ticket(id="old", account="a1", opened_day=T - 60, sla_day=T - 50, closed_day=T - 28),
        relations.Ticket(id="kept", account="a1", opened_day=T - 9, sla_day=T - 5, closed_day=T - 5),
        relations.Ticket(id="closed", account="a1", opened_day=T - 9, urgency="urgent", closed_day=T),
    )
    reading, scored = measure("F3", ledger={"tickets": tickets})
    assert (reading.value, reading.detail["tickets"]) == (1.0, ["b", "u"])
    assert scored.score == 0
    assert measure("F3")[1].score == 100


def test_f3_counts_a_ticket_once_that_is_urgent_and_has_breached():
    both = relations.Ticket(id="x", account="a1", opened_day=T - 9, urgency="urgent", sla_day=T - 5)
    reading, _ = measure("F3", ledger={"tickets": (both,)})
    other, _ = measure("F3", ledger={"tickets": (replace(both, sla_day=None),)})
    assert reading.value == other.value == 0.5
    assert (reading.detail["urgent"], reading.detail["breached"]) == (1, 1)


@pytest.mark.parametrize(("status", "days"), [("issued", 90), ("paid", 0), ("draft", 0), ("void", 0)])
def test_a_draft_and_a_void_invoice_ask_for_nothing_and_a_paid_one_is_not_overdue(status, days):
    bill = money.Invoice(id="i", account="a1", issued_day=T - 100, due_day=T - 90, amount=1, status=status)
    assert measure("F2", ledger={"invoices": (bill,)})[0].value == days
    known = AccountLedger(row_id=1, account=ledgers.account(), invoices=(bill,))
    assert bool(customers_view.invoices_of(known, T)) == (status == "issued")


@pytest.mark.parametrize(("amount", "days"), [(1, 90), (0, 0), (-30_000, 0)])
def test_a_credit_note_is_owed_by_nobody(amount, days):
    bill = money.Invoice(id="i", account="a1", issued_day=T - 100, due_day=T - 90, amount=amount)
    assert measure("F2", ledger={"invoices": (bill,)})[0].value == days
    known = AccountLedger(row_id=1, account=ledgers.account(), invoices=(bill,))
    assert bool(customers_view.invoices_of(known, T)) == (amount > 0)
