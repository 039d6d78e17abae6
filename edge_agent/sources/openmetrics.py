"""Scrapes an OpenMetrics (or Prometheus text) endpoint of a program on the robot.

Rules name what is taken: `tours_total = "guided_tour"`, or with labels `faults_total{kind="lidar"}`. Each
matching series is followed by itself and summed by the sampler. `_created` names a series' life: one that
began after this source first looked is counted from zero, an older one from its first value on. Of a series
without `_created`, a good scrape under the same rule that did not have it is the proof that it began later.
A value that falls is a restart. A scrape that fails is a condition; the next one is tried on time.
"""

import asyncio
import hashlib
import logging
import re
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from edge_agent.counting.readings import Condition, Gauge, Reading, Supports, Take, Total
from edge_agent.errors import ConfigError, OutboxError
from edge_agent.sources.memory import Memory
from edge_agent.sources.names import NameRefused, gauge_name, shown
from edge_agent.sources.options import CounterRules, Rules, says
from edge_agent.sources.refusals import Refusals
from edge_agent.sources.surroundings import Surroundings
from protocol.limits import COUNT_MAX

if TYPE_CHECKING:
    import aiohttp

SERIES_MAX = 500
ACCEPT = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"
_SELECTOR = re.compile(r'([a-zA-Z_:][\w:]*)(?:\{\s*((?:\w+="[^"]*"\s*,?\s*)*)\})?', re.ASCII)
_LABEL = re.compile(r'(\w+)="([^"]*)"', re.ASCII)
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    url: str = field(default="", metadata=says("address of the endpoint, like http://127.0.0.1:9100/metrics"))
    counters: CounterRules = field(default_factory=dict, metadata=says('rules: "tours_total" = "guided_tour"'))
    gauges: Rules = field(default_factory=dict, metadata=says("rules for gauges, by the same patterns"))
    every_s: float = field(default=0.0, metadata=says("seconds between scrapes; 0: as every source", high=3600))
    timeout_s: float = field(default=5.0, metadata=says("a scrape that takes longer has failed", low=0.05, high=60))
    body_max_kb: int = field(default=2048, metadata=says("a larger answer is refused", low=1, high=65536))


class ScrapeFailed(Exception):
    """This scrape gave nothing. The message is for the one who runs the endpoint."""


@dataclass(frozen=True, slots=True)
class Selector:
    """A metric's name and the labels it must have."""

    metric: str
    labels: frozenset[tuple[str, str]]
    word: str

    @classmethod
    def read(cls, pattern: str, word: str) -> "Selector":
        """Raises ConfigError."""
        match = _SELECTOR.fullmatch(pattern.strip())
        if match is None:
            raise ConfigError(f'rule {pattern!r} names no metric: write name or name{{label="value"}}')
        return cls(match[1], frozenset(_LABEL.findall(match[2] or "")), word)

    @property
    def rule(self) -> str:
        """The same for every way of writing it."""
        return f"{self.metric}{sorted(self.labels)} = {self.word}"

    def matches(self, metric: str, labels: Mapping[str, str]) -> bool:
        return metric == self.metric and self.labels <= labels.items()


class Reader:
    """The text of one scrape -> readings. Pure apart from the parser it loads.

    `since_s`: when we first looked. `scraped`: the rules under which this endpoint was scraped before.
    """

    def __init__(self, options: Options, since_s: float, scraped: Collection[str] = ()) -> None:
        self._counters = [Selector.read(*rule) for rule in options.counters.items()]
        self._gauges = [Selector.read(*rule) for rule in options.gauges.items()]
        self._since_s = since_s
        self.scraped = set(scraped)
        self.without_baseline: set[tuple[str, str]] = set()  # there from the beginning, with no value to count from

    def read(self, text: str, *, openmetrics: bool) -> tuple[list[Reading], list[str]]:
        """(readings, refusals). Raises ScrapeFailed when the text is not what it says it is."""
        counted: dict[tuple[str, str], float] = {}
        absent: set[tuple[str, str]] = set()  # from every scrape before, if this is its first
        created: dict[str, float] = {}
        readings: list[Reading] = []
        refused: list[str] = []
        for name, labels, value in _samples(text, openmetrics=openmetrics):
            series = f"{name}{sorted(labels.items())}"
            if name.endswith("_created"):
                created[f"{name.removesuffix('_created')}_total{sorted(labels.items())}"] = value
            for selector in self._counters:
                if selector.matches(name, labels):
                    counted[selector.word, series] = value
                    if selector.rule in self.scraped:
                        absent.add((selector.word, series))
            for selector in self._gauges:
                if selector.matches(name, labels):
                    readings += _gauge(selector.word, value, refused)
        if len(counted) > SERIES_MAX:
            raise ScrapeFailed(f"more than {SERIES_MAX} series match the rules: name labels in them")
        readings += self._totals(counted, created, absent, refused)
        self.scraped = {selector.rule for selector in self._counters}
        return readings, refused

    def _totals(
        self,
        counted: Mapping[tuple[str, str], float],
        created: Mapping[str, float],
        absent: Collection[tuple[str, str]],
        refused: list[str],
    ) -> Iterable[Reading]:
        for key, value in counted.items():
            counter, series = key
            if not 0 <= value <= COUNT_MAX:  # NaN compares false
                refused.append(f"{counter}: {shown(series)} is {value}: a counter is from 0 to 2^53")
                if key not in absent:
                    self.without_baseline.add(key)
                continue
            began_s = created.get(series)
            if began_s is not None:
                yield Total(counter, value, f"{began_s:.3f}", began_s > self._since_s, series)
            else:  # of a series that the sampler knows, from_zero says nothing: it is the same life
                yield Total(counter, value, "", key in absent and key not in self.without_baseline, series)
            self.without_baseline.discard(key)


def _gauge(word: str, value: float, refused: list[str]) -> list[Reading]:
    if not abs(value) <= COUNT_MAX:  # NaN compares false
        refused.append(f"{word}: {value} is no finite number")
        return []
    try:
        return [Gauge(gauge_name(word), value)]
    except NameRefused as error:
        refused.append(f"{word}: {error}")
        return []


def _samples(text: str, *, openmetrics: bool) -> list[tuple[str, Mapping[str, str], float]]:
    if openmetrics:
        from prometheus_client.openmetrics import parser  # noqa: PLC0415  loaded with the first scrape only
    else:
        from prometheus_client import parser  # type: ignore[no-redef]  # noqa: PLC0415  as above; same function in both

    try:
        families = parser.text_string_to_metric_families(text)  # type: ignore[no-untyped-call]  # untyped in one of both
        return [(sample.name, sample.labels, float(sample.value)) for family in families for sample in family.samples]
    except Exception as error:  # the parser raises whatever its text makes it do: KeyError, IndexError, …
        raise ScrapeFailed(f"the answer is no metrics text: {shown(str(error), 120)}") from error


class OpenMetrics:
    """Scrapes until cancelled."""

    def __init__(self, name: str, options: Options, around: Surroundings) -> None:
        if not options.url.startswith(("http://", "https://")):
            raise ConfigError(f"[sources.{name}] url = {options.url!r}: write http://127.0.0.1:9100/metrics")
        self.name = name
        self._options = options
        self._around = around
        self._memory = Memory(around.state_dir / f"source-{name}.json")
        self._kept = self._remembered(time.time())
        self._reader = Reader(options, self._kept["since_s"], self._kept["scraped"])
        self._warned = False

    async def run(self, take: Take) -> None:
        import aiohttp  # noqa: PLC0415  12 MB that only robots with this source pay for

        refusals = Refusals(self.name, take)
        take(Supports(tuple(sorted(set(self._options.counters.values())))))
        timeout = aiohttp.ClientTimeout(total=self._options.timeout_s)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            while True:
                failed = ""
                try:
                    text, openmetrics = await self._fetch(session)
                    readings, reasons = self._reader.read(text, openmetrics=openmetrics)
                    for reading in readings:
                        take(reading)
                    for reason in reasons:  # each begins with its name
                        refusals.add(reason, name=reason.partition(":")[0])
                    await self._keep_scraped()
                except TimeoutError:
                    failed = f"no whole answer within {self._options.timeout_s:g} s"
                except (aiohttp.ClientError, OSError, ScrapeFailed) as error:
                    failed = str(error) or type(error).__name__
                take(
                    Condition("agent", "scrape_failed", bool(failed), self.name, severity="urgent", detail=failed[:200])
                )
                if failed:
                    refusals.add(f"scrape failed: {failed}")
                await asyncio.sleep(self._options.every_s or self._around.sample_s)

    async def _fetch(self, session: "aiohttp.ClientSession") -> tuple[str, bool]:
        """(text, whether it is OpenMetrics). Redirects are not followed: they lead where nobody configured."""
        most = self._options.body_max_kb * 1024
        headers = {"Accept": ACCEPT}
        async with session.get(self._options.url, headers=headers, allow_redirects=False) as answer:
            if answer.status != 200:  # noqa: PLR2004  OK
                raise ScrapeFailed(f"HTTP {answer.status}: correct url")
            body = bytearray()
            async for part in answer.content.iter_chunked(65536):
                body += part
                if len(body) > most:
                    raise ScrapeFailed(f"answer is larger than {self._options.body_max_kb} kB: raise body_max_kb")
        try:
            return body.decode(), "openmetrics" in answer.headers.get("Content-Type", "")
        except UnicodeDecodeError as error:
            raise ScrapeFailed("the answer is not UTF-8") from error

    def _remembered(self, now_s: float) -> dict[str, Any]:
        """When this outbox first saw this source, and under which rules it has scraped this very endpoint."""
        kept: dict[str, Any] = self._memory.load() or {}
        endpoint = hashlib.sha256(self._options.url.encode()).hexdigest()[:16]  # an address may hold a password
        since_s, scraped = kept.get("since_s"), kept.get("scraped")
        if kept.get("outbox") == self._around.outbox and isinstance(since_s, (int, float)):
            if kept.get("endpoint") != endpoint or not isinstance(scraped, list):
                scraped = []
            return {"outbox": self._around.outbox, "since_s": float(since_s), "endpoint": endpoint, "scraped": scraped}
        fresh = {"outbox": self._around.outbox, "since_s": now_s, "endpoint": endpoint, "scraped": []}
        try:
            self._memory.save(fresh)
        except OSError as error:
            self._warn(error)
        return fresh

    async def _keep_scraped(self) -> None:
        """A series that is new from now on counts from zero, also after a restart.

        True only once the values of this scrape are in the outbox: else a series of today would be new tomorrow.
        """
        scraped = sorted(self._reader.scraped)
        if scraped == self._kept["scraped"] or self._reader.without_baseline:
            return
        try:
            await self._around.commit()
            self._memory.save(self._kept | {"scraped": scraped})
        except (OutboxError, OSError) as error:  # the next scrape tries again
            if not self._warned:
                self._warn(error)
            self._warned = True
        else:
            self._kept["scraped"] = scraped

    def _warn(self, error: Exception) -> None:
        _LOG.warning("cannot remember: %s", error, extra={"action": "source_memory_failed", "source": self.name})


def build(name: str, options: Options, around: Surroundings) -> OpenMetrics:
    return OpenMetrics(name, options, around)
