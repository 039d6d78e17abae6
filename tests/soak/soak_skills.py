"""Skills under a real systemd in a booted machine: the shipped units, the polkit rule, and each wall attacked.

The machine is installed by `edge-agent setup`. A broker, a collector, a repository of packages and the robot's body
stand outside, on the host's loopback and in a folder that is mounted. Controls: the same attack without its wall.
"""

import asyncio
import json
import math
import re
import shutil
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from simulators.bodies.body import SimulatedBody
from simulators.bodies.people import Bystanders, Habit
from simulators.bodies.place import PLACES
from simulators.bodies.robot import RobotBody
from simulators.bodies.witness import witnessed
from tests.brokers import BINARY, Mosquitto
from tests.collectors import TinyCollector
from tests.hosted import hostile, repacked, shipped
from tests.integration.edge_agent.skills.test_from_wish_to_count import CAPABILITIES, published, wished
from tests.integration.edge_agent.skills.test_hosting import STOPS
from tests.integration.edge_agent.skills.test_trust import served
from tests.package_repositories import Installation, enrolled_publisher
from tests.packages import reading
from tests.soak import probing
from tests.soak.nspawn import BROUGHT, NoContainer, Robot, booted, require, until, wheels

NAME = "r1"
AGENT = "/opt/edge-agent/bin/edge-agent"
BODY = "/srv/robot"
STATE = "/var/lib/edge-agent/skills"
SPEED = 20.0
EATS = "eats = []\nwhile True:\n    eats.append(b'x' * 1000000)\n"
FORKS = """
import os, time
while True:
    try:
        os.fork() or time.sleep(600)
    except OSError:
        pass
"""
BARE = f"""[Service]
DynamicUser=yes
StateDirectory=bare/%i
ExecStart=/bin/sh -c 'case %i in a) exec sleep 600;; *) exec python3 {BROUGHT}/probing.py;; esac'
"""
"""A unit as one would write it first: all its instances are one user."""
QUITS = "pass\n"
SETTINGS = {"guide": {"stops": STOPS}, "delivery": {"home": "entrance", "points": ["stop-3", "stop-4"]}}


def run() -> str:
    """Raises NoContainer with the remedy where no container can be booted."""
    require()
    if not Path(BINARY).is_file():
        raise NoContainer("mosquitto is not installed: apt-get install mosquitto")
    with _scene() as scene:
        told = []
        for step in (_counts, _is_limited, _is_apart, _asks_in_vain, _goes_on, _weighs, _leaves_nothing):
            try:
                told.append(step(scene))
            except AssertionError as error:
                for unit in ("edge-agent", "fleetward-store", "polkit"):
                    error.add_note(f"--- {unit}\n{scene.robot.journal(unit)[-2500:]}")
                raise
    return "; ".join(told)


class Body:
    """A simulated body on a loop of its own, whose socket lies in a folder that the container sees."""

    def __init__(self, socket: Path) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()
        self._socket = socket
        self.robot: RobotBody | None = None

    def do(self, what: Callable[[], Awaitable[Any]]) -> Any:
        async def done() -> Any:
            return await what()

        return asyncio.run_coroutine_threadsafe(done(), self.loop).result(120)

    def serve(self, *packages: bytes) -> None:
        manifests = [reading(data).manifest for data in packages]

        async def begin() -> None:
            people = Bystanders(Random(1), Habit(speaks=0.0, shows=1.0, touches=1.0))
            self.robot = RobotBody(SimulatedBody(PLACES["hall"], people, seed=1, speed=SPEED), manifests)
            await self.robot.listen(self._socket)
            self._socket.chmod(0o666)

        self.do(begin)

    def ask(self, key: str, intent: str) -> str:
        async def asked() -> str:
            assert self.robot is not None
            return (await self.robot.host(key).ask(intent)).state

        return str(self.do(asked))

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()


@dataclass
class Scene:
    """The robot, and all that stands outside of it."""

    robot: Robot
    collector: TinyCollector
    installation: Installation
    body: Body
    revision: int = 0
    releases: dict[str, Any] = field(default_factory=dict)
    numbers: int = 0

    def publish(self, data: bytes) -> Any:
        self.numbers += 1
        one = published(self.installation, data, self.numbers)
        self.releases[one.key] = one
        return one

    def wish(self, *keys: str) -> None:
        self.revision += 1
        releases = [self.releases[key] for key in keys]
        self.collector.desire(NAME, wished(self.installation, self.revision, *releases, of=SETTINGS))

    def facts(self, key: str) -> dict[str, Any]:
        skills = (self.robot.status().get("skills") or {}).get("skills", ())
        return next((skill for skill in skills if skill["skill"] == key), {})

    def until(self, key: str, met: Callable[[dict[str, Any]], Any], within_s: float = 90.0) -> float:
        try:
            return until(lambda: met(self.facts(key)), within_s, key)
        except AssertionError as error:
            error.add_note(f"{self.robot.status().get('skills')}")
            raise

    def pid(self, key: str, size: str = "") -> int:
        return int(self.robot.show(f"fleetward-skill{size}@{key}", "MainPID").get("MainPID", "0"))


@contextmanager
def _scene() -> Iterator[Scene]:
    with tempfile.TemporaryDirectory(prefix="fleetward-soak-") as place, ExitStack() as stack:
        folder, brought, mounted = Path(place), Path(place, "brought"), Path(place, "robot")
        for each in (brought, mounted):
            each.mkdir()
        mounted.chmod(0o755)
        wheels(brought, "agent,trust")
        shutil.copy(probing.__file__, brought / "probing.py")
        installation = Installation(folder / "repository", now_s=time.time())
        (brought / "root.json").write_bytes(enrolled_publisher(installation, "fw"))
        broker = Mosquitto(folder / "broker").start()
        stack.callback(broker.kill)
        collector = TinyCollector(broker.port).start()
        stack.callback(collector.stop)
        repository = stack.enter_context(served(installation.path))
        body = Body(mounted / "body.sock")
        stack.callback(body.stop)
        robot = stack.enter_context(booted(brought, f"{mounted}:{BODY}", limits=True))
        _install(robot, broker.port, repository.url)
        yield Scene(robot, collector, installation, body)


def _install(robot: Robot, port: int, repository: str) -> None:
    """As the manual says, with setup; then the rhythm of a soak."""
    asked = f"--robot {NAME} --mqtt-url mqtt://127.0.0.1:{port} --timezone Asia/Shanghai --skills-language en"
    skills = f"--skills-repository {repository} --skills-body {BODY}/body.sock --first-root {BROUGHT}/root.json"
    more = f"skills_capabilities = {json.dumps(CAPABILITIES.split(','))}\nsample_s = 1\nwindow_s = 5\nupload_s = 1\n"
    more += "[sources]\nenabled = ['local']\n"
    robot.shell(
        "cp -r /srv/fleetward /tmp/brought\nexport PIP_NO_INDEX=1 PIP_FIND_LINKS=/tmp/brought\n"
        "python3 -m venv /opt/edge-agent\n/opt/edge-agent/bin/pip install --quiet 'fleetward[agent,trust]'\n"
        f"{AGENT} setup --dry-run {asked} {skills}\ntest ! -e /etc/edge-agent\n"
        f"{AGENT} setup {asked} {skills}\n{AGENT} setup | grep -v '^= ' | grep -v '^next' && exit 1\n"
        f"cat >> /etc/edge-agent/agent.toml <<'END'\n{more}END\n"
        "systemctl start polkit\nsystemctl start edge-agent\n",
        within_s=400,
    )


def _counts(scene: Scene) -> str:
    """From wish to count, as the shipped units run it."""
    guide, delivery = shipped("guide"), shipped("delivery")
    scene.body.serve(guide, delivery, *(hostile(key, QUITS) for key in ("eats", "forks", "quits", "probe")))
    for data in (guide, delivery):
        scene.publish(data)
    began_s = time.monotonic()
    scene.wish("guide", "delivery")
    for key in ("guide", "delivery"):
        scene.until(key, lambda facts: facts.get("active"))
    took_s = time.monotonic() - began_s
    assert scene.body.ask("guide", "guide&start") == "done"
    assert scene.body.robot is not None
    saw = witnessed(scene.body.robot.body.log)
    wanted = {key: math.floor(saw[key] + 1e-9) for key in reading(guide).manifest.rates() if saw.get(key, 0) >= 1}
    until(lambda: all(scene.collector.total(key) >= n for key, n in wanted.items()), 60, f"{wanted} at the collector")
    assert {key: scene.collector.total(key) for key in wanted} == wanted
    users = {_user(scene, key) for key in ("guide", "delivery")}
    assert len(users) == 2, users
    assert not users & {"0", scene.robot.shell("id -u edge-agent").strip()}, users
    return f"two skills active {took_s:.1f} s after the wish, a user each; {len(wanted)} counters as the body's log"


def _user(scene: Scene, key: str) -> str:
    return scene.robot.enter("stat", "-c", "%u", f"/proc/{scene.pid(key)}").stdout.strip()


def _is_limited(scene: Scene) -> str:
    """Memory, processes and crashes: contained and named, proved from inside the control group."""
    for key, code in (("eats", EATS), ("forks", FORKS), ("quits", QUITS)):
        scene.publish(hostile(key, code))
    groups = scene.robot.shell(f"cat /proc/{scene.pid('guide')}/cgroup")
    assert re.search(r"^\d*:(memory)?:/.*fleetward-skill@guide", groups, re.MULTILINE), groups
    assert re.search(r"^\d*:(pids)?:/.*fleetward-skill@guide", groups, re.MULTILINE), groups
    scene.wish("guide", "delivery", "eats", "forks", "quits")
    scene.until("eats", lambda facts: facts.get("code") in {"memory", "killed"})
    told = scene.facts("eats")["code"]
    most = "/sys/fs/cgroup/pids/system.slice/system-fleetward\\\\x2dskill.slice/fleetward-skill@forks.service"
    until(lambda: scene.pid("forks"), 60, "forks runs")
    seen: list[int] = []

    def at_the_limit() -> bool:
        found = scene.robot.enter("sh", "-c", f"cat {most}/pids.current 2>/dev/null || echo 0").stdout.strip()
        seen.append(int(found or 0))
        return max(seen) >= 16

    until(at_the_limit, 60, "16 processes of forks")
    assert max(seen) <= 16, seen
    scene.until("quits", lambda facts: facts.get("quarantined"))
    assert scene.body.ask("guide", "guide&start") == "done"  # the others go on
    scene.robot.shell(f"python3 - <<'END'\n{EATS.replace('while True', 'while len(eats) < 60')}END\n")  # the control
    scene.wish("guide", "delivery")
    for key in ("eats", "forks", "quits"):
        scene.until(key, lambda facts: not facts)
    return f"a skill that ate was ended ({told}), one that forked had 16 processes at most, one that quit was put aside"


def _is_apart(scene: Scene) -> str:
    """A hostile program in a skill's unit tries each wall; the same one in a bare unit gets through."""
    scene.publish(hostile("probe", Path(probing.__file__).read_text(encoding="utf-8")))
    scene.wish("guide", "delivery", "probe")
    scene.until("probe", lambda facts: facts.get("detail") or facts.get("crashes"))
    inside = _told(scene.robot.journal("fleetward-skill@probe"))
    sibling = scene.pid("guide")
    assert sibling, "the guide was killed"
    assert inside == dict.fromkeys(inside, False), inside
    scene.robot.shell(f"cat > /run/systemd/system/bare@.service <<'END'\n{BARE}END\nsystemctl daemon-reload")
    scene.robot.shell("systemctl start bare@a; sleep 1; systemctl start bare@b")
    until(lambda: "PROBED" in scene.robot.journal("bare@b"), 60, "the control's word")
    outside = _told(scene.robot.journal("bare@b"))
    scene.robot.shell("systemctl stop bare@a bare@b")
    through = sorted(name for name, could in outside.items() if could)
    assert {"kills", "network", "state", "forks"} <= set(through), outside
    scene.wish("guide", "delivery")
    scene.until("probe", lambda facts: not facts)
    return f"{len(inside)} walls held against a hostile skill; without them it got through {len(through)}"


def _told(text: str) -> dict[str, bool]:
    found = re.findall(r"^PROBED (\{.*\})$", text, re.MULTILINE)
    assert found, text
    said: dict[str, bool] = json.loads(found[-1])
    return said


def _asks_in_vain(scene: Scene) -> str:
    """What the agent's user may ask of systemd, and what it may not."""
    as_agent = ("User=edge-agent", "NoNewPrivileges=yes", "CapabilityBoundingSet=", "PrivateUsers=yes")

    def may(words: str) -> bool:
        return "YES" in scene.robot.shell(f"{words} >/dev/null 2>&1 && echo YES || echo NO", *as_agent)

    long = "k" * 29
    refused = (
        "systemctl --no-ask-password stop polkit", "systemctl --no-ask-password restart edge-agent",
        "systemd-run --no-ask-password --wait true",
        "systemctl --no-ask-password set-property fleetward-skill@guide.service MemoryMax=1G",
        "systemctl --no-ask-password kill fleetward-skill@guide.service",
        "systemctl --no-ask-password start 'fleetward-skill@..-etc.service'",
        f"systemctl --no-ask-password start fleetward-skill@{long}.service",
        "systemctl --no-ask-password clean fleetward-skill@guide.service",
    )  # fmt: skip
    for words in refused:
        assert not may(words), words
    assert may("systemctl --no-ask-password stop fleetward-skill@guide.service")  # the control
    scene.until("guide", lambda facts: facts.get("active"))  # the agent starts it again
    scene.robot.enter("systemctl", "start", f"fleetward-skill@{long}.service")  # root may, and gets no user for it
    assert scene.robot.show(f"fleetward-skill@{long}", "ActiveState")["ActiveState"] != "active"
    scene.robot.enter("systemctl", "reset-failed")
    return f"{len(refused)} requests of the agent's user were refused, a skill's stop was not"


def _goes_on(scene: Scene) -> str:
    """A restart of the agent leaves skills running and no stale socket; an idle robot is updated at once."""
    before = scene.pid("guide")
    scene.robot.shell("systemctl restart edge-agent")
    scene.until("guide", lambda facts: facts.get("active"))
    assert scene.pid("guide") == before
    counted = scene.collector.total("guide.completed")
    assert scene.body.ask("guide", "guide&start") == "done"
    until(lambda: scene.collector.total("guide.completed") == counted + 1, 60, "a count of the skill that lived on")
    two = scene.publish(repacked(shipped("guide"), version="next"))
    began_s = time.monotonic()
    scene.wish("guide", "delivery")
    scene.until("guide", lambda facts: facts.get("active") == two.sha256)
    took_s = time.monotonic() - began_s
    return f"a restart of the agent ended no skill and lost no count; an update was active in {took_s:.1f} s"


COPIES = [f"copy{n}" for n in range(14)]
WEIGH = """
import json, pathlib, subprocess, sys, time
units = [f"fleetward-skill@{key}.service" for key in sys.argv[1:]]
def pids():
    said = subprocess.run(["systemctl", "show", "-P", "MainPID", *units], capture_output=True, text=True).stdout
    return [int(pid) for pid in said.split()]
def ticks(pid):
    words = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(words[11]) + int(words[12])
def kb(pid):
    lines = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
began = time.monotonic()
subprocess.run(["systemctl", "start", *units], check=True)
took_s = time.monotonic() - began
time.sleep(8)
there = pids()
before, at = sum(map(ticks, there)), time.monotonic()
time.sleep(20)
idle = (sum(map(ticks, there)) - before) / 100 / (time.monotonic() - at)
running, pss_mb = sum(1 for pid in there if pid), sum(map(kb, there)) / 1024
print(json.dumps({"start_s": took_s, "running": running, "pss_mb": pss_mb, "idle": idle}))
"""


def _weighs(scene: Scene) -> str:
    """Fourteen processes of the guide, each in its unit, that wait for a body: how fast, how large, how idle."""
    robot, folders = scene.robot, " ".join(COPIES)
    robot.shell(
        f"systemctl stop edge-agent\ncd /run/fleetward/skills\n"
        f"for key in {folders}; do cp -a {STATE}/store/guide {STATE}/store/$key\n"
        "mkdir -p $key; cp guide/settings.json $key/; chmod 755 $key; done\n"
    )
    said = json.loads(robot.shell(f"python3 - {folders} <<'END'\n{WEIGH}END\n").splitlines()[-1])
    robot.shell(
        f"for key in {folders}; do systemctl stop fleetward-skill@$key\n"
        f"rm -r {STATE}/store/$key /run/fleetward/skills/$key; done\nsystemctl start edge-agent"
    )
    scene.until("guide", lambda facts: facts.get("active"))
    assert said["running"] == len(COPIES), said
    assert said["pss_mb"] <= 150, said
    figures = f"start {said['start_s']:.1f} s, {said['pss_mb']:.0f} MB PSS, {said['idle']:.2%} of a core idle"
    return f"14 skills as units: {figures}"


def _leaves_nothing(scene: Scene) -> str:
    robot = scene.robot
    pids = {key: scene.pid(key) for key in ("guide", "delivery")}
    assert all(pids.values()), pids
    scene.wish()
    for key in pids:
        scene.until(key, lambda facts: not facts)
    robot.shell(f"! ls -d /proc/{pids['guide']} /proc/{pids['delivery']} 2>/dev/null | grep .")
    robot.shell("! getent passwd fw-guide fw-delivery && ! ls /var/lib/private 2>/dev/null | grep fleetward")
    robot.shell(
        f"! ls -A {STATE}/store {STATE}/partial /run/fleetward/skills | grep -v : | grep -v robot.json | grep ."
    )
    robot.shell("! find / -xdev \\( -name '*guide*' -path '*fleetward*' \\) -not -path '/opt/*' -not -path '/srv/*' "
                "-not -path '/tmp/*' -not -path '/proc/*' -not -path '/sys/*' | grep .")  # fmt: skip
    robot.shell("! systemctl list-units --all --plain --no-legend 'fleetward-skill*@*' | grep .")
    robot.shell(f"{AGENT} setup --undo && ! ls /etc/systemd/system /etc/polkit-1/rules.d | grep -i fleetward")
    robot.shell("test -e /var/lib/edge-agent/outbox.db && ! systemctl is-active edge-agent")
    return "what was taken away left no process, user, unit, file or socket; undo left counts and nothing else"
