"""The real collector behind the shipped Mosquitto configuration: certificates on both sides, rights as shipped."""

import json
import queue
import subprocess
import sys
import time
from pathlib import Path

import pytest

from protocol import codec, topics
from protocol.messages import Envelope
from tests.brokers import BINARY, free_port
from tests.faults.break_ins import Gate, Guest, certificates
from tests.waiting import DEADLINE_S

EPOCH = "0123456789abcdef"


@pytest.fixture
def gate(tmp_path):
    if not Path(BINARY).is_file():
        pytest.skip("no mosquitto here: apt-get install mosquitto openssl")
    certificates(tmp_path, "init", "127.0.0.1")
    certificates(tmp_path, "robot", "A")
    certificates(tmp_path, "collector", "collector-1")
    (tmp_path / "passwords").touch()
    gate = Gate(tmp_path).start()
    yield gate
    gate.stop()


@pytest.fixture
def start_collector(gate, tmp_path):
    started = []

    def start(*flags: str) -> None:
        own = tmp_path / "issued" / "collector-1"
        mqtt = f"mqtts://127.0.0.1:{gate.port}?ca={tmp_path}/ca.crt&cert={own}.crt&key={own}.key"
        command = [
            sys.executable,
            "-m",
            "collector",
            "serve",
            "--store",
            f"sqlite:///{tmp_path}/fleet.db",
            "--mqtt",
            mqtt,
        ]
        with (tmp_path / "collector.log").open("ab") as log:
            listen = f"127.0.0.1:{free_port()}"
            started.append(subprocess.Popen([*command, "--listen", listen, *flags], stdout=log, stderr=log))

    yield start
    for process in started:
        process.terminate()
        process.wait(timeout=DEADLINE_S)


@pytest.mark.parametrize(
    ("sharing", "flags"),
    [("all", ()), ("shards", ("--part", "2/2")), ("share", ("--share-group", "a-secret"))],
)
def test_a_robot_gets_its_answer_through_the_shipped_configuration(gate, start_collector, tmp_path, sharing, flags):
    assert topics.shard_of("A") % 2 == 1, "the robot is in the second part"
    start_collector("--log-form", "json", *flags)
    robot = Guest(gate, "A").listens_to(topics.ack("A"))
    hello = Envelope(v=1, robot="A", epoch=EPOCH, first=1, last=0, held=1, records=[])
    deadline_s = time.monotonic() + DEADLINE_S
    answer = None
    while answer is None:  # QoS 1 to a broker without a subscriber is gone: say it until the collector is there
        assert time.monotonic() < deadline_s, (tmp_path / "collector.log").read_text()
        robot.says(topics.up("A"), codec.encode(hello.model_dump()))
        try:
            answer = json.loads(robot.heard.get(timeout=0.5)[1])
        except queue.Empty:
            continue
    robot.leaves()
    assert answer["epoch"] == EPOCH
    assert answer["mark"] == 0
    log = (tmp_path / "collector.log").read_text().splitlines()
    lines = [json.loads(line) for line in log if line.startswith("{")]
    assert [line["sharing"] for line in lines if line["action"] == "broker_connected"] == [sharing]
