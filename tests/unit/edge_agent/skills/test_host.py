"""Which skills run: decided skill by skill, from what is wanted and what is seen."""

from hypothesis import given
from hypothesis import strategies as st

from edge_agent.skills.host import (
    CRASHES,
    HELLO_S,
    PAUSE_MOST_S,
    WHY,
    Act,
    SkillEnd,
    SkillSeen,
    SkillStanding,
    Wanted,
    decided,
    restarted,
)

ONE, TWO = Wanted("a" * 64, "1", "s"), Wanted("b" * 64, "2", "s")
RUNS = SkillSeen(running=True)


class Robot:
    """Decides again and again, and does what is decided as a starter would."""

    def __init__(self):
        self.now_s, self.standings, self.running, self.events, self.acts = 0.0, {}, set(), [], []

    def look(self, wanted, after_s=1.0, *, heard=frozenset(), ended=None, stubborn=frozenset()):
        self.now_s += after_s
        for key in ended or {}:
            self.running.discard(key)
        seen = {key: SkillSeen(key in self.running, key in heard, (ended or {}).get(key)) for key in
                self.running | (ended or {}).keys()}  # fmt: skip
        decision = decided(wanted, self.standings, seen, self.now_s)
        self.standings, self.acts = decision.standings, list(decision.acts)
        self.events += decision.events
        for act in decision.acts:
            if act.do == "start":
                self.running.add(act.key)
            elif act.key not in stubborn:
                self.running.discard(act.key)
        return self

    def phase(self, key):
        return self.standings[key].phase if key in self.standings else None

    def until_aside(self, key, wanted):
        for _ in range(CRASHES):
            self.look(wanted, PAUSE_MOST_S)
            self.look(wanted, ended={key: SkillEnd("exited")})
        return self


def test_what_is_wanted_is_started_and_active_once_it_says_hello():
    robot = Robot().look({"guide": ONE})
    assert robot.acts == [Act("start", "guide")]
    assert robot.look({"guide": ONE}).phase("guide") == "starting"
    assert robot.look({"guide": ONE}, heard={"guide"}).phase("guide") == "active"


def test_one_that_ends_is_started_again_after_a_pause_that_doubles():
    robot, waits = Robot().look({"a": ONE}), []
    for _ in range(CRASHES - 1):
        robot.look({"a": ONE}, ended={"a": SkillEnd("fault")})
        fell_s = robot.now_s
        while "a" not in robot.running:
            robot.look({"a": ONE}, 0.5)
        waits.append(robot.now_s - fell_s)
    assert waits == [1.0, 2.0, 4.0, 8.0]


def test_one_that_ends_again_and_again_is_put_aside_and_said_once():
    robot = Robot().until_aside("a", {"a": ONE})
    assert robot.phase("a") == "quarantined"
    assert [event.state for event in robot.events] == ["crashed"] * (CRASHES - 1) + ["quarantined"]
    assert robot.look({"a": ONE}, 10_000).acts == []


def test_another_version_or_other_settings_free_what_was_put_aside():
    for other in (TWO, Wanted(ONE.sha256, ONE.version, "other")):
        robot = Robot().until_aside("a", {"a": ONE}).look({"a": other})
        assert robot.acts == [Act("start", "a")]


def test_crashes_that_lie_far_apart_put_nothing_aside():
    robot = Robot().look({"a": ONE})
    for _ in range(20):
        robot.look({"a": ONE}, 400, heard={"a"}).look({"a": ONE}, ended={"a": SkillEnd("fault")})
        robot.look({"a": ONE}, PAUSE_MOST_S)
    assert robot.phase("a") == "starting"


def test_one_that_never_answers_is_stopped_and_counts_as_a_crash():
    robot = Robot().look({"a": ONE}).look({"a": ONE}, HELLO_S)
    assert robot.acts == [Act("stop", "a")]
    assert robot.events[-1].why == "silent"
    for _ in range(CRASHES * 3):
        robot.look({"a": ONE}, max(HELLO_S, PAUSE_MOST_S))
    assert robot.phase("a") == "quarantined"
    assert "a" not in robot.running


def test_another_package_stops_the_old_one_before_it_starts():
    robot = Robot().look({"a": ONE}).look({"a": ONE}, heard={"a"}).look({"a": TWO}, stubborn={"a"})
    assert robot.acts == [Act("stop", "a")]
    assert Act("start", "a") not in robot.look({"a": TWO}, stubborn={"a"}).acts
    robot.running.discard("a")
    assert robot.look({"a": TWO}).acts == [Act("start", "a")]


def test_other_settings_do_not_stop_what_runs():
    robot = Robot().look({"a": ONE}).look({"a": ONE}, heard={"a"})
    assert robot.look({"a": Wanted(ONE.sha256, ONE.version, "other")}).acts == []


def test_what_is_wanted_no_more_is_stopped_and_forgotten():
    robot = Robot().look({"a": ONE}).look({}).look({})
    assert robot.standings == {}
    assert robot.running == set()


def test_a_skill_that_outlived_the_agent_is_not_started_again():
    decision = decided({"a": ONE}, {"a": SkillStanding(runs=ONE)}, {"a": RUNS}, 5.0)
    assert decision.acts == ()
    assert decided({"a": TWO}, {"a": SkillStanding(runs=ONE)}, {"a": RUNS}, 5.0).acts == (Act("stop", "a"),)


def test_a_quarantine_is_remembered_by_a_restarted_agent():
    aside = SkillStanding(phase="quarantined", runs=ONE, why="exited")
    assert decided({"a": ONE}, {"a": aside}, {}, 0.0).acts == ()


def test_a_person_has_one_started_anew_also_one_that_was_put_aside():
    robot = Robot().look({"a": ONE}).look({"a": ONE}, heard={"a"})
    assert robot.phase("a") == "active"
    robot.standings = {"a": restarted(robot.standings["a"], robot.now_s)}
    done = [act.do for _ in range(3) for act in robot.look({"a": ONE}).acts]
    assert done == ["stop", "start"]
    assert robot.phase("a") == "starting"
    aside = Robot()
    aside.until_aside("a", {"a": ONE})
    assert aside.phase("a") == "quarantined", "the control"
    aside.standings = {"a": restarted(aside.standings["a"], aside.now_s)}
    assert aside.look({"a": ONE}).phase("a") == "starting"


@given(st.lists(st.sampled_from(["ok", "crash", "silent"]), max_size=40))
def test_what_one_skill_does_changes_no_decision_about_another(deeds):
    alone, beside = Robot(), Robot()
    for deed in deeds:
        ended = {"bad": SkillEnd("fault")} if deed == "crash" else {}
        alone.look({"good": ONE}, 7.0, heard={"good"})
        beside.look({"good": ONE, "bad": TWO}, 7.0, heard={"good"} | ({"bad"} if deed == "ok" else set()), ended=ended)
        assert beside.standings["good"] == alone.standings["good"]
    assert [event for event in beside.events if event.key == "good"] == alone.events


def test_every_reason_is_a_sentence_in_chinese():
    from edge_agent.status.catalogue import gettext  # noqa: PLC0415 - only here

    assert [word for word, text in WHY.items() if gettext("zh", text) == text] == []
