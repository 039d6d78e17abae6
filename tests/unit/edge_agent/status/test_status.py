"""Status as text, page and table; the day that turns; systemd's notify; a source that is kept running."""

import asyncio
import contextlib
import csv
import io
import re
import socket
from datetime import datetime
from html import escape
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest

from edge_agent import supervise
from edge_agent.counting.readings import Condition
from edge_agent.errors import SourceError
from edge_agent.notify import notify, watchdog_s
from edge_agent.status import doctor, faults, why
from edge_agent.status.export import write_csv
from edge_agent.status.notices import remedy
from edge_agent.status.overview import Rates
from edge_agent.status.page import preferred
from edge_agent.status.page_text import render, whole
from edge_agent.status.text import duration, lines, size
from edge_agent.status.today import Today, zone_of
from edge_agent.uplink.causes import CAUSES, failure
from tests.waiting import DEADLINE_S, until_async

SHANGHAI = ZoneInfo("Asia/Shanghai")


def status(**more):
    return {
        "running": True,
        "robot": "lobby-<01>",
        "agent": "0.1.0",
        "up_s": 7300,
        "link": {
            "connected": True, "broker": "mqtt://b:1883", "mqtt": "5", "reason": "connected", "text": "",
            "refusal": "", "ack_age_s": 12.0, "retry_in_s": None,
        },
        "outbox": {"backlog": 3, "oldest": "2026-01-01", "bytes_on_disk": 20_000, "max_bytes": 67_000_000},
        "clock": {"state": "synced", "detail": "2026-01-01T08:00:00+08:00"},
        "sources": [
            {"name": "system", "running": True, "error": "", "failures": 0, "readings": 5},
            {"name": "ros2", "running": False, "error": "nobody listens", "failures": 2, "readings": 0},
        ],
        "faults": [{"family": "navigation", "code": "lidar", "ref": "front", "severity": "urgent"}],
        "today": {"since": "2026-01-01T00:00", "counts": {"guided_tour": 12_345, "own.thing": 1}},
        "bytes": {"written": 250_000, "written_per_day": 3_000_000, "wire": 4200, "wire_per_day": None},
        **more,
    }  # fmt: skip


def test_the_text_says_what_matters_first():
    shown = list(lines(status(), "en"))
    assert "running for 2.0 h" in shown[0]
    assert "connected to mqtt://b:1883 (MQTT 5)   last answer of the collector 12 s ago" in shown[1]
    assert any("ros2" in line and "FAILED: nobody listens" in line for line in shown)


SINCE = "2026-01-01T08:00:00+08:00"
NOTICES = [
    {
        "kind": "rule_unmatched",
        "subject": "turns_total = dialog_turn",
        "detail": "",
        "since": SINCE,
    },
    {"kind": "no_vehicle", "subject": "vda5050/v3", "detail": "uagv/v1/acme/7", "since": SINCE},
    {"kind": "no_vehicle", "subject": "vda5050/v3", "detail": "", "since": SINCE},
    {"kind": "sensor_fails", "subject": "disk_ratio", "detail": "no <such> disk", "since": SINCE},
]
SAID = [
    "rule turns_total = dialog_turn has matched nothing since 2026-01-01T08:00:00+08:00",
    "no vehicle on vda5050/v3 since 2026-01-01T08:00:00+08:00; heard uagv/v1/acme/7",
    "no vehicle on vda5050/v3 since 2026-01-01T08:00:00+08:00",
    "disk_ratio cannot be read since 2026-01-01T08:00:00+08:00: no <such> disk",
]


def test_what_a_source_notices_is_said_in_the_status_and_on_the_page():
    sources = [status()["sources"][0] | {"notices": NOTICES}]
    text = list(lines(status(sources=sources), "en"))
    at = next(number for number, line in enumerate(text) if line.startswith("source"))
    assert [line.strip() for line in text[at + 1 : at + 5]] == SAID
    page = re.sub("</?span[^>]*>|<wbr>", "", render(status(sources=sources), "en"))
    assert all(f"✗ system: {escape(sentence)}" in page for sentence in SAID)
    assert not [line for line in lines(status(), "en") if "since 2026-01-01T08" in line], "the control"
    chinese = "\n".join(lines(status(sources=sources), "zh"))
    assert not [sentence for sentence in SAID if sentence in chinese]
    assert all(remedy(notice, "en") and remedy(notice, "zh") != remedy(notice, "en") for notice in NOTICES)


def test_bytes_are_shown_since_the_start_until_a_day_is_known():
    assert "bytes      written to disk 3.0 MB a day, on the wire 4.2 kB in 2.0 h" in lines(status(), "en")
    early = {"written": 250_000, "written_per_day": None, "wire": 0, "wire_per_day": None}
    assert list(lines(status(up_s=40, bytes=early), "en"))[-1] == (
        "bytes      written to disk 250.0 kB in 40 s, on the wire 0 B in 40 s"
    )
    uncounted = {"written": None, "written_per_day": None, "wire": 4200, "wire_per_day": 90_000}
    assert list(lines(status(bytes=uncounted), "en"))[-1] == (
        "bytes      written to disk unknown, on the wire 90.0 kB a day"
    )


def test_a_lost_link_is_shown_with_its_reason_and_the_next_attempt():
    link = status()["link"] | {"connected": False, "text": "nobody listens at mqtt_url", "retry_in_s": 40}
    assert (
        "NOT CONNECTED to mqtt://b:1883: nobody listens at mqtt_url; next attempt in 40 s"
        in list(lines(status(link=link), "en"))[1]
    )


def test_a_robot_that_the_collector_refuses_is_not_shown_as_well():
    link = status()["link"] | {"refusal": "robot: not in the fleet"}
    assert "refuses this robot: robot: not in the fleet" in list(lines(status(link=link), "en"))[1]
    assert "the collector refuses this robot" in render(status(link=link), "en")


def test_durations_and_sizes_read_like_a_person_says_them():
    assert [duration(s, "en") for s in (None, 40, 700, 12_600, 180_000)] == [
        "never",
        "40 s",
        "12 min",
        "3.5 h",
        "2.1 d",
    ]
    assert [size(n) for n in (812, 14_200, 3_100_000)] == ["812 B", "14.2 kB", "3.1 MB"]


class Outline(HTMLParser):
    """What a page consists of."""

    def __init__(self):
        super().__init__()
        self.tags, self.attributes = [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, *pair) for pair in attrs]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_escapes_what_it_shows_and_loads_nothing(language):
    text = render(status(), language)
    outline = Outline()
    outline.feed(text)
    assert "lobby-&lt;01&gt;" in text
    assert f'<html lang="{language}">' in text
    assert not set(outline.tags) & {"script", "img", "link", "iframe", "form"}
    assert not [a for a in outline.attributes if a[1] == "src" or (a[1] == "href" and not a[2].startswith("?"))]
    assert "12,345" in text


def test_the_page_without_an_agent_says_what_to_do():
    assert "name its state folder" in render(None, "en")
    assert "状态目录" in render(None, "zh")


def test_the_text_and_the_page_speak_chinese():
    shown = list(lines(status(), "zh"))
    assert shown[0].endswith("已运行 2.0 小时")
    assert "已连接 mqtt://b:1883（MQTT 5）   平台 12 秒前应答" in shown[1]
    assert "3 条记录等待上传" in render(status(), "zh")


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en-GB,en;q=0.9,zh;q=0.1", "en"),
        ("en;q=0.5, zh-TW;q=0.6", "zh"),
        ("fr-CA,zh;q=0.9", "fr"),
        ("zh,fr", "fr"),  # asked for alike: the order of the agent's own list
        ("de", "en"),
        ("", "en"),
        ("zh;q=x", "en"),
    ],
)
def test_the_language_follows_the_browser_among_those_that_there_are(header, language):
    assert preferred(header, ("en", "fr", "zh")) == language
    assert preferred("fr", ("en", "zh")) == "en", "the control: without its catalogue nobody speaks it"


def test_a_day_turns_at_the_robots_own_midnight():
    midnight = int(datetime(2026, 3, 2, tzinfo=SHANGHAI).timestamp())
    today = Today(SHANGHAI, midnight - 5000)
    today.add([{"kind": "window", "at": midnight - 10, "counts": {"dance": 5}}, {"kind": "fault", "at": 0}])
    assert today.shown(None)["counts"] == {"dance": 5}
    today.add([{"kind": "window", "at": midnight, "counts": {"dance": 2}}])
    shown = today.shown({"counts": {"dance": 1}})
    assert shown == {"since": "2026-03-02T00:00+08:00", "counts": {"dance": 3}}


def test_what_was_counted_today_goes_on_after_a_restart_and_not_into_another_day():
    noon = int(datetime(2026, 3, 2, 12, tzinfo=SHANGHAI).timestamp())
    before = Today(SHANGHAI, noon - 5000)
    window = {"kind": "window", "at": noon, "counts": {"dance": 5}}
    note = before.with_stored([window])
    assert before.shown(None)["counts"] == {}, "the note is of what will be stored"
    before.add([window])
    assert Today.restored(SHANGHAI, noon + 60, note).shown(None) == before.shown(None)
    assert Today.restored(SHANGHAI, noon + 60, None).shown(None)["counts"] == {}, "the control"
    assert Today.restored(SHANGHAI, noon + 86_400, note).shown(None)["counts"] == {}
    assert Today.restored(SHANGHAI, noon, {"day": "x"}).shown(None)["counts"] == {}


def test_a_window_of_yesterday_that_is_stored_after_midnight_is_not_todays():
    midnight = int(datetime(2026, 3, 2, tzinfo=SHANGHAI).timestamp())
    today = Today(SHANGHAI, midnight - 5000)
    today.turn(midnight - 300)
    today.turn(midnight + 1)
    late = {"kind": "window", "at": midnight - 300, "counts": {"dance": 9}}
    today.add([late, {"kind": "window", "at": midnight, "counts": {"dance": 1}}])
    today.turn(midnight + 2)
    assert today.shown(None, late)["counts"] == {"dance": 1}


def test_a_clock_that_is_put_back_takes_nothing_from_today():
    noon = int(datetime(2026, 3, 2, 12, tzinfo=SHANGHAI).timestamp())
    today = Today(SHANGHAI, noon)
    today.add([{"kind": "window", "at": noon, "counts": {"dance": 5}}])
    for back_s in (3600, 86_400, 10 * 86_400):
        today.turn(noon - back_s)
        assert today.shown(None)["counts"] == {"dance": 5}
    today.turn(noon + 86_400)
    assert today.shown(None)["counts"] == {}, "the control: a day that begins"


def test_a_source_is_not_ok_while_it_says_that_its_far_side_is_away():
    trouble = {"code": "scrape_failed", "detail": "HTTP 500: correct url"}
    away = status(sources=[status()["sources"][0] | {"troubles": [trouble]}])
    assert any("FAILED: its metrics page cannot be read: HTTP 500" in line for line in lines(away, "en"))
    assert "failed: its metrics page cannot be read: HTTP 500" in render(away, "en")
    assert not any("FAILED: its" in line for line in lines(status(), "en")), "the control"
    [found] = doctor._running_source(away["sources"][0], "en")
    assert (found.grade, found.remedy) == ("fail", "start the exporter, or correct url in the source's table")
    [well] = doctor._running_source(status()["sources"][0], "en")
    assert well.grade == "ok"


async def test_what_a_source_says_of_its_far_side_stands_in_its_status_until_it_is_back():
    class Telling:
        name = "metrics"

        async def run(self, take):
            take(Condition("agent", "scrape_failed", active=True, ref="metrics", detail="no answer"))
            take(Condition("agent", "process_missing", active=True, ref="other"))
            told.append(dict(standing.troubles))
            take(Condition("agent", "scrape_failed", active=False, ref="metrics"))
            told.append(dict(standing.troubles))
            await asyncio.Event().wait()

    told, standing = [], supervise.SourceStatus("metrics")
    task = asyncio.create_task(supervise.supervise(Telling(), lambda _: None, standing, lambda _: 0.0))
    await until_async(lambda: len(told) == 2)
    task.cancel()
    assert told == [{"scrape_failed": "no answer"}, {}]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_open_fault_is_listed_with_its_detail_and_a_remedy(language):
    detail = "no <light> since noon"
    own = {"family": "agent", "code": "vehicle_silent", "ref": "vda", "severity": "warning", "detail": ""}
    shown = status(faults=[status()["faults"][0] | {"detail": detail}, own])
    text, page = list(lines(shown, language)), render(shown, language)
    assert detail in [line.strip() for line in text]
    assert escape(detail) in page
    for fault in shown["faults"]:
        said = faults.remedy(fault, language)
        assert any(line.endswith(f"-> {said}") for line in text)
        assert escape(said) in page
        assert (said == faults.remedy(fault, "en")) is (language == "en")


def test_times_and_numbers_with_their_units_stay_on_one_line_of_the_page():
    page = render(status(), "en")
    assert "2.0\u00a0h" in page
    assert "20.0\u00a0kB" in page
    assert "2.0 h" not in page
    assert '<span class="number">2026-01-01T08:00:00+08:00</span>' in page
    assert ".number{white-space:nowrap" in page
    assert whole("a/b 12") == "a/b 12", "the control: what may break is left alone"


def test_a_certificate_that_ends_soon_is_said_in_the_status_and_on_the_page():
    def shown(days, state="synced"):
        link = status()["link"] | {"certificate_ends_at": 1_800_000_000 + days * 86_400}
        return status(link=link, clock={"state": state, "at": 1_800_000_000, "detail": ""})

    for days, state, said in ((59, "synced", True), (61, "synced", False), (59, "unsynced", False)):
        assert any("own certificate ends in" in line for line in lines(shown(days, state), "en")) is said
        assert ("own certificate ends in" in render(shown(days, state), "en")) is said
    assert any("has ended" in line for line in lines(shown(-1), "en"))


@pytest.mark.parametrize(
    ("kind", "what"), [("disk_full", "is full"), ("read_only", "only be read"), ("", "refuses to store")]
)
def test_a_disk_that_refuses_is_said_with_its_remedy(kind, what):
    outbox = status()["outbox"] | {"trouble": "no room", "trouble_kind": kind}
    said, remedy = why.not_stored(outbox, "en")
    assert what in said
    assert remedy != why.not_stored(outbox, "zh")[1]
    assert any(said in line and remedy in line for line in lines(status(outbox=outbox), "en"))


def test_every_cause_is_said_in_both_languages_and_fills_its_slots():
    seen = dict.fromkeys(("broker", "detail", "ends", "begins", "file", "ca"), "X")
    for name in CAUSES:
        error = failure(name, **seen)
        link = {"cause": error.cause, "slots": error.slots, "text": str(error), "reason": error.reason}
        assert why.sentence(link, "en") == str(error)
        assert all(text and text not in str(error) for text in why.said(link, "zh"))
    assert why.said({"cause": "of tomorrow", "text": "as it is", "reason": "x"}, "zh") == ("as it is", "")


def test_a_rate_a_day_leaves_out_what_the_start_cost():
    rates = Rates(began_s=1000.0)
    rates.note(1010.0, 90_000, 7000)
    assert rates.per_day(1010.0, 90_000, 7000) == (None, None)
    rates.note(1060.0, 100_000, 8000)
    rates.note(1500.0, 500_000, 9000)
    assert rates.per_day(1900.0, 110_000, 8500) == (None, None)
    assert rates.per_day(1060.0 + 8640, 200_000, 14_000) == (1_000_000, 60_000)


def test_an_unknown_time_zone_counts_in_utc():
    assert zone_of("Mars/Olympus").utcoffset(None) == zone_of("").utcoffset(None)
    assert zone_of("Asia/Shanghai") == SHANGHAI


def test_a_spreadsheet_takes_no_formula_from_an_export():
    out = io.StringIO()
    head = {"seq": 1, "at": 0, "boot": 1, "kind": "fault", "family": "agent", "state": "open"}
    write_csv([head | {"code": "x", "detail": '=HYPERLINK("http://x")'}], out)
    cells = list(csv.reader(io.StringIO(out.getvalue())))[1]
    assert not any(re.match(r"[=+\-@]", cell) for cell in cells)


def test_a_state_is_sent_to_whoever_systemd_names(tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "n"))
        assert notify("READY=1", {"NOTIFY_SOCKET": str(tmp_path / "n")})
        assert manager.recv(100) == b"READY=1"
    assert not notify("READY=1", {})
    assert not notify("READY=1", {"NOTIFY_SOCKET": str(tmp_path / "gone")})


def test_only_the_watched_process_pings():
    assert watchdog_s({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "7"}, 7) == 30
    assert watchdog_s({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "7"}, 8) is None
    assert watchdog_s({"WATCHDOG_USEC": "soon"}, 7) is None
    assert watchdog_s({}, 7) is None


class Failing:
    """Fails as often as told, then lives."""

    name = "failing"

    def __init__(self, failures):
        self.failures = failures

    async def run(self, _take):
        if self.failures:
            raise self.failures.pop(0)
        await asyncio.Event().wait()


async def test_a_source_is_started_again_and_its_fault_closes_when_it_stays_up(monkeypatch):
    monkeypatch.setattr(supervise, "STABLE_S", 0.05)
    taken, pauses = [], []
    healed = asyncio.Event()

    def take(reading):
        taken.append(reading)
        if isinstance(reading, Condition) and not reading.active:
            healed.set()

    def pause_s(failures):
        pauses.append(failures)
        return 0.0

    status = supervise.SourceStatus("failing")
    source = Failing([SourceError("no"), ValueError("a defect"), SourceError("no")])
    task = asyncio.create_task(supervise.supervise(source, take, status, pause_s))
    await asyncio.wait_for(healed.wait(), DEADLINE_S)
    assert status.running
    assert status.error == ""
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert [c.active for c in taken] == [True, True, True, False]
    assert "ValueError: a defect" in taken[1].detail
    assert pauses == [1, 2, 3]
    assert status.failures == 3
    assert not status.running
