"""`edge-agent doctor`: is everything in place for counts to arrive? One line per check, with the remedy.

Safe beside a running agent: nothing is written but a probe file, and the broker is tried with a real
CONNECT only when no agent runs (two clients of one name throw each other out).
"""

import errno
import os
import shutil
import socket
import sqlite3
import tempfile
import time
import zoneinfo
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from edge_agent import clock
from edge_agent.config import Settings, credentials, is_set
from edge_agent.errors import ConfigError, LinkError, NotAllowed
from edge_agent.sources import build
from edge_agent.sources.surroundings import Surroundings
from edge_agent.status import access, control, faults, notices, offline, said, skills, why
from edge_agent.status.catalogue import gettext, ngettext, pgettext, sentence
from edge_agent.status.doctor_link import running_link, trial
from edge_agent.status.finding import Finding
from edge_agent.status.text import certificate_ends, duration, size
from edge_agent.uplink.certificate import validity

WAL_RESET_FIXED = (3, 51, 3)  # before it, two writing connections could corrupt a WAL file when it was reset
BACKLOG_OLD_S = 3600.0
OTHERS_READ = 0o004
REACH_S = 3.0  # a source's far side is on the robot or beside it


def examine(settings: Settings, language: str) -> Iterator[Finding]:
    """Every check, in the order in which a count travels."""
    place = gettext(language, "robot {robot}, broker {broker}", robot=settings.robot, broker=settings.broker)
    yield Finding("ok", pgettext(language, "subject", "settings"), place)
    yield _timezone(settings, language)
    try:
        running = control.ask(control_socket(settings))
        if running is None:
            offline.exists(settings)
    except NotAllowed as error:  # whatever else was said would be of who asks, not of the robot
        yield Finding("fail", pgettext(language, "subject", "access"), *access.denied(error.path, language))
        return
    yield from _stored(settings, running, language) if running else _state_dir(settings, language)
    yield from _disk(settings, language)
    yield _sqlite(language)
    yield _clock(language)
    yield from _sources(settings, running, language)
    yield from _skills(settings, running, language)
    yield from _faults(settings, running, language)
    yield _outbox(settings, running, language)
    yield _credentials(settings, running, language)
    yield from running_link(running["link"], language) if running else trial(settings, language)


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


def _stored(settings: Settings, running: dict[str, Any], language: str) -> Iterator[Finding]:
    """What the running agent says of its disk: it may write where whoever asks may not."""
    if running["outbox"].get("trouble"):
        yield Finding("fail", "state_dir", *why.not_stored(running["outbox"], language))
    else:
        folder = settings.state_dir
        yield Finding("ok", "state_dir", gettext(language, "the agent can write {folder}", folder=folder))


def _state_dir(settings: Settings, language: str) -> Iterator[Finding]:
    folder = settings.state_dir
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"probe" * 1000)
            probe.flush()
            os.fsync(probe.fileno())
    except OSError as error:
        if error.errno in {errno.EACCES, errno.EPERM}:
            yield Finding("fail", "state_dir", *access.denied(folder, language, to="write"))
            return
        kind = {errno.ENOSPC: "disk_full", errno.EDQUOT: "disk_full", errno.EROFS: "read_only"}.get(error.errno or 0)
        if kind:
            said = {"trouble_kind": kind, "trouble": f"{folder}: {error.strerror}"}
            yield Finding("fail", "state_dir", *why.not_stored(said, language))
            return
        remedy = gettext(language, "create it and give it to the agent's user, or set state_dir")
        yield Finding("fail", "state_dir", f"{folder}: {error.strerror}", remedy)
        return
    yield Finding("ok", "state_dir", gettext(language, "{folder} can be written", folder=folder))


def _disk(settings: Settings, language: str) -> Iterator[Finding]:
    try:
        free = shutil.disk_usage(settings.state_dir).free
    except OSError:  # said of the folder already
        return
    wanted = settings.outbox_max_mb * 2**20
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
        text = gettext(
            language,
            "{time} is in the past; the agent counts on by the time since the start, and takes the collector's time",
            time=shown,
        )
        return Finding("warn", subject, text, remedy)
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
        built = build(settings.sources, settings.source_options, around)
    except (ConfigError, ImportError) as error:
        if isinstance(error, ConfigError):
            yield Finding("fail", subject, sentence(language, error.sentence))
        else:
            yield Finding("fail", subject, str(error), gettext(language, "install that package"))
        return
    if running is None:
        yield Finding("ok", subject, ", ".join(settings.sources))
        for source in built:
            if url := getattr(source, "far_side", ""):
                yield _far_side(source.name, url, language)
        return
    for source in running["sources"]:
        yield from _running_source(source, language)


def _far_side(name: str, url: str, language: str) -> Finding:
    """Whether anybody listens where this source will read."""
    subject, parts = pgettext(language, "subject", "source"), urlsplit(url)
    port = {"https": 443, "wss": 443, "mqtt": 1883, "mqtts": 8883}.get(parts.scheme, 80)
    try:
        port = parts.port or port
        with socket.create_connection((parts.hostname or "", port), timeout=REACH_S):
            text = gettext(language, "{source}: {host}:{port} answers", source=name, host=parts.hostname, port=port)
            return Finding("ok", subject, text)
    except (OSError, ValueError) as error:
        why_not = getattr(error, "strerror", None) or str(error)
        text = gettext(
            language, "{source}: {host}:{port} cannot be reached ({why})",
            source=name, host=parts.hostname, port=port, why=why_not,
        )  # fmt: skip
        return Finding("fail", subject, text, gettext(language, "start it, or correct url in the source's table"))


def _running_source(source: dict[str, Any], language: str) -> Iterator[Finding]:
    subject, name = pgettext(language, "subject", "source"), source["name"]
    if source.get("off"):
        text = gettext(language, "{source}: off: the desired settings switch it off", source=name)
        yield Finding("ok", subject, text)
        return
    if source["error"]:
        remedy = faults.remedy({"family": faults.OWN, "code": "source_failed"}, language)
        yield Finding("fail", subject, f"{name}: {source['error']}", remedy)
    for each in source.get("troubles", ()):
        remedy = faults.remedy({"family": faults.OWN, "code": each["code"]}, language)
        yield Finding("fail", subject, f"{name}: {faults.trouble(each['code'], each['detail'], language)}", remedy)
    for notice in source.get("notices", ()):
        yield Finding(
            "warn", subject, f"{name}: {notices.sentence(notice, language)}", notices.remedy(notice, language)
        )
    if not (source["error"] or source.get("troubles") or source.get("notices")):
        text = ngettext(language, "{source}: {n} reading", "{source}: {n} readings", source["readings"], source=name)
        yield Finding("ok", subject, text)


def _skills(settings: Settings, running: dict[str, Any] | None, language: str) -> Iterator[Finding]:
    """How each skill is, and whether they are kept apart."""
    subject = pgettext(language, "subject", "skills")
    if settings.skills == "unconfined":
        remedy = gettext(language, "set skills to systemd on a robot: docs/agent.md")
        yield Finding("warn", subject, skills.not_isolated(language), remedy)
    hosted = (running or {}).get("skills")
    if hosted is None:
        return
    for line in skills.general(hosted, language, isolation=False):
        yield Finding("fail", subject, line)
    for skill in hosted["skills"]:
        text = f"{skill['skill']}: {skills.four_facts(skill, language)}"
        why_not = skills.why_not(skill, language)
        grade: Literal["ok", "warn", "fail"] = "fail" if skill["quarantined"] else "warn" if why_not else "ok"
        yield Finding(grade, pgettext(language, "subject", "skill"), f"{text}: {why_not}" if why_not else text)


def _faults(settings: Settings, running: dict[str, Any] | None, language: str) -> Iterator[Finding]:
    """Those that are open, but what the sources' lines have said already."""
    if running is None and not offline.exists(settings):
        return
    sources = {source["name"] for source in (running or {}).get("sources", ())}
    for fault in (running or offline.status(settings))["faults"]:
        if fault["family"] == faults.OWN and fault["ref"] in sources:
            continue
        text = ": ".join(filter(None, (faults.name(fault, language), said.refusal(fault.get("detail", ""), language))))
        yield Finding("warn", pgettext(language, "subject", "fault"), text, faults.remedy(fault, language))


def _outbox(settings: Settings, running: dict[str, Any] | None, language: str) -> Finding:
    subject = pgettext(language, "subject", "outbox")
    if running is None and not offline.exists(settings):
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
        return Finding("fail", subject, sentence(language, error.sentence))
    for file in (settings.mqtt_password_file, settings.tls_key_file):
        if is_set(file) and file.stat().st_mode & OTHERS_READ:
            text = gettext(language, "{file} can be read by everybody", file=file)
            return Finding("warn", subject, text, f"chmod o-r {file}")
    if password and not settings.broker.tls:
        text = gettext(language, "the password of {user} travels in clear text", user=username)
        return Finding("warn", subject, text, gettext(language, "use mqtts://"))
    if is_set(settings.tls_cert_file):
        return _certificate(settings, subject, language)
    if username:
        text = gettext(language, "user {user}", user=username)
    elif running:
        text = gettext(language, "only the running agent sees its own")
    else:
        text = gettext(language, "none here; a stopped unit's: docs/agent.md")
    return Finding("ok", subject, text)


def _certificate(settings: Settings, subject: str, language: str) -> Finding:
    try:
        holds = validity(settings)
    except LinkError as error:
        known = {"cause": error.cause, "slots": error.slots, "text": str(error), "reason": error.reason}
        return Finding("fail", subject, *why.said(known, language))
    except ConfigError as error:
        return Finding("fail", subject, sentence(language, error.sentence))
    assert holds is not None
    now_s = time.time()
    link, state = {"certificate_ends_at": holds.ends_s}, "synced" if now_s >= clock.EARLIEST_S else "unsynced"
    if ending := certificate_ends(link, {"state": state, "at": now_s}, language):
        return Finding("fail" if holds.ends_s <= now_s else "warn", subject, *ending)
    return Finding("ok", subject, gettext(language, "client certificate, until {ends}", ends=holds.ends))
