"""What skills cost a robot: start to the first word, memory and idle CPU of fourteen, and a day in virtual time."""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

from opk_skills.catalogue import HERE
from opk_skills.folder import packed
from opk_skills.guide.skill import Guide
from opk_skills.package import read
from opk_skills.trial_run import unpack
from simulators import virtual_time
from simulators.bodies.day import ENDS_S, HOUR_S, Circumstances, lived
from simulators.bodies.guests import Guests
from simulators.bodies.scene_days import SCENE_DAYS
from tests.bodies import beside

SKILLS = 14
STARTS = 7
IDLE_S = 10.0
TOURS_A_DAY = 100
ROBOTS, FLEET_HOUR_S = 200, 3600.0
START_MAX_S, PSS_MAX_MB, IDLE_MAX, ALL_START_MAX_S = 0.1, 150.0, 0.02, 3.0
Process = subprocess.Popen[bytes]


def _unpacked(scratch: Path) -> Path:
    file = scratch / "guide.opk"
    file.write_bytes(packed(HERE / "guide"))
    with file.open("rb") as opened:
        unpack(file, read(opened), scratch / "package")
    return scratch / "package"


@contextmanager
def _processes(package: Path, scratch: Path, number: int) -> Iterator[list[Process]]:
    given = scratch / "given"
    given.mkdir(exist_ok=True)
    (given / "settings.json").write_text('{"language": "en", "settings": {}}')
    environ = {"FLEETWARD_SKILL_DIR": str(given), "PATH": os.defpath}
    started = [
        subprocess.Popen([sys.executable, "-I", "-S", "start.py"], cwd=package, env=environ) for _ in range(number)
    ]
    try:
        yield started
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait()


async def _first_words_s(package: Path, scratch: Path, number: int) -> float:
    """From starting so many processes until each has said hello to the body."""
    said = gone = 0
    everybody, nobody = asyncio.Event(), asyncio.Event()

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal said, gone
        await reader.readline()
        said += 1
        if said == number:
            everybody.set()
        await reader.read()
        writer.close()
        gone += 1
        if gone == number:
            nobody.set()

    (scratch / "given").mkdir(exist_ok=True)
    serving = await asyncio.start_unix_server(hear, scratch / "given" / "body.sock")
    began = time.perf_counter()
    with _processes(package, scratch, number):
        async with asyncio.timeout(60):
            await everybody.wait()
        taken = time.perf_counter() - began
    await nobody.wait()
    serving.close()
    (scratch / "given" / "body.sock").unlink(missing_ok=True)
    return taken


def _pss_mb(processes: list[Process]) -> float:
    lines = [line for p in processes for line in Path(f"/proc/{p.pid}/smaps_rollup").read_text().splitlines()]
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def _cpu_s(processes: list[Process]) -> float:
    fields = [Path(f"/proc/{p.pid}/stat").read_text().rsplit(")", 1)[1].split() for p in processes]
    return sum(int(each[11]) + int(each[12]) for each in fields) / os.sysconf("SC_CLK_TCK")


def _day_s() -> float:
    async def day() -> None:
        life = beside(Guide, "guide", frailty=1.0)
        await Guests(life.host, ["guide&start"], Random(1)).come(TOURS_A_DAY)

    began = time.perf_counter()
    virtual_time.run(day())
    return time.perf_counter() - began


def _fleet_hour() -> tuple[float, float]:
    """(seconds, megabytes) of a simulated fleet in which each robot's guide works for an hour, all in one process."""

    async def hour() -> None:
        lives = [beside(Guide, "guide", seed=n, frailty=1.0) for n in range(ROBOTS)]
        coming = [
            asyncio.create_task(Guests(life.host, ["guide&start"], Random(n)).come(1000))
            for n, life in enumerate(lives)
        ]
        await asyncio.sleep(FLEET_HOUR_S)
        for task in coming:
            task.cancel()
        await asyncio.gather(*coming, return_exceptions=True)

    before_mb, began = _rss_mb(), time.perf_counter()
    virtual_time.run(hour())
    return time.perf_counter() - began, _rss_mb() - before_mb


def _ensembles(robots: int, hours: int) -> tuple[float, float]:
    """(times the clock, megabytes more) of robots that each live from the opening on with all skills and visitors."""
    given = [Circumstances(seed=n, hours=hours) for n in range(robots)]
    scenes = list(SCENE_DAYS.values())

    async def together() -> None:
        await asyncio.gather(*(lived(scenes[n % len(scenes)], each) for n, each in enumerate(given)))

    virtual_time.run(lived(scenes[0], Circumstances(hours=1)))  # what is read once is there
    before_mb, began = _rss_mb(), time.perf_counter()
    virtual_time.run(together())
    return (hours * HOUR_S + ENDS_S) / (time.perf_counter() - began), _rss_mb() - before_mb


def _alone(robots: int, hours: int) -> tuple[float, float]:
    """In a process of their own: the peak of its memory is theirs."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_ensembles, robots, hours).result()


def _rss_mb() -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def run() -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory(prefix="skills-") as folder:
        scratch = Path(folder)
        package = _unpacked(scratch)
        starts = [asyncio.run(_first_words_s(package, scratch, 1)) for _ in range(STARTS)]
        together_s = asyncio.run(_first_words_s(package, scratch, SKILLS))
        with _processes(package, scratch, SKILLS) as processes:
            time.sleep(3.0)
            pss_mb, before_s = _pss_mb(processes), _cpu_s(processes)
            time.sleep(IDLE_S)
            idle = (_cpu_s(processes) - before_s) / IDLE_S
    hour_s, fleet_mb = _fleet_hour()
    one, one_mb = _alone(1, 9)
    all_of_them, all_mb = _alone(ROBOTS, 1)
    return [
        _row("skill: start to first word", median(starts), "s", START_MAX_S),
        _row(f"{SKILLS} skills: start", together_s, "s", ALL_START_MAX_S),
        _row(f"{SKILLS} skills: sum of PSS", pss_mb, "MB", PSS_MAX_MB),
        _row(f"{SKILLS} skills: idle", idle, "of a core", IDLE_MAX),
        {"name": f"a day of {TOURS_A_DAY} tours in virtual time", "value": _day_s(), "unit": "s"},
        {"name": f"{ROBOTS} robots with a guide, an hour in one process", "value": hour_s, "unit": "s"},
        {"name": f"{ROBOTS} robots with a guide: more memory", "value": fleet_mb, "unit": "MB"},
        {"name": f"{SKILLS} skills in one body, a day", "value": one, "unit": "× real time"},
        {"name": f"{SKILLS} skills in one body: more memory", "value": one_mb, "unit": "MB"},
        {
            "name": f"{ROBOTS} robots × {SKILLS} skills, an hour in one process",
            "value": all_of_them,
            "unit": "× real time",
        },
        {"name": f"{ROBOTS} robots × {SKILLS} skills: more memory", "value": all_mb, "unit": "MB"},
    ]


def _row(name: str, value: float, unit: str, most: float) -> dict[str, Any]:
    return {"name": name, "value": value, "unit": unit, "target": f"≤ {most:g}", "met": value <= most}
