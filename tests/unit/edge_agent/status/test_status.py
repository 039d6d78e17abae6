"""Status as text, page and table; the day that turns; systemd's notify; a source that is kept running."""

import asyncio
import contextlib
import csv
import io
import re
import socket
from datetime import datetime
from html import escape, unescape
from html.parser import HTMLParser
from typing import get_args
from zoneinfo import ZoneInfo

import pytest

from edge_agent import supervise
from edge_agent.counting.readings import Condition, Severity
from edge_agent.counting.refused import said
from edge_agent.desired.plan import OwnFile, planned
from edge_agent.errors import SourceError
from edge_agent.notify import notify, watchdog_s
from edge_agent.status import doctor, faults, page_text, why
from edge_agent.status.doctor_link import running_link
from edge_agent.status.export import write_csv
from edge_agent.status.notices import remedy
from edge_agent.status.overview import Rates
from edge_agent.status.page import preferred
from edge_agent.status.page_parts import whole
from edge_agent.status.page_text import PageOf
from edge_agent.status.text import duration, lines, size
from edge_agent.status.today import Today, zone_of
from edge_agent.uplink.causes import CAUSES, failure
from protocol.refused import REFUSED_READINGS
from tests.waiting import DEADLINE_S, until_async

SHANGHAI = ZoneInfo("Asia/Shanghai")


def render(shown, language):
    return page_text.render(PageOf(shown), language)


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
    assert all(f"<small>{escape(sentence)}</small>" in page for sentence in SAID)
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


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_collectors_alarm_and_a_record_that_is_stuck_are_shown(language):
    """The control is the same robot without either."""
    alarm, stuck = "two_epochs: two outbox files at a time", "record 17 (window, 9812 bytes)"
    link = status()["link"] | {"alarm": alarm, "stuck": stuck}
    for told, shown in ((status(link=link), True), (status(), False)):
        text = "\n".join(lines(told, language))
        page = re.sub(r"<wbr>|</?span[^>]*>", "", render(told, language))
        assert [what in where for what in (alarm, stuck) for where in (text, page)] == [shown] * 4
    said = "告警" if language == "zh" else "has an alarm for this robot"
    assert said in render(status(link=link), language)


def test_which_record_is_stuck_and_when_it_is_tried_again_is_said_in_the_readers_language():
    named = "record 17 (window of 300 counters, 2026-11-29 12:05 UTC, 9812 bytes)"
    link = status()["link"] | {"stuck": named, "stuck_retry_in_s": 540.0}
    text = "\n".join(lines(status(link=link), "zh"))
    assert "记录 17（含 300 个计数项的窗口，2026-11-29 12:05 UTC，9812 字节）" in text
    assert "counters" not in text
    assert f"{named} pass: raise its limit of message size; tried again in 9 min" in "\n".join(
        lines(status(link=link), "en")
    )
    [finding] = running_link(link, "en")
    assert (finding.grade, named in finding.text, "tried again in 9 min" in finding.text) == ("fail", True, True)
    assert "counters" not in str(next(running_link(link, "zh")))


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
    assert f'<html lang="{language}' in text
    assert not set(outline.tags) & {"script", "img", "link", "iframe", "form"}
    assert not [a for a in outline.attributes if a[1] == "src" or (a[1] == "href" and not re.match("/[^/]|/$", a[2]))]
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
    assert "<small>its metrics page cannot be read: HTTP 500: correct url</small>" in render(away, "en")
    assert "1 does not count" in render(away, "en")
    assert "does not count" not in render(status(sources=[status()["sources"][0]]), "en"), "the control"
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
        remedied = faults.remedy(fault, language)
        assert any(line.endswith(f"-> {remedied}") for line in text)
        assert escape(remedied) in page
        assert (remedied == faults.remedy(fault, "en")) is (language == "en")


@pytest.mark.parametrize("word", sorted(REFUSED_READINGS))
def test_why_a_reading_is_refused_is_said_in_the_language_that_is_asked_for(word):
    row = {"source": "statsd", "name": "tour.x", "reason": said(word), "times": 3}
    fault = {"family": "agent", "code": "reading_refused", "ref": "others", "severity": "warning"}
    shown = status(refused_names=[row], faults=[fault | {"detail": f"statsd tour.x: {said(word)}"}])
    for text in ("\n".join(lines(shown, "zh")), unescape(render(shown, "zh"))):
        assert word in text.replace("<wbr>", "")
        assert REFUSED_READINGS[word] not in text
    assert REFUSED_READINGS[word] in "\n".join(lines(shown, "en")), "the control"


def test_why_a_wished_setting_is_not_followed_is_said_in_the_language_that_is_asked_for():
    own = OwnFile(10.0, 900, "info", {}, {"sample_s": (1, 300), "upload_s": (1, 86_400)}, frozenset({"robot"}))
    wishes = {
        "robot": "x", "colour": 1, "sample_s": "x", "upload_s": 1.5, "sources": {"a": True}, "rules": 5,
    }  # fmt: skip
    verdicts = [verdict.told() for verdict in planned(own, wishes).verdicts]
    assert len(verdicts) == len(wishes)
    desired = {"revision": 4, "trial_s": None, "settings": verdicts}
    english, chinese = ("\n".join(lines(status(desired=desired), language)) for language in ("en", "zh"))
    for verdict in verdicts:
        assert verdict["reason"] in english
        assert verdict["reason"] not in chinese


@pytest.mark.parametrize("severity", get_args(Severity))
def test_a_severity_is_said_in_the_language_that_is_asked_for(severity):
    fault = {"family": "navigation", "code": "lidar", "ref": "", "severity": severity, "detail": ""}
    shown = status(faults=[fault])
    assert severity in render(shown, "en")
    assert severity not in render(shown, "zh")
    assert f"   {severity}" not in "\n".join(lines(shown, "zh"))


def test_an_address_of_numbers_and_a_port_stay_on_one_line_of_the_page():
    assert whole("http://192.168.100.200:9100/metrics") == "http://<wbr>192.168.100.200:9100/<wbr>metrics"
    assert whole("broker.fleet.example.com:8883") == "broker.<wbr>fleet.<wbr>example.<wbr>com:8883"
    assert "localization_<wbr>lost_<wbr>in_<wbr>elevator" in whole("localization_lost_in_elevator"), "the control"


def test_times_and_numbers_with_their_units_stay_on_one_line_of_the_page():
    page = render(status(), "en")
    assert "2.0\u00a0h" in page
    assert "20.0\u00a0kB" in page
    assert "2.0 h" not in page
    assert '<span class="nb">2026-01-01 08:00</span>' in page
    assert ".nb{white-space:nowrap" in page
    assert whole("a/b 12") == "a/b 12", "the control: what may break is left alone"


def test_a_certificate_that_ends_soon_is_said_in_the_status_and_on_the_page():
    def shown(days, state="synced"):
        link = status()["link"] | {"certificate_ends_at": 1_800_000_000 + days * 86_400}
        return status(link=link, clock={"state": state, "at": 1_800_000_000, "detail": ""})

    for days, state, shows in ((59, "synced", True), (61, "synced", False), (59, "unsynced", False)):
        assert any("own certificate ends in" in line for line in lines(shown(days, state), "en")) is shows
        assert ("own certificate ends in" in render(shown(days, state), "en")) is shows
    assert any("has ended" in line for line in lines(shown(-1), "en"))


@pytest.mark.parametrize(
    ("kind", "what"), [("disk_full", "is full"), ("read_only", "only be read"), ("", "refuses to store")]
)
def test_a_disk_that_refuses_is_said_with_its_remedy(kind, what):
    outbox = status()["outbox"] | {"trouble": "no room", "trouble_kind": kind}
    sentence, remedy = why.not_stored(outbox, "en")
    assert what in sentence
    assert remedy != why.not_stored(outbox, "zh")[1]
    assert any(sentence in line and remedy in line for line in lines(status(outbox=outbox), "en"))


def test_every_cause_is_said_in_both_languages_and_fills_its_slots():
    seen = dict.fromkeys(("broker", "topic", "detail", "ends", "begins", "file", "ca"), "X")
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


FORMULAS = ('=HYPERLINK("http://x")', "+1", "-1", "@sum", "＝cmd", "＋1", "\t=1", "'=1", "\r=1")
CONTROLS = ("a\x1b[2Jb", "a\x00b", "a\x9bb", "a\x7fb", "a\ud800b")


def exported(**told):
    out = io.StringIO()
    head = {"seq": 1, "at": 0, "boot": 1, "kind": "fault", "family": "agent", "state": "open"}
    assert write_csv([head | {"code": "x"} | told], out) == 1
    return list(csv.reader(io.StringIO(out.getvalue())))[1]


@pytest.mark.parametrize("text", FORMULAS)
def test_a_spreadsheet_takes_no_formula_from_an_export(text):
    assert exported(detail=text)[-1] == f"'{text}"
    assert exported(detail=f"a{text}")[-1] == f"a{text}", "the control: what is no formula stays as it is"


@pytest.mark.parametrize("text", CONTROLS)
def test_a_terminal_obeys_nothing_in_an_export(text):
    """The control are line ends and tabs inside a text, which stay."""
    assert exported(detail=text)[-1].startswith("a\ufffd")
    assert exported(detail="a\nb\tc", sync="s\x1b")[2:] == ["s\ufffd", "1", "fault", "agent.x", "open", "", "a\nb\tc"]


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
