"""Stages with their entry rules and history, the handover's clock, and the activation clock of a deployment."""

from dataclasses import replace
from typing import get_args

import pytest

from collector.accounts.ledger.kinds.care import Handover, Onboarding, StageSet
from collector.accounts.ledger.kinds.money import Opportunity
from collector.accounts.ledger.kinds.relations import Survey
from collector.accounts.ledger.kinds.who import Deployment
from collector.accounts.lifecycle.activation import RobotSeen, clock
from collector.accounts.lifecycle.handover import handover_steps
from collector.accounts.lifecycle.stage import STAGES, Entered, Rule, Signs, entry, stage_by_rules
from collector.built_in import LIFECYCLE as DEFAULT
from collector.language import lifecycle as words
from protocol.counters import COUNTERS
from tests.ledgers import account, contract, ledger, on, renewal
from tests.policies import GRACE_DAYS, LIFECYCLE

BUSY = Signs(active_days=40, momentum=1.0)
LONG = contract("A", "2024-01-01", "2027-12-31")
ROBOT = Deployment(id="d", account="ACME", robot="hall-7", from_day=on("2024-02-01"))
HOUR, DAY_S = 3600, 86_400


def bought(day):
    return Opportunity(
        id="u", account="ACME", kind="upsell", opened_day=on(day), stage="won", closed_day=on(day), amount=1
    )


@pytest.mark.parametrize(
    ("facts", "signs", "last", "said"),
    [
        ([], Signs(), None, ("signing", "no_robot_yet")),
        ([LONG], Signs(), None, ("signing", "no_robot_yet")),
        ([LONG, replace(ROBOT, from_day=on("2026-04-20"))], Signs(2), "signing", ("activation", "not_active_yet")),
        ([LONG, replace(ROBOT, from_day=on("2026-04-20"))], Signs(3), "activation", ("growth", "first_year")),
        ([LONG, replace(ROBOT, from_day=on("2026-04-20"))], Signs(), "activation", ("activation", "not_active_yet")),
        ([LONG, ROBOT], Signs(0), "maturity", ("maturity", "settled")),
        ([LONG, ROBOT], Signs(0), "activation", ("activation", "not_active_yet")),
        ([LONG, ROBOT], BUSY, "growth", ("maturity", "settled")),
        ([LONG, ROBOT, bought("2026-03-01")], BUSY, "maturity", ("growth", "expanded")),
        ([LONG, ROBOT, bought("2025-03-01")], BUSY, "maturity", ("maturity", "settled")),
        ([LONG, ROBOT], Signs(40, 0.7), "maturity", ("decline", "use_fell")),
        ([LONG, ROBOT], Signs(40, 0.8), "maturity", ("maturity", "settled")),
        ([LONG, ROBOT], Signs(40, 0.8), "decline", ("decline", "use_not_back")),
        ([LONG, ROBOT], Signs(40, 0.85), "decline", ("maturity", "settled")),
        ([LONG, ROBOT], Signs(40, None), "decline", ("decline", "use_not_back")),
        (
            [LONG, ROBOT, renewal("A", "2027-12-31", "pending", notice_day="2026-04-30")],
            BUSY,
            "maturity",
            ("decline", "notice"),
        ),
        ([contract("A", "2025-08-30", "2026-08-29"), ROBOT], BUSY, "growth", ("renewal", "due_soon")),
        ([contract("A", "2025-08-31", "2026-08-30"), ROBOT], BUSY, "growth", ("maturity", "settled")),
        ([contract("A", "2025-04-20", "2026-04-20"), ROBOT], BUSY, "renewal", ("renewal", "in_grace")),
        ([contract("A", "2025-04-01", "2026-03-31"), ROBOT], BUSY, "renewal", ("churn", "lapsed")),
        (
            [contract("A", "2025-04-20", "2026-04-20"), ROBOT, renewal("A", "2026-04-20", "lost")],
            BUSY,
            "renewal",
            ("churn", "left"),
        ),
        (
            [contract("A", "2025-01-01", "2027-12-31", terminated_day="2026-04-25"), ROBOT],
            BUSY,
            "growth",
            ("churn", "left"),
        ),
    ],
)
def test_the_rules_say_a_stage_and_why(facts, signs, last, said):
    # the day is 120 days before 2026-08-29
    assert stage_by_rules(ledger(*facts), on("2026-05-01"), signs, LIFECYCLE, last=last, grace_days=GRACE_DAYS) == said


def test_a_stage_is_entered_once_and_history_is_not_rewritten():
    book = ledger(LONG, ROBOT)
    first = entry(book, on("2026-05-01"), BUSY, LIFECYCLE, grace_days=GRACE_DAYS)
    assert first == Entered(on("2026-05-01"), "maturity", "settled")
    assert entry(book, on("2026-05-02"), BUSY, LIFECYCLE, last=first, grace_days=GRACE_DAYS) is None
    assert entry(book, on("2026-05-02"), Signs(40, 0.5), LIFECYCLE, last=first, grace_days=GRACE_DAYS) == Entered(
        on("2026-05-02"), "decline", "use_fell"
    )
    assert entry(book, on("2026-04-30"), Signs(40, 0.5), LIFECYCLE, last=first, grace_days=GRACE_DAYS) is None


def test_a_stage_set_by_hand_stands_until_the_rules_say_another_one():
    said = StageSet(id="s", account="ACME", day=on("2026-05-02"), stage="growth", reason="a new wing opens")
    book = ledger(LONG, ROBOT, said)
    last = Entered(on("2026-01-01"), "maturity", "settled")
    assert entry(book, on("2026-05-01"), BUSY, LIFECYCLE, last=last, grace_days=GRACE_DAYS) is None
    by_hand = entry(book, on("2026-05-02"), BUSY, LIFECYCLE, last=last, grace_days=GRACE_DAYS)
    assert by_hand == Entered(on("2026-05-02"), "growth", "by_hand:maturity")
    assert entry(book, on("2026-05-03"), BUSY, LIFECYCLE, last=by_hand, grace_days=GRACE_DAYS) is None
    after = entry(book, on("2026-06-01"), Signs(40, 0.4), LIFECYCLE, last=by_hand, grace_days=GRACE_DAYS)
    assert (after.stage, after.rule) == ("decline", "use_fell")
    assert entry(book, on("2026-06-02"), BUSY, LIFECYCLE, last=after, grace_days=GRACE_DAYS).stage == "maturity"


def test_every_rule_has_words_in_both_languages():
    assert len(STAGES) == 7
    assert set(words.RULES) == set(get_args(Rule))
    assert set(words.STAGES) == set(STAGES)
    for rule in (*words.RULES, "by_hand"):
        assert words.rule(rule, "en") != words.rule(rule, "zh")
    assert words.rule("by_hand:maturity", "en") == "set by a person (Maturity)"
    assert words.rule("by_hand:maturity", "zh") == "人工设定（成熟期）"


def test_the_handover_has_an_internal_clock_that_starts_when_robots_ship():
    fact = Handover(
        id="h", account="ACME", shipped_day=100, csm_named_day=101, customer_told_day=105, promises_written_day=None
    )

    def states(day):
        return [(step.state, step.rule.who) for step in handover_steps(fact, day, policy=LIFECYCLE)]

    assert states(99) == [("waiting", "sales"), ("waiting", "csm"), ("waiting", "sales")]
    assert states(101) == [("done", "sales"), ("due", "csm"), ("due", "sales")]
    assert states(106) == [("done", "sales"), ("late", "csm"), ("overdue", "sales")]


# --- activation ---------------------------------------------------------------------------------------------------
BEGIN = on("2026-05-01")
MIDNIGHT = BEGIN * DAY_S
NEW = Deployment(id="d", account="ACME", robot="hall-7", from_day=BEGIN)


def step(name, done_h=None, started_h=9, **fields):
    return Onboarding(
        id=name, account="ACME", step=name, started_at=MIDNIGHT + started_h * HOUR,
        done_at=None if done_h is None else MIDNIGHT + round(done_h * HOUR), **fields,
    )  # fmt: skip


def states_of(found):
    return {each.rule.key: each.state for each in found.steps}


def test_steps_are_done_late_due_waiting_or_overdue():
    book = ledger(step("account_opened", 9.5), step("basic_configuration", 14), NEW)
    found = clock(book, NEW, RobotSeen(), MIDNIGHT + 34 * HOUR, policy=LIFECYCLE)
    assert states_of(found) == {
        "account_opened": "done", "basic_configuration": "late", "map": "overdue", "points": "overdue",
        "home_page": "waiting", "solicitation_phrases": "waiting", "welcome_phrases": "waiting", "leading": "waiting",
        "scene": "waiting", "conversion": "due", "satisfaction": "due",
    }  # fmt: skip
    assert (found.next_step, found.next_who) == ("map", "field_engineer")


def test_what_is_done_later_is_open_now():
    book = ledger(step("account_opened", 9.5), NEW)
    assert (
        states_of(clock(book, NEW, RobotSeen(), MIDNIGHT + round(9.25 * HOUR), policy=LIFECYCLE))["account_opened"]
        == "due"
    )


def test_robots_show_what_they_can_and_a_person_is_believed_before_them():
    seen = RobotSeen(
        connected_at=MIDNIGHT - 5 * DAY_S,
        configured_at=MIDNIGHT + 2 * HOUR,
        counts={BEGIN: {"navigation_tasks": 4, "solicitation": 0}, BEGIN + 1: {"solicitation": 3, "leading": 1}},
    )
    book = ledger(step("map", 5, started_h=0), NEW)
    found = {each.rule.key: each for each in clock(book, NEW, seen, MIDNIGHT + 3 * DAY_S, policy=LIFECYCLE).steps}
    assert (found["account_opened"].done_at, found["account_opened"].seen_by) == (MIDNIGHT, "robot")
    assert (found["basic_configuration"].state, found["basic_configuration"].seen_by) == ("done", "robot")
    assert (found["map"].done_at, found["map"].seen_by) == (MIDNIGHT + 5 * HOUR, "person")
    assert found["points"].done_at == MIDNIGHT + DAY_S
    assert found["solicitation_phrases"].done_at == MIDNIGHT + 2 * DAY_S
    assert (found["home_page"].done_at, found["home_page"].state) == (None, "overdue")


def test_the_clock_starts_at_midnight_of_the_customers_zone_unless_somebody_says_when():
    book = ledger(NEW, who=account(timezone="Asia/Shanghai"))
    assert clock(book, NEW, RobotSeen(), MIDNIGHT, policy=LIFECYCLE).started_at == MIDNIGHT - 8 * HOUR
    assert (
        clock(ledger(step("map"), NEW), NEW, RobotSeen(), MIDNIGHT, policy=LIFECYCLE).started_at == MIDNIGHT + 9 * HOUR
    )


@pytest.mark.parametrize(
    ("interactions", "wake_ups", "state"),
    [(45, 100, "done"), (44, 100, "overdue"), (10, 10, "overdue")],
)
def test_conversion_is_reached_within_seven_days_over_enough_wake_ups(interactions, wake_ups, state):
    counts = {BEGIN + 3: {"interaction": interactions, "wake_up": wake_ups}, BEGIN + 7: {"interaction": 900}}
    found = clock(ledger(NEW), NEW, RobotSeen(counts=counts), MIDNIGHT + 8 * DAY_S, policy=LIFECYCLE)
    assert states_of(found)["conversion"] == state
    assert found.conversion == interactions / wake_ups


def test_satisfaction_is_counted_from_answers_of_the_first_seven_days():
    def csat(key, day, score):
        return Survey(id=key, account="ACME", day=BEGIN + day, kind="csat", score=score)

    good = [csat("1", 1, 5), csat("2", 2, 4), csat("3", 3, 4), csat("4", 4, 5)]
    found = clock(ledger(NEW, *good, csat("5", 5, 2)), NEW, RobotSeen(), MIDNIGHT + 8 * DAY_S, policy=LIFECYCLE)
    assert (found.satisfaction, found.answers) == (0.8, 5)
    assert states_of(found)["satisfaction"] == "done"
    late = clock(ledger(NEW, csat("1", 8, 5)), NEW, RobotSeen(), MIDNIGHT + 9 * DAY_S, policy=LIFECYCLE)
    assert (late.satisfaction, states_of(late)["satisfaction"]) == (None, "overdue")


def test_what_guests_told_the_robot_stands_before_surveys_once_enough_have_and_is_named():
    def told(satisfied, dissatisfied):
        counts = {BEGIN + 2: {"guest.satisfied": satisfied, "guest.dissatisfied": dissatisfied}}
        bad = Survey(id="1", account="ACME", day=BEGIN + 1, kind="csat", score=1)
        found = clock(ledger(NEW, bad), NEW, RobotSeen(counts=counts), MIDNIGHT + 8 * DAY_S, policy=LIFECYCLE)
        step = next(step for step in found.steps if step.rule.key == "satisfaction")
        return found.satisfaction, found.answers, found.satisfaction_by, step.state, step.seen_by

    assert told(8, 2) == (0.8, 10, "guests", "done", "guests")
    assert told(7, 3) == (0.7, 10, "guests", "overdue", "")
    assert told(8, 1) == (0.0, 1, "survey", "overdue", "")  # too few of them


def test_days_7_14_and_30_are_active_idle_unknown_or_ahead():
    counts = {BEGIN + 7: {"interaction": 3}, BEGIN + 14: {"interaction": 0, "wake_up": 3}}
    found = clock(ledger(NEW), NEW, RobotSeen(counts=counts), MIDNIGHT + 20 * DAY_S, policy=LIFECYCLE)
    assert [(each.after_days, each.state) for each in found.active_on] == [(7, "active"), (14, "idle"), (30, "ahead")]
    later = clock(ledger(NEW), NEW, RobotSeen(counts=counts), MIDNIGHT + 40 * DAY_S, policy=LIFECYCLE)
    assert later.active_on[2].state == "unknown"


def test_the_steps_of_the_policy_are_those_of_the_ledger_in_their_order():
    assert [rule.key for rule in DEFAULT.step] == list(Onboarding.__dataclass_fields__["step"].type.__args__)
    assert [(rule.key, rule.limit_h) for rule in DEFAULT.step[:2]] == [
        ("account_opened", 1),
        ("basic_configuration", 3),
    ]
    assert (DEFAULT.first_week.conversion, DEFAULT.first_week.satisfaction) == (0.45, 0.8)
    assert DEFAULT.first_week.active_on == (7, 14, 30)


def test_every_counter_that_a_clock_or_a_value_event_looks_at_is_one_that_robots_have():
    assert DEFAULT.counters <= set(COUNTERS)
    assert {event.counter for event in DEFAULT.value.values()} <= set(COUNTERS)
