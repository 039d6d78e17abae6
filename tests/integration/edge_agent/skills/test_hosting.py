"""Skills on a robot, unconfined: their counts arrive, and what goes wrong with one stays its own."""

import asyncio
import contextlib
import math
import os
import signal
import tempfile
from collections import Counter
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

from edge_agent.skills.place import KEPT
from opk_skills.runtime.state import StateInFile
from simulators.bodies.body import SimulatedBody
from simulators.bodies.people import Bystanders, Habit
from simulators.bodies.place import PLACES
from simulators.bodies.robot import RobotBody
from simulators.bodies.witness import witnessed
from tests.collectors import TinyCollector
from tests.hosted import Store, hostile, repacked, shipped
from tests.integration.edge_agent.test_app import Agent
from tests.waiting import until_async

STOPS = [{"point": "stop-1"}, {"point": "stop-2"}]
SPEED = 20.0


class Robot:
    """The agent, the store's tree and a body. `start` begins the agent."""

    def __init__(self, folder, mosquitto):
        self.agent = Agent(folder, mosquitto.url)
        self.store = Store(self.agent.state)
        self.collector = TinyCollector(mosquitto.port).start()
        self.body_socket = folder / "body.sock"
        self.body = None

    async def serve(self, *manifests):
        people = Bystanders(Random(1), Habit(speaks=0.0, shows=1.0, touches=1.0))
        self.body = RobotBody(SimulatedBody(PLACES["hall"], people, seed=1, speed=SPEED), manifests)
        return await self.body.listen(self.body_socket)

    def start(self):
        self.agent.start(
            EDGE_AGENT_SKILLS="unconfined", EDGE_AGENT_SKILLS_LANGUAGE="en",
            EDGE_AGENT_SKILLS_BODY=str(self.body_socket),
        )  # fmt: skip

    async def status(self):
        return await asyncio.to_thread(self.agent.status) or {}

    async def facts(self, key):
        found = [one for one in ((await self.status()).get("skills") or {}).get("skills", ()) if one["skill"] == key]
        return found[0] if found else None

    async def until(self, key, met):
        """Wait until what the status says of the skill is so; return it."""
        async with asyncio.timeout(80):
            while True:
                facts = await self.facts(key)
                if facts is not None and met(facts):
                    return facts
                await asyncio.sleep(0.1)

    async def gone(self, key):
        """Wait until the status says nothing of the skill."""
        async with asyncio.timeout(80):
            while True:
                if await self.facts(key) is None:
                    return
                await asyncio.sleep(0.1)

    async def active(self, key):
        return await self.until(key, lambda facts: facts["active"])


@asynccontextmanager
async def robot(mosquitto):
    with tempfile.TemporaryDirectory(prefix="fw-") as name:
        here = Robot(Path(name), mosquitto)
        try:
            yield here
        finally:
            here.agent.kill()
            here.collector.stop()


def expected(manifest, log):
    """What the body saw of what this skill declares, in whole units."""
    seen = witnessed(log)
    return {counter: whole for counter in manifest.rates() if (whole := math.floor(seen.get(counter, 0) + 1e-9))}


async def test_what_two_skills_count_arrives_as_the_body_saw_it(mosquitto):
    async with robot(mosquitto) as here:
        guide = here.store.install(shipped("guide"), stops=STOPS)
        delivery = here.store.install(shipped("delivery"), home="entrance", points=["stop-3", "stop-4"])
        serving = await here.serve(guide, delivery)
        here.start()
        await here.active("guide")
        await here.active("delivery")
        assert (await here.body.host("guide").ask("guide&start")).state == "done"
        split = len(here.body.body.log)
        here.body.body.people.row_touches.extend(["done"] * 20)
        ended = await here.body.host("delivery").ask(delivery.intents[0], {"points": "stop-3"})
        assert await asyncio.to_thread(here.agent.stop) == 0
        serving.close()
        log = here.body.body.log
        seen = Counter(expected(guide, log[:split])) + Counter(expected(delivery, log[split:]))
        assert seen["navigation_tasks"] >= 4, ended
        assert seen["driving_s"] > 0, ended
        assert {counter: here.collector.total(counter) for counter in seen} == seen
        assert here.collector.total("guided_tour") == here.collector.total("guide.completed") == 1
        states = [(r["skill"], r["state"]) for r in here.collector.records() if r["kind"] == "skill"]
        assert {("guide", "active"), ("delivery", "active")} <= set(states)
        told = {skill["skill"]: skill for report in here.collector.reported for skill in report["skills"]}
        assert told["guide"]["active"] == told["guide"]["desired"]


COUNTS = """
import os, sys, time
sys.path.insert(0, os.getcwd())
from opk_skills.runtime.counts import Counts, count_once
import json, socket
FOLDER = os.environ["FLEETWARD_SKILL_DIR"]
def hello(key):
    body = socket.socket(socket.AF_UNIX)
    body.connect(FOLDER + "/body.sock")
    body.sendall(json.dumps({"hello": 1, "skill": key, "version": "1"}).encode() + b"\\n")
    return body, body.recv(4096)
"""
FORKS = (
    COUNTS
    + """
kept = hello("forks")
while True:
    if not os.fork():
        os.setsid()
        time.sleep(600)
    time.sleep(0.01)
"""
)
EATS = (
    COUNTS
    + """
kept, eaten = hello("eats"), []
while True:
    eaten.append(bytes(range(256)) * 4096)
    time.sleep(0.001)
"""
)
FLOODS = (
    COUNTS
    + """
kept = hello("floods")
link = socket.socket(socket.AF_UNIX)
link.connect(FOLDER + "/count.sock")
answers = link.makefile("rb")
def say(**line):
    link.sendall(json.dumps(line).encode() + b"\\n")
    return answers.readline()
say(count="guided_tour", n=5)
say(count="floods.act", n=59)
say(fault={"family": "agent", "code": "source_failed", "active": True})
say(skill={"skill": "guide", "version": "9", "state": "active"})
while True:
    say(count="floods.act", n=1000)
"""
)
QUITS = "pass"
SILENT = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"


async def test_a_skill_that_means_harm_is_contained_and_named_and_the_others_go_on(mosquitto):
    async with robot(mosquitto) as here:
        guide = here.store.install(shipped("guide"), stops=STOPS)
        programs = {"forks": FORKS, "eats": EATS, "floods": FLOODS, "quits": QUITS, "silent": SILENT}
        manifests = [here.store.install(hostile(key, code)) for key, code in programs.items()]
        serving = await here.serve(guide, *manifests)
        here.start()
        await here.active("guide")
        forks = await here.until("forks", lambda facts: facts["code"] == "processes")
        eats = await here.until("eats", lambda facts: facts["code"] == "memory")
        quits = await here.until("quits", lambda facts: facts["quarantined"])
        assert forks["crashes"] >= 1 <= eats["crashes"]
        assert quits["code"] == "exited"
        assert (await here.body.host("guide").ask("guide&start")).state == "done"  # others go on
        status = await here.status()
        refused = {(row["source"], row["name"]): row["reason"] for row in status["refused_names"]}
        assert refused["skill-floods", "guided_tour"].startswith("undeclared")
        assert refused["skill-floods", "floods.act"].startswith("too_fast")
        assert refused["skill-floods", "fault"].startswith("not_a_skills")
        assert refused["skill-floods", "skillstate"].startswith("not_a_skills")
        assert await asyncio.to_thread(here.agent.stop) == 0
        serving.close()
        total = here.collector.total
        assert total("guided_tour") == 1  # the guide's own
        assert total("floods.act") == 59
        states = {(r["skill"], r["state"]) for r in here.collector.records() if r["kind"] == "skill"}
        assert {("guide", "active"), ("forks", "crashed"), ("eats", "crashed"), ("quits", "quarantined")} <= states
        assert ("guide", "crashed") not in states
        assert processes_of(here.store.root) == []  # not one is left


def processes_of(folder):
    """Processes whose working folder lies there."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if str((process / "cwd").readlink()).startswith(str(folder)):
                found.append(process.name)
    return found


async def test_a_skill_that_is_removed_leaves_nothing(mosquitto):
    async with robot(mosquitto) as here:
        guide = here.store.install(shipped("guide"), stops=STOPS)
        serving = await here.serve(guide)
        here.start()
        await here.active("guide")
        folder = here.agent.state / "skills" / "guide"
        assert {path.name for path in folder.iterdir()} >= {"body.sock", "count.sock", "settings.json"}
        here.store.remove("guide")
        await until_async(lambda: not folder.exists())
        assert processes_of(here.store.root) == []
        assert not (here.agent.state / "source-skill-guide.json").exists()
        assert await here.facts("guide") is None
        assert await asyncio.to_thread(here.agent.stop) == 0
        serving.close()


async def test_another_version_takes_the_place_of_the_one_that_runs_and_counts_go_on(mosquitto):
    async with robot(mosquitto) as here:
        first = here.store.install(shipped("guide"), stops=STOPS)
        serving = await here.serve(first)
        here.start()
        await here.active("guide")
        assert (await here.body.host("guide").ask("guide&start")).state == "done"
        second = repacked(shipped("guide"), version="0.9.9")
        here.store.install(second, stops=STOPS)
        await here.until("guide", lambda facts: facts["active"] and facts["version"] == "0.9.9")
        assert (await here.body.host("guide").ask("guide&start")).state == "done"
        assert await asyncio.to_thread(here.agent.stop) == 0
        serving.close()
        assert here.collector.total("guided_tour") == 2


async def test_killed_agent_leaves_no_skill_and_counts_nothing_twice(mosquitto):
    async with robot(mosquitto) as here:
        guide = here.store.install(shipped("guide"), stops=STOPS)
        serving = await here.serve(guide)
        here.start()
        await here.active("guide")
        assert (await here.body.host("guide").ask("guide&start")).state == "done"
        await until_async(lambda: here.collector.total("guide.completed") == 1)
        here.agent.kill()
        await until_async(lambda: processes_of(here.store.root) == [])
        here.start()
        await here.active("guide")
        assert (await here.body.host("guide").ask("guide&start")).state == "done"
        assert await asyncio.to_thread(here.agent.stop) == 0
        serving.close()
        assert here.collector.total("guided_tour") == 2


def test_unconfined_skills_are_refused_where_the_broker_is_another_machine(tmp_path):
    agent = Agent(tmp_path, "mqtt://broker.example:1883")
    code, _, error = agent.command("run", "--skills-unconfined", "--skills-language", "zh")
    assert code == 2
    assert "not isolated" in error


async def test_the_orchestrator_knows_after_a_crash_what_it_was_busy_with(mosquitto):
    """From the one file that it may write: the agent makes it, and the skill's user, another one, can fill it."""
    async with robot(mosquitto) as here:
        workflow = here.store.install(shipped("workflow"))
        serving = await here.serve(workflow)
        here.start()
        await here.active("workflow")
        kept = here.agent.state / "skills" / "workflow" / KEPT
        assert kept.stat().st_mode & 0o777 == 0o666
        here.body.host("workflow").ask("workflow&run")
        await until_async(lambda: StateInFile(str(kept)).read().get("open"))
        [process] = processes_of(here.store.root)
        os.kill(int(process), signal.SIGKILL)
        await here.until("workflow", lambda facts: facts["crashes"] == 1 and facts["active"])
        here.body.host("workflow").ask("workflow&run")
        await until_async(lambda: here.collector.total("workflow.crash") == 1)
        assert await asyncio.to_thread(here.agent.stop) == 0
        serving.close()
        assert StateInFile(str(kept)).read()["open"] is False, "it was ended as it should be"
