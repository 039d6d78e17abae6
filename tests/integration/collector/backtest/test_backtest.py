"""`collector backtest`: on three files, and on a store's own scores."""

import json
from dataclasses import replace
from itertools import pairwise

import openpyxl
import pytest
from click.testing import CliRunner
from sqlalchemy import insert

from collector.accounts.contracts.exchange_rates import Rates
from collector.accounts.ledger import facts as ledger
from collector.accounts.ledger.facts import Origin
from collector.accounts.ledger.kinds import money
from collector.accounts.ledger.kinds.registry import KINDS
from collector.backtest import store_history
from collector.commands.backtest import backtest
from collector.commands.door import CommandRefused
from collector.exchange.errors import BadFile
from collector.health.model import MeasureScore, Scored
from collector.scores import scores
from collector.store.tables.fleet import account
from tests import past_files
from tests.plain_facts import a_contract, an_account
from tests.policies import CURRENCY, HEALTH

NOW = 1_780_000_000
DAY0, DAYS = 20_000, 400


def run(*words: object):
    return CliRunner().invoke(backtest, [str(word) for word in words], catch_exceptions=False)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return past_files.write(tmp_path_factory.mktemp("past"), 40, 3, fall=0.4)


def arguments(files):
    accounts, contracts, usage = files
    return ("--accounts", accounts, "--contracts", contracts, "--usage", usage, "--resamples", 20, "--lead", 30)


def test_three_files_give_a_report_as_text_json_and_picture(files, tmp_path):
    done = run(*arguments(files), "--plot", tmp_path / "b.png", "--json")
    assert done.exit_code == 0
    said = json.loads(done.stdout)
    assert said["basis"] == "files"
    assert said["leads"][0]["score_all_rows"]["value"] > 0.6
    assert (tmp_path / "b.png").read_bytes().startswith(b"\x89PNG")


def test_the_report_speaks_chinese_and_draws_svg(files, tmp_path):
    done = run(*arguments(files), "--plot", tmp_path / "b.svg", "--lang", "zh")
    assert "外绿内红率" in done.stdout
    assert "客户健康度回测" in (tmp_path / "b.svg").read_text(encoding="utf-8")


def test_few_losses_are_said_to_be_few(files):
    assert "not enough history" in run(*arguments(files)).stdout


def test_a_bad_row_is_named_and_nothing_is_judged(files, tmp_path):
    bad = tmp_path / "usage.csv"
    bad.write_text("account,day,interaction\nC0001,2025-13-01,5\nC0001,2025-01-01,-3\n", encoding="utf-8")
    accounts, contracts, _ = files
    with pytest.raises(BadFile, match=r"(?s)2 bad rows.*row 2: day.*row 3: interaction"):
        run("--accounts", accounts, "--contracts", contracts, "--usage", bad)


def test_files_as_people_write_them_say_what_plain_ones_say(files, tmp_path):
    """The same three tables: one as a workbook, one in GB18030 with Chinese headings, one in UTF-16 with slashes."""
    accounts, contracts, usage = tmp_path / "accounts.xlsx", tmp_path / "contracts.csv", tmp_path / "usage.csv"
    book = openpyxl.Workbook()
    for line in files[0].read_text().splitlines():
        book.active.append(line.split(","))
    book.save(accounts)
    heading, rest = files[1].read_text().split("\n", 1)
    assert heading.strip() == "account,contract,starts,ends,amount,outcome,renews"
    contracts.write_text("客户编号,合同编号,开始日期,到期日,金额,结果,续自合同\n" + rest, encoding="gb18030")
    usage.write_text(
        files[2].read_text().replace("account,day,interaction", "客户,日期,交互").replace("-", "/"), encoding="utf-16"
    )
    plain = json.loads(run(*arguments(files), "--json").output)
    assert json.loads(run(*arguments((accounts, contracts, usage)), "--json").output) == plain


def test_usage_of_an_unknown_account_is_named(files, tmp_path):
    usage = tmp_path / "usage.csv"
    usage.write_text("account,day,interaction\nNOBODY,2025-01-01,5\n", encoding="utf-8")
    accounts, contracts, _ = files
    with pytest.raises(BadFile, match="NOBODY"):
        run("--accounts", accounts, "--contracts", contracts, "--usage", usage)


def test_two_of_three_files_are_refused(files):
    done = run("--accounts", files[0])
    assert done.exit_code == 2
    assert "all three" in done.output


def test_help_teaches_how_to_read_it():
    said = run("--help").output
    for word in ("watermelon", "AUC", "contracts", "50 past non-renewals"):
        assert word in said


@pytest.fixture
def scored(store):
    """Two accounts with a year of scores: one is lost and was green until late, one stays."""
    with store.write() as connection:
        connection.execute(
            insert(account), [{"external_id": n, "name": n, "created_at": NOW} for n in ("GONE", "STAYS")]
        )
        ids = ledger.row_ids(connection, ["GONE", "STAYS"])
        origin = Origin("test", NOW)
        for name, outcome in (("GONE", "lost"), ("STAYS", "renewed")):
            due = DAY0 + 300
            facts = {
                "account": an_account(id=name, name=name),
                "contract": a_contract(id=name, account=name, starts=DAY0 - 64, ends=due),
                "line": money.ContractLine(id=name, account=name, contract=name, amount=100_00),
                "renewal": money.Renewal(id=name, account=name, contract=name, due_day=due, outcome=outcome),
            }
            for kind, said in facts.items():
                ledger.append(connection, KINDS[kind], [said], [ids[name]], origin)
        for day in range(DAY0, DAY0 + DAYS, 4):
            rows = [
                scores.row_of(ids["GONE"], one("GONE", day, 80.0 if day < DAY0 + 240 else 30.0), day),
                scores.row_of(ids["STAYS"], one("STAYS", day, 75.0), day),
            ]
            scores.append(connection, rows, "arrived", NOW)
    return store


def one(name: str, day: int, final: float) -> Scored:
    band = "green" if final >= 70 else "red"
    measures = {"B2": MeasureScore(state="present", score=final, weight=100.0)}
    return Scored(
        account=name, day=day, policy="p1", profile="mature", raw=final, final=final, band=band, coverage=1.0,
        measures=measures,
    )  # fmt: skip


def history_of(store, leads=()):
    with store.read() as connection:
        return store_history.history(connection, "arrived", Rates(base=CURRENCY), policy=HEALTH, leads=leads)


def test_the_stores_own_scores_are_rows_bands_and_lives(scored):
    past = history_of(scored)
    assert {row.account for row in past.rows} == {"GONE", "STAYS"}
    assert len(past.rows) == 2 * len({row.day for row in past.rows})
    assert past.through_day == DAY0 + DAYS - 4
    assert past.policy == ("p1",)
    (lost,) = [ending for ending in past.lives["GONE"].endings if ending.kept is False]
    assert (lost.due_day, lost.arr) == (DAY0 + 300, 100_00)
    changes = [each for each, after in pairwise(past.bands["GONE"]) if each[1] != after[1]]
    assert len(changes) == 1


def test_the_newest_day_that_is_of_use_to_a_lead_is_a_row_and_so_is_the_oldest(scored):
    days = {row.day for row in history_of(scored, leads=(30,)).rows}
    assert {DAY0, DAY0 + DAYS - 4 - 30 - 90, DAY0 + DAYS - 4} <= days
    assert DAY0 + DAYS - 4 - 30 - 90 not in {row.day for row in history_of(scored).rows}


def test_a_later_version_that_knew_more_changes_no_row(scored):
    before = history_of(scored)
    day = before.rows[0].day
    with scored.write() as connection:
        ids = ledger.row_ids(connection, ["GONE"])
        later = scores.row_of(ids["GONE"], one("GONE", day, 1.0), NOW)
        scores.append(connection, [later], "arrived", NOW)
    assert history_of(scored) == before


def test_a_later_run_with_the_same_knowledge_takes_the_earlier_ones_place(scored):
    before = history_of(scored)
    day = before.rows[0].day
    with scored.write() as connection:
        ids = ledger.row_ids(connection, ["GONE"])
        again = replace(one("GONE", day, 55.0), policy="p2")
        scores.append(connection, [scores.row_of(ids["GONE"], again, day)], "arrived", NOW)
    after = history_of(scored)
    assert after.policy == ("p1", "p2")
    assert {row.final for row in after.rows if row.day == day and row.account == "GONE"} == {55.0}


@pytest.mark.usefixtures("scored")
def test_the_command_judges_a_store(store_url):
    done = run("--store", store_url, "--json", "--resamples", 20)
    said = json.loads(done.stdout)
    assert said["outcomes"]["losses"] == 1
    assert said["outcomes"]["watermelon_rate"] == 1.0


def test_a_store_without_scores_says_how_to_make_them(store, store_url):
    assert store.dialect
    with pytest.raises(CommandRefused, match=r"no score of basis arrived to judge.*`collector score"):
        run("--store", store_url)


@pytest.mark.usefixtures("scored")
def test_a_proposal_on_one_loss_is_refused_with_how_many_there_are_and_writes_no_file(store_url, tmp_path):
    with pytest.raises(CommandRefused, match=r"there are 1 losses.*from 50 on"):
        run("--store", store_url, "--propose", tmp_path / "policy.toml")
    assert not (tmp_path / "policy.toml").exists()


def test_a_proposal_takes_no_files_and_no_picture(files, tmp_path):
    done = run(*arguments(files), "--propose", tmp_path / "policy.toml")
    assert done.exit_code == 2
    assert "own scores" in done.output
