"""One collector process: who runs, and who hands what to whom.

    broker ──▶ mqtt ──▶ ingest ──▶ store ──▶ web (pages, API, /metrics)
      ▲         ▲          │         ▲
      └─ acks ──┴──────────┘         └── jobs (retention, closing days, deliveries)

Stopping: nothing more is received; what was received is committed and acked; then everything closes.
"""

import asyncio
import logging
import signal
import ssl
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TypeVar

import uvloop
from aiohttp import web

from collector import context, jobs, memory, scheduled
from collector.access.caller import THE_CLOCK
from collector.backtest.background import Backtests
from collector.closing.clock_guard import ClockGuard
from collector.closing.runs import Runs
from collector.config import Settings
from collector.context import Services
from collector.errors import ConfigurationError
from collector.ingest import manifests
from collector.ingest.broker import Broker
from collector.ingest.broker_url import parse
from collector.ingest.desired import Republish
from collector.ingest.loop import Ingest
from collector.ingest.metrics import IngestFigures
from collector.ingest.transaction import Groups
from collector.operations.closing import closing_of
from collector.store.engine import Store, open_store
from collector.store.patience import until_there
from collector.store.watch import StoreWatch
from collector.values.keep import Keep
from collector.web import packages, server
from collector.web.parts import Parts
from protocol import topics

T = TypeVar("T")
log = logging.getLogger(__name__)

DRAIN_S = 3.0  # what is waiting at a stop gets so long; the robots send the rest again


def run(settings: Settings, ready: Callable[[], None] = lambda: None) -> None:
    """Serve until SIGTERM or SIGINT. Raises CollectorError when it cannot start."""
    memory.relax()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(settings, ready))


def when_there(settings: Settings, work: Callable[[], T]) -> T:
    """The answer of `work`, which opens the settings' store: waited for as a start does. Raises CollectorError."""

    async def made() -> T:
        return work()

    return asyncio.run(until_there(made, settings.store_wait_s))


async def serve(settings: Settings, ready: Callable[[], None] = lambda: None) -> None:
    """The whole process. `ready` is called when pages and API answer."""

    async def opened() -> Store:
        return open_store(settings.store.get_secret_value())

    store = await until_there(opened, settings.store_wait_s)
    try:
        await _serve(settings, store, ready)
    finally:
        store.close()


def _groups(settings: Settings, store: Store, keep: Keep) -> Groups:
    return Groups(
        store,
        register_unknown=settings.register_unknown_robots,
        keep=keep,
        bounds=manifests.bounds_of(settings.skill_manifests),
        refused_per_h=settings.refused_readings_per_h,
    )


async def _serve(settings: Settings, store: Store, ready: Callable[[], None]) -> None:
    keep = Keep(
        settings.hours_keep_days, settings.events_keep_days, settings.faults_keep_days, settings.parked_keep_days
    )
    figures = IngestFigures()
    process = context.of(settings, store, time.time, THE_CLOCK)
    groups = _groups(settings, store, keep)
    broker = Broker(
        parse(settings.mqtt.get_secret_value()),
        figures,
        part=settings.parts,
        share_group=settings.share_group,
        client_id=settings.mqtt_client_id,
    )
    watch = StoreWatch()
    ingest = Ingest(groups, broker.settle, figures, watch=watch)
    republish = Republish(store, broker.publish)

    runs, backtests = Runs(closing_of(process), time.time), Backtests()
    guard = ClockGuard(store, time.time, partial(time.clock_gettime, time.CLOCK_BOOTTIME), groups.witnesses.votes)
    loop = asyncio.get_running_loop()
    services = Services(
        publish=lambda robot, document: _on_loop(loop, broker.publish, topics.desired(robot), document),
        runs=runs,
        backtests=backtests,
        clock_guard=guard,
        store_watch=watch,
    )
    process = replace(process, services=services)
    parts = Parts(
        context=process, monotonic=time.monotonic, figures=figures, committed_at=lambda: figures.committed_at_s
    )

    async def begun() -> web.Application:
        guard.begin()
        return await server.build(parts)

    application = await until_there(begun, settings.store_wait_s)
    stop = asyncio.Event()  # from here on a signal ends it in order; before, at once
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    skills = await _skills(settings)
    pages = await _web(application, settings.address)
    async with asyncio.TaskGroup() as tasks:
        ingesting = tasks.create_task(ingest.run(), name="ingest")
        others = [
            tasks.create_task(broker.run(ingest.offer, lambda: ingest.full, republish.soon), name="mqtt"),
            tasks.create_task(republish.run(), name="republish"),
            *(
                tasks.create_task(jobs.every(job.every_s, job.name, job.work, first_s=job.first_s), name=job.name)
                for job in scheduled.jobs(process, keep)
            ),
        ]
        ready()
        log.info("the collector serves", extra={"action": "started", "listen": settings.listen})
        await stop.wait()
        log.info("stopping", extra={"action": "stopping", "waiting": figures.waiting})
        broker.stop_receiving()
        ingest.stop()
        for one in (runs, backtests):
            one.thread.close()
        await asyncio.wait({ingesting}, timeout=DRAIN_S)
        await broker.close()
        for task in (ingesting, *others):
            task.cancel()
        await pages.cleanup()
        if skills is not None:
            await skills.cleanup()
        await asyncio.gather(*(loop.run_in_executor(None, one.thread.join) for one in (runs, backtests)))
    log.info("stopped", extra={"action": "stopped"})


def _on_loop(loop: asyncio.AbstractEventLoop, function: Callable[..., bool], *arguments: object) -> bool:
    """Call `function` on the event loop, from any thread but the loop's own."""

    async def call() -> bool:
        return function(*arguments)

    return asyncio.run_coroutine_threadsafe(call(), loop).result()


async def _skills(settings: Settings) -> web.AppRunner | None:
    """The site that robots fetch packages from; None where there is none."""
    folder, address = settings.skills_folder, settings.skills_address
    if folder is None or address is None:
        return None
    certificate, key = settings.skills_certificate, settings.skills_certificate_key
    if not (certificate and key) and (certificate or key or settings.skills_robots_ca):
        raise ConfigurationError(
            "skills_certificate, skills_certificate_key and skills_robots_ca: TLS needs a certificate and its key; name"
            " both files, or none of the three for plain HTTP on loopback"
        )
    try:
        context = packages.tls(certificate, key, settings.skills_robots_ca) if certificate and key else None
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(
            "skills_certificate {file}: {detail}; name PEM files that this user may read",
            file=certificate,
            detail=str(error),
        ) from error
    return await _web(packages.application(folder), address, "skills_listen", context)


async def _web(
    pages: web.Application, address: tuple[str, int], setting: str = "listen", tls: ssl.SSLContext | None = None
) -> web.AppRunner:
    runner = web.AppRunner(pages, access_log=None, shutdown_timeout=1.0, keepalive_timeout=server.HEADERS_S)
    await runner.setup()
    try:
        await web.TCPSite(runner, *address, ssl_context=tls).start()
    except OSError as error:
        await runner.cleanup()
        raise ConfigurationError(
            "{setting} {host}:{port}: {detail}: choose another",
            setting=setting,
            host=address[0],
            port=address[1],
            detail=error.strerror,
        ) from error
    return runner
