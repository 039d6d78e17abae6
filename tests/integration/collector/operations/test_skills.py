"""Skills on robots: what was wished, reported and told is kept, past days are judged by what ran then."""

import pytest
from sqlalchemy import delete, insert, select

from collector import config, retention
from collector import context as context_of
from collector.access.caller import COMMAND_LINE, Caller, Role
from collector.calendar import days
from collector.fleet.scope import Scope, account_id_of
from collector.ingest.decode import decode
from collector.operations import desired, fleet_look, skills
from collector.operations.desired import WishFor
from collector.operations.fleet_look import FaultRatesOf
from collector.operations.skills import SkillHistoryOf, SkillsOfAccount, VersionsOf
from collector.scores.reads import fleets as fleets_of
from collector.store.tables.fleet import fault_episode, robot, stream
from collector.store.tables.skills import skill_fact
from collector.values.keep import Keep
from protocol import codec, records, topics
from protocol.messages import DesiredSkill
from protocol.skill_proof import FACTS, proof
from tests import fleets
from tests.batches import EPOCH, commit, message
from tests.fleets import NOON

NEW, OLD = "b" * 64, "a" * 64
DAY_S = 86_400


@pytest.fixture
def context(store):
    fleets.story(store)
    return context_of.of(config.load({}), store, lambda: float(NOON), COMMAND_LINE)


def wish(context, *packages, robot_name="hall-7"):
    wanted = [DesiredSkill(skill=skill, version=version, digest=digest) for skill, version, digest in packages]
    return desired.put_desired(context, WishFor(robot=robot_name, skills=wanted, settings={})).revision


def report(store, revision, *told, name="hall-7", at=NOON, said=None):
    """What the robot retains; `said`: another proof than the true one."""
    form = {"v": 1, "robot": name, "revision": revision, "skills": list(told)}
    form["proof"] = proof(told) if said is None else said
    commit(store, decode(topics.reported(name), codec.encode(form)), received_s=at)


def facts(skill, package, upto="active", **more):
    return {"skill": skill, **dict.fromkeys(FACTS[: FACTS.index(upto) + 1], package), **more}


def told(store, *states, name="hall-7"):
    """(day from today, version, state) in the robot's counted stream, behind what it has sent."""
    with store.read() as connection:
        its = select(stream.c.epoch, stream.c.mark).join(robot, robot.c.id == stream.c.robot_id)
        epoch, mark = connection.execute(its.where(robot.c.name == name)).one()
    rows = [
        records.numbered(
            number,
            records.skill(
                boot=1, mono=number, at=NOON + day * DAY_S, skill="guide", version=version, state=state, digest=OLD
            ),
        )
        for number, (day, version, state) in enumerate(states, mark + 1)
    ]
    commit(store, message(name, rows, epoch=epoch), received_s=NOON)


def test_facts_are_proved_equal_to_what_the_robot_reported(context, store):
    revision = wish(context, ("guide", "2.0", NEW))
    report(store, revision, facts("guide", NEW, "verified", reason="waits: on a tour for 3 min"), at=NOON + 5)
    report(store, revision, facts("guide", NEW, "verified", reason="waits: on a tour for 9 min"), at=NOON + 365)
    waits = skills.skills_of_robot(context, "hall-7")
    assert (waits.is_proven, waits.is_fulfilled, waits.skills[0].code) == (True, False, "waits")
    with store.read() as connection:
        assert len(connection.execute(select(skill_fact)).all()) == 1, "how long it waits is no change"
    report(store, revision, facts("guide", NEW), at=NOON + 400)
    done = skills.skills_of_robot(context, "hall-7")
    assert (done.is_proven, done.is_fulfilled, done.said) == (True, True, done.wished)
    assert [one.since for one in done.skills[0].facts][1:] == [
        days.rfc3339(NOON + 5), days.rfc3339(NOON + 400), days.rfc3339(NOON + 400),
    ]  # fmt: skip


def test_a_fact_that_is_lost_here_or_made_up_there_is_seen(context, store):
    """The control of the proof."""
    revision = wish(context, ("guide", "2.0", NEW))
    report(store, revision, facts("guide", NEW))
    with store.write() as connection:
        connection.execute(delete(skill_fact))
    assert skills.skills_of_robot(context, "hall-7").is_proven is False
    report(store, revision, facts("guide", NEW), said="0" * 64)
    found = skills.skills_of_robot(context, "hall-7")
    assert (found.is_proven, found.is_fulfilled) == (False, True)


def test_a_skill_that_is_no_longer_told_of_has_lost_its_facts_and_its_history_stays(context, store):
    report(store, wish(context, ("guide", "2.0", NEW)), facts("guide", NEW), at=NOON + 1)
    report(store, wish(context), at=NOON + 2)
    assert skills.skills_of_robot(context, "hall-7").skills == []
    first = skills.skill_history(context, SkillHistoryOf(robot="hall-7", limit=2))
    second = skills.skill_history(context, SkillHistoryOf(robot="hall-7", limit=50, cursor=first.next))
    rows = [(one.kind, one.package) for one in (*first.items, *second.items)]
    assert sorted(rows) == sorted([("report", ""), ("report", NEW), ("wish", ""), ("wish", NEW)])
    assert rows[0] == ("report", "")


def test_a_past_day_has_the_version_that_ran_then(context, store):
    told(store, (-3, "1.0", "active"), (-1, "1.0", "stopped"), (-1, "2.0", "active"), (0, "2.0", "crashed"))
    with store.write() as connection:
        robot_id = connection.execute(select(robot.c.id).where(robot.c.name == "hall-7")).scalar_one()
        said = {"robot_id": robot_id, "epoch": EPOCH, "family": "tts", "code": "x", "ref": "", "did": "could_not"}
        more = {"severity": "warning", "detail": "", "confidence": "exact"}
        for seq, at in enumerate((NOON - 2 * DAY_S, NOON - 2 * DAY_S + 60, NOON - DAY_S + 60), 90):
            connection.execute(insert(fault_episode).values(**said, **more, seq=seq, opened_at=at, closed_at=at + 9))
    today = fleets.TODAY
    asked = VersionsOf(from_day=today - 5, to_day=today)
    rates = {one.version: one for one in skills.versions_of_skills(context, asked)}
    assert {version: one.episodes for version, one in rates.items()} == {"1.0": 2, "2.0": 1}
    assert {version: (one.active, one.crashes) for version, one in rates.items()} == {"1.0": (0, 0), "2.0": (1, 1)}
    assert rates["1.0"].hours > rates["2.0"].hours > 0
    groups = {one.value: one for one in fleet_look.fault_rates(context, FaultRatesOf(by="skill")).groups}
    assert groups["guide 1.0"].families["tts"].episodes == 2
    with store.read() as connection:
        acme = account_id_of(connection, "ACME")
        had = {day: fleets_of(connection, [acme], today + day)[acme].skills for day in (-4, -2, 0)}
    assert had == {-4: {}, -2: {"guide": {"1.0": 1}}, 0: {"guide": {"2.0": 1}}}


def test_who_waits_stands_with_why_and_whose_turn(context, store):
    report(store, wish(context, ("guide", "2.0", NEW)), facts("guide", NEW))
    assert skills.waiting_skills(context, skills.WaitingFor(limit=10)).robots == 0
    revision = wish(context, ("delivery", "1.0", OLD), robot_name="ktv-2")
    refused = facts("delivery", OLD, "desired", reason="wrong_model: it does not run on greetbot")
    report(store, revision, refused, name="ktv-2")
    found = skills.waiting_skills(context, skills.WaitingFor(limit=10))
    assert (found.wished, found.fulfilled, found.robots) == (2, 1, 1)
    [one] = found.shown
    assert (one.robot, one.account, one.skill.code, one.skill.turn) == ("ktv-2", "BETA", "wrong_model", "wisher")


def test_a_customer_sees_what_was_wished_and_told_while_it_had_the_robot(context, store):
    told(store, (-4, "1.0", "active"), name="park-1")  # ACME's then, BETA's since two days
    with store.read() as connection:
        beta = Scope.of(account_id_of(connection, "BETA"))
    asked = context.seen_by(Caller(1, "x", Role.CUSTOMER, beta, account="BETA"))
    assert skills.skill_history(asked, SkillHistoryOf(robot="park-1", limit=9)).items == []
    assert len(skills.skill_history(context, SkillHistoryOf(robot="park-1", limit=9)).items) == 1
    told(store, (0, "1.1", "active"), name="park-1")
    page = skills.skills_of_account(asked, SkillsOfAccount(account="BETA", limit=9))
    assert {one.robot: [s.state_version for s in one.skills] for one in page.items} == {"ktv-2": [], "park-1": ["1.1"]}


def test_what_stood_when_the_kept_history_begins_is_kept(context, store):
    told(store, (-4, "1.0", "active"), (-3, "2.0", "active"), (-1, "3.0", "active"))
    keep = Keep(hours_days=9, events_days=2, faults_days=9, parked_days=9)

    def in_turn(step):
        with store.write() as connection:
            return step(connection)

    retention.run(in_turn, keep, NOON)
    page = skills.skill_history(context, SkillHistoryOf(robot="hall-7", skill="guide", limit=9))
    assert [one.version for one in page.items] == ["3.0", "2.0"]
