"""The agent as one process: what is opened, which tasks run, how it ends.

    sources ──take──▶ counting ──append──▶ outbox ──batch──▶ uplink ──publish──▶ link ──▶ broker
    (supervise)       (sampler, episodes,  (one writer        │  ▲                            │
                       clock: pure)         thread, SQLite)   │  └── acks, desired, time ◀────┘
                                                              ▼
    control.sock ◀── status (reads all of them)          conversation (Sender: pure)

One TaskGroup holds every task by name. A source that fails is restarted; any other failure ends the
process with its reason, and systemd starts it again. A stop closes the window, stores it with a `stop`
record, hands over what it can in two seconds, says `stopped` and leaves.
"""

import asyncio
import contextlib
import logging
import os
import random
import signal
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from edge_agent import clock, identity
from edge_agent.clock import EARLIEST_S, Clock
from edge_agent.config import Settings, is_set, skills_folder
from edge_agent.counting.count_task import Counting
from edge_agent.counting.episodes import EpisodeTracker
from edge_agent.counting.readings import Supports, Total
from edge_agent.counting.refused import CODE as REFUSED
from edge_agent.counting.sampler import Sampler
from edge_agent.counting.series import lives
from edge_agent.deferred import Sentence
from edge_agent.desired import rules
from edge_agent.desired.following import Following, Heard
from edge_agent.desired.plan import InForce
from edge_agent.errors import ConfigError, OutboxUnwritable, StorageFull
from edge_agent.notify import notify, watchdog_s
from edge_agent.outbox import Outbox
from edge_agent.outbox.flapping import Flapping
from edge_agent.outbox.values import OutboxSettings
from edge_agent.skills.handing import hand_over
from edge_agent.skills.readiness import SwitchWhen, window_of
from edge_agent.source_tasks import SourceTasks
from edge_agent.sources import build
from edge_agent.sources.surroundings import Surroundings
from edge_agent.status import control
from edge_agent.status.overview import Parts, Rates, overview
from edge_agent.status.today import Today, zone_of
from edge_agent.uplink.link import Link
from edge_agent.uplink.senses import Senses
from edge_agent.uplink.uplink import Uplink
from edge_agent.version import VERSION
from protocol import records
from protocol.backoff import delay_s

if TYPE_CHECKING:
    from edge_agent.skills.running import Skills

SOURCE_PAUSE_MOST_S = 300.0  # the longest pause before a source that fails is started again
AWAY_MOST_S = 86_400.0  # for so long at most is a skill believed to have counted while no agent listened
LEAVE_S = 3.5  # of the five seconds of a clean stop
TODAY = "today"  # name of the note with what was counted on this day
OWN = "agent"  # the agent as a source of counters about itself

logger = logging.getLogger(__name__)


async def run(settings: Settings, environ: Mapping[str, str]) -> None:
    """Until SIGTERM or SIGINT. Raises AgentError (alone or in a group) when it cannot go on."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    outbox = await open_outbox(settings)
    try:
        agent = await assemble(settings, outbox)
        await serve(agent, environ, stop)
    finally:
        with contextlib.suppress(OutboxUnwritable):  # its disk is gone: the next start will say so
            await outbox.close()


async def open_outbox(settings: Settings) -> Outbox:
    """Raises OutboxError, ConfigError."""
    try:
        settings.state_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        remedy = Sentence("give its parent to the agent's user, or set state_dir")
        raise ConfigError(
            "state_dir: {state_dir}: {detail}: {remedy}",
            state_dir=settings.state_dir,
            detail=error.strerror,
            remedy=remedy,
        ) from error
    boot_id = clock.boot_id()
    now = clock.sample(boot_id)
    return await Outbox.open(
        settings.state_dir / "outbox.db",
        settings=OutboxSettings(settings.robot, settings.timezone or "UTC", settings.outbox_max_mb * 2**20),
        hardware=identity.hardware(),
        boot_id=boot_id,
        now_s=int(now.wall_s),
        mono_s=int(now.mono_s),
    )


class Agent:
    """The long-lived objects, wired. Nothing runs yet."""

    def __init__(self, settings: Settings, outbox: Outbox, counting: Counting, today: Today) -> None:
        self.settings, self.outbox, self.counting, self.today = settings, outbox, counting, today
        self._own, self._upload_s = settings, settings.upload_s  # what the robot's own file says
        self.runtime_dir: Path = settings.runtime_dir if is_set(settings.runtime_dir) else settings.state_dir
        boot_id = clock.boot_id()
        around = Surroundings(
            settings.state_dir,
            self.runtime_dir,
            settings.sample_s,
            boot_id,
            outbox.lineage,
            counting.commit,
            lambda source: lives(counting.sampler.totals, source),
            lambda source: [series for name, series in counting.sampler.totals if name == source],
            outbox.run,
            outbox.runs,
            lambda: not outbox.unanswered(),
            counting.settled,
        )
        self._around = around
        self.skills = skills_of(settings, counting, around, outbox.last_seen_s)
        sources = build(settings.sources, settings.source_options, around)
        counting.keepers = lambda: frozenset(s.name for s in sources if getattr(s, "may_have_forgotten", False))
        self.sources = SourceTasks(
            sources,
            counting,
            lambda name, patterns: build((name,), {name: rules.without(settings, name, patterns)}, around)[0],
            lambda name, patterns: rules.words(settings, name, patterns),
            pause_s,
        )
        senses = Senses(
            time.monotonic,
            lambda: counting.now().at_s,
            lambda: counting.now().mono,
            lambda: counting.episodes.open_faults,
            counting.learn,
            self.description,
            lambda told, compared, pushes: counting.answered(told=told, compared=compared, pushes=pushes),
            counting.went_back,
            lambda: self.following.look(),  # noqa: PLW0108  it is made below, of the uplink
            lambda revision: self.following.told(revision),  # noqa: PLW0108  as above
            self.skills.told if self.skills is not None else None,
        )
        link = Link(settings, now=time.time, floor_s=lambda: float(max(outbox.last_seen_s, EARLIEST_S)))
        self.uplink = Uplink(settings, outbox, link, senses, random.SystemRandom().random)
        if self.skills is not None:
            self.skills.on_change = self.uplink.report
            self.skills.connects = lambda: self.uplink.standing.connects
            self.skills.vouched_s = lambda: outbox.last_seen_s
        self.following = Following(
            rules.own_file(settings),
            outbox,
            heard=lambda: Heard(
                self.uplink.standing.connected and self.uplink.standing.proven_at_s is not None,
                self.uplink.standing.ack_at_s,
            ),
            apply=self.apply,
            ask=self.uplink.ask,
            report=self.uplink.report,
            hand_over=self._handed_over,
        )
        self.rates = Rates(time.monotonic())
        self._life = uuid.uuid4().hex[:12]  # names this process: its byte counters begin at zero
        counting.on_fault, counting.on_stored = self.uplink.urge, today.add
        counting.noted_with = lambda found: {TODAY: today.with_stored(found)} if any(_windows(found)) else {}
        counting.before_tick = self._count_own
        counting.sampler.take(
            OWN, Supports(("observed_s", "agent_bytes_written", "agent_bytes_sent", "readings_refused"))
        )

    def description(self) -> records.Record:
        """What a collector asks for that holds no records of this robot, or has lost some."""
        can, cannot = self.counting.sampler.supported()
        return records.description(
            agent=VERSION,
            timezone=self.settings.timezone or "UTC",
            model=self.settings.model,
            rom=self.settings.rom,
            configuration=told_settings(self.settings),
            supported=can,
            unsupported=cannot,
        )

    def _handed_over(self, envelope: records.Record) -> None:
        """Another signed document: the store process looks at it."""
        hand_over(self.settings.state_dir / "skills", envelope)
        if self.skills is not None:
            self.skills.store_due.set()

    async def apply(self, now: InForce) -> None:
        """Put these settings in force, and tell the collector by which rhythm it may expect this robot."""
        on = tuple(name for name in self._own.sources if name not in now.sources_off)
        self.settings = replace(
            self._own, sample_s=now.sample_s, upload_s=now.upload_s, log_level=now.log_level, sources=on
        )
        logging.getLogger().setLevel(now.log_level.upper())
        self.counting.tick_s = self._around.sample_s = now.sample_s
        if now.upload_s != self._upload_s:
            self._upload_s = now.upload_s
            self.uplink.set_upload_s(now.upload_s)
        without: dict[str, frozenset[str]] = {}
        for source, pattern in now.rules_off:
            without[source] = without.get(source, frozenset()) | {pattern}
        await self.sources.switch(now.sources_off, without)
        with contextlib.suppress(StorageFull, OutboxUnwritable):  # it waits in memory
            await tell_configuration(self.settings, self.outbox, self.counting)

    def _count_own(self) -> None:
        written, wire = self.outbox.figures().bytes_written, self.uplink.wire_bytes()
        self.rates.note(time.monotonic(), written or 0, wire)
        for counter, value in (("agent_bytes_written", written), ("agent_bytes_sent", wire)):
            if value is not None:
                self.counting.sampler.take(OWN, Total(counter, value, self._life, from_zero=True))


def skills_of(settings: Settings, counting: Counting, around: Surroundings, last_seen_s: float) -> "Skills | None":
    """What keeps skills running; None: this agent runs none, and loads nothing of it."""
    if settings.skills == "off":
        return None
    from edge_agent.skills.holding import Holding  # noqa: PLC0415  only an agent that runs skills pays for it
    from edge_agent.skills.place import Host  # noqa: PLC0415  only an agent that runs skills pays for it
    from edge_agent.skills.running import Skills  # noqa: PLC0415  as above
    from edge_agent.skills.starters import starter  # noqa: PLC0415  as above

    body = settings.skills_body if is_set(settings.skills_body) else None
    away_s = min(max(0.0, counting.now().at_s - last_seen_s), AWAY_MOST_S)
    host = Host(skills_folder(settings), body, settings.skills_language, counting, around, away_s, pause_s)
    zone = zone_of(settings.timezone)

    def minute_of_day() -> int:
        here = datetime.fromtimestamp(counting.now().at_s, zone)
        return here.hour * 60 + here.minute

    charge, window = settings.skills_switch_charge / 100, window_of(settings.skills_window)
    when = SwitchWhen("docked" if settings.skills_switch == "docked" else "idle", charge, window)
    holding = Holding(body, when, minute_of_day, time.monotonic)
    return Skills(settings.state_dir / "skills", host, starter(settings.skills), holding)


async def assemble(settings: Settings, outbox: Outbox) -> Agent:
    """Go on from what the outbox holds, and store that the agent began."""
    boot_id = clock.boot_id()
    clock_ = Clock(outbox.boot, outbox.last_seen_s)
    now = clock_.stamp(clock.sample(boot_id))
    restored = await outbox.restore()
    sampler = Sampler(
        now, window_s=settings.window_s, totals=restored.totals, window=restored.window, told=restored.told, own=OWN
    )
    flapping = Flapping(settings.runtime_dir if is_set(settings.runtime_dir) else settings.state_dir, outbox)
    episodes = EpisodeTracker(flapping.known(restored.episodes))
    counting = Counting(
        outbox,
        clock_,
        lambda: clock.sample(boot_id),
        sampler,
        episodes,
        tick_s=settings.sample_s,
        window_s=settings.window_s,
        checkpoint_s=float(settings.checkpoint_s),
    )
    counting.flap_notes.keep = flapping.keep
    refused = [each.ref for each in counting.episodes.open_conditions() if (each.family, each.code) == (OWN, REFUSED)]
    counting.sampler.refusals.go_on(refused, now.mono_s)
    today = Today.restored(zone_of(settings.timezone), now.at, await outbox.note(TODAY))
    agent = Agent(settings, outbox, counting, today)
    began = records.start(
        boot=now.boot,
        mono=now.mono,
        at=now.at,
        sync=now.sync,
        agent=VERSION,
        clean=outbox.clean,
        timezone=settings.timezone or "UTC",
        model=settings.model,
        rom=settings.rom,
        os_boot=boot_id,
    )
    with contextlib.suppress(StorageFull, OutboxUnwritable):  # it waits in memory and is stored when there is room
        await counting.record(began)
    agent.sources.end_faults_of_others(skills=agent.skills is not None)
    await agent.following.restore()
    return agent


async def tell_configuration(settings: Settings, outbox: Outbox, counting: Counting) -> None:
    """Store what is set, if it differs from what was last told; nothing of it is secret."""
    set_now = told_settings(settings)
    if await outbox.note("configuration") == set_now:
        return
    now = counting.now()
    changed = records.configuration(boot=now.boot, mono=now.mono, at=now.at, settings=set_now, sync=now.sync)
    await counting.record(changed)
    await outbox.set_note("configuration", set_now)


def _windows(found: Iterable[records.Record]) -> Iterator[bool]:
    return (record["kind"] == "window" for record in found)


def told_settings(settings: Settings) -> records.Record:
    """What the collector is told of the settings; nothing of it is secret."""
    told = ("sample_s", "window_s", "upload_s", "timezone", "outbox_max_mb", "model", "rom")
    return {name: getattr(settings, name) for name in told} | {"sources": list(settings.sources)}


async def serve(agent: Agent, environ: Mapping[str, str], stop: asyncio.Event) -> None:
    """Run every task until `stop`, then end them in the order in which data flows."""
    parts = Parts(
        agent.settings,
        agent.outbox,
        agent.counting,
        agent.uplink,
        agent.sources.status,
        agent.today,
        os.getpid(),
        agent.rates,
        agent.following,
        agent.skills.status if agent.skills is not None else None,
    )
    async with asyncio.TaskGroup() as group:
        socket_path = agent.runtime_dir / control.SOCKET_NAME
        answering = control.serve(socket_path, lambda: overview(parts, time.monotonic()), acts_of(agent))
        counted = [
            group.create_task(answering, name="control"),
            group.create_task(agent.counting.run(), name="counting"),
            group.create_task(watch(agent, environ), name="watchdog"),
        ]
        counted.append(group.create_task(agent.following.run(), name="desired settings"))
        hosting = [group.create_task(agent.skills.run(), name="skills")] if agent.skills is not None else []
        if agent.skills is not None and agent.settings.skills_repository:
            from edge_agent.skills.store_task import StoreTask  # noqa: PLC0415  only an agent that has skills fetched

            storing = StoreTask(agent.settings, agent.skills, store_pause_s)
            hosting.append(group.create_task(storing.run(), name="store of skills"))
        agent.sources.start(group)
        delivering = group.create_task(agent.uplink.run(), name="uplink")
        notify("READY=1", environ)
        extra = {"action": "agent_started", "robot": agent.settings.robot, "version": VERSION}
        logger.info("started", extra=extra)
        await stop.wait()
        notify("STOPPING=1", environ)
        for task in hosting:
            task.cancel()
        if agent.skills is not None:
            await agent.skills.close()
        for task in counted:
            task.cancel()
        await asyncio.wait([*counted, *agent.sources.cancel()])
        now = agent.counting.now()
        last = records.stop(boot=now.boot, mono=now.mono, at=now.at, sync=now.sync)
        with contextlib.suppress(StorageFull, OutboxUnwritable):  # then the next start says that this stop was unclean
            await agent.counting.finish(last)
        agent.uplink.leave()
        await asyncio.wait({delivering}, timeout=LEAVE_S)
        delivering.cancel()
        logger.info("stopped", extra={"action": "agent_stopped"})


def acts_of(agent: Agent) -> dict[str, control.Act]:
    """What a person at the robot may have the agent do; each says whether it could."""

    def upload(_: str) -> bool:
        agent.uplink.urge()
        agent.uplink.ask()
        return agent.uplink.standing.connected

    def restart(skill: str) -> bool:
        return agent.skills is not None and agent.skills.restart(skill)

    return {"upload": upload, "restart": restart}


async def watch(agent: Agent, environ: Mapping[str, str]) -> None:
    """Ping systemd's watchdog only while the loop, the counting and the outbox's thread make progress."""
    within_s = watchdog_s(environ, os.getpid())
    if within_s is None:
        return
    while True:
        if await progress(agent, within_s / 2):
            notify("WATCHDOG=1", environ)
        else:
            logger.error("no progress: systemd will start the agent again", extra={"action": "agent_stuck"})
        await asyncio.sleep(within_s / 4)


async def progress(agent: Agent, within_s: float) -> bool:
    """Whether the outbox's thread answers and counting still ticks."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(agent.outbox.note("session"), within_s)  # runs on the writer's thread
        may_s = max(agent.counting.tick_s * 2, agent.counting.pause_s)
        return time.monotonic() - agent.counting.ticked_at_s < may_s + within_s
    return False


def store_pause_s(failures: int, first_s: float, most_s: float) -> float:
    """Before the store of skills is started again after failures."""
    return delay_s(failures, first_s, most_s, random.SystemRandom().uniform(0.5, 1.0))


def pause_s(failures: int) -> float:
    """Before a source is started again: 1 s, doubling to 5 minutes, with half of it left to chance."""
    return delay_s(failures, 1.0, SOURCE_PAUSE_MOST_S, random.SystemRandom().uniform(0.5, 1.0))
