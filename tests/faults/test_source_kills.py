"""The agent's process is killed again and again: what its sources count stays exact."""

import json
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import pytest

from edge_agent.client import Counts, NotCounted, count_once
from simulators.vda5050 import Vehicle
from tests.faults.source_process import counted
from tests.integration.edge_agent.sources.test_vda5050 import say
from tests.waiting import DEADLINE_S, until

KILLS = 5


class Killed:
    """A source process that is killed and started again with the same folder."""

    def __init__(self, folder, names, options):
        self.folder = folder
        self._command = [sys.executable, "-m", "tests.faults.source_process", str(folder), names, json.dumps(options)]
        self._process = None

    def start(self):
        self._process = subprocess.Popen(self._command)

    def kill(self):
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def until(self, met):
        until(lambda: met(self._counted()), self._counted)

    def _counted(self):
        return counted(self.folder) if (self.folder / "counted.db").exists() else {}


@contextmanager
def process(folder, names, **options):
    killed = Killed(folder, names, options)
    killed.start()
    try:
        yield killed
    finally:
        killed.kill()


def test_a_skills_totals_are_exact_through_kills_of_the_agent(tmp_path):
    chance, truth = random.Random(7), 0
    counts = Counts(tmp_path / "count.sock", flush_s=0.005)
    with process(tmp_path, "local") as agent:
        for _ in range(KILLS):
            for _ in range(200):
                n = chance.randrange(1, 5)
                counts.add("wake_up", n)
                truth += n
                time.sleep(0.002)
            agent.kill()
            agent.start()
        agent.until(lambda sums: sums.get("wake_up", 0) >= truth)
        assert counts.close(DEADLINE_S)
        agent.until(lambda sums: sums == {"wake_up": truth})


class Asking(threading.Thread):
    """Counts one by one all the while, through every kill, and keeps what it was answered."""

    def __init__(self, path):
        super().__init__()
        self.path, self.ending = path, threading.Event()
        self.confirmed = self.unknown = 0

    def run(self):
        while not self.ending.is_set():
            try:
                count_once("wake_up", 1, self.path)
                self.confirmed += 1
            except NotCounted as error:
                absent = isinstance(error.__cause__, ConnectionRefusedError | FileNotFoundError)
                self.unknown += not absent  # killed before it answered: whether it had committed, nobody knows
                self.ending.wait(0.02)


def test_one_shot_counts_that_were_confirmed_are_never_lost(tmp_path):
    asking = Asking(tmp_path / "count.sock")
    with process(tmp_path, "local") as agent:
        asking.start()
        try:
            for _ in range(KILLS):
                before = asking.confirmed
                agent.until(lambda _, before=before: asking.confirmed >= before + 20)
                agent.kill()
                agent.start()
        finally:
            asking.ending.set()
            asking.join()
    assert asking.confirmed >= KILLS * 20
    assert asking.unknown < asking.confirmed  # the count in flight at each kill, and an answer that took too long
    assert asking.confirmed <= counted(tmp_path)["wake_up"] <= asking.confirmed + asking.unknown


def test_the_control_pushed_increments_are_at_risk_until_the_commit(tmp_path):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    sent = 0
    with process(tmp_path, "statsd", statsd={"port": port}) as agent, socket.socket(type=socket.SOCK_DGRAM) as sender:
        sender.connect(("127.0.0.1", port))
        for _ in range(KILLS // 2):
            for _ in range(100):
                try:
                    sender.send(b"wake_up:1|c")
                except ConnectionRefusedError:
                    continue
                sent += 1
                time.sleep(0.002)
            agent.kill()
            agent.start()
            agent.until(lambda _: listens(sender))
        agent.until(lambda sums: sums.get("wake_up", 0) > 0)
    assert counted(tmp_path)["wake_up"] < sent


def recording(folder):
    path = folder / "recording.jsonl"
    lines = [{"at_s": i / 200, "totals": {"wake_up": 3 * i}, "source": "a", "count": "interaction"} for i in range(600)]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return {"file": str(path), "keep_s": 0.02}, {"wake_up": 3 * 599, "interaction": 600}


def test_a_replay_counts_every_line_once_through_kills(tmp_path):
    options, truth = recording(tmp_path)
    chance = random.Random(3)
    with process(tmp_path, "replay", replay=options) as agent:
        for _ in range(KILLS):
            time.sleep(chance.uniform(0.2, 0.6))
            agent.kill()
            agent.start()
        agent.until(lambda sums: sums == truth)


def test_the_control_a_replay_without_its_memory_counts_lines_again(tmp_path):
    options, truth = recording(tmp_path)
    with process(tmp_path, "replay", replay=options) as agent:
        agent.until(lambda sums: sums.get("interaction", 0) > 100)
        agent.kill()
        (tmp_path / "source-replay.json").unlink()
        agent.start()
        agent.until(lambda sums: sums.get("interaction", 0) > truth["interaction"])


@pytest.mark.parametrize("version", ["2.1.0", "3.0.0"])
def test_a_vehicle_is_counted_exactly_when_the_agent_is_killed_between_states(tmp_path, start_mosquitto, version):
    """While the agent is away the vehicle stands still: what nobody hears is lost, and said so in docs/sources.md."""
    vehicle, broker = Vehicle(8, version), start_mosquitto(lines=["log_type subscribe"])
    messages = vehicle.run(KILLS * 25)

    def seen(_):
        path = tmp_path / "source-vda5050.json"
        kept = json.loads(path.read_text()) if path.exists() else {"vehicle": {"seen": {"header": -1}}}
        return kept["vehicle"]["seen"]["header"] == vehicle._headers["state"]

    with process(tmp_path, "vda5050", vda5050={"url": broker.url, "keep_s": 0.1}) as agent:
        for life in range(1, KILLS + 1):
            agent.until(lambda _, lives=life: broker.log.count("vda5050/v3/+/+/connection") >= lives)
            say(vehicle, messages, 25, broker.port)
            agent.until(seen)
            agent.kill()
            agent.start()
        agent.until(lambda sums: all(round(sums.get(n, -1), 3) == round(v, 3) for n, v in vehicle.truth.items()))


def listens(sender):
    """Whether somebody has the port: the kernel answers a datagram to nobody with an error at the next one."""
    try:
        for _ in range(3):
            sender.send(b"nobody:1|s")
            time.sleep(0.005)
    except ConnectionRefusedError:
        return False
    return True
