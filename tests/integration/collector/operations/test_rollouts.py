"""Rollouts from the plan to the halt, on a store, with robots that obey."""

import pytest

from collector.accounts.ledger.kinds import relations
from collector.operations import recalls, rollout_answers, rollout_reads, rollout_round, rollouts
from collector.operations.ctas import ListCtas, list_ctas
from collector.operations.rollout_answers import AnswerRollout
from collector.operations.rollout_reads import RobotsOfRollout
from collector.operations.rollouts import ChangeRollout, RolloutWish
from collector.skillstore.rollouts import looking, planning
from collector.skillstore.rollouts.gate.forecast import Effort
from collector.values.refusal import Refused
from tests.fleets import add
from tests.rollout_stores import NEW, OLD, Fleet


def wish(**more):
    given = {
        "skill": "guide", "digest": NEW, "version": "2.0", "percents": (40, 100), "wave_days": 3,
        "uses": ("guided_tour",), "rise": 3.0, "fall": 0.4, "renewal_freeze_days": 60,
    }  # fmt: skip
    return RolloutWish(**(given | more))


@pytest.fixture
def fleet(store, monkeypatch):
    """With few draws: they cost time, and the law of the gate is tested by itself."""
    monkeypatch.setattr(looking, "EFFORT", Effort(placebos=10, draws=299, refusing=0.05, most_robots=5_000))
    monkeypatch.setattr(planning, "DRAWS_AGAIN_MOST", 799)
    return Fleet(store, accounts=16, per_account=3).made()


def advance(fleet):
    answer = rollout_round.advance_rollouts(fleet.context, None)
    assert not isinstance(answer, Refused), answer
    return answer


def states(fleet, rollout):
    found = rollout_reads.rollout_robots(fleet.context, RobotsOfRollout(rollout=rollout, limit=500)).items
    return {one.robot: one for one in found}


def day(fleet):
    fleet.live(fleet.today, fleet.today)
    advance(fleet)


def test_a_plan_says_who_is_left_out_and_why_and_keeps_nothing(fleet):
    ticket = relations.Ticket(id="t", account="A003", opened_day=fleet.today - 1, urgency="urgent")
    with fleet.store.write() as connection:
        add(connection, "ticket", ticket)
    plan = rollouts.plan_rollout(fleet.context, wish())
    assert (plan.robots, plan.left_out) == (45, {"escalated": 3})
    assert [one.robots for one in plan.waves] == [18, 27]
    assert [one.judged for one in plan.waves] == [True, False]
    assert {one.account for one in plan.shown} == {"A003"}
    assert len(plan.forecasts) == 2
    assert rollout_reads.list_rollouts(fleet.context, None) == []
    everybody = rollouts.plan_rollout(fleet.context, wish(spares_escalated=False))
    assert (everybody.robots, everybody.left_out) == (48, {})


def test_a_harmless_version_goes_through_all_waves_and_every_robot_has_it(fleet):
    number = rollouts.start_rollout(fleet.context, wish()).rollout
    assert advance(fleet) == 20
    fleet.obey()
    waits = states(fleet, number)
    assert sorted({(one.wave, one.turn) for one in waits.values() if one.state == "waiting"}) == [(2, "rollout")]
    for _ in range(6):
        day(fleet)
        fleet.obey()
    found = rollout_reads.one_rollout(fleet.context, number)
    looks = rollout_reads.rollout_looks(fleet.context, number)
    assert looks
    assert not any(one.answer == "halt" for one in looks)
    if found.waves[1].offered_at is None:  # too few events: a person decides
        changed = rollouts.begin_next_wave(fleet.context, ChangeRollout(rollout=number, why="few events, low risk"))
        assert not isinstance(changed, Refused)
    advance(fleet)
    fleet.obey()
    for _ in range(4):
        day(fleet)
    done = rollout_reads.one_rollout(fleet.context, number)
    assert done.state == "done"
    assert sum(wave.robots.get("done", 0) for wave in done.waves) == 48


def test_a_version_that_breaks_robots_is_halted_and_taken_back_robot_by_robot(fleet):
    number = rollouts.start_rollout(fleet.context, wish()).rollout
    advance(fleet)
    fleet.obey()
    first = {name for name, one in states(fleet, number).items() if one.wave == 1}
    fleet.broken = first
    for _ in range(4):
        day(fleet)
    found = rollout_reads.one_rollout(fleet.context, number)
    assert (found.state, found.reason) == ("halted", "gate")
    assert "faults" in found.look.halted_by
    assert set(found.look.robots) <= first
    assert found.waves[1].offered_at is None
    accounts = {one.account for name, one in states(fleet, number).items() if name in found.look.robots}
    titles = {one.account: one.title for one in list_ctas(fleet.context, ListCtas(limit=100)).items}
    assert accounts <= set(titles)
    refused = rollouts.resume_rollout(fleet.context, ChangeRollout(rollout=number))
    assert isinstance(refused, Refused), "a halt is not argued away"
    rollouts.take_back_rollout(fleet.context, ChangeRollout(rollout=number, why="faults"))
    assert advance(fleet) == len(first)
    assert {one.digest for document in fleet.sent.values() for one in document.skills} == {OLD}
    assert {one.state for name, one in states(fleet, number).items() if name in first} == {"taken_back"}


def test_nobody_more_is_told_while_it_is_paused_and_a_second_rollout_waits(fleet):
    number = rollouts.start_rollout(fleet.context, wish()).rollout
    paused = rollouts.pause_rollout(fleet.context, ChangeRollout(rollout=number))
    assert (paused.state, paused.before) == ("paused", "running")
    assert advance(fleet) == 0
    assert isinstance(rollouts.start_rollout(fleet.context, wish()), Refused)
    rollouts.resume_rollout(fleet.context, ChangeRollout(rollout=number))
    assert advance(fleet) == 20, "the control"


def test_a_silent_robot_is_silent_only_after_its_own_rhythm_and_a_busy_one_is_postponed(fleet):
    number = rollouts.start_rollout(fleet.context, wish()).rollout
    advance(fleet)
    deaf = min(fleet.sent)
    fleet.obey(deaf)
    day(fleet)
    assert states(fleet, number)[deaf].state == "offered"
    fleet.now_s += 3 * 86_400
    advance(fleet)
    assert (states(fleet, number)[deaf].state, states(fleet, number)[deaf].turn) == ("silent", "site")


def test_customers_are_asked_first_and_who_does_not_approve_is_left_out(fleet):
    number = rollouts.start_rollout(fleet.context, wish(approval_days=2)).rollout
    for at in range(10):
        rollout_answers.answer_rollout(
            fleet.context, AnswerRollout(rollout=number, account=f"A{at:03d}", approves=at != 4)
        )
    assert advance(fleet) == 0
    fleet.now_s += 3 * 86_400
    advance(fleet)
    assert advance(fleet) == 11
    found = rollout_reads.one_rollout(fleet.context, number)
    assert found.left_out == {"not_approved": 21}
    late = rollout_answers.answer_rollout(fleet.context, AnswerRollout(rollout=number, account="A004", approves=True))
    assert isinstance(late, Refused)


def test_on_a_blackout_day_nobody_is_told(fleet):
    number = rollouts.start_rollout(fleet.context, wish(blackouts=((fleet.today, fleet.today),))).rollout
    assert advance(fleet) == 0
    assert {one.code for one in states(fleet, number).values()} == {"blackout"}
    fleet.now_s += 86_400
    assert advance(fleet) == 20


def test_a_recall_says_of_each_robot_whether_it_is_gone(fleet):
    rollouts.start_rollout(fleet.context, wish())
    advance(fleet)
    fleet.obey()
    begun = recalls.recall_package(fleet.context, recalls.RecallPackage(skill="guide", digest=NEW))
    assert (begun.told, begun.had) == (20, 20)
    deaf = min(fleet.sent)
    fleet.obey(deaf)
    found = recalls.recall_stands(fleet.context, recalls.RecallOf(digest=NEW, limit=100)).items
    assert len(found) == 20
    assert [one.robot for one in found if not one.is_gone] == [deaf]
    assert [(one.active, one.reason) for one in found if one.robot == deaf] == [(True, "not_heard")]
