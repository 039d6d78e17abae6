"""The agent as a process: real sources, real outbox, real broker; killed, stopped, told wrong things."""

import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time

import pytest
from prometheus_client import CollectorRegistry, Counter, start_http_server

from edge_agent.client import count_once
from edge_agent.sources.vda5050_vehicle import COUNTERS
from edge_agent.status.control import ask
from edge_agent.status.page_text import PageOf, render
from simulators.vda5050 import Vehicle, publish
from tests import ROOT
from tests.collectors import TinyCollector
from tests.waiting import DEADLINE_S, limit_s, until


class Agent:
    """`edge-agent run` in a process of its own, at a demo's rhythm."""

    def __init__(self, folder, url):
        self.folder = folder
        # a Unix socket's path has 107 characters at most, and pytest's folders are long
        self.state = folder / "s"
        self.environ = {name: value for name, value in os.environ.items() if not name.startswith("EDGE_AGENT_")}
        self.environ |= {
            "EDGE_AGENT_STATE_DIR": str(self.state),
            "EDGE_AGENT_MQTT_URL": url,
            "EDGE_AGENT_ROBOT": "r1",
            "EDGE_AGENT_WINDOW_S": "1",
            "EDGE_AGENT_SAMPLE_S": "0.5",
            "EDGE_AGENT_UPLOAD_S": "1",
            "EDGE_AGENT_SOURCES": "system,local",
        }
        self.process = None

    def start(self, **environ):
        with (self.folder / "agent.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "edge_agent", "run"], env=self.environ | environ, stderr=log
            )
        return self

    def command(self, *words, **environ):
        """(exit code, standard output, standard error) of another edge-agent command."""
        done = subprocess.run(
            [sys.executable, "-m", "edge_agent", *words],
            env=self.environ | environ, capture_output=True, text=True, timeout=DEADLINE_S, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout, done.stderr

    def count(self, counter, amount):
        until(self.listens)
        count_once(counter, amount, self.state / "count.sock")

    def listens(self):
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(str(self.state / "count.sock")) == 0

    def status(self):
        return ask(self.state / "control.sock")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(DEADLINE_S)

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait(DEADLINE_S)


@pytest.fixture
def collector(mosquitto):
    tiny = TinyCollector(mosquitto.port, now_ms=lambda: int(time.time() * 1000)).start()
    yield tiny
    tiny.stop()


@pytest.fixture
def agent(tmp_path, mosquitto):
    made = Agent(tmp_path, mosquitto.url)
    yield made
    made.kill()


def test_counts_of_a_skill_and_the_machine_arrive_and_a_stop_is_told(agent, collector):
    agent.start()
    agent.count("guided_tour", 3)
    until(lambda: collector.total("guided_tour") == 3 and collector.total("operating_s") > 1)
    limit, began = limit_s(5), time.monotonic()
    assert agent.stop() == 0
    assert time.monotonic() - began < limit
    until(lambda: collector.presences[-1].state == "stopped")
    assert collector.events()[0] == "start"
    assert collector.events()[-1] == "stop"
    told = [record["detail"]["supported"] for record in collector.records() if record.get("event") == "counters"]
    assert {"operating_s", "observed_s"} <= set(told[-1])


def plain(page):
    """Without the marks that keep a time on one line."""
    return re.sub("</?span[^>]*>|<wbr>", "", page)


def test_a_misspelt_rule_is_said_by_status_doctor_and_page_and_supports_nothing(agent, collector, tmp_path):
    """Its exporter is real; the right rule beside it is the control."""
    registry = CollectorRegistry()
    Counter("tours", "Tours.", registry=registry)
    Counter("turns", "Turns.", registry=registry).inc(7)
    server, serving = start_http_server(0, "127.0.0.1", registry)
    rules = '{ tours_total = "guided_tour", turn_total = "dialog_turn" }'
    (tmp_path / "agent.toml").write_text(
        f'[sources]\nenabled = ["system", "openmetrics"]\n[sources.system]\ndisk = "{tmp_path}/none"\n'
        f'[sources.openmetrics]\nurl = "http://127.0.0.1:{server.server_port}/metrics"\ncounters = {rules}\n'
    )
    try:
        agent.environ.pop("EDGE_AGENT_SOURCES")
        agent.start(EDGE_AGENT_CONFIG=str(tmp_path / "agent.toml"))

        def told():
            return [r["detail"] for r in collector.records() if r.get("event") == "counters"]

        until(lambda: told() and "guided_tour" in told()[-1]["supported"])
        assert "dialog_turn" in told()[-1]["unsupported"]
        assert not any("dialog_turn" in detail["supported"] for detail in told())
        status = agent.command("status", EDGE_AGENT_CONFIG=str(tmp_path / "agent.toml"))[1]
        doctor = agent.command("doctor", EDGE_AGENT_CONFIG=str(tmp_path / "agent.toml"))[1]
        for shown in (status, doctor, plain(render(PageOf(agent.status()), "en"))):
            assert "rule turn_total = dialog_turn has matched nothing since 20" in shown
            assert "disk_ratio cannot be read since 20" in shown
            assert "tours_total" not in shown
        assert "warn source" in doctor
        assert [notice["kind"] for source in agent.status()["sources"] for notice in source["notices"]] == [
            "sensor_fails", "rule_unmatched",
        ]  # fmt: skip
    finally:
        server.shutdown()
        server.server_close()
        serving.join(DEADLINE_S)


def test_a_vehicle_of_another_version_is_named_by_status_doctor_and_page(agent, collector, mosquitto, tmp_path):
    (tmp_path / "agent.toml").write_text(
        f'[sources]\nenabled = ["system", "vda5050"]\n[sources.vda5050]\nurl = "{mosquitto.url}"\n'
    )
    agent.environ.pop("EDGE_AGENT_SOURCES")
    agent.environ["EDGE_AGENT_CONFIG"] = str(tmp_path / "agent.toml")
    agent.start()

    def noticed():
        return [n for source in (agent.status() or {"sources": ()})["sources"] for n in source["notices"]]

    until(noticed)
    publish(Vehicle(5, "1.1.0", serial="7"), 30, "127.0.0.1", mosquitto.port)
    until(lambda: noticed()[0]["detail"])
    for shown in (agent.command("status")[1], agent.command("doctor")[1], plain(render(PageOf(agent.status()), "en"))):
        assert "no vehicle on uagv/v2, vda5050/v3 since 20" in shown
        assert "heard uagv/v1/fleetward-sim/7" in shown
    publish(Vehicle(6), 30, "127.0.0.1", mosquitto.port)
    until(lambda: not noticed())
    agent.stop()
    told = [r["detail"]["supported"] for r in collector.records() if r.get("event") == "counters"]
    assert not set(COUNTERS) & set(told[0]), "declared is not heard"
    assert set(COUNTERS) <= set(told[-1]), "the control: the 3.0 vehicle is"


def test_the_count_command_finds_the_agent_by_the_same_variables(agent, collector):
    agent.start()
    until(agent.listens)
    assert agent.command("count", "leading", "2") == (0, "", "")
    until(lambda: collector.total("leading") == 2)
    code, _, err = agent.command("count", "leading", "-1")
    assert code == 2
    assert "whole number" in err


def test_a_broker_that_is_frozen_does_not_hold_up_a_stop(agent, mosquitto, collector):
    agent.start()
    agent.count("guided_tour", 1)
    until(lambda: collector.total("guided_tour") == 1)
    mosquitto.freeze()
    limit, began = limit_s(5), time.monotonic()
    assert agent.stop() == 0
    assert time.monotonic() - began < limit
    mosquitto.thaw()


def test_killed_again_and_again_the_agent_counts_everything_once(agent, collector):
    counted = 0
    for _ in range(4):
        agent.start()
        for amount in (1, 2):
            agent.count("narration", amount)
            counted += amount
        agent.kill()
    agent.start()
    until(lambda: collector.total("narration") == counted)
    agent.stop()
    assert collector.total("narration") == counted
    starts = [r["detail"]["clean"] for r in collector.records() if r.get("event") == "start"]
    assert not any(starts)


def test_a_broker_that_comes_late_gets_everything(agent, mosquitto, collector):
    mosquitto.kill()
    agent.start()
    agent.count("dance", 5)
    until(lambda: agent.status() and agent.status()["link"]["failures"] > 0)
    assert agent.status()["link"]["reason"] == "refused"
    mosquitto.start()
    until(lambda: collector.total("dance") == 5)


def test_status_tells_a_running_agent_from_one_that_is_down(agent, collector):
    agent.start()
    agent.count("guided_tour", 2)
    until(lambda: collector.total("guided_tour") == 2)
    code, out, _ = agent.command("status", "--json")
    status = json.loads(out)
    assert code == 0
    assert status["running"]
    assert status["link"]["connected"]
    assert status["today"]["counts"]["guided_tour"] == 2
    assert {source["name"]: source["error"] for source in status["sources"]} == {"system": "", "local": ""}
    assert "connected to mqtt://" in agent.command("status")[1]
    agent.stop()
    code, out, _ = agent.command("status", "--json")
    assert code == 1
    assert not json.loads(out)["running"]
    assert json.loads(out)["outbox"]["epoch"] == status["outbox"]["epoch"]


def test_what_is_held_can_be_exported_without_a_collector(agent, mosquitto):
    mosquitto.kill()
    agent.start()
    agent.count("reception", 4)
    until(lambda: agent.status() and agent.status()["outbox"]["backlog"] > 2)
    agent.stop()
    code, out, _ = agent.command("export")
    held = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert sum(record["counts"].get("reception", 0) for record in held if record["kind"] == "window") == 4
    lines = agent.command("export", "--csv")[1].splitlines()
    assert lines[0].startswith("seq,at,sync,boot,kind,name,value")
    assert any(",window,reception,4," in line for line in lines)


def test_a_source_that_cannot_start_is_a_fault_and_the_others_go_on(agent, collector):
    config = agent.folder / "agent.toml"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        config.write_text(f"[sources.local]\nport = {taken.getsockname()[1]}\n")
        agent.start(EDGE_AGENT_CONFIG=str(config))
        until(lambda: collector.total("operating_s") > 0)
        until(lambda: [r for r in collector.records() if r["kind"] == "fault"])
    fault = next(r for r in collector.records() if r["kind"] == "fault")
    assert (fault["family"], fault["code"], fault["ref"], fault["state"]) == ("agent", "source_failed", "local", "open")
    failing = next(source for source in agent.status()["sources"] if source["name"] == "local")
    assert failing["failures"] > 0


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"EDGE_AGENT_WINDOW_S": "7"}, "does not divide an hour"),
        ({"EDGE_AGENT_SOURCES": "sistem"}, "did you mean system?"),
        ({"EDGE_AGENT_STATE_DIR": "/proc/nowhere"}, "set state_dir"),
    ],
)
def test_wrong_settings_stop_the_start_with_one_line(agent, environ, said):
    code, out, err = agent.command("run", **environ)
    lines = [line for line in err.splitlines() if not line.startswith("{")]
    assert code == 2
    assert out == ""
    assert len(lines) == 1
    assert said in lines[0]


def test_a_second_agent_on_the_same_state_is_refused(agent):
    agent.start()
    until(agent.status)
    code, _, err = agent.command("run")
    assert code == 1
    assert "Traceback" not in err
    assert agent.status()["running"]


def test_systemd_is_told_when_the_agent_is_ready_alive_and_stopping(agent, tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "n"))
        manager.settimeout(DEADLINE_S)
        agent.start(NOTIFY_SOCKET=str(tmp_path / "n"), WATCHDOG_USEC="2000000")
        said = []
        while said.count(b"WATCHDOG=1") < 2:
            said.append(manager.recv(200))
        assert said[0] in {b"READY=1", b"WATCHDOG=1"}
        assert b"READY=1" in said
        agent.stop()
        while b"STOPPING=1" not in said:
            said.append(manager.recv(200))


def test_a_damaged_outbox_is_salvaged_at_the_next_start_and_told(agent, mosquitto, collector):
    mosquitto.kill()
    agent.start()
    agent.count("delivery", 6)
    until(lambda: agent.status()["outbox"]["backlog"] > 2)
    agent.stop()
    database = agent.state / "outbox.db"
    with database.open("r+b") as file:
        file.seek(0)
        file.write(b"\0" * 512)
    with pytest.raises(sqlite3.DatabaseError), sqlite3.connect(database) as broken:
        broken.execute("SELECT count(*) FROM record")
    broken.close()
    mosquitto.start()
    agent.start()
    until(lambda: "epoch" in collector.events())
    until(lambda: collector.total("delivery") == 6)


def test_the_manual_names_every_field_of_the_status(agent, collector):
    agent.start()
    until(lambda: collector.presences)
    manual = (ROOT / "docs" / "agent.md").read_text()
    missing = [field for field in agent.status() if f"`{field}`" not in manual]
    assert missing == []
