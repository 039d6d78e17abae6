"""Which lines of what goes on for days are worth writing."""

from edge_agent.log import Milestones, is_milestone


def test_the_first_the_tenth_the_hundredth_time_is_a_milestone():
    assert [times for times in range(1, 2001) if is_milestone(times)] == [1, 10, 100, 1000]


def test_a_week_without_a_broker_is_a_handful_of_lines_and_an_answer_begins_anew():
    since = Milestones()
    assert sum(since.reached("network") for _ in range(7 * 1440)) == 5
    assert since.reached("credentials"), "the control: another reason is news"
    assert not since.reached("network")
    since.well()
    assert [since.reached("network") for _ in range(3)] == [True, False, False]
