"""The orchestrator: what begins, waits, interrupts, goes on, and what becomes of a skill or of itself that crashes."""

import asyncio
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opk_skills.workflow.notes import Notes, noted, recalled
from opk_skills.workflow.schedule import due, second_of, seconds_until_next
from opk_skills.workflow.switching import HOME_PRIORITY, Offer, Rules, Stage, Wish, ended, offers_of, wished
from tests.unit.opk_skills.workflow_days import STAYING, begun, lived

STOPS = {"guide": {"stops": [{"point": f"stop-{n}"} for n in (1, 2, 3, 4)], "questions": False}}


def wish(robot, intent, **slots):
    robot.wish(intent, slots, "voice")


async def reached(robot, point):
    """Waits on the robot's own clock."""
    while point not in went_to(robot):  # noqa: ASYNC110 - virtual time: it costs nothing
        await asyncio.sleep(1)


def spoken(robot):
    return [row["with"]["text"] for row in robot.body.log if row.get("do") == "speak" and row["ok"]]


def went_to(robot):
    return [row["with"]["point"] for row in robot.body.log if row.get("do") == "go_to" and row["ok"]]


def test_a_wish_begins_a_mission_and_afterwards_the_robot_is_at_home_again():
    async def during(robot):
        wish(robot, "guide&start")
        await asyncio.sleep(600)

    robot = lived("guide", during=during, settings=STOPS, habit=STAYING)
    assert begun(robot) == ["guide&start"]
    counted = robot.counted()
    assert (counted["guided_tour"], counted["guide.completed"], counted["workflow.skill_switch"]) == (1, 1, 1)
    assert counted["portal.home_view"] == 2


def test_a_tour_that_is_interrupted_goes_on_at_its_stop():
    settings = {**STOPS, "workflow": {"offers": [
        {"intent": "guide&start", "skill": "guide", "priority": 3},
        {"intent": "navigation&go", "skill": "navigation", "priority": 1},
    ]}}  # fmt: skip

    async def during(robot):
        wish(robot, "guide&start")
        await reached(robot, "stop-2")
        wish(robot, "navigation&go", point="entrance")
        await asyncio.sleep(900)

    robot = lived("guide", "navigation", during=during, settings=settings, habit=STAYING)
    assert begun(robot) == ["guide&start", "navigation&go", "guide&start"]
    assert went_to(robot)[:6] == ["stop-1", "stop-2", "entrance", "stop-2", "stop-3", "stop-4"]
    assert robot.counted()["guided_tour"] == 1
    assert robot.counted()["guide.completed"] == 1
    assert "Thank you for waiting. Let us go on." in spoken(robot)


def test_what_is_equal_waits_its_turn_and_what_is_lower_is_refused():
    async def during(robot):
        wish(robot, "guide&start")
        await asyncio.sleep(5)
        wish(robot, "lead&start", point="stop-5")
        wish(robot, "dance&start")
        await asyncio.sleep(900)

    robot = lived("guide", "lead", "dance", during=during, settings=STOPS, habit=STAYING)
    assert begun(robot) == ["guide&start", "lead&start"]
    assert robot.counted()["workflow.switch_refused"] == 1
    assert robot.counted()["lead.arrived"] == 1


def test_an_intent_that_no_skill_takes_is_counted_and_said():
    async def during(robot):
        wish(robot, "moon&fly")
        await asyncio.sleep(60)

    robot = lived(during=during)
    assert robot.counted()["workflow.unhandled_intent"] == 1
    assert "I am sorry, I cannot do that." in spoken(robot)


def test_what_is_said_to_the_skill_that_is_busy_reaches_it():
    async def during(robot):
        wish(robot, "guide&start")
        await asyncio.sleep(20)
        wish(robot, "guide&stop")
        await asyncio.sleep(60)

    robot = lived("guide", during=during, settings=STOPS, habit=STAYING)
    assert robot.counted().get("guide.completed") is None
    assert robot.counted()["portal.home_view"] == 2


def test_a_skill_that_crashes_is_passed_over_and_the_guest_is_told():
    async def during(robot):
        wish(robot, "guide&start")
        await asyncio.sleep(20)
        await robot.crash("guide")
        await asyncio.sleep(120)

    robot = lived("guide", during=during, settings=STOPS, habit=STAYING)
    assert "I am sorry, I cannot do that now." in spoken(robot)
    assert robot.counted()["portal.home_view"] == 2


def test_a_skill_that_never_answers_is_passed_over_for_the_next_best():
    settings = {"workflow": {"offers": [
        {"intent": "navigation&go", "skill": "guide", "priority": 1},
        {"intent": "navigation&go", "skill": "navigation", "priority": 2},
    ]}}  # fmt: skip

    async def during(robot):
        await robot.crash("guide")
        wish(robot, "navigation&go", point="stop-1")
        await asyncio.sleep(120)

    robot = lived("guide", "navigation", during=during, settings=settings)
    assert robot.counted()["navigation.arrived"] == 1


def test_an_orchestrator_that_crashes_comes_back_where_it_was():
    async def during(robot):
        wish(robot, "guide&start")
        await asyncio.sleep(20)
        wish(robot, "lead&start", point="stop-5")
        await asyncio.sleep(1)
        await robot.crash("workflow")
        robot.start("workflow")
        await asyncio.sleep(900)

    robot = lived("guide", "lead", during=during, settings=STOPS, habit=STAYING)
    assert begun(robot) == ["guide&start", "lead&start"]  # the tour went on: it was not begun again
    counted = robot.counted()
    assert (counted["workflow.crash"], counted["guide.completed"], counted["lead.arrived"]) == (1, 1, 1)


def test_while_the_orchestrator_is_away_nothing_begins():
    """The control: what comes back is the orchestrator, not the body."""

    async def during(robot):
        await robot.crash("workflow")
        wish(robot, "guide&start")
        await asyncio.sleep(600)

    assert lived("guide", during=during, settings=STOPS).counted().get("guided_tour") is None


def test_an_empty_battery_comes_before_everything():
    async def during(robot):
        wish(robot, "solicit&start")
        await asyncio.sleep(600)
        wish(robot, "guide&start")
        await asyncio.sleep(7200)

    robot = lived("guide", "solicit", during=during, settings=STOPS, charge=0.1, habit=STAYING)
    docked = next(row["at_s"] for row in robot.body.log if row.get("do") == "dock" and row["ok"])
    assert docked < 120
    assert robot.counted()["workflow.switch_refused"] == 2  # nothing interrupts a robot that must charge
    assert robot.body.battery > 0.5


def test_the_clock_begins_what_the_workflow_says():
    settings = {"workflow": {"schedule": [{"at": "09:10", "until": "09:30", "every_min": 10, "intent": "dance&start"}]}}

    async def during(_robot):
        await asyncio.sleep(3600)

    assert lived("dance", during=during, settings=settings).counted()["dance"] == 3


def test_a_mission_that_never_ends_is_ended():
    settings = {"workflow": {"mission_s": 300}, "solicit": {}}

    async def during(robot):
        wish(robot, "solicit&start")
        await asyncio.sleep(900)

    robot = lived("solicit", during=during, settings=settings)
    assert robot.counted()["portal.home_view"] == 2


def test_what_was_to_come_first_comes_first_after_a_crash_too():
    """The stage was written down, and what is on had not been told to stop."""
    settings = {**STOPS, "workflow": {"offers": [
        {"intent": "guide&start", "skill": "guide", "priority": 2},
        {"intent": "navigation&go", "skill": "navigation", "priority": 1},
    ]}}  # fmt: skip

    async def during(robot):
        wish(robot, "guide&start")
        await asyncio.sleep(20)
        orchestrator = robot.skills["workflow"].running.skill
        stage, _ = wished(
            orchestrator._stage, Wish("navigation&go", {"point": "entrance"}, "voice", 21), orchestrator._rules
        )
        orchestrator.notes.write(noted(stage), 21)
        await robot.crash("workflow")
        robot.start("workflow")
        await asyncio.sleep(900)

    robot = lived("guide", "navigation", during=during, settings=settings, habit=STAYING)
    assert robot.counted()["navigation.arrived"] == 1
    assert robot.counted()["guide.completed"] == 1


def test_an_orchestrator_that_ends_as_it_should_leaves_nobody_on_a_mission():
    async def during(robot):
        wish(robot, "lead&start", point="stop-5")
        await asyncio.sleep(5)
        await robot.skills["workflow"].running.stop("asked")
        await asyncio.sleep(5)
        assert robot.skills["lead"].running.idle.is_set()
        robot.start("workflow")
        await asyncio.sleep(5)
        wish(robot, "lead&start", point="stop-1")
        await asyncio.sleep(120)

    robot = lived("lead", during=during, habit=STAYING)
    assert went_to(robot) == ["stop-1"]


def test_a_clock_that_is_not_known_or_put_back_begins_nothing_twice():
    settings = {"workflow": {"schedule": [{"at": "09:10", "intent": "dance&start"}, {"at": "25:00", "intent": "x&y"}]}}

    async def during(robot):
        await asyncio.sleep(1200)
        robot.body.woke_s -= 900
        await asyncio.sleep(60)
        robot.body.woke_s = float("nan")
        await asyncio.sleep(120)
        wish(robot, "dance&start")
        await asyncio.sleep(120)

    robot = lived("dance", during=during, settings=settings)
    assert robot.counted()["dance"] == 2  # the one by the clock, and the one that was wished


def test_a_charge_that_is_not_known_keeps_nobody_on_the_dock_and_a_gauge_need_not_reach_one():
    async def during(robot):
        await asyncio.sleep(4 * 3600)
        wish(robot, "dance&start")
        await asyncio.sleep(300)

    robot = lived("dance", during=during, settings={"workflow": {"charged": 1.0}}, charge=0.1)
    assert robot.counted()["dance"] == 1


def test_a_guest_who_says_stop_of_an_interrupted_tour_ends_it():
    stage, _ = wished(Stage(), Wish("b&go", {}, "voice", 0), RULES)
    stage, _ = wished(stage, Wish("a&go", {}, "voice", 1), RULES)
    stage, _ = ended(stage, "stopped", {}, RULES, 2, gone=False)
    assert [each.skill for each in stage.interrupted] == ["b"]
    rules = replace(RULES, offers={**RULES.offers, "b&stop": (Offer("b&stop", "b", 2, at_once=True),)})
    assert wished(stage, Wish("b&stop", {}, "voice", 3), rules)[0].interrupted == ()


# The rules alone.

OFFERS = [Offer("a&go", "a", 1), Offer("b&go", "b", 2), Offer("c&go", "c", 2), Offer("d&go", "d", 3)]
RULES = Rules(offers_of(OFFERS)[0], Offer("home&go", "home", HOME_PRIORITY), 3, 300, 600, 3600)
ACTS = st.lists(
    st.tuples(st.sampled_from(["a&go", "b&go", "c&go", "d&go", "x&go", "end", "fail"]), st.integers(0, 400)),
    max_size=40,
)


@given(ACTS)
def test_the_robot_is_always_busy_with_one_thing_and_interrupts_only_for_what_is_more_urgent(acts):
    stage, step = ended(Stage(), "done", {}, RULES, 0.0, gone=False)
    at_s = 0.0
    for act, pause in acts:
        at_s += pause
        before = stage
        if act in {"end", "fail"}:
            state = "stopped" if stage.next else "done" if act == "end" else "failed"
            stage, step = ended(stage, state, {"from": "2"}, RULES, at_s, gone=act == "fail")
            assert stage.now is not None
        else:
            stage, step = wished(stage, Wish(act, {}, "voice", at_s), RULES)
            assert stage.now == before.now  # a wish never takes a mission away: that has to stop first
        if step.do == "interrupt":
            assert stage.next is not None
            assert stage.now is not None
            assert stage.next.priority < stage.now.priority
        assert len(stage.waiting) <= RULES.queue + 1
        assert all(not each.is_home for each in (*stage.interrupted, *stage.waiting))


@given(ACTS)
def test_what_is_written_down_is_what_is_recalled(acts):
    stage, _ = ended(Stage(), "done", {}, RULES, 0.0, gone=False)
    for act, pause in acts:
        if act in {"end", "fail"}:
            stage, _ = ended(stage, "stopped", {"from": "2"}, RULES, float(pause), gone=False)
        else:
            stage, _ = wished(stage, Wish(act, {"point": "p"}, "voice", float(pause)), RULES)
    kept = {}

    class Memory:
        def read(self):
            return kept

        def write(self, said):
            kept.clear()
            kept.update(said)

    notes = Notes(Memory())
    notes.write(noted(stage), 100.0)
    assert recalled(notes, 700.0, 600) == (stage, True)
    assert recalled(notes, 701.0, 600) == recalled(notes, 99.0, 600) == (Stage(), True)
    notes.closed()
    assert recalled(notes, 100.0, 600) == (Stage(), False)


@pytest.mark.parametrize(
    "kept", [{}, {"format": 1, "open": True}, {"format": 2, "open": True, "at_s": 0.5, "stage": {"now": 5}}]
)
def test_notes_that_cannot_be_read_are_none(kept):
    class Memory:
        def read(self):
            return kept

        def write(self, said):
            raise AssertionError(said)

    assert recalled(Notes(Memory()), 1.0, 600)[0] == Stage()


def test_two_skills_with_one_intent_are_both_named_and_one_has_it():
    by_intent, twice = offers_of([Offer("guide&start", "guide", 2), Offer("guide&start", "tours", 2)])
    assert twice == [("guide&start", "guide", "tours")]
    assert by_intent["guide&start"][0].skill == "guide"


def test_what_is_due_is_due_once_also_over_midnight():
    schedule = [{"at": "00:05", "intent": "a"}, {"at": "23:50", "every_min": 5, "until": "23:59", "intent": "b"}]
    assert [e["intent"] for e in due(schedule, second_of("23:40"), second_of("23:56"))] == ["b"]
    assert [e["intent"] for e in due(schedule, second_of("23:58"), second_of("00:10"))] == ["a"]
    assert seconds_until_next(schedule, second_of("23:49")) == 60
    with pytest.raises(ValueError, match="HH:MM"):
        second_of("9:5")
