"""Stories: the same seed and day tell the same, every fact is one that the ledger takes, and places keep their days."""

import csv
import io
from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest

from collector.accounts.ledger.kinds.registry import KINDS
from collector.health.model import Code
from protocol.counters import COUNTERS
from protocol.limits import ROBOT_ID
from simulators.errors import PlanError
from simulators.stories import command, files, money, plot
from simulators.stories.book import ORDER
from simulators.stories.cast import CUSTOMERS, Customer
from simulators.stories.expected import Seen, differences
from simulators.stories.place import day_of, number
from simulators.stories.plots import PLOTS
from simulators.stories.portfolio import Portfolio, yesterday
from simulators.stories.table import commands, table
from tests.plain_facts import BASE

T = number(date(2026, 6, 10))
SHANGHAI = ZoneInfo("Asia/Shanghai")


def of(story: str) -> Customer:
    return next(customer for customer in CUSTOMERS if customer.plot.key == story)


def told(*stories: str, seed: int = 1, today: int = T) -> Portfolio:
    return Portfolio(today, seed, SHANGHAI, [of(story) for story in stories])


def per_day(portfolio: Portfolio, counter: str) -> dict[date, int]:
    found: dict[date, int] = {}
    for _, _, day, counts in portfolio.usage():
        found[day] = found.get(day, 0) + counts.get(counter, 0)
    return found


@pytest.fixture(scope="module")
def whole() -> Portfolio:
    return Portfolio(T, 1, SHANGHAI)


@pytest.fixture(scope="module")
def ledger(whole: Portfolio) -> dict[str, list[dict[str, str]]]:
    return whole.ledger().facts


def test_every_story_is_told_and_most_customers_do_well() -> None:
    stories = [customer.plot.key for customer in CUSTOMERS]
    assert set(stories) == set(PLOTS)
    well = [
        customer for customer in CUSTOMERS if not customer.plot.truth.shows and "green" in customer.plot.truth.bands
    ]
    assert 2 * len(well) > len(CUSTOMERS)
    assert len([customer for customer in CUSTOMERS if customer.reseller == "north-robotics"]) >= 4


def test_stories_use_the_words_of_the_health_model() -> None:
    words = {code for story in PLOTS.values() for code in (*story.truth.shows, *story.truth.may)}
    assert words <= set(get_args(Code))
    assert set(get_args(plot.Code)) == set(get_args(Code))
    assert {code for story in PLOTS.values() for code in story.truth.shows} == set(get_args(Code))


def test_every_fact_is_one_that_the_ledger_takes(ledger: dict[str, list[dict[str, str]]]) -> None:
    assert set(ledger) <= set(KINDS)
    assert set(ledger) <= set(ORDER)
    for key, rows in ledger.items():
        for row in rows:
            said: dict[str, Any] = {name: text for name, text in row.items() if name != "recorded_day"}
            fields = {n: t == "true" if t in {"true", "false"} else t for n, t in said.items()}
            KINDS[key].adapter.validate_python(KINDS[key].with_base(fields, BASE))
        assert len({row["id"] for row in rows}) == len(rows), key


def test_what_a_fact_refers_to_is_written_before_it(ledger: dict[str, list[dict[str, str]]]) -> None:
    ids = {kind: {row["id"] for row in rows} for kind, rows in ledger.items()}
    for kind, rows in ledger.items():
        for row in rows:
            for name in ("reseller", "csm", "account", "site", "contact", "contract"):
                if row.get(name):
                    assert row[name] in ids[name], (kind, row)
                    assert ORDER.index(name) < ORDER.index(kind)


def test_nothing_happens_after_the_last_day_unless_it_is_planned(ledger: dict[str, list[dict[str, str]]]) -> None:
    planned = {"contract", "line", "renewal", "review", "closure", "objective", "promise", "invoice", "ticket"}
    for kind, rows in ledger.items():
        for row in rows:
            for name, value in row.items():
                if name.endswith("_day") and kind not in planned:
                    assert value <= day_of(T).isoformat(), (kind, row)
            assert row.get("recorded_day", "") <= day_of(T).isoformat(), (kind, row)


def test_the_same_seed_and_day_tell_the_same_and_another_seed_tells_otherwise() -> None:
    one, same, other = (told("seasonal", "zombie", seed=seed) for seed in (3, 3, 4))
    assert one.ledger().facts == same.ledger().facts
    assert list(one.usage()) == list(same.usage())
    assert list(one.usage()) != list(other.usage())


def test_counts_are_the_registrys_and_robots_have_ids_of_the_wire(whole: Portfolio) -> None:
    for robot in whole.crew():
        assert ROBOT_ID.fullmatch(robot.name)
    account, robot, _, counts = next(whole.usage())
    assert robot.startswith(account)
    assert set(counts) <= set(COUNTERS)


def test_a_closed_day_and_a_day_off_have_no_use() -> None:
    portfolio = Portfolio(T, 1, SHANGHAI, [of("closed")], wire_days=1)
    days = per_day(portfolio, "interaction")
    assert max(days) < day_of(T - 21)
    assert all(day.weekday() != 0 for day in days)
    assert [row["reason"] for row in portfolio.ledger().facts["closure"]] == ["rebuilding"]


def test_no_robot_counts_outside_its_deployment(whole: Portfolio, ledger: dict[str, list[dict[str, str]]]) -> None:
    stays = {row["robot"]: (row["from_day"], row.get("to_day", "9")) for row in ledger["deployment"]}
    for _, robot, day, _ in whole.usage():
        first, last = stays[robot]
        assert first <= day.isoformat() <= last, robot


def test_a_fall_of_use_leaves_the_visitors_and_a_fall_of_visitors_takes_both() -> None:
    def fell(story: str, counter: str) -> float:
        days = per_day(Portfolio(T, 1, SHANGHAI, [of(story)], wire_days=1), counter)
        after = [n for day, n in days.items() if number(day) > T - 14]
        before = [n for day, n in days.items() if T - 70 < number(day) <= T - 16]
        return (sum(after) / len(after)) / (sum(before) / len(before))

    assert fell("sudden_drop", "foot_traffic") > 0.8
    assert fell("sudden_drop", "interaction") < 0.45
    assert fell("visitors_gone", "foot_traffic") < 0.45


def test_a_dark_robot_says_nothing_more_and_a_stuck_one_keeps_its_fault_open() -> None:
    portfolio = told("dark", "stuck")
    end_s = portfolio.robots["basalt-spot"][0].start_s + 42 * 86_400
    newest: dict[str, int] = {}
    open_faults = 0
    for robot in portfolio.crew():
        records: list[dict[str, Any]] = []
        robot.release(end_s, lambda record, records=records: records.append(record) or len(records))
        newest[robot.name] = max(record["at"] for record in records)
        open_faults += ("navigation", "-124") in robot.open
    assert [end_s - newest[f"basalt-spot-0{n}"] > 5 * 86_400 for n in (1, 2, 3)] == [True, True, False]
    assert open_faults == 2


def test_the_bad_firmware_comes_on_its_day_and_brings_faults() -> None:
    robot = told("bad_firmware").crew()[0]
    records: list[dict[str, Any]] = []
    robot.release(robot.start_s + 42 * 86_400, lambda record: records.append(record) or len(records))
    roms = [record["detail"]["rom"] for record in records if record.get("event") == "start"]
    assert roms[0] == "V6.2"
    assert roms[-1] == "V6.9"
    switch_s = robot.start_s + 27 * 86_400
    opened = [record["at"] >= switch_s for record in records if record["kind"] == "fault" and record["state"] == "open"]
    assert opened.count(True) > 5 * max(1, opened.count(False))


def test_contracts_follow_each_other_and_the_newest_ends_as_told() -> None:
    for customer in CUSTOMERS:
        made = money.terms(customer, T)
        assert made[-1].ends == T + customer.plot.money.renewal_in
        for before, after in pairwise(made):
            assert after.starts == before.ends + 1


def test_the_files_are_read_back_as_they_were_told() -> None:
    portfolio = told("overdue")
    rows = portfolio.ledger().facts["invoice"]
    read = list(csv.DictReader(io.StringIO(files.sheet(rows))))
    assert [{name: text for name, text in row.items() if text} for row in read] == rows
    lines = list(files.usage_lines(portfolio))
    assert lines[0] == "account,robot,day,counter,value\n"
    assert lines[1].startswith("river-forum,river-forum-01,")


def test_a_story_that_is_not_seen_is_named() -> None:
    silent, healthy = of("silent"), of("healthy")
    good = [Seen(silent.key, "yellow", 59.0, ["SILENT"]), Seen(healthy.key, "green", 81.0, [])]
    assert differences([silent, healthy], good) == []
    bad = [replace(good[0], codes=["DROP"], band="green")]
    assert differences([silent, healthy], bad) == [
        "plum-garden (silent): SILENT should hold and does not",
        "plum-garden (silent): DROP holds and should not",
        "plum-garden (silent): green (59.0), should be yellow",
        "amber-hall (healthy): no score",
    ]


def test_who_has_left_is_not_scored_any_more() -> None:
    gone = of("left")
    assert differences([gone], []) == []
    said = differences([gone], [Seen(gone.key, "red", 20.0, ["LAPSED"])])
    assert said == [f"{gone.key} (left): has left and is scored (20.0)"]


def test_the_table_has_the_lowest_score_first_and_fits_a_line() -> None:
    portfolio = told("silent", "healthy")
    seen = [Seen("amber-hall", "green", 81.4, [], "长" * 100), Seen("plum-garden", "yellow", 59.0, ["SILENT"])]
    lines = list(table(portfolio, seen))
    assert lines[3].split() == ["plum-garden", "yellow", "59", "SILENT"]
    assert lines[4].endswith("…")
    asked = [line.split("collector ")[1] for line in commands(portfolio, seen, "http://here")]
    assert asked[0] == "explain plum-garden --as-of 2026-06-10 --url http://here"
    assert asked[-1] == "cta list --url http://here"


def test_a_day_that_is_not_over_is_refused_with_the_newest_one() -> None:
    wishes = command.StoryOptions("2026-06-11", 1, "Asia/Shanghai", 42)
    now_s = 1_781_100_000  # 2026-06-10 22:00 in Shanghai
    with pytest.raises(PlanError, match="2026-06-09"):
        command.portfolio(wishes, now_s)
    assert command.portfolio(replace(wishes, day=None), now_s).today == yesterday(date(2026, 6, 10))


def test_people_have_names_of_their_own_and_not_their_titles(ledger: dict[str, list[dict[str, str]]]) -> None:
    by_account: dict[str, list[str]] = {}
    for row in ledger["contact"]:
        assert row["name"] != row["title"]
        assert row["account"] not in row["name"]
        by_account.setdefault(row["account"], []).append(row["name"])
    assert all(len(set(names)) == len(names) for names in by_account.values())
    assert any("\u4e00" <= names[0][0] <= "\u9fff" for names in by_account.values())


def test_colleagues_keep_notes_and_tags_and_promise_something_that_is_still_open(
    ledger: dict[str, list[dict[str, str]]],
) -> None:
    gone = {customer.key for customer in CUSTOMERS if customer.plot.money.lost}
    for kind in ("note", "tag", "custom_value"):
        assert ledger[kind]
        assert not gone & {row["account"] for row in ledger[kind]}
    still_open = [row for row in ledger["promise"] if row["id"].endswith("-open")]
    assert still_open
    assert all(row["due_day"] > day_of(T).isoformat() and "kept_day" not in row for row in still_open)
