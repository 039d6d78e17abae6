"""What a score and a ledger give reason to do, on the day and never before it."""

import pytest

from collector.accounts import objectives
from collector.accounts.ledger.kinds.care import Objective
from collector.accounts.ledger.kinds.money import Renewal, RenewalStep
from collector.accounts.ledger.kinds.relations import Promise, Review, Ticket, Touch
from collector.accounts.ledger.view import AccountLedger
from collector.calendar import days
from collector.health.model import AccountDay, Cap, MeasureScore, Scored
from collector.success import playbooks, proposals
from collector.success.errors import BadPlaybooks
from collector.success.priority import contact_day, situation
from tests.plain_facts import a_contract, an_account
from tests.policies import GRACE_DAYS, PLAYBOOKS

TODAY = days.parse("2026-05-15")  # a Friday


def ledger(**facts):
    return AccountLedger(row_id=7, account=an_account(id="ACME", name="Acme", csm="ana"), **facts)


def scored(**changed):
    said = {
        "account": "ACME", "day": TODAY, "policy": "", "profile": "mature", "raw": 80.0, "final": 80.0, "band": "green",
        "coverage": 1.0,
    }  # fmt: skip
    return Scored(**{**said, **changed})


def found(day=TODAY, score=None, before=None, counted=(), **facts):
    return {
        (one.rule, one.reason): one
        for one in proposals.of(
            score or scored(),
            ledger(**facts),
            list(counted),
            day,
            before=before,
            playbooks=PLAYBOOKS,
            grace_days=GRACE_DAYS,
        )
    }


def test_a_healthy_account_gives_no_reason():
    assert found() == {}


def test_each_exception_is_one_proposal_with_the_severity_of_its_cap():
    caps = (
        Cap(code="SINGLE", value=39.0, reason="contact_left", evidence={"contact": "C-1"}),
        Cap(code="LAPSED", value=20.0),
        Cap(code="SILENT", value=59.0, reason="days_21"),
        Cap(code="OVERRIDE", value=30.0),
        Cap(code="OVERRIDE", value=90.0, bound="floor"),
    )
    all_of_it = found(score=scored(caps=caps))
    assert set(all_of_it) == {("SINGLE", "contact_left"), ("LAPSED", ""), ("SILENT", "days_21")}
    assert all_of_it["LAPSED", ""].severity == 1.0
    assert all_of_it["SILENT", "days_21"].severity == pytest.approx(41 / 80)
    assert days.iso(all_of_it["SINGLE", "contact_left"].due_day) == "2026-05-18", "the next working day is Monday"
    assert all_of_it["SINGLE", "contact_left"].evidence == {"cap": 39.0, "contact": "C-1"}


def test_a_renewal_asks_for_work_until_a_step_is_done_and_a_notice_asks_at_once():
    contract = a_contract(id="K", account="ACME", starts=TODAY - 300, ends=TODAY + 60)
    assert ("RENEWAL", "K") in found(contracts=(contract,))
    assert found(contracts=(contract,), day=TODAY - 100) == {}, "160 days before"
    step = RenewalStep(id="S", account="ACME", contract="K", step="contacted", done_day=TODAY)
    assert found(contracts=(contract,), renewal_steps=(step,)) == {}
    assert ("RENEWAL", "K") in found(contracts=(contract,), renewal_steps=(step,), day=TODAY - 1), "not done yet then"
    notice = Renewal(id="R", account="ACME", contract="K", due_day=TODAY + 60, notice_day=TODAY)
    assert set(found(contracts=(contract,), renewals=(notice,))) == {("NOTICE", "K")}
    by_itself = a_contract(id="K", account="ACME", starts=TODAY - 300, ends=TODAY + 60, auto_renews=True)
    assert found(contracts=(by_itself,)) == {}


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        ({"promises": (Promise(id="P", account="ACME", made_day=1, due_day=TODAY - 1, text="a map"),)}, "PROMISE"),
        ({"reviews": (Review(id="P", account="ACME", due_day=TODAY - 1),)}, "REVIEW"),
        ({"tickets": (Ticket(id="P", account="ACME", opened_day=1, urgency="urgent", sla_day=TODAY - 1),)}, "TICKET"),
    ],
)
def test_what_is_overdue_is_proposed_from_the_day_after_its_day(facts, rule):
    assert set(found(**facts)) == {(rule, "P")}
    assert found(**facts, day=TODAY - 1) == {}


def test_what_was_kept_later_was_still_open_that_day():
    kept = Promise(id="P", account="ACME", made_day=1, due_day=TODAY - 5, text="a map", kept_day=TODAY)
    assert found(promises=(kept,)) == {}
    assert set(found(promises=(kept,), day=TODAY - 1)) == {("PROMISE", "P")}


def test_low_use_and_a_fall_to_red_are_proposed_with_their_figures():
    low = scored(
        measures={
            "B3": MeasureScore(state="present", value=0.1, score=10.0, weight=5, lost=4.5),
            "B1": MeasureScore(state="na", why="not_arrived"),
        },
        band="red", final=35.0,
    )  # fmt: skip
    assert set(found(score=low)) == {("LOW_USE", "B3")}
    assert set(found(score=low, before=scored())) == {("LOW_USE", "B3"), ("RED", "points")}
    assert set(found(score=low, before=low)) == {("LOW_USE", "B3")}, "it was red before"


def a_touch(**said):
    return Touch(account="ACME", summary="spoke", **said)


def test_contact_is_what_the_customer_said_itself_and_not_what_a_machine_replied():
    touches = (
        a_touch(id="1", day=TODAY - 40, direction="in", channel="phone"),
        a_touch(id="2", day=TODAY - 30, direction="out", channel="email", answered="auto"),
        a_touch(id="3", day=TODAY - 20, direction="out", channel="email", answered="yes", answered_day=TODAY - 5),
        a_touch(id="4", day=TODAY + 1, direction="in", channel="phone"),
    )  # fmt: skip
    assert contact_day(ledger(touches=touches), TODAY) == TODAY - 5
    assert contact_day(ledger(touches=touches), TODAY - 6) == TODAY - 40
    assert contact_day(ledger(), TODAY) is None
    empty = Touch(id="5", account="ACME", day=TODAY, direction="in", channel="phone")
    assert contact_day(ledger(touches=(*touches, empty)), TODAY) == TODAY - 5, "who spoke, and of what?"
    gone = ledger(contracts=(a_contract(id="K", account="ACME", starts=1, ends=TODAY - 90),))
    assert situation(gone, TODAY, arr=0, due=None, cadence_days=30, grace_days=GRACE_DAYS).due_day == TODAY - 90


def day_of(day, count=None, heard=2, **changed):
    return AccountDay(day=day, robots=2, heard=heard, counts={} if count is None else {"guided_tour": count}, **changed)


def objective(**changed):
    said = {"id": "O", "account": "ACME", "counter": "guided_tour", "target": 100.0, "from_day": 1000, "to_day": 1099}
    return Objective(**{**said, **changed})


def test_a_sum_is_on_track_while_it_keeps_up_with_the_days_and_done_on_its_day():
    good = [day_of(1000 + n, 2) for n in range(60)]
    assert objectives.progress(objective(), good, 999).status == "not_started"
    half = objectives.progress(objective(), good, 1024)
    assert (half.status, half.reached, half.expected, half.projected) == ("on_track", 50.0, 25.0, 200.0)
    done = objectives.progress(objective(), good, 1059)
    assert (done.status, done.done_day) == ("done", 1049)
    assert objectives.progress(objective(), good[:40], 1039).done_day is None, "the future is not looked at"
    slow = [day_of(1000 + n, n % 2) for n in range(100)]
    assert objectives.progress(objective(), slow, 1059).status == "behind"
    assert objectives.progress(objective(), slow, 1099).status == "missed"


def test_unknown_days_are_not_zero():
    some = [day_of(1000 + n, 1) if n % 4 else day_of(1000 + n, None, heard=0) for n in range(40)]
    assert objectives.progress(objective(), some, 1039).status == "on_track"
    three_days_a_week = [day_of(1000 + n, 3) if n % 7 < 3 else day_of(1000 + n, heard=0, open=False) for n in range(42)]
    assert objectives.progress(objective(), three_days_a_week, 1041).status == "on_track", "closed is not unknown"
    late_start = [day_of(1000 + n, 1) for n in range(60, 90)]
    assert objectives.progress(objective(), late_start, 1089).status == "on_track", "nothing was there to count before"
    few = [day_of(1000 + n, 5) for n in range(10)]
    assert objectives.progress(objective(), few, 1039).status == "unknown"
    assert objectives.progress(objective(counter="dance"), few, 1009).status == "unknown"


def test_a_mean_leaves_closed_days_out_and_a_rate_divides_by_the_robots_heard():
    week = [day_of(1000 + n, 10) for n in range(5)] + [day_of(1005, 0, open=False), day_of(1006, 0, open=False)]
    by_day = objectives.progress(objective(per="day", target=10.0), week, 1006)
    assert (by_day.status, by_day.reached) == ("on_track", 10.0)
    by_robot = objectives.progress(objective(per="robot_day", target=10.0), week, 1006)
    assert (by_robot.status, by_robot.reached) == ("behind", 5.0)
    share = objectives.on_track([objective(), objective(per="robot_day", id="P", target=10.0)], week, 1006)
    assert (share.on_track, share.judged, share.share) == (1, 2, 0.5)
    assert objectives.on_track([], week, 1006).share is None
    behind = found(day=1006, counted=week, objectives=(objective(per="robot_day", target=10.0),))
    assert behind["OBJECTIVE", "O"].evidence["reached"] == 5.0


def test_every_rule_of_the_playbooks_speaks_both_languages_and_ends_in_a_step():
    for rule in PLAYBOOKS.values():
        texts = [(rule.en, rule.zh), *((step.en, step.zh) for step in rule.steps)]
        assert all(en.isascii() and not zh.isascii() for en, zh in texts), rule.key
        assert rule.steps or rule.key == playbooks.MANUAL


@pytest.mark.parametrize(
    "wrong",
    [
        "[A",
        '[A]\nen = "a"',
        '[A]\nen = "a"\nzh = "b"\ndue_in_days = 1\noccasion = "now"\nsteps = []',
        '[A]\nen = "a"\nzh = "b"\ndue_in_days = 1\noccasion = "planned"\nseverity = 2\nsteps = []',
        '[A]\nen = "a"\nzh = "b"\ndue_in_days = 1\noccasion = "planned"\nsteps = [{ in_days = 3, en = "a" }]',
        '[A]\nen = "a"\nzh = "b"\ndue_in_days = -1\noccasion = "planned"\nsteps = []',
        '[A]\nen = "a"\nzh = "b"\ndue_in_days = 1\noccasion = "planned"\nsteps = []\ncolour = 1',
    ],
)
def test_a_playbook_that_is_wrong_is_refused_by_name(wrong):
    with pytest.raises(BadPlaybooks, match="playbooks"):
        playbooks.parse(wrong, PLAYBOOKS.sections)
