"""The details that the agent writes of faults are read in the reader's language; what a source wrote stays."""

import pytest

from collector.language import fault_details
from collector.language.fault_details import CLOSINGS, OPENINGS
from edge_agent.counting.episodes import UNSURE_DETAIL
from edge_agent.counting.refused import QUIET
from edge_agent.counting.refused import said as agent_says
from edge_agent.source_tasks import LEFT, OFF
from protocol.refused import REFUSED_READINGS

FREE = "left sensor"


def test_what_the_agent_writes_is_what_is_read_here():
    assert dict(CLOSINGS) == {"off": OFF, "left": LEFT, "quiet": QUIET}
    assert OPENINGS["openings_unknown"] == UNSURE_DETAIL


@pytest.mark.parametrize("closing", CLOSINGS.values())
def test_a_closing_is_said_in_chinese_and_what_the_source_wrote_stays(closing):
    alone = fault_details.said("bumper", closing, "zh")
    assert alone != closing
    assert not any("a" <= letter <= "z" for letter in alone)
    assert fault_details.said("bumper", f"{FREE}; {closing}", "zh") == f"{FREE}；{alone}"
    assert fault_details.said("bumper", f"{FREE}; {closing}", "en") == f"{FREE}; {closing}"


def test_both_sentences_of_the_agent_are_said():
    opening, closing = OPENINGS["process_missing"], CLOSINGS["left"]
    text = fault_details.said("process_missing", f"{opening}; {closing}", "zh")
    assert text.isprintable()
    assert opening not in text
    assert closing not in text


@pytest.mark.parametrize("word", REFUSED_READINGS)
def test_why_a_reading_was_refused_is_said_in_chinese(word):
    text = agent_says(word)
    said = fault_details.said("reading_refused", text, "zh")
    assert said != text
    assert REFUSED_READINGS[word] not in said
    assert fault_details.said("reading_refused", text[:-1], "zh") == said, "the agent cuts what is too long"
    assert fault_details.said("reading_refused", f"statsd tour.x: {text}", "zh") == f"statsd tour.x: {said}"
    assert fault_details.said("reading_refused", text, "en") == REFUSED_READINGS[word]
    assert fault_details.said("bumper", text, "zh") == text, "the control: another code"


@pytest.mark.parametrize("text", ["", FREE, f"{CLOSINGS['left']}, it seems", OPENINGS["process_missing"]])
def test_any_other_detail_stays_as_it_is(text):
    """The control; the last is of another code than the agent's."""
    assert fault_details.said("bumper", text, "zh") == text
