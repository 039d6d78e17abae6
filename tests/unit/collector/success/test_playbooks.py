"""The numbers of a file of playbooks: whole sections, checked, and obeyed by everything that decides."""

import re

import pytest

from collector.built_in import PLAYBOOKS_FILE
from collector.success import playbooks
from collector.success.errors import BadPlaybooks
from collector.success.sections import PlaybookSections
from tests.policies import PLAYBOOKS

TEXT = PLAYBOOKS_FILE.read_text(encoding="utf-8")
RULES_ONLY = TEXT[: TEXT.index("[limits]")]


def test_the_built_in_numbers_are_those_of_the_health_model():
    limits, priority, proposals = PLAYBOOKS.limits, PLAYBOOKS.priority, PLAYBOOKS.proposals
    assert (limits.new_per_csm_day, limits.cooldown_days, limits.useful_share_min) == (5, 14, 0.5)
    assert priority.weights == (0.4, 0.3, 0.2, 0.1)
    steps = [(step.days, step.urgency) for step in priority.renewal_urgency]
    assert steps == [(30, 1.0), (60, 0.75), (90, 0.5), (180, 0.25)]
    assert (proposals.renewal_days, proposals.review_days, proposals.low_use_score) == (120, 30, 40.0)


def test_a_file_of_rules_alone_opens_and_goes_by_the_built_in_numbers():
    assert playbooks.load(RULES_ONLY, PLAYBOOKS) == PLAYBOOKS
    with pytest.raises(BadPlaybooks, match=r"\[limits\]"):
        playbooks.parse(RULES_ONLY, None)


def test_a_section_of_the_file_holds_and_the_others_are_built_in():
    own = "[proposals]\nrenewal_days = 60\nreview_days = 10\nlow_use_score = 20\n"
    found = playbooks.load(RULES_ONLY + own, PLAYBOOKS)
    assert found.proposals.renewal_days == 60
    others = set(PlaybookSections.model_fields) - {"proposals"}
    assert all(getattr(found, name) == getattr(PLAYBOOKS, name) for name in others)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("cooldown_days = 14", "cooldown_days = -1", "[limits]: cooldown_days: "),
        ("cooldown_days = 14", "", "[limits]: cooldown_days: "),
        ("cooldown_days = 14", "cooldown_days = 14\ncolour = 1", "[limits]: colour: "),
        ("new_per_csm_day = 5 ", 'new_per_csm_day = "five" ', "[limits]: new_per_csm_day: "),
        ("renewal = 0.3", "renewal = 0.4", "[priority]: severity, renewal, arr and contact are shares"),
        ("{ days = 60, urgency = 0.75 }", "{ days = 20, urgency = 0.75 }", "[priority]: renewal_urgency: put the"),
        ("{ days = 60, urgency = 0.75 }", "{ days = 60, urgency = 2 }", "[priority]: renewal_urgency.1.urgency: "),
    ],
)
def test_a_number_that_cannot_hold_is_refused_by_section_and_entry(old, new, said):
    assert old in TEXT
    with pytest.raises(BadPlaybooks, match=re.escape(said)) as refused:
        playbooks.load(TEXT.replace(old, new), PLAYBOOKS)
    assert "\n" not in str(refused.value)


def test_a_section_that_is_a_number_is_refused_by_its_name():
    with pytest.raises(BadPlaybooks, match=r"\[limits\]: "):
        playbooks.load("limits = 3\n" + RULES_ONLY, PLAYBOOKS)
