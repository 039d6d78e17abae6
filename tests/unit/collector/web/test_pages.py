"""The pure parts of what is shown: tri-state counts, words, figures in words, charts, cursors, the table of routes."""

import importlib
import re
from pathlib import Path

import pytest

from collector.fleet.counts import NOT_ARRIVED, UNSUPPORTED, Counted, Support, Tally, count_of, known_counters
from collector.fleet.presence import state_of
from collector.language import events, figures, pages, wording
from collector.language.pages import Words, preferred
from collector.values import paging
from collector.web.api.routes import ROUTES
from collector.web.pages import shown
from collector.web.pages.charts.columns import columns
from collector.web.pages.charts.hours import HourHole, hours
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
    for template in TEMPLATES.rglob("*.html"):
        asked |= set(re.findall(r"\bt\('([a-z0-9_]+)'", template.read_text(encoding="utf-8")))
    assert len(asked) > 60
    begun = {  # a word whose end is a state
        "setting_": ("applied", "refused", "unanswered"),
        "count_state_": ("waiting", "released", "refused"),
        "notice_": ("digest", "waiting", "sent", "dead"),
        "person_": ("invited", "active", "disabled"),
        "proposal_": ("few", "no_split", "no_split_note", "policy", "policy_note"),
        "row_": ("created", "corrected", "unchanged", "refused"),
    }
    whole = {key for key in asked if not key.endswith("_")}
    assert asked - whole <= begun.keys()
    for key in whole | {start + end for start, ends in begun.items() for end in ends}:
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
    [
        (None, "zh-CN,zh;q=0.9,en;q=0.8", "zh"), (None, "fr,en", "en"), ("zh", "en", "zh"), ("xx", "", "en"),
        (None, "en;q=0.5, zh;q=0.9", "zh"), (None, "zh;q=0.3,en ; q=0.8", "en"), (None, "zh;q=0, fr", "en"),
        (None, "zh;q=much, en;q=0.1", "en"), (None, "zh;q=0.5,en;q=0.5", "zh"), (None, "zhx", "en"),
    ],
)  # fmt: skip
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
    assert shown.count(Counted(5_400), "operating_s", ZH) == "1 小时 30 分钟"
    assert shown.count(Counted(1_200), "distance_m", EN) == "1,200 m"
    assert shown.count(UNSUPPORTED, "interaction", ZH) == "不支持"
    assert shown.count(NOT_ARRIVED, "interaction", EN) == "–"


def test_a_chart_tells_unknown_from_zero_and_from_what_cannot_be_counted():
    drawn = columns("a & b", [4, 0, "not_arrived", "unsupported"], "1 May", "4 May")
    assert [drawn.count(f'class="{kind}"') for kind in ("f-c1", "f-ink", "f-hatch", "o-dot")] == [1, 1, 1, 1]
    assert 'aria-label="a &amp; b"' in drawn
    assert "style=" not in drawn


def test_a_days_holes_stand_at_their_hours_and_what_is_to_come_is_not_drawn_as_arrived():
    holes = [HourHole(43_200, 64_800, "part-crash"), HourHole(-3600, 21_600, "part-off")]
    drawn = hours("x", (0, 86_400), holes, 64_800)
    placed = re.findall(r'class="([\w-]+)" x="([\d.]+)%" y="0.0" width="([\d.]+)%"', drawn)
    assert [one for one in placed if one[0] != "f-blank"] == [
        ("f-track", "0.00", "100.00"), ("f-c1", "0.00", "75.00"), ("part-off", "0.00", "25.00"),
        ("part-crash", "50.00", "25.00"),
    ]  # fmt: skip


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
        of_their_own = {"/usage/values", "/sessions/{session}", "/tokens", "/tokens/{token}", "/me/language"}
        of_their_own.add("/scores/preview")  # it asks what would be, and writes nothing
        of_their_own.add("/rollouts/{rollout}/answers")  # whether a version comes to their robots
        of_their_own |= {"/views", "/views/{view}", "/views/{view}/restore"}  # a list as they narrowed it
        if route.method != "GET" and route.path not in of_their_own:
            assert "customer" not in route.roles
            assert "reader" not in route.roles


def test_a_word_stands_in_one_table_only():
    seen: dict[str, str] = {}
    tables = {path.stem for path in Path(wording.__file__).parent.glob("*.py")} - {"__init__"}
    assert len(tables) > 2
    for name in sorted(tables):
        for key in importlib.import_module(f"collector.language.wording.{name}").TEXTS:
            assert key not in seen, f"{key} stands in {seen[key]} and {name}"
            seen[key] = name
    assert seen.keys() == wording.TEXTS.keys(), "a table is missing in wording/__init__.py"
    assert seen.keys().isdisjoint(pages.TEXTS)
