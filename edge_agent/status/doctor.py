"""`edge-agent doctor`: is everything in place for counts to arrive? One line per check, with the remedy.

Safe beside a running agent: nothing is written but a probe file, and the broker is tried with a real
CONNECT only when no agent runs (two clients of one name throw each other out).
"""

import asyncio
import os
import shutil
import sqlite3
import tempfile
import time
import zoneinfo
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from edge_agent import clock
from edge_agent.config import Settings, credentials, is_set
from edge_agent.errors import AgentError, ConfigError, LinkError
from edge_agent.sources import build
from edge_agent.sources.surroundings import Surroundings
from edge_agent.status import control, offline
from edge_agent.status.text import duration, size
from edge_agent.uplink.acks import Answer, read_ack
from edge_agent.uplink.link import Arrived, Link
from protocol import codec, records, topics

Grade = Literal["ok", "warn", "fail"]
WAL_RESET_FIXED = (3, 51, 3)  # before it, two writing connections could corrupt a WAL file when it was reset
ANSWER_WAIT_S = 10.0
DISTANT_S = 60  # a clock further from the collector's than this is wrong
BACKLOG_OLD_S = 3600.0
OTHERS_READ = 0o004


@dataclass(frozen=True, slots=True)
class Finding:
    grade: Grade
    subject: str
    text: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.grade:5}{self.subject:13}{self.text}" + (
            f"\n     {'':13}-> {self.remedy}" if self.remedy else ""
        )


def examine(settings: Settings) -> Iterator[Finding]:
    """Every check, in the order in which a count travels."""
    running = control.ask(control_socket(settings))
    yield Finding("ok", "settings", f"robot {settings.robot}, broker {settings.broker}")
    yield _timezone(settings)
    yield from _state_dir(settings)
    yield _sqlite()
    yield _clock()
    yield from _sources(settings, running)
    yield _outbox(settings, running)
    yield _credentials(settings, running)
    yield from _running_link(running["link"]) if running else _probe(settings)


def control_socket(settings: Settings) -> Path:
    """Where a running agent answers."""
    return runtime_dir(settings) / control.SOCKET_NAME


def runtime_dir(settings: Settings) -> Path:
    return settings.runtime_dir if is_set(settings.runtime_dir) else settings.state_dir


def _timezone(settings: Settings) -> Finding:
    try:
        zoneinfo.ZoneInfo(settings.timezone)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        remedy = "set timezone to an IANA name such as Asia/Shanghai: it decides on which day a count falls"
        return Finding("warn", "time zone", f"{settings.timezone or 'not known'}", remedy)
    return Finding("ok", "time zone", settings.timezone)


def _state_dir(settings: Settings) -> Iterator[Finding]:
    folder = settings.state_dir
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"probe")
            probe.flush()
            os.fsync(probe.fileno())
    except OSError as error:
        remedy = "create it and give it to the agent's user, or set state_dir"
        yield Finding("fail", "state_dir", f"{folder}: {error.strerror}", remedy)
        return
    yield Finding("ok", "state_dir", f"{folder} can be written")
    free, wanted = shutil.disk_usage(folder).free, settings.outbox_max_mb * 2**20
    text = f"{size(free)} free, the outbox takes up to {size(wanted)}"
    if free < wanted:
        yield Finding("warn", "disk", text, "free some space or lower outbox_max_mb; full, it merges old windows")
    else:
        yield Finding("ok", "disk", text)


def _sqlite() -> Finding:
    version = sqlite3.sqlite_version
    if sqlite3.sqlite_version_info < WAL_RESET_FIXED:
        return Finding("ok", "SQLite", f"{version}; has the WAL-reset fault, which one writing connection avoids")
    return Finding("ok", "SQLite", version)


def _clock() -> Finding:
    now = clock.sample(clock.boot_id())
    shown = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(now.wall_s))
    if now.wall_s < clock.EARLIEST_S:
        return Finding("fail", "clock", f"{shown} is in the past", "start a time service (chrony, systemd-timesyncd)")
    if not now.disciplined:
        remedy = "start a time service; until then the collector's time is used"
        return Finding("warn", "clock", f"{shown}, kept by nobody", remedy)
    return Finding("ok", "clock", f"{shown}, synchronised")


def _sources(settings: Settings, running: dict[str, Any] | None) -> Iterator[Finding]:
    async def commit() -> None:
        return None

    around = Surroundings(settings.state_dir, runtime_dir(settings), settings.sample_s, "", "", commit)
    try:
        build(settings.sources, settings.source_options, around)
    except (ConfigError, ImportError) as error:
        yield Finding("fail", "sources", str(error), "" if isinstance(error, ConfigError) else "install that package")
        return
    if running is None:
        yield Finding("ok", "sources", ", ".join(settings.sources))
        return
    for source in running["sources"]:
        if source["error"]:
            yield Finding("fail", "source", f"{source['name']}: {source['error']}")
        else:
            yield Finding("ok", "source", f"{source['name']}: {source['readings']} readings")


def _outbox(settings: Settings, running: dict[str, Any] | None) -> Finding:
    if running is None and not offline.database(settings).exists():
        return Finding("ok", "outbox", "none yet: the first start makes it")
    outbox = (running or offline.status(settings))["outbox"]
    oldest_s = time.time() - outbox["oldest_at"] if outbox["backlog"] and outbox["oldest_at"] else 0.0
    text = f"{outbox['backlog']} records wait, {size(outbox['bytes_on_disk'])}"
    if outbox.get("full"):
        return Finding(
            "fail", "outbox", f"{text}, full", "free disk space, or find out why the collector does not answer"
        )
    if oldest_s > BACKLOG_OLD_S + settings.upload_s:
        return Finding("warn", "outbox", f"{text}, the oldest for {duration(oldest_s)}", "see the broker's line below")
    return Finding("ok", "outbox", text)


def _credentials(settings: Settings, running: dict[str, Any] | None) -> Finding:
    try:
        username, password = credentials(settings)
    except ConfigError as error:
        return Finding("fail", "credentials", str(error))
    for file in (settings.mqtt_password_file, settings.tls_key_file):
        if is_set(file) and file.stat().st_mode & OTHERS_READ:
            return Finding("warn", "credentials", f"{file} can be read by everybody", f"chmod o-r {file}")
    if password and not settings.broker.tls:
        return Finding("warn", "credentials", f"the password of {username} travels in clear text", "use mqtts://")
    if is_set(settings.tls_cert_file):
        return Finding("ok", "credentials", "client certificate")
    none = "only the running agent sees its own" if running else "none here; a stopped unit's: docs/agent.md"
    return Finding("ok", "credentials", f"user {username}" if username else none)


def _running_link(link: dict[str, Any]) -> Iterator[Finding]:
    if not link["connected"]:
        yield Finding("fail", "broker", link["text"] or link["reason"])
    elif link["refusal"]:
        yield Finding("fail", "collector", f"refuses this robot: {link['refusal']}", "ask the fleet's operator")
    elif link["ack_age_s"] is None:
        yield Finding("fail", "collector", "has not answered yet", "is a collector connected to this broker?")
    else:
        yield Finding("ok", "collector", f"answered {duration(link['ack_age_s'])} ago over MQTT {link['mqtt']}")


def _probe(settings: Settings) -> Iterator[Finding]:
    yield from asyncio.run(_try_link(settings))


async def _try_link(settings: Settings) -> list[Finding]:
    """Connect, subscribe and say hello as the agent would."""
    robot = settings.robot
    outbox: dict[str, Any] = {"epoch": None}
    if offline.database(settings).exists():
        outbox = offline.status(settings)["outbox"]
    link = Link(settings, now=time.time, floor_s=_floor)
    try:
        connection = await link.connect(None, [(topics.ack(robot), 0)])
    except AgentError as error:
        word = error.reason if isinstance(error, LinkError) else "settings"
        return [Finding("fail", "broker", f"{settings.broker}: {error}", "" if ":" in str(error) else word)]
    found = [Finding("ok", "broker", f"{settings.broker} accepts this robot (MQTT {connection.version})")]
    try:
        if outbox["epoch"] is None:
            return [*found, Finding("ok", "collector", "not asked: there is no outbox yet")]
        hello = records.hello(
            robot=robot, epoch=outbox["epoch"], mark=outbox["sent_through"], held=outbox["newest"] + 1
        )
        connection.publish(topics.up(robot), codec.encode(hello))
        async with asyncio.timeout(ANSWER_WAIT_S):
            while True:
                event = await connection.events.get()
                answer = read_ack(event.payload) if isinstance(event, Arrived) else None
                if answer is not None:
                    return [*found, _judged(answer, time.time)]
    except (TimeoutError, AgentError):
        remedy = "is a collector connected to this broker, and may this robot publish and subscribe there?"
        return [*found, Finding("fail", "collector", f"no answer within {ANSWER_WAIT_S:.0f} s", remedy)]
    finally:
        await connection.close()


def _judged(answer: Answer, now: Callable[[], float]) -> Finding:
    if answer.refused:
        return Finding("fail", "collector", f"refuses this robot: {answer.reason}", "ask the fleet's operator")
    if answer.now_ms is not None and abs(answer.now_ms / 1000 - now()) > DISTANT_S:
        distance = duration(abs(answer.now_ms / 1000 - now()))
        return Finding("warn", "collector", f"answers, but its clock is {distance} away", "start a time service")
    return Finding("ok", "collector", f"answers; it has everything up to {answer.mark}")


def _floor() -> float:
    return float(clock.EARLIEST_S)
