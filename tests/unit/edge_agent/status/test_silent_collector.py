"""A collector that does not answer although the broker runs, as doctor, status and page say it."""

import pytest

from edge_agent.status.doctor_link import running_link
from edge_agent.status.text import lines
from tests.unit.edge_agent.status.test_status import render, status


@pytest.mark.parametrize(
    ("owed_s", "grade", "what", "remedy"),
    [
        (130.0, "fail", "the collector has not answered for 2 min", "is the collector running?"),
        (5.0, "warn", "what was sent has not arrived, 3 times in a row", "does the broker or the network limit"),
        (None, "warn", "what was sent has not arrived, 3 times in a row", "does the broker or the network limit"),
    ],
)
def test_a_collector_that_answers_nothing_is_named_before_a_limit_of_size_is_suspected(owed_s, grade, what, remedy):
    link = status()["link"] | {"lost_tries": 3, "owed_s": owed_s}
    [finding] = running_link(link, "en")
    assert (finding.grade, finding.text[: len(what)], finding.remedy[: len(remedy)]) == (grade, what, remedy)
    shown, page = "\n".join(lines(status(link=link), "en")), render(status(link=link), "en")
    for silent in ("the collector has not answered for", "is the collector running?"):
        assert [silent in where for where in (shown, page)] == [grade == "fail"] * 2
    assert ["what was sent has not arrived" in where for where in (shown, page)] == [grade == "warn"] * 2


def test_a_link_that_is_down_names_no_silent_collector():
    link = status()["link"] | {"connected": False, "owed_s": 130.0}
    assert "has not answered for" not in str(list(running_link(link, "en"))) + "\n".join(lines(status(link=link), "en"))
