"""`collector verify` says equal only when it is, through the store and through the API, on both databases."""

import asyncio
import json

import pytest
from click.testing import CliRunner

from collector.__main__ import main_group
from collector.exchange.errors import BadFile, RemoteError
from tests import batches, fleets
from tests.fleets import iso

HEAD = "robot,day,counter,value\n"


@pytest.fixture
def told(store, tmp_path):
    """A store with the story in it, closed again, and its truth as a file."""
    fleets.story(store)
    rows = [
        f"{robot},{batches_day(day)},{counter},{value}\n"
        for (robot, day, counter), value in batches.totals(store).items()
        if counter != "observed_s"
    ]
    truth = tmp_path / "truth.csv"
    truth.write_text(HEAD + "".join(reversed(rows)), encoding="utf-8")
    return truth


def batches_day(day):
    return iso(day - batches.DAY)


def verify(*arguments):
    return CliRunner().invoke(main_group, ["verify", *map(str, arguments)])


def test_equal_when_every_value_is_what_was_counted(told, store_url):
    done = verify("--truth", told, "--store", store_url)
    assert (done.exit_code, done.output) == (0, "equal: 3 robots, 5 days, 52 values\n")


def test_each_difference_is_named_and_the_exit_code_is_1(told, store_url):
    text = told.read_text()
    told.write_text(
        text.replace(f"hall-7,{iso(0)},foot_traffic,480", f"hall-7,{iso(0)},foot_traffic,481").replace(
            f"ktv-2,{iso(-1)},delivery,72\n", ""
        )
        + f"ghost-1,{iso(0)},dance,4\npark-1,{iso(-30)},wake_up,0\n"
    )
    done = verify("--truth", told, "--store", store_url, "--json")
    assert done.exit_code == 1
    *found, summary = [json.loads(line) for line in done.output.splitlines()]
    assert [
        (d["robot"], d["counter"], d["truth"], d["collector"]) for d in sorted(found, key=lambda d: d["robot"])
    ] == [
        ("ghost-1", "dance", 4, 0),
        ("hall-7", "foot_traffic", 481, 480),
        ("ktv-2", "delivery", 0, 72),
    ]
    assert summary == {"equal": False, "robots": 4, "days": 6, "values": 53, "differences": 3}
    table = verify("--truth", told, "--store", store_url)
    assert "481" in table.output
    assert "-1" in table.output


def test_the_agents_counters_about_itself_are_left_out(told, store_url):
    told.write_text(told.read_text() + f"hall-7,{iso(0)},observed_s,1\n")
    assert verify("--truth", told, "--store", store_url).exit_code == 0


def test_a_truth_with_bad_rows_or_two_answers_is_refused(told, store_url):
    told.write_text(told.read_text() + f"hall-7,{iso(0)},foot_traffic,7\n")
    done = verify("--truth", told, "--store", store_url)
    assert isinstance(done.exception, BadFile)
    assert "says otherwise than row" in str(done.exception)
    told.write_text("robot;day\n")
    assert "no column counter (计数项), value (数值)" in str(verify("--truth", told, "--store", store_url).exception)


def test_settle_waits_until_the_last_value_has_arrived(told, store, store_url):
    """The missing window is committed while verify waits: polling, then equal."""
    told.write_text(told.read_text() + f"hall-7,{iso(1)},dance,2\n")
    window = batches.window(99, {"dance": 2}, at=fleets.NOON + 86_400, span=60)
    message = batches.message("hall-7", [window], held=99)
    early = verify("--truth", told, "--store", store_url, "--settle", "0.1")
    assert early.exit_code == 1
    assert "1 differences" in early.stderr
    batches.commit(store, message, received_s=fleets.NOON + 90_000)
    assert verify("--truth", told, "--store", store_url, "--settle", "30").exit_code == 0


async def test_verify_export_and_import_give_the_same_through_the_api(told, store, store_url, tmp_path):
    async with fleets.site(store) as site:

        def collector(*arguments):
            options = ["--url", site.url, "--token", site.secrets["admin"]]
            return CliRunner().invoke(main_group, [*arguments, *options], catch_exceptions=True)

        done = await asyncio.to_thread(collector, "verify", "--truth", str(told))
        assert done.output == "equal: 3 robots, 5 days, 52 values\n"
        for kind in ("usage", "robots", "faults", "completeness"):
            here, there = tmp_path / f"{kind}-store.csv", tmp_path / f"{kind}-url.csv"
            await asyncio.to_thread(collector, "export", kind, "--out", str(there))
            CliRunner().invoke(main_group, ["export", kind, "--store", store_url, "--out", str(here)])
            if kind in {"usage", "faults"}:  # the others are as of now, and the store's now is not the site's
                assert here.read_text() == there.read_text()
            assert len(there.read_text().splitlines()) > 1
        history = tmp_path / "history.csv"
        history.write_text(f"account,robot,day,counter,value\nACME,old-9,{iso(-8)},dance,3\n")
        done = await asyncio.to_thread(collector, "import", "usage", str(history))
        assert done.output.startswith("imported: 1 values of 1 robot-days")
        wrong = await asyncio.to_thread(
            lambda: CliRunner().invoke(main_group, ["token", "list", "--url", site.url, "--token", "no"])
        )
        assert isinstance(wrong.exception, RemoteError)
        assert "collector token create" in str(wrong.exception)


@pytest.mark.usefixtures("told")
def test_what_is_exported_is_a_truth_that_verify_reads(store_url, tmp_path):
    out = tmp_path / "usage.csv"
    assert CliRunner().invoke(main_group, ["export", "usage", "--store", store_url, "--out", str(out)]).exit_code == 0
    assert out.read_text("utf-8-sig").startswith("account,robot,day,counter,value\nACME,hall-7,")
    assert verify("--truth", out, "--store", store_url).exit_code == 0
