"""The agent as docs/agent.md installs it, under a real systemd in a container: what the unit promises, seen.

The install block of docs/agent.md is run as it stands, with certificates of the fleet's own authority; the broker
(a real Mosquitto that asks for them) and the collector are outside, on the host's loopback. Controls: the same unit
without its watchdog stays stuck, and what the unit forbids is possible without it.
"""

import re
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from tests.brokers import BINARY, Certificates, Mosquitto, free_port
from tests.collectors import TinyCollector
from tests.soak import forbidden
from tests.soak.nspawn import BROUGHT, ROOT, NoContainer, Robot, booted, require, until, wheels

NAME = "R-0001"
AGENT = "/opt/edge-agent/bin/edge-agent"
UNIT = "/etc/systemd/system/edge-agent.service"
READY_MAX_S, STOP_MAX_S, WATCHDOG_S, RESTART_S = 2.0, 5.0, 60.0, 5.0
NOTE = "/run/systemd/timesync/synchronized"
MANUAL = ROOT / "docs" / "agent.md"


def run() -> str:
    """Raises NoContainer with the remedy where no container can be booted."""
    require()
    if not Path(BINARY).is_file():
        raise NoContainer("mosquitto is not installed: apt-get install mosquitto openssl")
    with _scene() as scene:
        told = [
            step(scene) for step in (_starts, _is_itself, _counts, _doctor, _clock, _refuses, _stuck, _killed, _stops)
        ]
    return "; ".join(told)


@dataclass
class Scene:
    """The robot, the collector that hears it, and how much was counted on the robot so far."""

    robot: Robot
    collector: TinyCollector
    ready_s: list[float] = field(default_factory=list)
    counted: int = 0

    def count(self, amount: int) -> None:
        """As a skill does: a user of its own, in the agent's group."""
        self.robot.shell(f"{AGENT} count guided_tour {amount}", "User=skill")
        self.counted += amount

    def arrived(self, within_s: float = 60.0) -> None:
        until(
            lambda: self.collector.total("guided_tour") >= self.counted, within_s, "what was counted, at the collector"
        )
        assert self.collector.total("guided_tour") == self.counted

    def ready(self) -> float:
        """How long the last start took until READY, by systemd's own clock."""
        names = ("InactiveExitTimestampMonotonic", "ActiveEnterTimestampMonotonic")
        shown = self.robot.show("edge-agent", *names)
        took_s = (int(shown[names[1]]) - int(shown[names[0]])) / 1e6
        self.ready_s.append(took_s)
        assert 0 < took_s <= READY_MAX_S, took_s
        return took_s

    def pid(self) -> int:
        return int(self.robot.show("edge-agent", "MainPID").get("MainPID", "0"))

    def connected(self) -> bool:
        return bool(self.robot.status().get("link", {}).get("connected"))


@contextmanager
def _scene() -> Iterator[Scene]:
    with tempfile.TemporaryDirectory(prefix="fleetward-soak-") as place:
        folder, brought = Path(place), Path(place, "brought")
        brought.mkdir()
        wheels(brought)
        shutil.copytree(ROOT / "edge_agent" / "packaging", brought / "edge_agent" / "packaging")
        shutil.copy(forbidden.__file__, brought / "forbidden.py")
        certificates = Certificates(folder / "certificates").make()
        for file, suffix in zip(certificates.client(NAME), ("crt", "key"), strict=True):
            shutil.copy(file, brought / f"{NAME}.{suffix}")
        shutil.copy(certificates.ca, brought / "ca.crt")
        collecting = free_port()  # the collector's own door; the robot's wants a certificate
        lines = ("require_certificate true", "use_identity_as_username true", f"listener {collecting} 127.0.0.1")
        broker = Mosquitto(folder / "broker", tls=certificates, lines=lines)
        collector = TinyCollector(collecting)
        try:
            broker.start()
            until(partial(_listens, collecting), 10, "the broker's second door")
            collector.start()
            with booted(brought) as robot:
                _install(robot, broker.port)
                yield Scene(robot, collector)
        finally:
            collector.stop()
            broker.kill()


def _listens(port: int) -> bool:
    with socket.socket() as knock:
        return knock.connect_ex(("127.0.0.1", port)) == 0


def _install(robot: Robot, port: int) -> None:
    """The manual's block, line by line; at its comments an operator does what they say."""
    block = re.search(r"^## Install\n.*?```sh\n(.*?)```", MANUAL.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    assert block, "docs/agent.md has no install block"
    before, start, after = block[1].partition("systemctl enable --now edge-agent\n")
    assert start, "the install block starts no agent"
    assert after.strip() == f"{AGENT} doctor", after  # its turn comes in _doctor
    settings = {"robot": f'"{NAME}"', "mqtt_url": f'"mqtts://127.0.0.1:{port}"', "sample_s": "1", "window_s": "5"}
    settings["upload_s"] = "1"
    edits = " ".join(f"-e 's|^{name} = [^ ]*|{name} = {value}|'" for name, value in settings.items())
    statsd = f"\\n[sources.statsd]\\nport = {free_port()}\\n"  # the network is the host's, its 8125 may be taken
    script = (
        f"cp {BROUGHT}/fleetward-*.whl /tmp/\ncd {BROUGHT}\nexport PIP_NO_INDEX=1 PIP_FIND_LINKS={BROUGHT}\n{before}"
        "echo secret > /etc/edge-agent/credentials/password\n"
        f"sed -i {edits} /etc/edge-agent/agent.toml\nprintf '{statsd}' >> /etc/edge-agent/agent.toml\n"
        "useradd skill && useradd passer-by\nusermod --append --groups edge-agent skill\n"
        f"{start}"
    )
    robot.shell(script, within_s=300)


def _starts(scene: Scene) -> str:
    first_s = scene.ready()
    for _ in range(4):
        scene.robot.shell("systemctl restart edge-agent")
        scene.ready()
    until(scene.connected, 20, "a connection with the credentials' certificate")
    return f"READY {first_s:.2f} s after the first start, {max(scene.ready_s):.2f} s at most of 5"


def _is_itself(scene: Scene) -> str:
    robot, pid = scene.robot, scene.pid()
    status = dict(line.split(":", 1) for line in robot.shell(f"cat /proc/{pid}/status").splitlines())
    own = robot.shell("id -u edge-agent").strip()
    assert set(status["Uid"].split()) == {own}, status["Uid"]
    assert own != "0"
    assert all(int(status[name], 16) == 0 for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"))
    assert status["NoNewPrivs"].strip() == "1"
    assert status["Seccomp"].strip() == "2"
    mounts = [line.split() for line in robot.enter("cat", f"/proc/{pid}/mounts").stdout.splitlines()]
    writable = {point for _, point, _, how, *_ in mounts if "rw" in how.split(",")}
    assert {
        point for point in writable if point.startswith(("/usr", "/etc", "/opt", "/home", "/root", "/boot"))
    } == set()
    assert "/" not in writable
    assert robot.shell("stat -c '%U:%G %a' /var/lib/edge-agent").strip() == "edge-agent:edge-agent 750"
    folder = "/run/credentials/edge-agent.service"
    names = robot.shell(f"ls {folder}").split()
    assert names == ["mqtt_ca", "mqtt_cert", "mqtt_key", "mqtt_password"], names
    robot.shell(f"! ls {folder} && ! cat /var/lib/edge-agent/outbox.db", "User=skill")
    robot.shell("! ls /var/lib/edge-agent", "User=passer-by")
    memory_mb = int(status["VmRSS"].split()[0]) / 1024
    return (
        f"own user, 0 capabilities, no new privileges, {status['Seccomp_filters'].strip()} filters, {memory_mb:.0f} MiB"
    )


def _counts(scene: Scene) -> str:
    scene.count(3)
    scene.arrived()
    scene.robot.shell(f"! {AGENT} count guided_tour 1000", "User=passer-by")
    return "a skill's user counts, another is refused, the count is at the collector behind mutual TLS"


def _doctor(scene: Scene) -> str:
    """The manual's last line, as root, beside the running agent; it must not take the agent's place at the broker."""
    before = [presence.session for presence in scene.collector.presences]
    found = scene.robot.shell(f"{AGENT} doctor")
    assert not re.search(r"^fail", found, re.MULTILINE), found
    assert re.search(r"^ok +collector +answered", found, re.MULTILINE), found
    scene.count(1)
    scene.arrived()
    assert [presence.session for presence in scene.collector.presences] == before
    return "doctor finds everything in place and disturbs nothing"


def _clock(scene: Scene) -> str:
    """The unit's filter keeps the agent from asking the kernel; timesyncd's note is what it goes by."""
    assert scene.robot.status()["clock"]["state"] == "unsynced"
    scene.robot.shell(f"mkdir -p {Path(NOTE).parent} && touch {NOTE}")
    until(lambda: scene.robot.status()["clock"]["state"] == "synced", 20, "timesyncd's word is believed")
    return "timesyncd's word is believed"


def _refuses(scene: Scene) -> str:
    """A copy of the unit that tries what is forbidden; a plain unit as root is the control."""
    robot = scene.robot
    script = f"/usr/bin/python3 {BROUGHT}/forbidden.py"
    robot.shell(
        f"sed -e 's|^ExecStart=.*|ExecStart={script}|' -e 's/^Type=.*/Type=oneshot/' -e '/^Restart/d'"
        f" -e '/^WatchdogSec/d' -e 's/^RuntimeDirectory=.*/RuntimeDirectory=forbidden/' {UNIT}"
        " > /etc/systemd/system/forbidden.service && systemctl daemon-reload && systemctl start forbidden"
    )
    found = forbidden.read_outcomes(robot.journal("forbidden"))
    control = forbidden.read_outcomes(robot.shell(script, "StateDirectory=edge-agent-control"))
    done = [name for name in forbidden.TRIED if found[name] == "done"]
    assert not done, f"the unit lets the agent {done}"
    assert not [name for name in forbidden.ALLOWED if found[name] != "done"], found
    proven = [name for name in forbidden.TRIED if control[name] == "done"]
    assert len(proven) >= 25, control
    return f"{len(forbidden.TRIED)} forbidden actions refused, {len(proven)} of them possible without the unit"


def _stuck(scene: Scene) -> str:
    """Frozen: started again by the watchdog. The control, without one, is frozen as long and stays so."""
    robot, before = scene.robot, scene.pid()
    robot.shell(
        f"sed -e 's/^WatchdogSec=.*/WatchdogSec=0/' -e 's/Directory=edge-agent$/Directory=unwatched/'"
        f" -e '/^ExecStart/s|$| --robot unwatched --mqtt-url mqtts://127.0.0.1:1 --sources system --runtime-dir"
        f" /run/unwatched --state-dir /var/lib/unwatched|' {UNIT} > /etc/systemd/system/unwatched.service"
        " && systemctl daemon-reload && systemctl start unwatched"
    )
    control = robot.show("unwatched", "MainPID")
    scene.count(1)
    robot.shell("systemctl kill --signal=STOP edge-agent unwatched")
    took_s = until(lambda: _again(scene, before), WATCHDOG_S + RESTART_S + 15, "the watchdog's restart")
    scene.ready()
    assert "Watchdog timeout" in robot.journal()
    assert robot.show("unwatched", "MainPID") == control
    assert robot.shell(f"cut -d' ' -f3 /proc/{control['MainPID']}/stat").strip() == "T"
    robot.shell("systemctl kill --signal=KILL unwatched; systemctl stop unwatched")
    scene.count(1)
    scene.arrived()
    return f"a frozen agent was ready again after {took_s:.0f} s, the unwatched control was not"


def _killed(scene: Scene) -> str:
    took: list[float] = []
    for _ in range(3):
        scene.count(1)
        before = scene.pid()
        scene.robot.shell("systemctl kill --signal=KILL edge-agent")
        took.append(until(partial(_again, scene, before), 20, "the restart"))
        scene.ready()
    scene.count(1)
    scene.arrived()
    assert _starts_told(scene)[-1] is False
    return f"SIGKILL: ready again after {max(took):.1f} s (RestartSec={RESTART_S:.0f})"


def _stops(scene: Scene) -> str:
    """A clean stop, told as such; root may look meanwhile, and the agent can still write its files afterwards."""
    scene.count(2)
    began_s = time.monotonic()
    scene.robot.shell("systemctl stop edge-agent")
    took_s = time.monotonic() - began_s
    assert took_s <= STOP_MAX_S, took_s
    assert scene.robot.show("edge-agent", "Result", "ActiveState") == {"Result": "success", "ActiveState": "inactive"}
    scene.arrived(5)
    assert scene.collector.events()[-1] == "stop"
    assert scene.collector.presences[-1].state == "stopped"
    tried = scene.robot.shell(_manual_line("systemd-run"))
    assert re.search(r"^ok +broker", tried, re.MULTILINE), tried
    scene.robot.shell(f"{AGENT} status || true; {AGENT} export --csv")
    scene.robot.shell("! find /var/lib/edge-agent ! -user edge-agent | grep . && systemctl start edge-agent")
    scene.ready()
    scene.count(1)
    scene.arrived()
    assert _starts_told(scene)[-1] is True
    total = f"{scene.counted} counted, {scene.collector.total('guided_tour')} arrived"
    slowest = f"slowest READY of {len(scene.ready_s)}: {max(scene.ready_s):.2f} s"
    return f"stop in {took_s:.1f} s with its record, clean; {total}; {slowest}"


def _again(scene: Scene, before: int) -> bool:
    shown = scene.robot.show("edge-agent", "MainPID", "ActiveState")
    return shown.get("ActiveState") == "active" and int(shown["MainPID"]) not in {0, before}


def _starts_told(scene: Scene) -> list[bool]:
    """`clean` of every start that arrived."""
    return [
        r["detail"]["clean"] for r in scene.collector.records() if r["kind"] == "lifecycle" and r["event"] == "start"
    ]


def _manual_line(word: str) -> str:
    """The manual's command that begins with this word."""
    return next(line for line in MANUAL.read_text(encoding="utf-8").splitlines() if line.startswith(word))
