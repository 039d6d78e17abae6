"""The orchestrator's manners: what it does not do twice, whom it lets in, what it says and asks."""

import asyncio

import pytest

from opk_skills.workflow.switching import Offer, Rules, Stage, Wish, ended, offers_of, wished
from simulators.bodies.people import Habit
from tests.unit.opk_skills.test_workflow import STOPS, reached, spoken, went_to, wish
from tests.unit.opk_skills.workflow_days import NOBODY, STAYING, begun, lived

OFFERS = [
    Offer("a&go", "a", 1), Offer("a&more", "a", 2), Offer("b&go", "b", 2), Offer("c&go", "c", 2), Offer("b&go", "d", 3),
    Offer("e&go", "e", 3), Offer("greet&go", "greet", 3, yields=True), Offer("home&go", "home", 3, yields=True),
]  # fmt: skip
ASKED = Habit(speaks=0.0, shows=1.0, touches=1.0)


def rules(queue=3):
    return Rules(offers_of(OFFERS)[0], Offer("home&go", "home", 9), queue, 300, 600, 3600)


def staged(*wishes, queue=3, source="voice"):
    """A robot at home that hears these wishes, one a second; the last step with it."""
    stage, step = ended(Stage(), "done", {}, rules(queue), 0.0, gone=False)
    for at_s, intent in enumerate(wishes, 1):
        stage, step = wished(stage, Wish(intent, {}, source, at_s), rules(queue))
        if step.do == "interrupt":
            stage, step = ended(stage, "stopped", {}, rules(queue), at_s + 0.5, gone=False)
    return stage, step


def tour(robot):
    wish(robot, "guide&start")


def test_a_mission_that_ended_while_the_orchestrator_was_away_is_not_done_again():
    async def during(robot):
        tour(robot)
        await reached(robot, "stop-4")
        await robot.crash("workflow")
        await robot.skills["guide"].running.idle.wait()
        robot.start("workflow")
        await asyncio.sleep(300)

    robot = lived("guide", during=during, settings=STOPS, habit=STAYING)
    assert begun(robot) == ["guide&start"]
    assert robot.counted()["guided_tour"] == 1
    assert robot.counted()["workflow.crash"] == 1


def test_who_waited_before_a_long_crash_does_not_wait_any_more():
    async def during(robot):
        tour(robot)
        await asyncio.sleep(20)
        wish(robot, "lead&start", point="stop-5")
        await asyncio.sleep(1)
        await robot.crash("workflow")
        await asyncio.sleep(1200)
        robot.start("workflow")
        await asyncio.sleep(300)

    robot = lived("guide", "lead", during=during, settings=STOPS, habit=STAYING)
    assert begun(robot) == ["guide&start"]
    assert "leading" not in robot.counted()


def test_a_guest_who_has_to_wait_hears_it_and_the_skill_loses_no_word():
    async def during(robot):
        tour(robot)
        await reached(robot, "stop-1")
        wish(robot, "lead&start", point="stop-5")
        await asyncio.sleep(900)

    robot = lived("guide", "lead", during=during, settings=STOPS, habit=STAYING)
    assert "I will be with you in a moment." in spoken(robot)
    assert "tts_not_played" not in robot.counted()
    assert robot.counted()["narration"] == 4


@pytest.mark.parametrize("source", ["voice", "skill"])
def test_who_greets_gives_way_to_what_is_equal_and_another_skill_does_not(source):
    assert staged("greet&go", "e&go", source=source)[0].now.skill == "e"
    assert staged("e&go", "greet&go", source=source)[0].now.skill == "e"


def test_home_is_nothing_to_do_for_a_robot_that_is_at_home():
    stage, step = staged("home&go")
    assert step.do == "nothing"
    assert stage.now.is_home
    assert staged("greet&go", "home&go", "e&go")[0].now.skill == "e"


@pytest.mark.parametrize(("source", "did"), [("skill", "wait"), ("voice", "refuse")])
@pytest.mark.parametrize("intent", ["c&go", "e&go"])
def test_what_a_skill_asks_for_waits_where_nobody_may_wait(source, did, intent):
    stage, _ = staged("b&go", queue=0)
    assert wished(stage, Wish(intent, {}, source, 3), rules(0))[1].do == did


def test_a_more_urgent_wish_of_the_same_skill_does_not_drop_what_it_was_doing():
    stage, _ = staged("a&more", "a&go")
    assert (stage.now.wish.intent, [each.wish.intent for each in stage.interrupted]) == ("a&go", ["a&more"])


def test_the_next_best_skill_takes_its_turn_after_what_is_more_urgent():
    stage, _ = ended(Stage(), "done", {}, rules(), 0.0, gone=False)
    stage, _ = wished(stage, Wish("b&go", {}, "voice", 1), rules())
    stage, _ = ended(stage, "stopped", {}, rules(), 1.5, gone=False)
    stage, step = wished(stage, Wish("a&go", {}, "voice", 2), rules())
    assert step.do == "interrupt"
    stage, step = ended(stage, "failed", {}, rules(), 3, gone=True)
    assert (stage.now.skill, step.say) == ("a", "")
    assert ended(stage, "done", {}, rules(), 9, gone=False)[0].now.skill == "d"


def asked(habit=ASKED, **more):
    async def during(robot):
        wish(robot, "lead&start", point="stop-1")
        await asyncio.sleep(120)
        if more.get("twice"):
            wish(robot, "lead&start", point="stop-2")
            await asyncio.sleep(20)

    settings = {"workflow": {"ask_guests": more.get("ask", True)}, "portal": {"offers": []}}
    return lived("lead", during=during, settings=settings, habit=habit)


def test_a_guest_is_asked_once_whether_it_helped_and_the_answer_is_counted():
    robot = asked()
    answers = [robot.counted().get(f"guest.{word}", 0) for word in ("satisfied", "dissatisfied")]
    assert sum(answers) == 1
    assert spoken(robot).count("Did this help you?") == 1
    assert "Thank you for telling me." in spoken(robot)


@pytest.mark.parametrize("more", [{"habit": NOBODY}, {"ask": False}])
def test_who_does_not_answer_or_is_not_asked_is_counted_as_neither(more):
    assert not [counter for counter in asked(**more).counted() if counter.startswith("guest.")]


def test_a_question_makes_way_for_what_is_more_urgent():
    async def during(robot):
        wish(robot, "lead&start", point="stop-1")
        while "Did this help you?" not in spoken(robot):  # noqa: ASYNC110 - virtual time: it costs nothing
            await asyncio.sleep(0.5)
        robot.wish("navigation&go", {"point": "stop-2"}, "colleague")
        asked_s = robot.body.now_s()
        await reached(robot, "stop-2")
        drive = next(row for row in robot.body.log if row.get("do") == "go_to" and row["with"]["point"] == "stop-2")
        assert drive["at_s"] - drive["seconds"] - asked_s < 2

    settings = {"workflow": {"offers": [
        {"intent": "lead&start", "skill": "lead", "priority": 2, "asks": True},
        {"intent": "navigation&go", "skill": "navigation", "priority": 1},
    ]}}  # fmt: skip
    habit = Habit(speaks=0.0, shows=1.0, touches=0.0)
    assert "stop-2" in went_to(lived("lead", "navigation", during=during, settings=settings, habit=habit))


def test_a_home_page_that_no_screen_shows_is_no_view():
    async def during(robot):
        await asyncio.sleep(200)
        robot.body.heal("touch")
        await asyncio.sleep(100)

    async def dead(robot):
        robot.body.ail("touch", "no_response")
        await robot.crash("portal")
        robot.start("portal")
        await asyncio.sleep(100)
        before = robot.counted()["portal.home_view"]
        await during(robot)
        assert robot.counted()["portal.home_view"] == before + 1

    lived(during=dead)


def test_who_has_signed_in_is_not_counted_again_by_a_skill_that_was_started_again():
    async def during(robot):
        for again in (False, True):
            if again:
                await robot.crash("checkin")
                robot.start("checkin")
            wish(robot, "checkin&start")
            await asyncio.sleep(60)

    habit = Habit(speaks=0.0, shows=1.0, touches=0.0, faces=("Ms Lin",))
    robot = lived("checkin", during=during, settings={"checkin": {"guests": ["Ms Lin"]}}, habit=habit)
    assert robot.counted()["checkin.face_recognised"] == 2
    assert robot.counted()["check_in"] == 1
