"""Rollouts from the plan to the halt, on a store, with robots that obey."""

from collections import Counter

import pytest
from sqlalchemy import select, update

from collector.accounts.ledger.kinds import relations
from collector.operations import desired, recalls, rollout_answers, rollout_reads, rollout_round, rollouts
from collector.operations.ctas import ListCtas, list_ctas
from collector.operations.desired import WishFor
from collector.operations.recalls import RecallPackage
from collector.operations.rollout_answers import AnswerRollout
from collector.operations.rollout_reads import RobotsOfRollout
from collector.operations.rollouts import BeginWave, ChangeRollout, RolloutWish
from collector.skillstore.rollouts import advancing, looking, planning
from collector.skillstore.rollouts.gate.forecast import Effort
from collector.store.tables.fleet import desired as table
from collector.store.tables.fleet import robot as robots
from collector.store.tables.rollouts import rollout, rollout_robot
from collector.store.tables.skills import skill_wish
from collector.values.refusal import Refused
from protocol import limits
from protocol.messages import Desired, DesiredSkill
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
    """With few draws: they cost time, and the law of the gate is tested by itself. The draw of robots is always the
    same: by its design the gate halts one harmless rollout in twenty-five.
    """
    monkeypatch.setattr(rollouts.secrets, "randbits", lambda bits: 20_260_520 % 2**bits)
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


def begin(fleet, rollout, wave, why="few events, low risk"):
    return rollouts.begin_next_wave(fleet.context, BeginWave(rollout=rollout, wave=wave, why=why))


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
        changed = begin(fleet, number, 2)
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


def test_a_blackout_day_is_a_day_of_the_collectors_zone(fleet):
    fleet.settings["base_timezone"] = "Pacific/Kiritimati"
    assert fleet.context.today() == fleet.today + 1, "there it is the next day already"
    rollouts.start_rollout(fleet.context, wish(blackouts=((fleet.today + 1, fleet.today + 1),)))
    assert advance(fleet) == 0


def test_a_plan_of_what_is_not_there_or_ends_before_it_begins_is_refused(fleet):
    wrong = ({"accounts": ("NOPE",)}, {"uses": ("nonsense",)}, {"blackouts": ((fleet.today, fleet.today - 1),)})
    for more in wrong:
        for act in (rollouts.plan_rollout, rollouts.start_rollout):
            assert isinstance(act(fleet.context, wish(**more)), Refused), more
    assert not isinstance(rollouts.plan_rollout(fleet.context, wish(uses=("guide.rides",))), Refused)


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


def wished(fleet, robot):
    """The packages that a robot is to run, by skill; and its revision."""
    with fleet.store.read() as connection:
        query = select(table.c.document).join(robots, robots.c.id == table.c.robot_id).where(robots.c.name == robot)
        found = Desired.model_validate_json(connection.execute(query).scalar_one())
    return {one.skill: one.digest for one in found.skills}, found.revision


def everywhere(fleet):
    return Counter(wished(fleet, name)[0].get("guide", "") for name in fleet.names)


def pin(fleet, robot, *skills, settings=None):
    """A person wishes something else of one robot."""
    return desired.put_desired(fleet.context, WishFor(robot=robot, skills=list(skills), settings=settings or {}))


def test_a_package_that_people_recalled_is_offered_to_nobody_more_and_no_rollout_brings_it_back(fleet):
    number = rollouts.start_rollout(fleet.context, wish()).rollout
    advance(fleet)
    fleet.obey()
    assert everywhere(fleet) == {NEW: 20, OLD: 28}, "the control"
    recalls.recall_package(fleet.context, RecallPackage(skill="guide", digest=NEW))
    found = rollout_reads.one_rollout(fleet.context, number)
    assert (found.state, found.reason) == ("halted", "recalled")
    for _ in range(6):
        day(fleet)
    assert begin(fleet, number, 2).kind == "conflict"
    assert everywhere(fleet) == {OLD: 48}
    rollouts.abort_rollout(fleet.context, ChangeRollout(rollout=number))
    again = rollouts.start_rollout(fleet.context, wish())
    assert (again.kind, again.reason) == ("conflict", "this package was recalled")


def test_a_package_is_recalled_also_while_customers_are_asked_and_nobody_has_it_yet(fleet):
    number = rollouts.start_rollout(fleet.context, wish(approval_days=1)).rollout
    begun = recalls.recall_package(fleet.context, RecallPackage(skill="guide", digest=NEW))
    assert (begun.told, begun.had) == (0, 0)
    fleet.now_s += 3 * 86_400
    assert advance(fleet) == 0
    assert rollout_reads.one_rollout(fleet.context, number).state == "halted"
    unknown = recalls.recall_package(fleet.context, RecallPackage(skill="guide", digest="c" * 64))
    assert unknown.kind == "not_found", "the control"


def test_what_a_person_ended_while_a_look_was_taken_stays_ended(fleet, monkeypatch):
    number = rollouts.start_rollout(fleet.context, wish()).rollout
    advance(fleet)
    fleet.obey()
    fleet.broken = {name for name, one in states(fleet, number).items() if one.wave == 1}
    answered, take = [], looking.take

    def slowly(*given):
        taken = take(*given)
        if taken is not None and taken[0].answer == "halt":
            why = ChangeRollout(rollout=number, why="arms drop")
            answered.append(rollouts.take_back_rollout(fleet.context, why).state)
        return taken

    monkeypatch.setattr(looking, "take", slowly)
    for _ in range(5):
        day(fleet)
    found = rollout_reads.one_rollout(fleet.context, number)
    assert answered == ["taken_back"]
    assert (found.state, found.why, found.look.answer) == ("taken_back", "arms drop", "halt")
    assert everywhere(fleet) == {OLD: 48}


def test_a_wave_is_begun_by_its_number_and_twice_is_once(fleet):
    number = rollouts.start_rollout(fleet.context, wish(percents=(10, 30, 60, 100))).rollout
    advance(fleet)
    assert begin(fleet, number, 2).state == "running"
    again, later = begin(fleet, number, 2), begin(fleet, number, 4)
    assert [again.kind, later.kind] == ["conflict", "conflict"]
    assert "wave 3" in again.remedy
    waves = rollout_reads.one_rollout(fleet.context, number).waves
    assert [one.offered_at is not None for one in waves] == [True, True, False, False]
    assert begin(fleet, number, 3).state == "running", "the control"


def test_no_wave_is_begun_by_hand_on_a_blackout_day(fleet):
    tomorrow = fleet.today + 1
    number = rollouts.start_rollout(fleet.context, wish(blackouts=((tomorrow, tomorrow),))).rollout
    advance(fleet)
    fleet.now_s += 86_400
    assert "blackout" in begin(fleet, number, 2).reason
    fleet.now_s += 86_400
    assert begin(fleet, number, 2).state == "running", "the control"


def test_once_somebody_has_paused_it_only_those_hear_of_it_whose_wish_stood_already(fleet, monkeypatch):
    monkeypatch.setattr(advancing, "TOLD_AT_ONCE", 4)
    number = rollouts.start_rollout(fleet.context, wish(percents=(100,))).rollout
    told, publish = [], fleet._publish

    def pausing(name, document):
        told.append(name)
        if len(told) == 6:
            rollouts.pause_rollout(fleet.context, ChangeRollout(rollout=number))
        return publish(name, document)

    monkeypatch.setattr(fleet, "_publish", pausing)
    assert advance(fleet) == 8
    assert {(one.code, one.turn) for one in states(fleet, number).values() if one.state == "waiting"} == {
        ("paused", "wisher")
    }
    rollouts.resume_rollout(fleet.context, ChangeRollout(rollout=number))
    assert advance(fleet) == 40, "the control"


LONG = {f"k{n}": "y" * 1000 for n in range(26)}
OTHER = DesiredSkill(skill="other", version="1.0", digest="c" * 64, settings=LONG)


def test_a_wish_that_is_too_long_for_a_robot_is_not_stored(fleet):
    """Its settings leave no room for those of the new version."""
    one = "r003-0"
    old = DesiredSkill(skill="guide", version="1.0", digest=OLD)
    pin(fleet, one, old, OTHER, settings={f"s{n}": "y" * 1000 for n in range(31)})
    fleet.obey()
    before = wished(fleet, one)
    number = rollouts.start_rollout(
        fleet.context, wish(percents=(100,), settings={f"k{n}": "y" * 1000 for n in range(10)})
    ).rollout
    assert advance(fleet) == 47
    assert wished(fleet, one) == before
    for _ in range(2):
        stands = states(fleet, number)[one]
        assert (stands.state, stands.code, stands.turn, stands.offered_at) == (
            "failed", "settings_differ", "wisher", None,
        )  # fmt: skip
        fleet.obey()
        day(fleet)
    pin(fleet, one, old, OTHER)
    fleet.obey()
    rollouts.retry_rollout(fleet.context, ChangeRollout(rollout=number))
    assert advance(fleet) == 1, "the control"
    assert wished(fleet, one)[0]["guide"] == NEW


def test_a_robot_is_taken_back_only_when_its_wish_was_taken(fleet):
    number = rollouts.start_rollout(fleet.context, wish(percents=(100,))).rollout
    advance(fleet)
    one = "r003-0"
    with fleet.store.write() as connection:
        before = DesiredSkill(
            skill="guide", version="1.0", digest=OLD, settings={f"k{n}": "y" * 1000 for n in range(30)}
        )
        own = rollout_robot.c.robot_id == fleet.ids()[one]
        connection.execute(update(rollout_robot).where(own).values(before=before.model_dump_json()))
    new = DesiredSkill(skill="guide", version="2.0", digest=NEW)
    pin(fleet, one, new, OTHER, settings={f"s{n}": "y" * 1000 for n in range(31)})
    rollouts.take_back_rollout(fleet.context, ChangeRollout(rollout=number, why="arms drop"))
    assert advance(fleet) == 47
    assert advance(fleet) == 0
    stands = states(fleet, number)[one]
    assert (stands.state, stands.code, wished(fleet, one)[0]["guide"]) == ("failed", "settings_differ", NEW)
    pin(fleet, one, new, OTHER)
    assert advance(fleet) == 1, "the control: there is room now"
    assert (states(fleet, number)[one].state, wished(fleet, one)[0]["guide"]) == ("taken_back", OLD)


def test_a_recall_takes_the_package_also_where_what_was_before_has_no_room(fleet):
    one = "r003-0"
    rollouts.start_rollout(fleet.context, wish(percents=(100,)))
    advance(fleet)
    new = DesiredSkill(skill="guide", version="2", digest=NEW)
    full = {f"s{n}": "y" * 1000 for n in range(31)}
    empty = new.model_copy(update={"settings": {"pad": ""}})
    room = limits.DESIRED_MAX_BYTES - len(Desired(revision=99, skills=[empty, OTHER], settings=full).model_dump_json())
    new = new.model_copy(update={"settings": {"pad": "y" * (room - 40)}})
    assert not isinstance(pin(fleet, one, new, OTHER, settings=full), Refused)
    with fleet.store.write() as connection:
        own = skill_wish.c.robot_id == fleet.ids()[one], skill_wish.c.digest == OLD
        connection.execute(update(skill_wish).where(*own).values(version="1" * 96))
    begun = recalls.recall_package(fleet.context, RecallPackage(skill="guide", digest=NEW))
    assert begun.told == 48
    assert NEW not in everywhere(fleet)


def test_a_silent_robot_that_comes_back_after_the_rollout_is_over_runs_it(fleet):
    number = rollouts.start_rollout(fleet.context, wish(percents=(100,))).rollout
    advance(fleet)
    deaf = min(fleet.sent)
    for _ in range(7):
        fleet.obey(deaf)
        day(fleet)
    assert rollout_reads.one_rollout(fleet.context, number).state == "done"
    assert states(fleet, number)[deaf].state == "silent", "the control"
    fleet.obey()
    advance(fleet)
    assert states(fleet, number)[deaf].state == "done"


def test_a_robot_of_which_somebody_wished_another_version_is_no_longer_in_it(fleet):
    """Before it answered, when it ran it, and when the skill was taken away; and one that is wished it again."""
    old, new = (DesiredSkill(skill="guide", version="1", digest=digest) for digest in (OLD, NEW))
    number = rollouts.start_rollout(fleet.context, wish()).rollout
    advance(fleet)
    early, done, bare, stays, *_ = sorted(fleet.sent)
    pin(fleet, early, old)
    fleet.obey()
    advance(fleet)
    assert {states(fleet, number)[one].state for one in (done, bare, stays)} == {"done"}
    pin(fleet, done, old)
    pin(fleet, bare)
    pin(fleet, stays, new, DesiredSkill(skill="other", version="1", digest="c" * 64))
    advance(fleet)
    fleet.obey()
    advance(fleet)
    found = states(fleet, number)
    for one in (early, done, bare):
        assert (found[one].state, found[one].code, found[one].turn) == ("gone", "other_wish", "")
    assert found[stays].state == "done", "the control: another skill is nothing to it"
    pin(fleet, done, new)
    fleet.obey()
    advance(fleet)
    assert states(fleet, number)[done].state == "done"


def test_a_robot_that_ran_it_and_breaks_has_failed_and_one_that_starts_anew_has_not(fleet):
    number = rollouts.start_rollout(fleet.context, wish(percents=(100,))).rollout
    advance(fleet)
    fleet.obey()
    advance(fleet)
    broken, other = sorted(fleet.names)[:2]
    fleet.report(broken, wished(fleet, broken)[1], "exited: code 3")
    fleet.report(other, wished(fleet, other)[1], "starting: ")
    advance(fleet)
    found = states(fleet, number)
    assert (found[broken].state, found[broken].code, found[other].state) == ("failed", "exited", "done")
    assert found[broken].next_try_at is not None
    for _ in range(4):
        fleet.now_s += 86_400 / 5
        advance(fleet)
    assert rollout_reads.one_rollout(fleet.context, number).state == "running"


def test_a_rollout_is_not_over_while_a_robot_that_failed_is_asked_again(fleet):
    number = rollouts.start_rollout(fleet.context, wish(percents=(100,))).rollout
    advance(fleet)
    failing = min(fleet.sent)
    asked, shown = 0, rollout_reads.one_rollout
    for _ in range(40):
        if failing in fleet.sent:
            asked += 1
            fleet.report(failing, fleet.sent.pop(failing).revision, "no_room: 3 MB are missing")
        fleet.obey()
        fleet.now_s += 43_200
        advance(fleet)
    ended = shown(fleet.context, number)
    assert asked == 5, "offered once, and asked again four times"
    assert (ended.state, states(fleet, number)[failing].state) == ("done", "failed")


def test_accounts_that_are_frozen_keep_nobody_behind_them_waiting(fleet, monkeypatch):
    monkeypatch.setattr(advancing, "ROBOTS_AT_ONCE", 4)
    number = rollouts.start_rollout(fleet.context, wish(percents=(100,))).rollout
    with fleet.store.write() as connection:
        frozen = [f"A{at:03d}" for at in range(12)]
        for one in frozen:
            ticket = relations.Ticket(id=f"t-{one}", account=one, opened_day=fleet.today - 1, urgency="urgent")
            add(connection, "ticket", ticket)
    assert advance(fleet) == 12
    waits = [one for one in states(fleet, number).values() if one.state == "waiting"]
    assert ({one.account for one in waits}, {one.code for one in waits}) == (set(frozen), {"escalated"})


def test_no_wave_begins_on_an_answer_from_before_the_last_one_or_when_reports_have_stopped(fleet):
    """Two waves are judged; whether the gate had seen enough is set aside, so that its answer is at once no harm."""
    more = {"percents": (10, 25, 100), "wave_days": 3}
    number = rollouts.start_rollout(fleet.context, wish(**more)).rollout
    with fleet.store.write() as connection:
        connection.execute(update(rollout).values(forecasts="[]"))
    advance(fleet)
    fleet.obey()

    def begun():
        return sum(one.offered_at is not None for one in rollout_reads.one_rollout(fleet.context, number).waves)

    for _ in range(8):
        day(fleet)
        fleet.obey()
        if begun() == 2:
            break
    assert begun() == 2, "a control: it begins by itself"
    for _ in range(8):  # nothing arrives
        fleet.now_s += 86_400
        advance(fleet)
    assert begun() == 2
    fleet.live(int(fleet.now_s) // 86_400 - 8, fleet.today)
    advance(fleet)
    assert begun() == 3, "the control: it arrived after all"
