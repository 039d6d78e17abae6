"""/metrics for Prometheus and /healthz for a supervisor. Both are open: they name no robot and no customer."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

from aiohttp import web
from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from collector.calendar.days import rfc3339
from collector.closing.clock_guard import ClockState
from collector.ingest.metrics import Histogram, IngestFigures
from collector.operations import process
from collector.operations.clock import closing_clock
from collector.operations.process import StoreAnswer
from collector.values.refusal import Refused, told
from collector.values.store_state import StoreFigures, StoreState
from collector.web.api.routing import json_response
from collector.web.parts import METRICS, PARTS, Parts

_COUNTERS = (
    ("messages", "Messages taken from the broker"),
    ("bytes", "Payload bytes taken from the broker"),
    ("records", "Records committed"),
    ("windows", "Windows committed"),
    ("groups", "Transactions committed"),
    ("acks", "Acks sent to robots"),
    ("refusals", "Messages refused with a reason to the robot"),
    ("retries", "Groups that the database did not take at once"),
    ("faults", "Groups not taken for a reason that waiting will not cure: schema, rights, a bug"),
    ("dropped", "Messages dropped because too many of one robot were waiting"),
    ("pauses", "Acks that asked a robot to wait"),
    ("early", "Batches that waited for the one before them"),
    ("connections", "Connections made to the broker"),
)
_GAUGES = (
    ("waiting", "Messages in the queue now"),
    ("waiting_bytes", "Bytes in the queue now"),
    ("connected", "1 while the broker is connected"),
)
_HISTOGRAMS = (
    ("ack_latency_s", "ack_latency_seconds", "From arrival to ack"),
    ("commit_s", "commit_seconds", "Length of a transaction"),
    ("group_messages", "group_messages", "Messages in one transaction"),
)
STORE_STATE_S = 5.0
_PREFIX = "fleetward_collector"


class IngestMetrics(Collector):
    """The ingest path's figures, read when Prometheus asks."""

    def __init__(
        self,
        figures: IngestFigures,
        committed_at: Callable[[], float | None],
        clock: Callable[[], ClockState],
        store: Callable[[], StoreState],
    ) -> None:
        self._store = store
        self._figures = figures
        self._clock = clock
        self._committed_at = committed_at

    def collect(self) -> Iterator[Metric]:
        for name, help_ in _COUNTERS:
            yield CounterMetricFamily(f"{_PREFIX}_{name}", help_, value=float(getattr(self._figures, name)))
        for name, help_ in _GAUGES:
            yield GaugeMetricFamily(f"{_PREFIX}_{name}", help_, value=float(getattr(self._figures, name)))
        for name, label, help_ in (
            ("verdicts", "verdict", "Batches by what was decided about them"),
            ("parked", "reason", "Messages and records that could not be taken"),
        ):
            family = CounterMetricFamily(f"{_PREFIX}_{name}", help_, labels=[label])
            for value, count in dict(getattr(self._figures, name)).items():
                family.add_metric([value], float(count))
            yield family
        for attribute, name, help_ in _HISTOGRAMS:
            histogram: Histogram = getattr(self._figures, attribute)
            yield HistogramMetricFamily(f"{_PREFIX}_{name}", help_, _buckets(histogram), histogram.total)
        clock = self._clock()
        about = "1 while days are closed and rows forgotten by this collector's clock"
        yield GaugeMetricFamily(f"{_PREFIX}_clock_followed", about, float(clock.follows))
        about = "Seconds that the clock is ahead of what was expected of it, while it is not followed"
        yield GaugeMetricFamily(f"{_PREFIX}_clock_apart_seconds", about, float(clock.apart_s))
        about = "1 while the store takes what is committed to it"
        yield GaugeMetricFamily(f"{_PREFIX}_store_takes", about, float(self._store().takes))
        committed_at = self._committed_at()
        if committed_at is not None:
            yield GaugeMetricFamily(f"{_PREFIX}_committed_at_seconds", "Unix time of the newest commit", committed_at)


class StoreMetrics(Collector):
    """What the store said when it answered last, and how long ago. Never asks it: a scrape does not wait."""

    def __init__(self, figures: Callable[[], StoreFigures | None], clock: Callable[[], float]) -> None:
        self._figures = figures
        self._clock = clock

    def collect(self) -> Iterator[Metric]:
        found = self._figures()
        if found is None:  # not asked yet: unknown is not zero
            return
        about = "Robots that have delivered what the store does not hold"
        yield GaugeMetricFamily(f"{_PREFIX}_robots_ahead", about, float(found.robots_ahead))
        about = "Accounts and robots that closings fail for; the others are scored"
        yield GaugeMetricFamily(f"{_PREFIX}_closing_failures", about, float(found.closing_failures))
        yield from _portfolio(found)
        about = "Seconds since the store was asked for the figures above and answered"
        yield GaugeMetricFamily(f"{_PREFIX}_store_figures_age_seconds", about, max(0.0, self._clock() - found.at_s))


_BANDS = ("red", "yellow", "green", "grey")
_CALLS = ("open", "snoozed", "digest")
_RECEIVERS, _UNDELIVERED = ("webhook", "notice"), ("waiting", "digest", "dead")


def _portfolio(figures: StoreFigures) -> Iterator[Metric]:
    """Accounts, calls to action and what waits to be told. Every label is there, at zero too."""
    found = figures.portfolio
    family = GaugeMetricFamily(f"{_PREFIX}_accounts", "Accounts by band of the newest closed day", labels=["band"])
    for band in _BANDS:
        family.add_metric([band], float(found.bands.get(band, 0)))
    family.add_metric(["unscored"], float(found.unscored))
    yield family
    about = "Calls to action that are not closed; digest: those that nobody was given yet"
    family = GaugeMetricFamily(f"{_PREFIX}_open_calls", about, labels=["state"])
    for state in _CALLS:
        family.add_metric([state], float(found.calls.get(state, 0)))
    yield family
    about = "What webhooks and people have not got: waiting, kept for a digest, or dead after all tries"
    family = GaugeMetricFamily(f"{_PREFIX}_undelivered", about, labels=["receivers", "state"])
    for receivers in _RECEIVERS:
        for state in _UNDELIVERED:
            family.add_metric([receivers, state], float(found.deliveries.get((receivers, state), 0)))
    yield family
    if found.closed_at_s is not None:
        about = "Seconds since the newest day was closed, as the store said when it was asked"
        age_s = max(0.0, figures.at_s - found.closed_at_s)
        yield GaugeMetricFamily(f"{_PREFIX}_closing_age_seconds", about, age_s)


def _buckets(histogram: Histogram) -> list[tuple[str, float]]:
    """Cumulative counts by upper bound, as Prometheus wants them."""
    total, found = 0, []
    for bound, count in zip([*map(str, histogram.bounds), "+Inf"], histogram.counts, strict=True):
        total += count
        found.append((bound, float(total)))
    return found


def clock_of(parts: Parts) -> ClockState:
    """Whether closing and retention follow the clock."""
    found = closing_clock(parts.context, None)
    assert not isinstance(found, Refused)
    return found


def _watched(parts: Parts) -> StoreState:
    """What became of the newest commits, without asking the store."""
    found = process.store_watched(parts.context, None)
    assert not isinstance(found, Refused)
    return found


def registry(parts: Parts) -> CollectorRegistry:
    made = CollectorRegistry()
    made.register(IngestMetrics(parts.figures, parts.committed_at, lambda: clock_of(parts), lambda: _watched(parts)))
    made.register(StoreMetrics(lambda: _store_figures(parts), parts.context.clock))
    for own in (ProcessCollector, PlatformCollector, GCCollector):
        own(registry=made)
    return made


def _store_figures(parts: Parts) -> StoreFigures | None:
    found = process.store_figures(parts.context, None)
    assert not isinstance(found, Refused)
    return found


async def metrics(request: web.Request) -> web.Response:
    """What this process knows. The store is not asked."""
    return web.Response(
        body=await asyncio.to_thread(generate_latest, request.app[METRICS]),
        headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"},
    )


async def _store_state(parts: Parts) -> StoreState:
    """A store that hangs has no answer."""
    try:
        async with asyncio.timeout(STORE_STATE_S):
            found = await parts.do(process.store_state, parts.context, None)
    except TimeoutError:
        return StoreState(False, "the store does not answer in time", "see that the database runs and can be reached")
    assert not isinstance(found, Refused)
    return found


def _moment(store: StoreState) -> str | None:
    return None if store.since_s is None else rfc3339(store.since_s)


async def _said(parts: Parts) -> StoreAnswer | None:
    found = await parts.do(process.ask_store, parts.context, None)
    return None if isinstance(found, Refused) else found


async def healthz(request: web.Request) -> web.Response:
    """200 while the store takes what is committed, the broker is there and days are closed by the clock, else 503.

    The body says which. Accounts or robots that closings fail for make it `degraded` with 200: the others go on.
    GET /api/v1/scores/failures names them. So do packets that the broker is too small for: topic and bytes.
    """
    parts = request.app[PARTS]
    store = await _store_state(parts)
    committed_at = parts.committed_at()
    clock = clock_of(parts)
    healthy = store.takes and parts.figures.connected and clock.follows
    said = await _said(parts) if store.takes else None
    failed = 0 if said is None else said.closing_failures
    answer: dict[str, Any] = {
        "status": "ok" if healthy and not failed and not parts.figures.too_large else "degraded",
        "store": "ok" if store.takes else {"reason": store.reason, "remedy": store.remedy, "since": _moment(store)},
        "mqtt": "connected" if parts.figures.connected else "disconnected",
        "closing": "ok"
        if clock.follows
        else {"stopped": clock.stop, "reason": clock.reason, "remedy": told(clock.remedy, "api")},
        "last_commit_age_s": None if committed_at is None else round(max(0.0, parts.context.clock() - committed_at), 1),
    }
    if parts.figures.too_large:
        answer["too_large_for_the_broker"] = dict(parts.figures.too_large)
    if failed:
        answer["closing_failures"] = failed
    if said is not None and said.ahead is not None:
        answer["store_behind"] = {"text": str(said.ahead), **asdict(said.ahead)}
    return json_response(answer, 200 if healthy else 503)
