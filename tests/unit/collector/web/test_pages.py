"""The pure parts of what is shown: tri-state counts, words, figures in words, charts, cursors, the table of routes."""

import re
from pathlib import Path

import pytest

from collector.fleet.counts import NOT_ARRIVED, UNSUPPORTED, Counted, Support, Tally, count_of, known_counters
from collector.fleet.presence import state_of
from collector.language import events, figures
from collector.language.pages import Words, preferred
from collector.values import paging
from collector.web.api.routes import ROUTES
from collector.web.pages import chart, shown
from protocol.counters import COUNTERS, FAMILIES

EN, ZH = Words("en"), Words("zh")
TEMPLATES = Path(shown.__file__).parents[1] / "templates"
SAYS = Support({"dance": (True, 100), "check_in": (False, 100)})


@pytest.mark.parametrize(
    ("counter", "own", "imported", "covered_s", "until_s", "count"),
    [
        ("dance", {"dance": 3}, {}, 60, 200, Counted(3)),
        ("dance", {}, {}, 60, 200, Counted(0)),
        ("dance", {}, {}, 0, 200, NOT_ARRIVED),
        ("dance", {}, {"dance": 5}, 0, 200, Counted(5)),
        ("dance", {"dance": 3}, {"dance": 5}, 60, 200, Counted(3)),
        ("check_in", {}, {}, 60, 200, UNSUPPORTED),
        ("check_in", {}, {}, 0, 200, UNSUPPORTED),
        ("check_in", {}, {}, 60, 100, Counted(0)),  # it still could, that day: saying no came later
        ("check_in", {"check_in": 1}, {}, 60, 200, Counted(1)),
        ("dance", {}, {}, 60, 100, UNSUPPORTED),  # it could not yet
        ("dance", {}, {}, 0, 100, NOT_ARRIVED),
        ("delivery", {}, {}, 60, 200, UNSUPPORTED),  # it spoke about counters and left this one out
    ],
)
def test_a_count_is_a_value_a_true_zero_or_says_why_not(counter, own, imported, covered_s, until_s, count):
    assert count_of(Tally(own, covered_s, imported, until_s), counter, SAYS) == count


def test_a_robot_that_never_spoke_about_its_counters_has_no_zeros():
    assert count_of(Tally({}, 60, {}, 200), "dance", Support({})) == NOT_ARRIVED


def test_what_a_robot_counted_without_announcing_it_is_supported():
    robot = Support({"dance": (True, 100)}, frozenset({"delivery"}))
    assert count_of(Tally({}, 60, {}, 50), "delivery", robot) == Counted(0)
    assert count_of(Tally({}, 0, {}, 50), "delivery", robot) == NOT_ARRIVED
    assert count_of(Tally({}, 60, {}, 50), "check_in", robot) == UNSUPPORTED


def test_skills_counters_follow_the_registry_and_the_agents_own_stay_away():
    known = known_counters(["guide.stops", "dance"])
    assert known[0] == "foot_traffic"
    assert known[-1] == "guide.stops"
    assert "observed_s" not in known


def test_every_word_that_a_template_asks_for_is_there_in_both_languages():
    asked = set()
    for template in TEMPLATES.glob("*.html"):
        asked |= set(re.findall(r"\bt\('([a-z0-9_]+)'", template.read_text(encoding="utf-8")))
    assert len(asked) > 60
    asked.remove("setting_")  # its end is the state of a setting
    for key in asked | {"setting_applied", "setting_refused", "setting_unanswered"}:
        assert EN(key)
        assert ZH(key)


def test_every_counter_and_family_has_a_name_in_both_languages():
    assert {words.counter(key) for words in (EN, ZH) for key in COUNTERS}.isdisjoint({""})
    assert ZH.family("navigation") == FAMILIES["navigation"].zh
    assert EN.family("theirs") == "theirs"
    assert EN.counter("workshop.page_bytes") == "workshop: page bytes"
    assert (EN.family("agent"), ZH.family("robot")) == ("Agent", "机器人")


def test_an_event_is_told_in_words_and_nothing_that_it_tells_is_hidden():
    detail = {"clean": False, "os_boot": "3f", "timezone": "UTC", "rom": "", "newer_key": 3}
    assert events.name("start", ZH) == "启动"
    assert events.name("unheard_of", EN) == "unheard of"
    assert events.details(detail, EN) == [
        ("before that", "no clean stop"), ("time zone", "UTC"), ("newer key", "3"),
    ]  # fmt: skip
    assert events.details({"step_s": -3700, "upload_s": 900}, EN) == [
        ("moved by", "−1 h 1 min"), ("uploads every", "15 min"),
    ]  # fmt: skip
    assert events.details({"supported": list(COUNTERS)[:9], "unsupported": ["guide.stops"]}, EN)[1][1] == (
        "guide: stops"
    )


@pytest.mark.parametrize(
    ("chosen", "header", "language"),
    [(None, "zh-CN,zh;q=0.9,en;q=0.8", "zh"), (None, "fr,en", "en"), ("zh", "en", "zh"), ("xx", "", "en")],
)
def test_the_language_is_the_chosen_one_or_the_browsers(chosen, header, language):
    assert preferred(chosen, header) == language


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(5, "5 s"), (59, "59 s"), (60, "1 min"), (3_599, "59 min"), (3_600, "1 h"), (5_400, "1 h 30 min"),
     (86_400, "24 h"), (200_000, "2 d 7 h")],
)  # fmt: skip
def test_a_duration_is_said_in_its_two_largest_units(seconds, text):
    assert figures.duration(seconds, "en") == text


@pytest.mark.parametrize(
    ("ratio", "text"), [(1.0, "100 %"), (0.99999, "99.9 %"), (0.5, "50.0 %"), (None, "nothing expected")]
)
def test_what_is_not_complete_never_reads_100_percent(ratio, text):
    assert shown.percent(ratio, EN) == text


def test_counts_are_shown_in_their_unit():
    assert shown.count(Counted(1_234_567), "interaction", EN) == "1,234,567"
    assert shown.count(Counted(5_400), "operating_s", ZH) == "1 小时 30 分"
    assert shown.count(Counted(1_200), "distance_m", EN) == "1,200 m"
    assert shown.count(UNSUPPORTED, "interaction", ZH) == "不支持"
    assert shown.count(NOT_ARRIVED, "interaction", EN) == "–"


def test_a_chart_tells_unknown_from_zero_and_escapes_its_texts():
    bars = [chart.Bar("05-01", 4, "four"), chart.Bar("05-02", 0, "<zero>"), chart.Bar("05-03", None, "nothing")]
    drawn = chart.bars("a & b", bars)
    assert [drawn.count(f'class="{kind}"') for kind in ("bar", "zero", "unknown")] == [1, 1, 1]
    assert "&lt;zero&gt;" in drawn
    assert 'aria-label="a &amp; b"' in drawn
    assert "style=" not in drawn


def test_a_stack_is_as_high_as_its_day():
    drawn = chart.stacks("x", [("05-01", {"arrived": 43_200, "dark": 43_200}, "")])
    assert re.findall(r'class="part-(\w+)" x="[\d.]+" y="([\d.]+)"', drawn) == [("arrived", "35.0"), ("dark", "0.0")]


@pytest.mark.parametrize("text", ["", "x", "W10", "WzFd", "WyJhIiwxXQ", "WzE4NDQ2NzQ0MDczNzA5NTUxNjE2LCJhIl0", "ÿ"])
def test_a_cursor_that_a_list_has_not_made_is_refused(text):
    with pytest.raises(paging.BadCursor):
        paging.read_cursor(text, int, str)


def test_a_cursor_comes_back_as_it_was():
    assert paging.read_cursor(paging.write_cursor(7, "机器人"), int, str) == (7, "机器人")
    assert paging.read_cursor(None, int) is None


def test_an_unknown_word_of_a_newer_robot_is_not_online():
    assert [state_of(word) for word in ("online", "stopped", "sleeping", None)] == [
        "online", "stopped", "offline", "never",
    ]  # fmt: skip


def test_no_two_routes_answer_the_same_request_and_only_inside_roles_write():
    assert len({(route.method, route.path) for route in ROUTES}) == len(ROUTES)
    for route in ROUTES:
        if route.method != "GET" and route.path not in {"/usage/values", "/sessions/{session}"}:  # of their own only
            assert "customer" not in route.roles
            assert "reader" not in route.roles
