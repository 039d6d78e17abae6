"""Which wished settings are followed: the rhythm, the log level, and switches of what the robot's own file names."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.config import load
from edge_agent.desired import rules
from edge_agent.desired.plan import (
    NO_TABLE,
    NOT_A_SWITCH,
    NOT_NAMED,
    ONLY_OWN_FILE,
    SETTINGS_MAX,
    UNKNOWN,
    InForce,
    planned,
    shown,
)
from protocol.messages import Reported

FILE = """
upload_s = 900
[sources]
enabled = ["system", "statsd", "counts"]
[sources.statsd.counters]
"tour.start" = "guided_tour"
"touch" = "touches"
[sources.counts]
kind = "openmetrics"
url = "http://127.0.0.1:9100/metrics"
[sources.counts.counters]
tours_total = "guided_tour"
old_tours_total = "guided_tour"
greets_total = "greeting"
"""


@pytest.fixture
def settings(tmp_path):
    (tmp_path / "agent.toml").write_text(FILE)
    return load({}, {}, tmp_path / "agent.toml")


@pytest.fixture
def own(settings):
    return rules.own_file(settings)


def _refused(plan):
    return {verdict.setting: verdict.refused for verdict in plan.verdicts}


def test_nothing_wished_is_the_robots_own_file(own):
    assert planned(own, {}).in_force == InForce(10.0, 900, "info")


def test_rhythm_log_level_and_switches_are_followed(own):
    wished = {
        "sample_s": 30,
        "upload_s": 3600,
        "log_level": "debug",
        "sources": {"system": False, "statsd": True},
        "rules": {"statsd": {"touch": False, "tour.start": True}},
    }
    plan = planned(own, wished)
    assert plan.in_force == InForce(30.0, 3600, "debug", frozenset({"system"}), frozenset({("statsd", "touch")}))
    assert set(_refused(plan).values()) == {""}
    assert set(_refused(plan)) == {
        "sample_s", "upload_s", "log_level", "sources.system", "sources.statsd", "rules.statsd.touch",
        "rules.statsd.tour.start",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("wished", "setting", "why"),
    [
        ({"mqtt_url": "mqtt://elsewhere"}, "mqtt_url", ONLY_OWN_FILE),
        ({"state_dir": "/tmp"}, "state_dir", ONLY_OWN_FILE),
        ({"window_s": 60}, "window_s", ONLY_OWN_FILE),
        ({"command": "reboot"}, "command", UNKNOWN),
        ({"sources": {"openmetrics": True}}, "sources.openmetrics", NOT_NAMED),
        ({"sources": {"system": "off"}}, "sources.system", NOT_A_SWITCH),
        ({"sources": {"system": {"disk": "/etc"}}}, "sources.system", NOT_A_SWITCH),
        ({"sources": ["system"]}, "sources", NO_TABLE),
        ({"rules": {"statsd": {"secret": True}}}, "rules.statsd.secret", NOT_NAMED),
        ({"rules": {"statsd": {"touch": "guided_tour"}}}, "rules.statsd.touch", NOT_A_SWITCH),
        ({"rules": {"statsd": ["touch"]}}, "rules.statsd", NO_TABLE),
        ({"rules": {"ghost": {"touch": False}}}, "rules.ghost.touch", NOT_NAMED),
        ({"rules": 3}, "rules", NO_TABLE),
        ({"upload_s": True}, "upload_s", "a number is expected"),
        ({"upload_s": "60"}, "upload_s", "a number is expected"),
        ({"upload_s": 60.5}, "upload_s", "a whole number is expected"),
        ({"upload_s": 0}, "upload_s", "it is outside 1 to 86400"),
        ({"upload_s": 10**30}, "upload_s", "it is outside 1 to 86400"),
        ({"sample_s": 0}, "sample_s", "it is outside 0.1 to 300"),
        ({"log_level": "trace"}, "log_level", "one of debug, info, warning, error is expected"),
        ({"log_level": ["debug"]}, "log_level", "one of debug, info, warning, error is expected"),
    ],
)
def test_what_is_not_allowed_is_refused_by_name_and_costs_the_others_nothing(own, wished, setting, why):
    plan = planned(own, wished)
    assert _refused(plan) == {setting: why}
    assert plan.in_force == planned(own, {}).in_force
    beside = planned(own, {"sample_s": 5, **wished})
    if "sample_s" not in wished:
        assert beside.in_force == planned(own, {"sample_s": 5}).in_force


def test_a_report_of_ten_thousand_unknown_settings_is_bounded_and_says_how_many(own):
    told = shown(planned(own, {f"x{number}": number for number in range(10_000)}).verdicts)
    assert len(told) == SETTINGS_MAX
    assert told[-1]["reason"].startswith(f"{10_000 - SETTINGS_MAX + 1} more settings")
    assert len(json.dumps(told)) < 16_384
    Reported.model_validate({"robot": "r1", "revision": 1, "settings": told})


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=200),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["system", "statsd", "touch", "x" * 300]), inner, max_size=4)
    ),
    max_leaves=10,
)
_NAMES = st.sampled_from(["sample_s", "upload_s", "log_level", "sources", "rules", "mqtt_url"])


@given(st.dictionaries(_NAMES, _JSON, max_size=6))
def test_whatever_is_wished_stays_within_the_robots_own_file(tmp_path_factory, wished):
    path = tmp_path_factory.mktemp("own") / "agent.toml"
    path.write_text(FILE)
    own = rules.own_file(load({}, {}, path))
    plan = planned(own, wished)
    now = plan.in_force
    assert 0.1 <= now.sample_s <= 300
    assert 1 <= now.upload_s <= 86_400
    assert now.sources_off <= {"system", "statsd", "counts"}
    assert all(pattern in own.rules[source] for source, pattern in now.rules_off)
    Reported.model_validate({"robot": "r1", "revision": 1, "settings": shown(plan.verdicts)})


def test_a_rule_that_is_off_leaves_the_table_and_its_counter_only_if_no_other_rule_leads_to_it(settings):
    table = rules.without(settings, "counts", {"tours_total", "greets_total"})
    assert table["counters"] == {"old_tours_total": "guided_tour"}
    assert table["url"] == "http://127.0.0.1:9100/metrics"
    assert rules.words(settings, "counts", {"tours_total", "greets_total"}) == {"greeting"}
