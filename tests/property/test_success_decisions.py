"""Laws of the calls to action: the limit, dedup, cooldown, snooze, nothing lost, the same day twice, order irrelevant.

A small keeper of rows stands in for the store, so that hypothesis can play months in a second; the store itself is
compared with it in tests/integration/collector/success/test_store.py.
"""

import random
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.success.decisions import NO_LONGER_NEEDED, StandingCta, decide
from collector.success.priority import Situation, percentile, priority
from collector.success.proposals import Proposal
from tests.policies import PLAYBOOKS

ACCOUNTS = 8
LIMITS, RANKING = PLAYBOOKS.limits, PLAYBOOKS.priority
CADENCE = 90.0
RULES = ("SILENT", "DROP", "PROMISE")


def situation(row_id):
    return Situation(
        row_id=row_id,
        account=f"A-{row_id}",
        csm=("ana", "bo")[row_id % 2],
        arr=row_id * 1000,
        due_day=100 + 20 * row_id,
        cadence_days=CADENCE,
    )


SITUATIONS = {row_id: situation(row_id) for row_id in range(ACCOUNTS)}
ARR = sorted(one.arr for one in SITUATIONS.values())


class Rows:
    """The calls to action as a dict."""

    def __init__(self, limits=LIMITS):
        self.limits = limits
        self.rows: dict[int, StandingCta] = {}

    def day(self, proposals, day):
        decision = decide(
            list(self.rows.values()), proposals, SITUATIONS, ARR, day, limits=self.limits, priorities=RANKING
        )
        for one in decision.openings:
            number = len(self.rows) + 1
            self.rows[number] = StandingCta(
                id=number,
                row_id=one.proposal.row_id,
                rule=one.proposal.rule,
                reason=one.proposal.reason,
                severity=one.proposal.severity,
                state="digest" if one.to_digest else "open",
                given_to="" if one.to_digest else one.owner,
                opened_day=day,
                seen_day=day,
            )
        for one in decision.seen:
            changed = replace(self.rows[one.id], state=one.state)
            if one.proposal is not None:
                changed = replace(changed, seen_day=day, severity=one.proposal.severity)
            if one.is_promoted:
                changed = replace(changed, given_to=one.owner, opened_day=day)
            self.rows[one.id] = changed
        for number in decision.no_longer_needed:
            self.rows[number] = replace(self.rows[number], state="closed", closed_day=day, outcome=NO_LONGER_NEEDED)
        return decision


proposals_of_a_day = st.sets(
    st.tuples(st.integers(0, ACCOUNTS - 1), st.sampled_from(RULES), st.sampled_from(("a", "b"))), max_size=30
).map(
    lambda keys: [
        Proposal(row_id=r, account=f"A-{r}", rule=rule, reason=reason, severity=(RULES.index(rule) + 1) / 3)
        for r, rule, reason in sorted(keys)
    ]
)
acts = st.lists(st.tuples(st.sampled_from(("close", "snooze")), st.integers(0, 200), st.integers(1, 20)), max_size=4)


def act(rows, day, todays):
    for what, which, length in todays:
        open_ones = [one for one in rows.rows.values() if one.state == "open"]
        if open_ones:
            one = open_ones[which % len(open_ones)]
            changed = (
                replace(one, state="closed", closed_day=day, outcome="resolved")
                if what == "close"
                else replace(one, state="snoozed", snoozed_until=day + length)
            )
            rows.rows[one.id] = changed


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(proposals_of_a_day, acts), min_size=1, max_size=12), st.integers(1, 6))
def test_no_csm_is_given_more_than_the_limit_of_a_day_and_nothing_is_lost(story, most):
    rows = Rows(LIMITS.model_copy(update={"new_per_csm_day": most}))
    for day, (proposals, todays) in enumerate(story, 100):
        decision = rows.day(proposals, day)
        given_today = Counter(one.given_to for one in rows.rows.values() if one.opened_day == day and one.given_to)
        assert max(given_today.values(), default=0) <= most
        alive = [one.key for one in rows.rows.values() if one.state != "closed"]
        assert len(alive) == len(set(alive)), "one call to action for account, rule and reason"
        cooling = {(one.proposal.row_id, one.proposal.rule, one.proposal.reason) for one in decision.suppressed}
        for one in proposals:
            key = (one.row_id, one.rule, one.reason)
            assert (key in alive) != (key in cooling), "open, snoozed, in the digest, or named as cooling"
        act(rows, day, todays)


@settings(max_examples=60, deadline=None)
@given(st.lists(proposals_of_a_day, min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_the_same_day_again_changes_nothing_and_the_order_of_accounts_does_not_matter(story, chance: random.Random):
    rows, shuffled = Rows(), Rows()
    for day, proposals in enumerate(story, 100):
        rows.day(proposals, day)
        before = dict(rows.rows)
        again = rows.day(proposals, day)
        assert rows.rows == before
        assert not again.openings
        assert not again.no_longer_needed
        shuffled.day(chance.sample(proposals, len(proposals)), day)
    assert {(o.key, o.state, o.opened_day) for o in rows.rows.values()} == {
        (o.key, o.state, o.opened_day) for o in shuffled.rows.values()
    }


@settings(max_examples=60, deadline=None)
@given(proposals_of_a_day.filter(bool), st.integers(0, 40), st.integers(0, 30))
def test_what_a_person_closed_comes_back_only_after_the_cooldown(proposals, later, cooldown):
    rows = Rows(LIMITS.model_copy(update={"cooldown_days": cooldown}))
    rows.day(proposals, 100)
    closed = next(one for one in rows.rows.values() if one.state == "open")
    rows.rows[closed.id] = replace(closed, state="closed", closed_day=100, outcome="resolved")
    decision = rows.day(proposals, 100 + later)
    alive = {one.key for one in rows.rows.values() if one.state != "closed"}
    assert (closed.key in alive) == (later >= cooldown)
    assert ({s.until_day for s in decision.suppressed} == {100 + cooldown}) == (later < cooldown)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 30), st.integers(0, 40))
def test_a_snoozed_one_sleeps_until_its_day_and_is_not_counted_as_new(length, later):
    rows = Rows()
    (proposal,) = [Proposal(row_id=1, account="A-1", rule="DROP", reason="a", severity=1.0)]
    rows.day([proposal], 100)
    rows.rows[1] = replace(rows.rows[1], state="snoozed", snoozed_until=100 + length)
    rows.day([proposal], 100 + later)
    assert (rows.rows[1].state == "open") == (later >= length)
    assert len(rows.rows) == 1
    assert rows.rows[1].opened_day == 100


def test_the_most_urgent_five_are_opened_and_the_rest_follows_as_there_is_room():
    many = [Proposal(row_id=1, account="A-1", rule="PROMISE", reason=f"p{n}", severity=n / 12) for n in range(12)]
    rows = Rows()
    decision = rows.day(many, 100)
    assert [one.proposal.reason for one in decision.openings if not one.to_digest] == ["p11", "p10", "p9", "p8", "p7"]
    rows.day(many, 101)
    assert Counter(one.state for one in rows.rows.values()) == {"open": 10, "digest": 2}
    second = rows.day(many[:1], 102)
    assert len(second.no_longer_needed) == 1, "p1 is no longer so; it was nobody's work"
    assert rows.day(many, 103).suppressed == (), "and no cooldown follows"


DROP = Proposal(row_id=1, account="A-1", rule="DROP", reason="a", severity=1.0)


def standing(number, state, **more):
    return StandingCta(**{
        "id": number, "row_id": 1, "rule": "DROP", "reason": "a", "severity": 1.0, "state": state,
        "given_to": "" if state == "digest" else "bo", "opened_day": 90, "seen_day": 99, **more,
    })  # fmt: skip


def decided(rows, limits=LIMITS, proposals=(DROP,)):
    return decide(rows, list(proposals), SITUATIONS, ARR, 100, limits=limits, priorities=RANKING)


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize(
    ("rows", "kept", "gone"),
    [
        ([standing(1, "digest"), standing(2, "digest")], {1: "open"}, (2,)),  # of two that wait the older one
        ([standing(1, "digest"), standing(2, "open")], {2: "open"}, (1,)),  # the one that a person has
        ([standing(1, "digest"), standing(2, "snoozed", snoozed_until=120)], {2: "snoozed"}, (1,)),
        ([standing(1, "open"), standing(2, "digest")], {1: "open"}, (2,)),
    ],
)
def test_of_two_that_mean_the_same_one_goes_on(rows, kept, gone, order):
    found = decided(rows[::order])
    assert ({one.id: one.state for one in found.seen}, found.no_longer_needed) == (kept, gone)
    assert found.openings == ()


@pytest.mark.parametrize("order", [1, -1])
def test_the_cooldown_of_what_was_closed_twice_is_that_of_the_later_closing(order):
    closed = [standing(n, "closed", closed_day=day, outcome="resolved") for n, day in ((1, 92), (2, 97))]
    (held,) = decided(closed[::order]).suppressed
    assert held.until_day == 97 + LIMITS.cooldown_days


@pytest.mark.parametrize(("outcome", "opens"), [(NO_LONGER_NEEDED, True), ("resolved", False)])
def test_what_nobody_need_do_takes_no_place_of_the_day(outcome, opens):
    """Closed on the day on which it was new: by the person whom it was given to, it was one of that day's."""
    given = standing(1, "closed", reason="b", opened_day=100, closed_day=100, outcome=outcome)
    (opening,) = decided([given], LIMITS.model_copy(update={"new_per_csm_day": 1})).openings
    assert opening.to_digest != opens


@pytest.mark.parametrize(("rule", "opens"), [("MANUAL", True), ("SILENT", False)])
def test_what_a_person_wrote_takes_no_place_of_the_day(rule, opens):
    given = replace(standing(1, "closed", reason="b", opened_day=100, closed_day=100, outcome="resolved"), rule=rule)
    (opening,) = decided([given], LIMITS.model_copy(update={"new_per_csm_day": 1})).openings
    assert opening.to_digest != opens


def test_an_account_that_was_judged_for_a_later_day_is_left_alone():
    rows = Rows()
    rows.day([Proposal(row_id=1, account="A-1", rule="DROP", reason="a", severity=1.0)], 105)
    decision = rows.day([Proposal(row_id=1, account="A-1", rule="SILENT", reason="a", severity=1.0)], 104)
    assert decision.openings == ()
    assert rows.rows[1].seen_day == 105


@given(
    st.floats(0, 1), st.floats(0, 1), st.integers(0, 10**9), st.integers(0, 10**9), st.integers(-50, 400),
    st.integers(0, 400),
)  # fmt: skip
def test_priority_stays_within_0_and_100_and_grows_with_severity_and_money(low, high, less, more, left, silent):
    low, high = sorted((low, high))
    less, more = sorted((less, more))
    poor = Situation(
        row_id=1, account="A", arr=less, due_day=100 + left, contact_day=100 - silent, cadence_days=CADENCE
    )
    rich = replace(poor, arr=more)
    ranks = sorted((less, more))
    assert 0 <= priority(low, poor, ranks, 100, RANKING) <= priority(high, rich, ranks, 100, RANKING) <= 100


def test_priority_is_the_formula():
    one = Situation(row_id=1, account="A", arr=300, due_day=145, contact_day=70, cadence_days=60.0)
    ranks = [100, 200, 300, 400]
    assert percentile(300, ranks) == 0.625
    assert priority(0.64, one, ranks, 100, RANKING) == 100 * (0.4 * 0.64 + 0.3 * 0.75 + 0.2 * 0.625 + 0.1 * 0.5)
    renewing_itself = replace(one, auto_renews=True)
    assert priority(0.64, renewing_itself, ranks, 100, RANKING) == 100 * (
        0.4 * 0.64 + 0.3 * 0.5 + 0.2 * 0.625 + 0.1 * 0.5
    )
    never_spoken_to = replace(renewing_itself, contact_day=None)
    assert priority(0.64, never_spoken_to, ranks, 100, RANKING) == 100 * (0.4 * 0.64 + 0.3 * 1 + 0.2 * 0.625 + 0.1 * 1)
    left = (-9, 30, 31, 60, 61, 90, 91, 180, 181)
    renewals = [replace(one, due_day=100 + days, contact_day=100) for days in left]
    assert [priority(0, each, [], 100, RANKING) for each in renewals] == pytest.approx(
        [30, 30, 22.5, 22.5, 15, 15, 7.5, 7.5, 0]
    )


def test_weights_and_steps_are_those_of_the_file():
    """The control: the same account by other numbers is ranked otherwise."""
    one = Situation(row_id=1, account="A", arr=300, due_day=110, contact_day=70, cadence_days=60.0)
    by_severity = RANKING.model_copy(update={"severity": 1.0, "renewal": 0.0, "arr": 0.0, "contact": 0.0})
    assert priority(0.64, one, [], 100, by_severity) == 64.0
    nothing_is_near = RANKING.model_copy(update={"renewal_urgency": ()})
    assert priority(0.0, one, [], 100, RANKING) - priority(0.0, one, [], 100, nothing_is_near) == pytest.approx(30)
