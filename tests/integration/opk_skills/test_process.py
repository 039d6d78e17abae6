"""A skill as a process of its own, beside a body on a socket: it starts light, stops safely, and loses no count."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
from contextlib import asynccontextmanager
from random import Random

import pytest

from opk_skills.catalogue import HERE
from opk_skills.folder import packed
from opk_skills.runtime import wire
from opk_skills.trial_run import unpack
from simulators.bodies.body import SimulatedBody
from simulators.bodies.counting import CountingDesk
from simulators.bodies.counting import serve as serve_counts
from simulators.bodies.host import Host
from simulators.bodies.people import Bystanders, Habit
from simulators.bodies.place import PLACES
from simulators.bodies.server import BodyServer
from simulators.bodies.witness import witnessed
from tests.packages import reading
from tests.waiting import DEADLINE_S

STOPS = [{"point": f"stop-{n}"} for n in (1, 2)]
SPEED = 20.0


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    folder = tmp_path_factory.mktemp("guide")
    file = folder / "guide.opk"
    file.write_bytes(packed(HERE / "guide"))
    unpack(file, reading(file.read_bytes()), folder / "package")
    return folder / "package"


class Robot:
    """A body with its sockets, and the skill's process when it is started."""

    def __init__(self, package, given):
        self.package, self.given = package, given
        self.manifest = reading(packed(HERE / "guide")).manifest
        people = Bystanders(Random(1), Habit(speaks=0.0, shows=1.0))
        self.body = SimulatedBody(PLACES["hall"], people, seed=1, speed=SPEED)
        self.host = Host(self.body, self.manifest.permissions)
        self.server = BodyServer(self.host, self.manifest)
        self.desk = CountingDesk(self.manifest.rates(), self.body.now_s)
        self.process = None

    def give(self, order="run", **settings):
        part = self.given / "settings.part"
        part.write_text(json.dumps({"language": "en", "settings": {"stops": STOPS, **settings}, "order": order}))
        part.replace(self.given / "settings.json")

    async def start(self):
        environ = {"FLEETWARD_SKILL_DIR": str(self.given), "PATH": os.defpath}
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-I", "-S", "start.py", cwd=self.package, env=environ, stderr=subprocess.PIPE
        )

    async def ended(self):
        said = await self.process.stderr.read()
        return await self.process.wait(), said.decode()


@asynccontextmanager
async def robot(package, given):
    given.mkdir(exist_ok=True)
    here = Robot(package, given)
    here.give()
    async with asyncio.timeout(DEADLINE_S):
        serving = await here.server.listen(given / "body.sock")
        counting = await serve_counts(given / "count.sock", here.desk)
        try:
            yield here
        finally:
            if here.process is not None and here.process.returncode is None:
                here.process.kill()
                await here.process.wait()
            serving.close()
            counting.close()


async def test_a_tour_is_counted_through_the_skills_own_socket_as_the_body_saw_it(package, tmp_path):
    async with robot(package, tmp_path / "given") as here:
        await here.start()
        await here.server.connected.wait()
        assert (await here.host.ask("guide&start")).state == "done"
        here.process.send_signal(signal.SIGTERM)
        assert (await here.ended())[0] == 0
        seen = witnessed(here.body.log)
        counted = here.desk.counted
        assert counted["guided_tour"] == counted["guide.completed"] == 1
        assert counted["narration"] == 2
        assert counted["plays"] == seen["plays"]
        assert counted["navigation_tasks"] == seen["navigation_tasks"] == 3
        assert here.desk.refused == {}


async def test_sigterm_stops_the_body_within_a_second_and_ends_the_process_with_0(package, tmp_path):
    async with robot(package, tmp_path / "given") as here:
        here.body.speed = 1.0
        driving = asyncio.Event()
        here.body.on_drive = driving.set
        await here.start()
        await here.server.connected.wait()
        mission = here.host.ask("guide&start")
        await driving.wait()
        asked_s = here.body.now_s()
        here.process.send_signal(signal.SIGTERM)
        assert (await mission).state == "stopped"
        (driven,) = [row for row in here.body.log if row.get("do") == "go_to"]
        assert driven["cancelled"]
        assert driven["at_s"] - asked_s <= 1.5  # a second on a machine of its own
        assert (await here.ended())[0] == 0
        assert here.desk.counted["guided_tour"] == 1


async def test_a_setting_that_changes_is_delivered_while_it_runs(package, tmp_path):
    async with robot(package, tmp_path / "given") as here:
        await here.start()
        await here.server.connected.wait()
        here.give(stops=[{"point": "stop-5"}])
        while True:
            before = len(here.body.log)
            await here.host.ask("guide&start")
            points = [r["with"]["point"] for r in here.body.log[before:] if r.get("do") == "go_to"]
            if points == ["stop-5", "entrance"]:
                break


async def test_a_drain_lets_the_mission_end_and_then_the_process(package, tmp_path):
    async with robot(package, tmp_path / "given") as here:
        here.body.speed = 4.0
        await here.start()
        await here.server.connected.wait()
        mission = here.host.ask("guide&start")
        here.give(order="drain")
        code, _ = await here.ended()
        assert (code, (await mission).state) == (0, "done")


async def test_a_body_that_goes_and_comes_back_finds_the_skill_again(package, tmp_path):
    async with robot(package, tmp_path / "given") as here:
        await here.start()
        await here.server.connected.wait()
        mission = here.host.ask("guide&start")
        here.server._writer.close()
        assert (await mission).why == "the skill has gone"
        await here.server.connected.wait()
        assert (await here.host.ask("guide&start")).state in {"done", "refused"}


@pytest.mark.parametrize("spoil", ["settings.json", "language", "hello", "skill"])
async def test_what_it_is_given_wrong_ends_it_with_78_and_the_remedy(package, tmp_path, spoil):
    async with robot(package, tmp_path / "given") as here:
        if spoil == "settings.json":
            (here.given / "settings.json").unlink()
        elif spoil == "language":
            (here.given / "settings.json").write_text('{"language": "fr", "settings": {}}')
        elif spoil == "skill":
            here.server._manifest = reading(packed(HERE / "delivery")).manifest
        else:
            here.server._refusal = lambda _said: "this body speaks version 9 of the contract"
        await here.start()
        code, said = await here.ended()
        assert code == 78
        expected = {"settings.json": "settings.json", "language": "no texts in fr", "hello": "version 9"}
        assert expected.get(spoil, "this socket is for delivery") in said


LOADED = """
import sys
sys.modules["ssl"] = None
sys.path.insert(0, ".")
import opk_skills.runtime.process, guide.skill
print(*sys.modules)
"""


def test_the_process_loads_nothing_it_does_not_need(package):
    said = subprocess.run([sys.executable, "-I", "-S", "-c", LOADED], cwd=package, capture_output=True, check=True)
    loaded = set(said.stdout.decode().split())
    assert loaded & {"pathlib", "dataclasses", "urllib", "uuid", "_ssl", "sqlite3", "pydantic", "tomllib"} == set()
    assert {"asyncio", "guide.skill"} <= loaded


HOSTILE = [
    b"\n", b"{}\n", b"[]\n", b"x" * 70_000 + b"\n", b'{"hello": 9}\n', b"[" * 60_000 + b"\n",
    b'{"hello":1,"skill":"x"}\n',
]  # fmt: skip


@pytest.mark.parametrize("line", HOSTILE)
async def test_a_line_that_is_none_ends_that_connection_alone(package, tmp_path, line):
    async with robot(package, tmp_path / "given") as here:
        reader, writer = await asyncio.open_unix_connection(here.given / "body.sock")
        writer.write(line)
        assert b'"hello"' not in await reader.read()
        writer.close()
        await here.start()
        await here.server.connected.wait()


async def test_a_skill_asks_only_for_what_its_manifest_names(package, tmp_path):
    async with robot(package, tmp_path / "given") as here:
        reader, writer = await asyncio.open_unix_connection(here.given / "body.sock")
        writer.write(wire.line({"hello": 1, "skill": "guide", "version": "1"}))
        assert json.loads(await reader.readline())["hello"] == 1
        writer.write(wire.line({"id": 1, "do": "touch", "buttons": []}) + wire.line({"id": 2, "do": "battery"}))
        answers = {a["id"]: a for a in [json.loads(await reader.readline()), json.loads(await reader.readline())]}
        assert answers[1]["code"] == "not_permitted"
        assert answers[2]["ok"]
        writer.close()


STUBBORN = '''
"""A skill that does not let itself be interrupted."""

import asyncio

from opk_skills.runtime.skill import Skill, mission


class Guide(Skill):
    @mission("guide&start")
    async def tour(self, intent):
        self.count("guided_tour")
        while True:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                pass
'''


async def test_a_skill_that_swallows_its_interruption_is_ended_all_the_same(package, tmp_path):
    stubborn = tmp_path / "package"
    shutil.copytree(package, stubborn)
    (stubborn / "guide" / "skill.py").write_text(STUBBORN)
    async with robot(stubborn, tmp_path / "given") as here:
        await here.start()
        await here.server.connected.wait()
        here.host.ask("guide&start")
        await here.server.begun.wait()
        here.process.send_signal(signal.SIGTERM)
        code, said = await here.ended()
        assert code == 1
        assert "let CancelledError pass" in said
        assert here.desk.counted == {"guided_tour": 1}


async def test_a_skill_that_is_killed_and_started_again_counts_nothing_twice(package, tmp_path):
    async with robot(package, tmp_path / "given") as here:
        for tours in (1, 2, 3):
            await here.start()
            await here.server.connected.wait()
            assert (await here.host.ask("guide&start")).state == "done"
            while here.desk.counted.get("guide.completed", 0) < tours:
                await here.desk.heard()
            here.process.kill()
            await here.process.wait()
            await here.server.gone.wait()
        assert here.desk.counted["guided_tour"] == here.desk.counted["guide.completed"] == 3
        assert here.desk.counted["plays"] == witnessed(here.body.log)["plays"]


ODD = [
    {"do": "touch", "buttons": 5}, {"do": "touch", "buttons": None}, {"do": "speak", "text": ["x"]}, {"do": ["go_to"]},
    {"do": "listen", "for_s": "long"}, {"do": "see", "for_s": -1}, {"do": "go_to", "point": {}}, {"do": None}, {},
]  # fmt: skip


async def test_every_request_is_answered_however_odd(package, tmp_path):
    async with robot(package, tmp_path / "given") as here:
        here.body.speed = 100.0
        here.host.permissions = {"touch", "speak", "listen", "see", "go_to"}
        reader, writer = await asyncio.open_unix_connection(here.given / "body.sock")
        writer.write(wire.line({"hello": 1, "skill": "guide", "version": "1"}))
        await reader.readline()
        for number, odd in enumerate(ODD, 1):
            writer.write(wire.line({"id": number, **odd}))
            answer = json.loads(await reader.readline())
            assert (answer["id"], answer["ok"] in {True, False}) == (number, True)
        writer.write(wire.line({"cancel": []}))
        assert await reader.read() == b""
        writer.close()
