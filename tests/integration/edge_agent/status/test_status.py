"""Doctor and the local page against a real broker, a real outbox and a real HTTP client."""

import asyncio
import os
import socket
import time

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from paho.mqtt import client as paho

from edge_agent import config
from edge_agent.__main__ import main
from edge_agent.config import load
from edge_agent.outbox import Outbox
from edge_agent.outbox.values import OutboxSettings
from edge_agent.status import doctor, doctor_link, page
from edge_agent.status.doctor import examine
from edge_agent.status.page import application
from edge_agent.uplink.link import Lost
from protocol import records
from tests.brokers import free_port
from tests.collectors import TinyCollector


@pytest.fixture
def collector(mosquitto):
    tiny = TinyCollector(mosquitto.port, now_ms=lambda: int(time.time() * 1000)).start()
    yield tiny
    tiny.stop()


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch, tmp_path):
    monkeypatch.setattr(config, "FILE_DEFAULT", tmp_path / "absent.toml")
    for name in list(os.environ):
        if name.startswith("EDGE_AGENT_"):
            monkeypatch.delenv(name)


def settings_in(tmp_path, url, **more):
    more.setdefault("timezone", "Asia/Shanghai")
    return load({"robot": "r1", "state_dir": str(tmp_path), "mqtt_url": url, "sources": "local", **more}, {})


async def fill(tmp_path, windows=3):
    outbox = await Outbox.open(
        tmp_path / "outbox.db", settings=OutboxSettings("r1"), hardware="", boot_id="b", now_s=int(time.time())
    )
    for _ in range(windows):
        at = int(time.time())
        await outbox.append([records.window(boot=outbox.boot, mono=1, at=at, span=1, counts={"dance": 1})])
    await outbox.close()


def findings(settings):
    return {finding.subject: finding for finding in examine(settings, "en")}


def grades(settings):
    return {subject: finding.grade for subject, finding in findings(settings).items() if subject != "clock"}


def test_a_robot_in_order_gets_ok_on_every_line(tmp_path, mosquitto, collector):
    assert set(grades(settings_in(tmp_path, mosquitto.url)).values()) == {"ok"}
    assert (collector.hellos, collector.asks) == (0, 1)
    assert not (tmp_path / "outbox.db").exists()


@pytest.mark.parametrize(("ahead_s", "grade"), [(0, "ok"), (-7200, "warn")])
def test_before_the_first_start_the_collectors_time_is_compared(tmp_path, mosquitto, collector, ahead_s, grade):
    collector.now_ms = lambda: int((time.time() + ahead_s) * 1000)
    assert grades(settings_in(tmp_path, mosquitto.url))["collector"] == grade


def test_before_the_first_start_an_alarm_about_this_name_is_said(tmp_path, mosquitto, collector):
    collector.alarm = "unknown_robot: not registered"
    found = [f for f in examine(settings_in(tmp_path, mosquitto.url), "en") if f.subject == "collector"]
    assert [f.grade for f in found] == ["fail", "ok"]
    assert "register it" in found[0].remedy


def test_an_older_collector_that_refuses_the_question_has_answered(tmp_path, mosquitto, collector, monkeypatch):
    """The controls: another refusal is one, and a collector that says nothing is no answer."""
    monkeypatch.setattr("edge_agent.status.doctor_link.ANSWER_WAIT_S", 0.3)
    settings = settings_in(tmp_path, mosquitto.url)
    collector.knows_asks = False
    found = findings(settings)["collector"]
    assert (found.grade, "older release" in found.text) == ("ok", True)
    collector.refuse = lambda _payload: True
    assert findings(settings)["collector"].grade == "fail"
    collector.silent = True
    assert "no answer" in findings(settings)["collector"].text


async def test_the_collector_is_asked_as_the_agent_would_ask_and_nothing_is_changed(tmp_path, mosquitto, collector):
    await fill(tmp_path)
    before = (tmp_path / "outbox.db").read_bytes()
    found = await in_thread(findings, settings_in(tmp_path, mosquitto.url))
    assert found["collector"].grade == "ok"
    assert found["outbox"].text.startswith("3 records wait")
    assert collector.hellos == 1
    assert collector.presences == []
    assert (tmp_path / "outbox.db").read_bytes() == before


async def in_thread(work, *arguments):
    return await asyncio.to_thread(work, *arguments)


async def test_a_silent_collector_fails_with_a_remedy(tmp_path, mosquitto, collector, monkeypatch):
    monkeypatch.setattr("edge_agent.status.doctor_link.ANSWER_WAIT_S", 0.3)
    collector.silent = True
    await fill(tmp_path)
    found = (await in_thread(findings, settings_in(tmp_path, mosquitto.url)))["collector"]
    assert found.grade == "fail"
    assert found.remedy


async def test_a_clock_that_is_far_from_the_collectors_is_named(tmp_path, mosquitto, collector):
    collector.now_ms = lambda: int((time.time() + 7200) * 1000)
    await fill(tmp_path)
    found = (await in_thread(findings, settings_in(tmp_path, mosquitto.url)))["collector"]
    assert found.grade == "warn"
    assert "120 min" in found.text or "2.0 h" in found.text


async def test_the_collectors_alarm_about_this_robot_is_said(tmp_path, mosquitto, collector):
    await fill(tmp_path)
    settings = settings_in(tmp_path, mosquitto.url)
    assert "has an alarm" not in str(await in_thread(lambda: list(examine(settings, "en")))), (
        "the control: there is none"
    )
    collector.alarm = "two_epochs: 00000000000000e1 keeps the name r1"
    found = [f for f in await in_thread(lambda: list(examine(settings, "en"))) if f.subject == "collector"]
    assert [f.grade for f in found] == ["fail", "ok"]
    assert collector.alarm in found[0].text
    assert "another robot name" in found[0].remedy


async def test_another_machine_under_this_name_that_takes_the_connection_is_said(tmp_path, mosquitto, collector):
    collector.silent = True
    await fill(tmp_path)
    settings = settings_in(tmp_path, mosquitto.url)
    asked = asyncio.create_task(in_thread(lambda: list(examine(settings, "en"))))
    await collector.until(lambda: collector.hellos or collector.payloads)
    other = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id="r1", protocol=paho.MQTTv5)
    other.connect("127.0.0.1", mosquitto.port)
    other.loop_start()
    try:
        found = {finding.subject: finding for finding in await asked}
    finally:
        other.disconnect()
        other.loop_stop()
    assert found["broker"].grade == "fail"
    assert "another machine" in found["name"].text
    assert "collector" not in found


@pytest.mark.parametrize(("in_protest", "subjects"), [(True, ["broker"]), (False, ["broker", "name"])])
def test_a_broker_that_ends_the_doctors_own_connection_in_protest_is_no_second_machine(in_protest, subjects):
    lost = Lost("network", "it ended", in_protest, "ended", "Protocol error")
    assert [finding.subject for finding in doctor_link._ended(lost, "en")] == subjects


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ({"taken_over": 2}, ("fail", "another machine has taken over this robot's connection 2 times")),
        ({"brief": 3}, ("warn", "3 connections in a row were accepted and ended at once")),
        ({"brief": 2}, None),  # a broker that was restarted
        ({"brief": 3, "connected_for_s": 30.0}, ("warn", "3 connections in a row were accepted and ended at once")),
        ({"brief": 3, "connected_for_s": 100.0}, None),  # this one stands
        (
            {"taken_over": 2, "taken_over_age_s": 600.0},
            ("fail", "another machine has taken over this robot's connection 2 times, the last time 10 min ago"),
        ),
        ({"taken_over": 2, "taken_over_age_s": 3700.0}, None),
        ({}, None),
    ],
)
def test_a_running_agent_that_is_thrown_out_again_and_again_suspects_its_name(link, said):
    shown = {"connected": True, "refusal": "", "ack_age_s": 3.0, "mqtt": "5", **link}
    found = [finding for finding in doctor.running_link(shown, "en") if finding.subject == "name"]
    assert [(f.grade, f.text[: len(said[1])]) for f in found] == ([said] if said else [])


@pytest.mark.parametrize(
    ("ahead_s", "grade"), [(None, "ok"), (0.4, "ok"), (59.0, "ok"), (61.0, "warn"), (-7200.0, "warn")]
)
def test_beside_a_running_agent_its_time_is_compared_with_the_collectors(ahead_s, grade):
    shown = {"connected": True, "refusal": "", "ack_age_s": 3.0, "mqtt": "5", "collector_ahead_s": ahead_s}
    assert [finding.grade for finding in doctor.running_link(shown, "en")] == [grade]


def test_every_failure_has_its_line_and_the_exit_code_says_so(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    code = main(
        [
            "doctor",
            *("--state-dir", str(tmp_path / "file" / "below")),
            *("--mqtt-url", f"mqtt://u:p@127.0.0.1:{free_port()}"),
            *("--timezone", "Mars/Olympus"),
            *("--sources", "local"),
        ]
    )
    out = capsys.readouterr().out
    assert code == 1
    assert "fail state_dir" in out
    assert "warn time zone" in out
    assert "warn credentials" in out
    assert "fail broker" in out
    assert ":p@" not in out


def test_a_password_file_that_everybody_can_read_is_named(tmp_path):
    password = tmp_path / "password"
    password.write_text("x")
    password.chmod(0o644)
    settings = settings_in(tmp_path, f"mqtt://127.0.0.1:{free_port()}", mqtt_password_file=str(password))
    assert findings(settings)["credentials"].grade == "warn"
    password.chmod(0o600)
    assert "clear text" in findings(settings)["credentials"].text


def test_wrong_settings_and_an_absent_outbox_are_one_line_each(tmp_path, capsys):
    assert main(["status", "--window-s", "7"]) == 2
    assert main(["status", "--state-dir", str(tmp_path / "nowhere")]) == 2
    assert main(["export", "--state-dir", str(tmp_path / "nowhere")]) == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 3
    assert all(line.startswith("edge-agent: ") for line in said)


def test_help_teaches_by_examples(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    shown = capsys.readouterr().out
    for command in ("run", "status", "doctor", "count", "export", "page"):
        assert f"edge-agent {command}" in shown
    with pytest.raises(SystemExit):
        main(["run", "--help"])
    shown = capsys.readouterr().out
    for setting in config.SETTABLE:
        assert f"--{setting.name.replace('_', '-')}" in shown


async def test_the_page_shows_the_outbox_of_an_agent_that_is_down(tmp_path):
    await fill(tmp_path, windows=4)
    async with TestClient(TestServer(application(settings_in(tmp_path, "mqtt://127.0.0.1:1")))) as client:
        page = await client.get("/", headers={"Accept-Language": "zh-CN"})
        text = await page.text()
        assert '<html lang="zh-CN">' in text
        assert "采集代理未运行" in text
        assert "4 条记录等待上传" in text
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]
        other = await (await client.get("/?lang=en")).text()
        assert "The agent is not running" in other
        status = await (await client.get("/status.json")).json()
        assert status["outbox"]["backlog"] == 4


async def _raw(port, sent, within_s):
    """What comes back until the far side closes; None: it has not."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    try:
        return await asyncio.wait_for(reader.read(), within_s)
    except TimeoutError:
        return None
    finally:
        writer.close()


async def test_headers_of_the_page_are_limited_in_size_and_time(tmp_path):
    """The control: with the time that the page gives, a connection without headers is open still."""
    begun = b"GET /status.json HTTP/1.1\r\nHost: localhost\r\nX-Long: "
    settings = settings_in(tmp_path, "mqtt://127.0.0.1:1")
    async with TestServer(application(settings)) as server:
        assert (await _raw(server.port, begun + b"a" * 9000 + b"\r\n\r\n", 5)).startswith(b"HTTP/1.0 400")
    for keepalive_s, answer in ((0.3, b""), (page.HEADERS_S, None)):
        runner = web.AppRunner(application(settings), keepalive_timeout=keepalive_s)
        await runner.setup()
        site = web.SockSite(runner, socket.create_server(("127.0.0.1", 0)))
        await site.start()
        try:
            port = runner.addresses[0][1]
            assert [await _raw(port, sent, 1.5) for sent in (b"", begun)] == [answer, answer]
        finally:
            await runner.cleanup()


async def test_the_page_changes_nothing_and_serves_nothing_else(tmp_path):
    async with TestClient(TestServer(application(settings_in(tmp_path, "mqtt://127.0.0.1:1")))) as client:
        assert (await client.get("/status.json")).status == 503
        assert (await client.post("/")).status == 405
        assert (await client.get("/../agent.toml")).status == 404
        assert (await client.get("/")).status == 200
    assert os.listdir(tmp_path) == []  # noqa: PTH208  the test's own folder
