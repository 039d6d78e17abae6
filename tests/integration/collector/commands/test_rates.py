"""`collector rates` and `collector segments` as an operator runs them, on a store and through a running collector."""

import asyncio
import json
import re
import subprocess
import sys

import pytest
from click.testing import CliRunner

from collector.__main__ import main_group
from collector.accounts.ledger.kinds import money
from collector.errors import CollectorError
from collector.language import rates as rates_words
from collector.store.engine import open_store
from tests import fleets, portfolios
from tests.fleets import iso
from tests.waiting import DEADLINE_S


@pytest.fixture
def filled(store_url):
    store = open_store(store_url)
    fleets.story(store)
    portfolios.fill(store)
    store.close()
    return store_url


def run(*arguments):
    return CliRunner().invoke(main_group, arguments)


def test_rates_are_printed_with_their_definitions_and_as_json(filled):
    period = ("--from", iso(-364), "--to", iso(0), "--store", filled)
    text = run("rates", *period)
    assert text.exit_code == 0, text.output
    assert "Gross revenue retention (GRR)" in text.stdout
    assert "capped customer by customer" in text.stdout
    assert "left out, no rate is stated for GBP: EURO" in text.stdout
    assert "no answers" in text.stdout
    chinese = run("rates", *period, "--by", "segment", "--lang", "zh").stdout
    assert "总收入留存率 GRR" in chinese
    assert "战略客户：" in chinese
    assert "strategic" not in chinese, "the control: the word of the policy, which was the heading"
    answer = json.loads(run("rates", *period, "--json").stdout)
    values = {each["figure"]: each for each in answer["rates"]["groups"][0]["values"]}
    assert values["nrr"]["numerator"] == 360_000
    behind = json.loads(run("rates", *period, "--behind", "nrr", "--json").stdout)
    assert sum(each["numerator"] for each in behind["items"]) == 360_000
    assert behind["next"] is None
    assert "BETA" in run("rates", *period, "--behind", "renewal_gross").stdout


def test_segments_are_printed_with_capacity_and_cost(filled):
    text = run("segments", "--day", iso(0), "--store", filled)
    assert text.exit_code == 0, text.output
    assert "280 h / 1,667 h = 0.17 people: 1" in text.stdout
    assert "no recurring revenue" not in text.stdout
    assert "Key" in text.stdout
    answer = json.loads(run("segments", "--day", iso(0), "--store", filled, "--json").stdout)
    assert {each["segment"] for each in answer} >= {"key", "strategic"}
    accounts = ("segments", "--accounts", "--day", iso(0), "--store", filled)
    chinese = run(*accounts, "--lang", "zh").stdout
    assert ("战略客户" in chinese, "头部" in chinese) == (True, True)
    assert not re.search(r"\b(strategic|key|top|base)\b", chinese), "the control: the words of the policy"
    page = json.loads(run(*accounts, "--json").stdout)
    assert (set(page), page["next"]) == ({"items", "next"}, None)


def test_a_question_about_rates_loads_nothing_of_the_closing_of_days():
    """SciPy alone takes longer to load than the rates of ten thousand accounts."""
    loaded = (
        "import sys, collector.commands.rates; print({'scipy', 'numpy', 'collector.closing.run'} & set(sys.modules))"
    )
    said = subprocess.run(
        [sys.executable, "-c", loaded], capture_output=True, text=True, timeout=DEADLINE_S, check=True
    )
    assert said.stdout.strip() == "set()"


def test_segments_say_whose_hours_are_planned_and_in_which_money(filled):
    text = run("segments", "--day", iso(0), "--store", filled).stdout
    assert text.startswith("29 May 2026; money in CNY a year")
    assert "csm-anna" in text
    chinese = run("segments", "--day", iso(0), "--store", filled, "--lang", "zh").stdout
    assert "负荷" in chinese


def test_rates_of_some_accounts_are_not_called_everybodys(filled):
    chosen = run("rates", "--csm", "csm-anna", "--store", filled).stdout
    assert "Accounts with CSM csm-anna: " in chosen
    assert "Everybody" not in chosen
    unknown = run("rates", "--csm", "nobody", "--store", filled)
    assert str(unknown.exception) == "there is no CSM nobody; there are: csm-anna, csm-ben"
    assert unknown.stdout == ""


def test_nps_is_told_in_points():
    value = {"figure": "nps", "name": "NPS", "definition": "", "unit": "answers", "numerator": 42, "denominator": 99,
             "value": 42 / 99, "why": None}  # fmt: skip
    group = {"group": "", "accounts": 1, "opening_customers": 1, "opening_arr": 0.0, "new_customers": 0, "fates": {},
             "values": [value]}  # fmt: skip
    report = {"first": "", "last": "", "as_of": "", "grace_days": 30, "currency": "CNY", "by": "",
              "exchange_rates": [], "left_out": [], "groups": [group]}  # fmt: skip
    assert " +42" in rates_words.text({"rates": report, "economics": []}, "en", {})


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("rates", "--from", "2026-05-02", "--to", "2026-05-01"), "is after to"),
        (("rates", "--currency", "yuan"), "currency"),
    ],
)
def test_a_wrong_question_is_refused_with_the_remedy(filled, arguments, said):
    done = run(*arguments, "--store", filled)
    assert isinstance(done.exception, CollectorError)
    assert said in str(done.exception)


@pytest.mark.parametrize(
    "arguments",
    [
        ("rates", "--from"),
        ("rates", "--as-of"),
        ("segments", "--day"),
        ("score", "--day"),
        ("explain", "A", "--as-of"),
        ("cta", "snooze", "1", "--until"),
        ("cta", "add", "A", "x", "--due"),
        ("cta", "brief", "A", "--day"),
        ("export", "usage", "--from"),
    ],
    ids=" ".join,
)
def test_a_day_is_read_and_refused_in_one_way(filled, arguments):
    done = run(*arguments, "2026-13-01", "--store", filled)
    assert done.exit_code == 2
    assert f"Invalid value for '{arguments[-1]}': '2026-13-01' is not a day: write it as 2026-05-01" in done.output


@pytest.mark.parametrize(("currency", "written"), [("JPY", "360,000"), ("CNY", "360,000.00")])
async def test_a_running_collector_says_in_which_money_it_answers(store, currency, written):
    """The control: with the collector's CNY the same amount has two decimals."""
    fleets.story(store)
    portfolios.fill(store)
    with store.write() as connection:
        yen = money.ExchangeRate(id="jpy", currency="CNY", base="JPY", day=0, worth=1.0)
        fleets.add(connection, "exchange_rate", yen)
    async with fleets.site(store, base_currency=currency) as site:
        there = ("--url", site.url, "--token", site.secrets["reader"], "--day", iso(0))
        for more in ((), ("--accounts",)):
            done = await asyncio.to_thread(run, "segments", *more, *there)
            assert done.exit_code == 0, done.output
            assert re.search(rf"(?<![\d,]){re.escape(written)}(?![\d.])", done.output), done.output


async def test_a_running_collector_answers_the_same(store):
    fleets.story(store)
    portfolios.fill(store)
    async with fleets.site(store) as site:
        there = ("--url", site.url, "--token", site.secrets["reader"])

        async def ask(*arguments):
            done = await asyncio.to_thread(run, *arguments, *there, "--json")
            assert done.exit_code == 0, done.output
            return json.loads(done.stdout)

        period = ("--from", iso(-364), "--to", iso(0))
        values = {each["figure"]: each for each in (await ask("rates", *period))["rates"]["groups"][0]["values"]}
        assert values["nrr"]["numerator"] == 360_000
        assert [each["account"] for each in (await ask("rates", *period, "--behind", "nrr"))["items"]] == [
            "ACME",
            "BETA",
            "EURO",
        ]
        assert {each["segment"] for each in await ask("segments", "--day", iso(0))} >= {"key", "growth"}
        assert len((await ask("segments", "--day", iso(0), "--accounts"))["items"]) == 4
