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
from unicodedata import east_asian_width

from edge_agent import clock
from edge_agent.config import Settings, credentials, is_set
from edge_agent.errors import AgentError, ConfigError, LinkError
from edge_agent.sources import build
from edge_agent.sources.surroundings import Surroundings
from edge_agent.status import control, notices, offline
from edge_agent.status.catalogue import gettext, ngettext, pgettext
from edge_agent.status.text import duration, size
from edge_agent.uplink.acks import Answer, read_ack
from edge_agent.uplink.link import Arrived, Denied, Link, Lost
from protocol import codec, records, topics

Grade = Literal["ok", "warn", "fail"]
WAL_RESET_FIXED = (3, 51, 3)  # before it, two writing connections could corrupt a WAL file when it was reset
ANSWER_WAIT_S = 10.0
DISTANT_S = 60  # a clock further from the collector's than this is wrong
BRIEF_SUSPECT = 3  # connections in a row that were accepted and ended at once
BACKLOG_OLD_S = 3600.0
OTHERS_READ = 0o004
SUBJECT = 13  # columns of a line; a Chinese character takes two


@dataclass(frozen=True, slots=True)
class Finding:
    grade: Grade
    subject: str
    text: str
    remedy: str = ""

    def __str__(self) -> str:
        taken = sum(2 if east_asian_width(letter) in "WF" else 1 for letter in self.subject)
        subject = self.subject + " " * (SUBJECT - taken)
        return f"{self.grade:5}{subject}{self.text}" + (f"\n     {'':{SUBJECT}}-> {self.remedy}" if self.remedy else "")


def examine(settings: Settings, language: str) -> Iterator[Finding]:
    """Every check, in the order in which a count travels."""
    running = control.ask(control_socket(settings))
    place = gettext(language, "robot {robot}, broker {broker}", robot=settings.robot, broker=settings.broker)
    yield Finding("ok", pgettext(language, "subject", "settings"), place)
    yield _timezone(settings, language)
    yield from _state_dir(settings, language)
    yield _sqlite(language)
    yield _clock(language)
    yield from _sources(settings, running, language)
    yield _outbox(settings, running, language)
    yield _credentials(settings, running, language)
    yield from _running_link(running["link"], language) if running else _probe(settings, language)


def control_socket(settings: Settings) -> Path:
    """Where a running agent answers."""
    return runtime_dir(settings) / control.SOCKET_NAME


def runtime_dir(settings: Settings) -> Path:
    return settings.runtime_dir if is_set(settings.runtime_dir) else settings.state_dir


def _timezone(settings: Settings, language: str) -> Finding:
    subject = pgettext(language, "subject", "time zone")
    try:
        zoneinfo.ZoneInfo(settings.timezone)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        remedy = gettext(
            language, "set timezone to an IANA name such as Asia/Shanghai: it decides on which day a count falls"
        )
        return Finding("warn", subject, settings.timezone or pgettext(language, "time zone", "not known"), remedy)
    return Finding("ok", subject, settings.timezone)


def _state_dir(settings: Settings, language: str) -> Iterator[Finding]:
    folder = settings.state_dir
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"probe")
            probe.flush()
            os.fsync(probe.fileno())
    except OSError as error:
        remedy = gettext(language, "create it and give it to the agent's user, or set state_dir")
        yield Finding("fail", "state_dir", f"{folder}: {error.strerror}", remedy)
        return
    yield Finding("ok", "state_dir", gettext(language, "{folder} can be written", folder=folder))
    free, wanted = shutil.disk_usage(folder).free, settings.outbox_max_mb * 2**20
    subject = pgettext(language, "subject", "disk")
    text = gettext(language, "{free} free, the outbox takes up to {limit}", free=size(free), limit=size(wanted))
    if free < wanted:
        remedy = gettext(language, "free some space or lower outbox_max_mb; full, it merges old windows")
        yield Finding("warn", subject, text, remedy)
    else:
        yield Finding("ok", subject, text)


def _sqlite(language: str) -> Finding:
    version = sqlite3.sqlite_version
    if sqlite3.sqlite_version_info < WAL_RESET_FIXED:
        text = gettext(
            language, "{version}; has the WAL-reset fault, which one writing connection avoids", version=version
        )
        return Finding("ok", "SQLite", text)
    return Finding("ok", "SQLite", version)


def _clock(language: str) -> Finding:
    now = clock.sample(clock.boot_id())
    subject = pgettext(language, "subject", "clock")
    shown = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(now.wall_s))
    if now.wall_s < clock.EARLIEST_S:
        remedy = gettext(language, "start a time service (chrony, systemd-timesyncd)")
        return Finding("fail", subject, gettext(language, "{time} is in the past", time=shown), remedy)
    if not now.disciplined:
        remedy = gettext(language, "start a time service; until then the collector's time is used")
        return Finding("warn", subject, gettext(language, "{time}, kept by nobody", time=shown), remedy)
    return Finding("ok", subject, gettext(language, "{time}, synchronised", time=shown))


def _sources(settings: Settings, running: dict[str, Any] | None, language: str) -> Iterator[Finding]:
    async def commit() -> None:
        return None

    around = Surroundings(settings.state_dir, runtime_dir(settings), settings.sample_s, "", "", commit)
    subject = pgettext(language, "subject", "sources")
    try:
        build(settings.sources, settings.source_options, around)
    except (ConfigError, ImportError) as error:
        remedy = "" if isinstance(error, ConfigError) else gettext(language, "install that package")
        yield Finding("fail", subject, str(error), remedy)
        return
    if running is None:
        yield Finding("ok", subject, ", ".join(settings.sources))
        return
    for source in running["sources"]:
        if source.get("off"):
            text = gettext(language, "{source}: off: the desired settings switch it off", source=source["name"])
            yield Finding("ok", pgettext(language, "subject", "source"), text)
        elif source["error"]:
            yield Finding("fail", pgettext(language, "subject", "source"), f"{source['name']}: {source['error']}")
        elif source.get("notices"):
            for notice in source.get("notices"):
                text = f"{source['name']}: {notices.sentence(notice, language)}"
                yield Finding("warn", pgettext(language, "subject", "source"), text, notices.remedy(notice, language))
        else:
            text = ngettext(
                language, "{source}: {n} reading", "{source}: {n} readings", source["readings"], source=source["name"]
            )
            yield Finding("ok", pgettext(language, "subject", "source"), text)


def _outbox(settings: Settings, running: dict[str, Any] | None, language: str) -> Finding:
    subject = pgettext(language, "subject", "outbox")
    if running is None and not offline.database(settings).exists():
        return Finding("ok", subject, gettext(language, "none yet: the first start makes it"))
    outbox = (running or offline.status(settings))["outbox"]
    oldest_s = time.time() - outbox["oldest_at"] if outbox["backlog"] and outbox["oldest_at"] else 0.0
    slots = {"size": size(outbox["bytes_on_disk"]), "time": duration(oldest_s, language)}
    if outbox.get("full"):
        remedy = gettext(language, "free disk space, or find out why the collector does not answer")
        text = ngettext(
            language, "{n} record waits, {size}, full", "{n} records wait, {size}, full", outbox["backlog"], **slots
        )
        return Finding("fail", subject, text, remedy)
    if oldest_s > BACKLOG_OLD_S + settings.upload_s:
        text = ngettext(
            language,
            "{n} record waits, {size}, for {time}",
            "{n} records wait, {size}, the oldest for {time}",
            outbox["backlog"], **slots,
        )  # fmt: skip
        return Finding("warn", subject, text, gettext(language, "see the broker's line below"))
    text = ngettext(language, "{n} record waits, {size}", "{n} records wait, {size}", outbox["backlog"], **slots)
    return Finding("ok", subject, text)


def _credentials(settings: Settings, running: dict[str, Any] | None, language: str) -> Finding:
    subject = pgettext(language, "subject", "credentials")
    try:
        username, password = credentials(settings)
    except ConfigError as error:
        return Finding("fail", subject, str(error))
    for file in (settings.mqtt_password_file, settings.tls_key_file):
        if is_set(file) and file.stat().st_mode & OTHERS_READ:
            text = gettext(language, "{file} can be read by everybody", file=file)
            return Finding("warn", subject, text, f"chmod o-r {file}")
    if password and not settings.broker.tls:
        text = gettext(language, "the password of {user} travels in clear text", user=username)
        return Finding("warn", subject, text, gettext(language, "use mqtts://"))
    if is_set(settings.tls_cert_file):
        return Finding("ok", subject, gettext(language, "client certificate"))
    if username:
        text = gettext(language, "user {user}", user=username)
    elif running:
        text = gettext(language, "only the running agent sees its own")
    else:
        text = gettext(language, "none here; a stopped unit's: docs/agent.md")
    return Finding("ok", subject, text)


def _running_link(link: dict[str, Any], language: str) -> Iterator[Finding]:
    subject = pgettext(language, "subject", "collector")
    if link.get("taken_over") or link.get("brief", 0) >= BRIEF_SUSPECT:
        yield _named_twice(link, language)
    if link.get("alarm"):
        yield _alarmed(link["alarm"], language)
    if link.get("desired_refused"):
        yield Finding("warn", pgettext(language, "subject", "settings"), link["desired_refused"])
    if not link["connected"]:
        yield Finding("fail", pgettext(language, "subject", "broker"), link["text"] or link["reason"])
    elif link["refusal"]:
        yield _refused(link["refusal"], language)
    elif link["ack_age_s"] is None:
        remedy = gettext(language, "is a collector connected to this broker?")
        yield Finding("fail", subject, gettext(language, "has not answered yet"), remedy)
    else:
        text = gettext(
            language, "answered {time} ago over MQTT {mqtt}",
            time=duration(link["ack_age_s"], language), mqtt=link["mqtt"],
        )  # fmt: skip
        yield Finding("ok", subject, text)


def _named_twice(link: dict[str, Any], language: str) -> Finding:
    """Another machine connects under this robot's name: the broker says so (MQTT 5), or connections end at once."""
    subject = pgettext(language, "subject", "name")
    remedy = gettext(language, "find the other machine and set another robot name there: docs/agent.md")
    if n := link.get("taken_over"):
        text = ngettext(
            language,
            "another machine has taken over this robot's connection {n} time",
            "another machine has taken over this robot's connection {n} times",
            n,
        )
        return Finding("fail", subject, text, remedy)
    text = ngettext(
        language,
        "{n} connection was accepted and ended at once: does another machine use this robot's name?",
        "{n} connections in a row were accepted and ended at once: does another machine use this robot's name?",
        link["brief"],
    )
    return Finding("warn", subject, text, remedy)


def _alarmed(alarm: str, language: str) -> Finding:
    text = gettext(language, "has an alarm for this robot: {what}", what=alarm)
    remedy = gettext(language, "ask the fleet's operator")
    if alarm.startswith("two_epochs"):
        remedy = gettext(language, "find the other machine and set another robot name there: docs/agent.md")
    return Finding("fail", pgettext(language, "subject", "collector"), text, remedy)


def _refused(reason: str, language: str) -> Finding:
    text = gettext(language, "refuses this robot: {why}", why=reason)
    remedy = gettext(language, "ask the fleet's operator")
    return Finding("fail", pgettext(language, "subject", "collector"), text, remedy)


def _probe(settings: Settings, language: str) -> Iterator[Finding]:
    yield from asyncio.run(_try_link(settings, language))


async def _try_link(settings: Settings, language: str) -> list[Finding]:
    """Connect, subscribe and say hello as the agent would."""
    robot = settings.robot
    outbox: dict[str, Any] = {"epoch": None}
    if offline.database(settings).exists():
        outbox = offline.status(settings)["outbox"]
    broker, collector = pgettext(language, "subject", "broker"), pgettext(language, "subject", "collector")
    link = Link(settings, now=time.time, floor_s=_floor)
    try:
        connection = await link.connect(None, [(topics.ack(robot), 0)])
    except AgentError as error:
        word = error.reason if isinstance(error, LinkError) else "settings"
        return [Finding("fail", broker, f"{settings.broker}: {error}", "" if ":" in str(error) else word)]
    accepts = gettext(
        language, "{broker} accepts this robot (MQTT {mqtt})", broker=settings.broker, mqtt=connection.version
    )
    found = [Finding("ok", broker, accepts)]
    try:
        if outbox["epoch"] is None:
            return [*found, Finding("ok", collector, gettext(language, "not asked: there is no outbox yet"))]
        hello = records.hello(
            robot=robot, epoch=outbox["epoch"], mark=outbox["sent_through"], held=outbox["newest"] + 1
        )
        connection.publish(topics.up(robot), codec.encode(hello))
        async with asyncio.timeout(ANSWER_WAIT_S):
            while True:
                event = await connection.events.get()
                if isinstance(event, Denied | Lost):
                    return [*found, *_ended(event, language)]
                answer = read_ack(event.payload) if isinstance(event, Arrived) else None
                if answer is not None:
                    alarmed = [_alarmed(answer.alarm, language)] if answer.alarm else []
                    return [*found, *alarmed, _judged(answer, time.time, language)]
    except (TimeoutError, AgentError):
        text = gettext(language, "no answer within {seconds} s", seconds=round(ANSWER_WAIT_S))
        remedy = gettext(
            language, "is a collector connected to this broker, and may this robot publish and subscribe there?"
        )
        return [*found, Finding("fail", collector, text, remedy)]
    finally:
        await connection.close()


def _ended(event: Denied | Lost, language: str) -> list[Finding]:
    """Why nothing can be heard on this connection."""
    broker = pgettext(language, "subject", "broker")
    if isinstance(event, Denied):
        return [Finding("fail", broker, event.sentence("acks"))]
    if event.reason == "taken_over":
        return [_named_twice({"taken_over": 1}, language)]
    return [Finding("fail", broker, event.text), _named_twice({"brief": 1}, language)]


def _judged(answer: Answer, now: Callable[[], float], language: str) -> Finding:
    subject = pgettext(language, "subject", "collector")
    if answer.refused:
        return _refused(answer.reason, language)
    if answer.now_ms is not None and abs(answer.now_ms / 1000 - now()) > DISTANT_S:
        distance = duration(abs(answer.now_ms / 1000 - now()), language)
        text = gettext(language, "answers, but its clock is {time} away", time=distance)
        return Finding("warn", subject, text, gettext(language, "start a time service"))
    return Finding("ok", subject, gettext(language, "answers; it has everything up to {number}", number=answer.mark))


def _floor() -> float:
    return float(clock.EARLIEST_S)
