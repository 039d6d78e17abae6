"""From a change of what many idle robots shall run to the stored proof that they run it, through a real Mosquitto.

One package of fourteen changes on every robot. It is signed for each and stored, published, verified by the robots in
one process, reported, and stored. The collector's operations and its ingest are one process, as in the field; robots
and broker share its machine.
"""

import asyncio
import contextlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import uvloop
from sqlalchemy import func, insert, select

from collector.fleet import desired
from collector.ingest.broker import Broker
from collector.ingest.broker_url import parse
from collector.ingest.loop import Ingest
from collector.ingest.metrics import IngestFigures
from collector.skillstore.sealing import Sealing
from collector.store.engine import Store, open_store
from collector.store.tables.fleet import robot
from collector.store.tables.skills import skill_fact
from opk_skills.trust.keys import PrivateKey, new_key
from opk_skills.trust.releases import Needs, Release, path_of
from protocol import topics
from protocol.messages import Desired, DesiredSkill
from simulators.link import Will
from simulators.mqtt import Dialer
from tests.bench import Absent
from tests.bench.bench_ingest import broker
from tests.bench.wish_robots import name_of
from tests.brokers import BINARY, Mosquitto
from tests.groups import groups_of

ROBOTS, SKILLS = 10_000, 14
TARGET_S, PATIENCE_S = 15.0, 180.0
SETTINGS = {"language": "zh", "stops": [{"point": f"stop-{n}"} for n in range(3)]}


def _release(number: int, version: int) -> Release:
    key, appid = f"skill_{number}", f"fw_{number:032x}"
    sha256 = f"{number:02x}{version:062x}"
    needs = Needs("1.0.0", (), (), (f"{key}&start",), 2, 1)
    return Release(path_of(appid, version), 1, sha256, version, 0, f"0.{version}", key, needs)


@contextmanager
def _robots(port: int, key: PrivateKey, folder: Path) -> Iterator[float]:
    """Seconds until all were connected."""
    public = folder / "desired.pub.json"
    public.write_text(key.public.to_json())
    command = [sys.executable, "-m", "tests.bench.wish_robots", str(port), str(ROBOTS), str(public)]
    began_s = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n", "the robots did not connect"
        try:
            yield time.monotonic() - began_s
        finally:
            process.terminate()


def _wish(store: Store, sealing: Sealing, releases: list[Release]) -> list[tuple[str, bytes]]:
    """(robot, document), signed and stored, in one transaction."""
    skills = [
        DesiredSkill(skill=one.key, version=one.version, digest=one.sha256, settings=SETTINGS) for one in releases
    ]
    now_s, made = int(time.time()), []
    with store.write() as connection:
        for row in connection.execute(select(robot.c.id, robot.c.name).order_by(robot.c.id)).all():
            document = desired.wish(
                connection, row.id, skills, {}, now_s, sealed=partial(_sealed, sealing, row.name, now_s)
            )
            assert not isinstance(document, desired.Stale)
            made.append((row.name, document.model_dump_json().encode()))
    return made


def _sealed(sealing: Sealing, name: str, now_s: int, document: Desired, account: str) -> dict[str, Any]:
    return sealing.seal(name, document, now_s, account)


async def _published(port: int, documents: list[tuple[str, bytes]]) -> None:
    dialer, will = Dialer("127.0.0.1", port, version=4), Will("bench/will", b"")
    link = await dialer.dial("bench", will, ["bench/nothing"], _nothing, lambda: None)
    for n, (name, document) in enumerate(documents):
        link.publish(topics.desired(name), document, qos=1, retain=True)
        if n % 100 == 0:
            await asyncio.sleep(0)
    await asyncio.sleep(1)
    link.close()


def _nothing(_topic: str, _payload: bytes) -> None:
    """Nobody sends this client anything."""


def _stored(store: Store, digest: str) -> int:
    with store.read() as connection:
        query = select(func.count()).select_from(skill_fact).where(skill_fact.c.active == digest)
        return int(connection.execute(query).scalar_one())


async def _round(store: Store, sealing: Sealing, port: int, releases: list[Release]) -> tuple[float, float]:
    """(seconds until all was signed and stored, until the last robot's report was stored)."""
    began_s = time.monotonic()
    documents = await asyncio.to_thread(_wish, store, sealing, releases)
    signed_s = time.monotonic() - began_s
    publishing = asyncio.create_task(_published(port, documents))
    digest = releases[-1].sha256
    while (done := await asyncio.to_thread(_stored, store, digest)) < ROBOTS:
        assert time.monotonic() - began_s < PATIENCE_S, f"only {done} robots reported"
        await asyncio.sleep(0.1)
    whole_s = time.monotonic() - began_s
    await publishing
    return signed_s, whole_s


async def _measured(mosquitto: Mosquitto, folder: Path) -> list[float]:
    """Seconds: connected, first wish whole, change signed, change whole."""
    key, old = new_key("desired"), [_release(n, 1) for n in range(SKILLS)]
    changed = [*old[:-1], _release(SKILLS - 1, 2)]
    sealing = Sealing(key, {one.sha256: one for one in [*old, *changed]})
    store, figures, listening = open_store(f"sqlite:///{folder}/fleet.db"), IngestFigures(), asyncio.Event()
    with store.write() as connection:
        names = [{"name": name_of(n), "timezone": "UTC", "first_seen_at": 1} for n in range(ROBOTS)]
        connection.execute(insert(robot), names)
    link = Broker(parse(mosquitto.url), figures, part=(1, 1))
    ingest = Ingest(groups_of(store), link.settle, figures)
    ingesting = asyncio.create_task(ingest.run())
    connecting = asyncio.create_task(link.run(ingest.offer, lambda: ingest.full, listening.set))
    await listening.wait()
    with contextlib.ExitStack() as stack:
        connected_s = await asyncio.to_thread(stack.enter_context, _robots(mosquitto.port, key, folder))
        _, first_s = await _round(store, sealing, mosquitto.port, old)
        signed_s, whole_s = await _round(store, sealing, mosquitto.port, changed)
    link.stop_receiving()
    ingest.stop()
    await ingesting
    await link.close()
    connecting.cancel()
    store.close()
    return [connected_s, first_s, signed_s, whole_s]


def run() -> list[dict[str, Any]]:
    """The first wish of all fourteen, then the change of one."""
    if not Path(BINARY).exists():
        raise Absent("mosquitto is not installed: apt-get install mosquitto")
    with (
        tempfile.TemporaryDirectory() as name,
        broker(Path(name) / "broker") as mosquitto,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        connected_s, first_s, signed_s, whole_s = runner.run(_measured(mosquitto, Path(name)))
    return [
        {"name": f"{ROBOTS:,} idle robots connected", "value": connected_s, "unit": "s"},
        {"name": f"first wish of {SKILLS} skills on each, stored as reported", "value": first_s, "unit": "s"},
        {"name": "change of one skill on each: signed and stored", "value": signed_s, "unit": "s"},
        {
            "name": "change of one skill on each: signed, verified, reported and stored", "value": whole_s, "unit": "s",
            "target": f"≤ {TARGET_S:.0f}", "met": whole_s <= TARGET_S,
        },
    ]  # fmt: skip
