"""`collector import usage`: bad rows are named, nothing is half imported, nothing counts twice. Both databases."""

import io

import openpyxl
import pytest
from click.testing import CliRunner
from sqlalchemy import event

from collector.__main__ import main_group
from collector.calendar import days
from collector.commands.door import CommandRefused
from collector.exchange.imports import usage_history, usage_staging
from collector.exchange.imports.problems import BadTable
from collector.exchange.imports.usage_staging import Staging
from collector.fleet import accounts, scope, usage
from collector.store.engine import open_store
from collector.store.tables.fleet import account, robot
from tests import batches, fleets
from tests.databases import fresh_database
from tests.fleets import NOON, iso
from tests.plain_facts import BASE

HEAD = "account,robot,day,counter,value\n"


def load(store, *rows, head=HEAD, now_s=NOON + 86_400):
    """What an import of these rows says; "ACME r-1 -3 dance 7" is one row, its day counted from today."""
    lines = [head, *(f"{a},{r},{iso(int(d))},{c},{v}\n" for a, r, d, c, v in (row.split() for row in rows))]
    return brought(store, "".join(lines).encode(), now_s)


def brought(store, content, now_s=NOON + 86_400):
    """What an import of these bytes says."""
    with Staging() as staging:
        refused = usage_history.stage(io.BytesIO(content), staging, days.of(now_s, "UTC"))
        if refused:
            return refused
        with store.write() as connection:
            return usage_history.commit(connection, staging, now_s, BASE)


def told(store):
    with store.read() as connection:
        page = usage.robot_days(connection, scope.EVERYTHING, from_day=0, to_day=99_999, limit=1000)
    return {(row.robot, row.account, row.day): row.counts for row in page.items}


def stays(store):
    with store.read() as connection:
        page = accounts.deployments(connection, scope.EVERYTHING, limit=1000)
    return sorted((d.robot, d.account, d.from_day, d.to_day) for d in page.items)


def test_accounts_robots_and_deployments_are_made_as_needed(store):
    done = load(store, "ACME r-1 -3 dance 7", "ACME r-1 -1 dance 8", "BETA r-1 0 dance 1", "BETA r-2 -9 check_in 0")
    assert done == usage_history.Imported(4, 4, 2, 2, 2, 2, 3)
    assert told(store) == {
        ("r-1", "ACME", iso(-3)): {"dance": 7},
        ("r-1", "ACME", iso(-1)): {"dance": 8},
        ("r-1", "BETA", iso(0)): {"dance": 1},
        ("r-2", "BETA", iso(-9)): {"check_in": 0},
    }
    assert stays(store) == [
        ("r-1", "ACME", iso(-3), iso(-1)), ("r-1", "BETA", iso(0), None), ("r-2", "BETA", iso(-9), None),
    ]  # fmt: skip


def test_importing_the_same_file_again_changes_nothing_and_a_correction_replaces(store):
    for _ in range(2):
        load(store, "ACME r-1 -3 dance 7", "ACME r-1 -3 check_in 2")
    assert told(store)[("r-1", "ACME", iso(-3))] == {"dance": 7, "check_in": 2}
    again = load(store, "ACME r-1 -3 dance 9")
    assert (again.new_robots, again.new_deployments) == (0, 0)
    assert told(store)[("r-1", "ACME", iso(-3))] == {"dance": 9, "check_in": 2}


def test_a_row_of_a_day_since_the_robot_counts_is_refused_by_name_and_nothing_is_imported(store):
    batches.commit(
        store, batches.message("r-1", [batches.window(1, {"dance": 2}, at=NOON - 3 * 86_400, mono=9)]), received_s=NOON
    )
    before = told(store)
    refused = load(store, "ACME r-1 -4 dance 5", "ACME r-1 -3 dance 5", "ACME r-1 -3 check_in 5", "ACME r-1 -2 dance 1")
    assert refused.bad_rows == 3
    assert refused.complaints[0].startswith(f"row 3: r-1 itself counts since {iso(-3)}, so dance of {iso(-3)} would")
    assert "remove the row" in refused.complaints[0]
    assert told(store) == before
    assert load(store, "ACME r-1 -4 dance 5").values == 1


def test_a_day_that_is_not_over_is_no_history(store):
    refused = load(store, "ACME r-1 0 dance 5", "ACME r-1 1 dance 5", "ACME r-1 -1 dance 5", now_s=NOON)
    assert refused.bad_rows == 2
    assert refused.complaints[0] == f"row 2: day {iso(0)} is not over; history ends {iso(-1)}, remove the row"
    assert told(store) == {}


def test_a_file_that_was_imported_may_be_imported_again_when_its_robot_delivered_older_days(store):
    load(store, "ACME r-1 -3 dance 7")
    batches.commit(
        store, batches.message("r-1", [batches.window(1, {"dance": 2}, at=NOON - 3 * 86_400, mono=9)]), received_s=NOON
    )
    assert load(store, "ACME r-1 -3 dance 7").values == 1
    assert load(store, "ACME r-1 -3 dance 8").bad_rows == 1


def test_a_robot_that_delivers_the_day_while_it_is_imported_loses_nothing(postgresql_server, migrated_postgresql):
    with fresh_database(postgresql_server, migrated_postgresql) as url:
        store, other = open_store(url), open_store(url)
        rows = [batches.window(1, {"dance": 2}, at=NOON - 3 * 86_400, mono=9)]
        batches.commit(other, batches.message("r-1", [], first=1, last=0))

        @event.listens_for(store.writer, "before_cursor_execute")
        def between(_connection, _cursor, statement, *_more):
            if statement.startswith("INSERT INTO usage_day") and rows:
                batches.commit(other, batches.message("r-1", [rows.pop()]), received_s=NOON)

        assert load(store, "ACME r-1 -3 dance 7", "ACME r-1 -3 check_in 1").values == 2
        assert told(store)[("r-1", "ACME", iso(-3))] == {"dance": 2, "check_in": 1}
        store.close()
        other.close()


def test_the_robots_own_count_that_arrives_later_stands(store):
    load(store, "ACME r-1 0 dance 7", "ACME r-1 0 check_in 3")
    batches.commit(store, batches.message("r-1", [batches.window(1, {"dance": 2}, at=NOON - 300)]), received_s=NOON)
    assert told(store)[("r-1", "ACME", iso(0))] == {"dance": 2, "check_in": 3}


def test_a_robot_that_was_with_another_account_that_day_is_refused(store):
    fleets.story(store)
    refused = load(store, "BETA park-1 -9 dance 1", "ACME park-1 -1 dance 1")
    assert refused.bad_rows == 2, "a row that is wrong twice is one bad row"
    assert "row 2" in refused.complaints[0]
    assert "another account" in refused.complaints[0]


def test_history_before_a_known_deployment_gets_a_deployment_that_ends_before_it(store):
    fleets.story(store)
    assert load(store, "BETA hall-7 -40 dance 1", "BETA hall-7 -35 dance 1").new_deployments == 1
    assert ("hall-7", "BETA", iso(-40), iso(-21)) in stays(store)


def test_usage_before_a_deployment_that_somebody_stated_is_refused_by_name(store):
    fleets.story(store)
    refused = load(store, "ACME hall-7 -40 dance 1", "ACME r-1 -40 dance 1")
    assert refused.bad_rows == 1
    assert f"row 2: hall-7 is deployed there since {iso(-20)}" in refused.complaints[0]
    assert "correct the row's day, or that deployment's first day" in refused.complaints[0]
    assert load(store, "ACME r-1 -40 dance 1").values == 1
    assert load(store, "ACME r-1 -50 dance 1").new_deployments == 1, "an earlier import stated nothing"


def test_two_accounts_on_one_robot_day_are_refused(store):
    refused = load(store, "ACME r-1 -3 dance 7", "BETA r-1 -3 check_in 7")
    assert "with two accounts" in refused.complaints[0]


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("ACME,r-1,2026-05-01,dance,1.5", "row 2: value: '1.5' is not a count; write a whole number"),
        ("ACME,r-1,2026-05-01,dance,-1", "whole number from 0"),
        ("ACME,r-1,2026-05-01,dance,1000000000001", "from 0 to 10^12"),
        ("ACME,r-1,2026-05-01,dance,many", "value: 'many' is not a number"),
        ("ACME,r-1,2026-13-01,dance,1", "day: '2026-13-01' is a day that no calendar has"),
        ("ACME,r-1,01/05/2026,dance,1", "could be 2026-01-05 or 2026-05-01"),
        ("ACME,r-1,1969-12-31,dance,1", "before 1970"),
        ("ACME,r-1,2096-05-01,dance,1", "is not over"),
        ("ACME,r-1,2026-05-01,danse,1", "did you mean dance?"),
        ("ACME,r-1,2026-05-01,Dance Hall,1", "not known"),
        ("ACME,r 1,2026-05-01,dance,1", "write the robot's id"),
        (",r-1,2026-05-01,dance,1", "account: it is empty; fill it"),
        ("A/B,r-1,2026-05-01,dance,1", "write the customer's number"),
        ("=A,r-1,2026-05-01,dance,1", "would run as a formula"),
        ("ACME,r-1,2026-05-01,dance", "value: it is empty; fill it"),
        ("ACME,r-1,2026-05-01,dance,1,234", "6 cells where the heading has 5"),
        (
            "ACME,r 1,x,danse,-1",
            "robot: 'r 1': write the robot's id (letters, digits, `_ . : -`, at most 64); day: 'x'",
        ),
    ],
)
def test_a_bad_row_is_named_with_what_to_write(row, says):
    with Staging() as staging:
        refused = usage_history.stage(io.BytesIO(f"{HEAD}{row}\n".encode()), staging, days.of(NOON, "UTC"))
    assert refused is not None
    assert refused.complaints[0].startswith("row 2: ")
    assert says in refused.complaints[0]


def test_columns_in_any_order_a_bom_empty_lines_and_more_columns_are_taken(store):
    text = f'\ufeffValue,Day,note,Counter,Robot,Account\n\n5,{iso(-1)},"a, b",dance,r-1,ACME\n'
    assert brought(store, text.encode(), NOON).values == 1
    assert told(store) == {("r-1", "ACME", iso(-1)): {"dance": 5}}


CHINESE = '客户编号,机器人编号,日期,计数器,数值\n# 备注,,,,\nACME,r-1,{0},才艺,"1,234"\nACME,r-1,{0},check_in,２\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_chinese_headings_and_counters_in_any_encoding_say_what_the_english_ones_say(store, encoding):
    day = iso(-1).replace("-", "/")
    assert brought(store, CHINESE.format(day).encode(encoding)).values == 2
    assert told(store) == {("r-1", "ACME", iso(-1)): {"dance": 1234, "check_in": 2}}


def test_a_workbook_is_read_from_its_sheet_of_usage_with_real_days_and_numbers(store):
    made = openpyxl.Workbook()
    made.active.append(["nothing to read here"])
    page = made.create_sheet("用量")
    page.append(["Account", "Robot", "Day", "Counter", "Value"])
    page.append(["ACME", "r-1", days.as_date(fleets.TODAY - 1), "dance", 7])
    page.append([4711, "r-1", days.as_date(fleets.TODAY - 2), "dance", 7.0])
    file = io.BytesIO()
    made.save(file)
    assert brought(store, file.getvalue()).values == 2
    assert told(store) == {("r-1", "ACME", iso(-1)): {"dance": 7}, ("r-1", "4711", iso(-2)): {"dance": 7}}


def test_a_formula_in_a_workbook_is_a_bad_row(store):
    made = openpyxl.Workbook()
    made.active.append(["account", "robot", "day", "counter", "value"])
    made.active.append(["ACME", "r-1", iso(-1), "dance", "=1+1"])
    file = io.BytesIO()
    made.save(file)
    assert "row 2: value: the cell holds a formula" in brought(store, file.getvalue()).complaints[0]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\xd0\xcf\x11\xe0 old", "save it as XLSX"),
        (b"PK\x03\x04 broken", "this is no XLSX file, or a damaged one"),
        (b"\xff\xfe\x00\x00x", "no text in an encoding"),
        (b"", "the file is empty"),
        (b"account,robot,day\n", "no column counter (计数项), value (数值)"),
    ],
)
def test_a_file_that_is_no_table_is_refused_as_every_other_file_is(content, says):
    with Staging() as staging, pytest.raises(BadTable) as refused:
        usage_history.stage(io.BytesIO(content), staging, days.of(NOON, "UTC"))
    assert says in str(refused.value)


def test_the_first_bad_rows_of_the_file_are_named_whatever_is_wrong_with_them(store, monkeypatch):
    monkeypatch.setattr(usage_staging, "COMPLAINTS_MAX", 2)
    refused = load(store, "A r-1 -3 dance 7", "A r-1 -3 dance 8", "A r-1 -3 x 8", "A r-1 -3 y 8", "A r-1 -3 z 8")
    assert refused.bad_rows == 4
    assert [text.split(":")[0] for text in refused.complaints] == ["row 3", "row 4"]


@pytest.mark.parametrize("bounded", [True, False], ids=["bounded", "control"])
def test_reading_ends_at_so_many_bad_rows_and_says_where(store, monkeypatch, bounded):
    monkeypatch.setattr(usage_staging, "BAD_MAX", 2 if bounded else 10**9)
    refused = load(store, "A r-1 -3 dance 7", *(f"A r-1 -3 dance {word}" for word in "abcd"))
    assert refused.bad_rows == (2 if bounded else 4)
    assert ("row 5: this row and those below it were not read" in refused.complaints[0]) is bounded


def test_the_command_refuses_while_a_collector_writes_and_says_what_to_do(tmp_path, store_url, store):
    file = tmp_path / "history.csv"
    file.write_text(HEAD + "ACME,r-1,2026-05-01,dance,3\n", encoding="utf-8-sig")
    done = CliRunner().invoke(main_group, ["import", "usage", str(file), "--store", store_url])
    if store.dialect == "sqlite":
        assert "--url and --token" in str(done.exception)
        return
    assert done.output.startswith("imported: 1 values of 1 robot-days, 1 robots (1 new), 1 accounts (1 new)")
    file.write_text(HEAD + "ACME,r-1,x,dance,3\n")
    done = CliRunner().invoke(main_group, ["import", "usage", str(file), "--store", store_url])
    assert isinstance(done.exception, CommandRefused)
    assert "row 2" in str(done.exception)
    with store.read() as connection:
        assert connection.execute(robot.select()).one().name == "r-1"
        assert connection.execute(account.select()).one().external_id == "ACME"


@pytest.mark.parametrize(
    ("missing", "begins", "made"),
    [
        ([(1, 7), (2, 7), (5, 7)], [], [(1, None, 7)]),
        ([(1, 7), (4, 8)], [], [(1, 3, 7), (4, None, 8)]),
        ([(1, 7), (2, 8), (3, 7)], [], [(1, 1, 7), (2, 2, 8), (3, None, 7)]),
        ([(1, 7), (20, 7)], [10], [(1, 9, 7), (20, None, 7)]),
        ([], [10], []),
    ],
)
def test_new_deployments_follow_the_days(missing, begins, made):
    assert usage_history.new_deployments(missing, begins) == made
