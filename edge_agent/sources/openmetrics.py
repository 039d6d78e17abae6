"""Scrapes an OpenMetrics (or Prometheus text) endpoint of a program on the robot.

Rules name what is taken: `tours_total = "guided_tour"`, or with labels `faults_total{kind="lidar"}`. Each
matching series is followed by itself and summed by the sampler. `_created` names a series' life: one that
began after this source first looked is counted from zero, an older one from its first value on. Of a series
without `_created`, a good scrape under the same rule that did not have it is the proof that it began later.
A counter is supported from the first series that matches a rule of its own; a rule that matches nothing is
noticed. The text is read on another thread: half a second for a large page would hold up everything else.
A scrape that fails is a condition; the next one is tried on time.
"""

import asyncio
import hashlib
import logging
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from edge_agent.counting.readings import Condition, Notice, Notices, Supports, Take
from edge_agent.errors import ConfigError, OutboxError
from edge_agent.sources.memory import Memory
from edge_agent.sources.openmetrics_text import Reader, ScrapeFailed, Selector
from edge_agent.sources.options import CounterRules, Rules, says
from edge_agent.sources.refusals import Refusals
from edge_agent.sources.surroundings import Surroundings

if TYPE_CHECKING:
    import aiohttp

ACCEPT = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    url: str = field(default="", metadata=says("address of the endpoint, like http://127.0.0.1:9100/metrics"))
    counters: CounterRules = field(default_factory=dict, metadata=says('rules: "tours_total" = "guided_tour"'))
    gauges: Rules = field(default_factory=dict, metadata=says("rules for gauges, by the same patterns"))
    every_s: float = field(default=0.0, metadata=says("seconds between scrapes; 0: as every source", high=3600))
    timeout_s: float = field(default=5.0, metadata=says("a scrape that takes longer has failed", low=0.05, high=60))
    body_max_kb: int = field(default=2048, metadata=says("a larger answer is refused", low=1, high=65536))


class OpenMetrics:
    """Scrapes until cancelled."""

    def __init__(self, name: str, options: Options, around: Surroundings) -> None:
        if not options.url.startswith(("http://", "https://")):
            raise ConfigError(
                "[sources.{name}] url = {url!r}: write http://127.0.0.1:9100/metrics", name=name, url=options.url
            )
        self.name = name
        self._options = options
        self.far_side = options.url  # doctor tries whether anybody is there
        self._around = around
        self._memory = Memory(around.state_dir / f"source-{name}.json")
        self._kept = self._remembered(time.time())
        self._reader = Reader(options.counters, options.gauges, self._kept["since_s"], self._kept["scraped"])
        self._heard = self._heard_before()
        self._matched_s: dict[Selector, float] = {}  # when each rule matched last
        self._warned = False

    async def run(self, take: Take) -> None:
        import aiohttp  # noqa: PLC0415  12 MB that only robots with this source pay for

        refusals = Refusals(self.name, take)
        began_s = time.monotonic()
        take(Supports(tuple(sorted(self._heard))))
        timeout = aiohttp.ClientTimeout(total=self._options.timeout_s)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            while True:
                failed = ""
                try:
                    body, openmetrics = await self._fetch(session)
                    readings, reasons = await asyncio.to_thread(self._reader.read, body, openmetrics=openmetrics)
                    for reading in (*readings, self._supports(), self._unmatched(began_s)):
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

    async def _fetch(self, session: "aiohttp.ClientSession") -> tuple[bytes, bool]:
        """(body, whether it is OpenMetrics). Redirects are not followed: they lead where nobody configured."""
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
        return bytes(body), "openmetrics" in answer.headers.get("Content-Type", "")

    def _supports(self) -> Supports:
        """After a good scrape: what any rule has ever found here, and what none has."""
        self._heard |= {selector.word for selector in self._reader.counters if selector in self._reader.matched}
        return Supports(tuple(sorted(self._heard)), tuple(sorted(set(self._options.counters.values()) - self._heard)))

    def _unmatched(self, began_s: float) -> Notices:
        rules = (*self._reader.counters, *self._reader.gauges)
        self._matched_s |= dict.fromkeys(self._reader.matched, time.monotonic())
        missing = (rule for rule in rules if rule not in self._reader.matched)
        return Notices(
            tuple(Notice("rule_unmatched", str(rule), self._matched_s.get(rule, began_s)) for rule in missing)
        )

    def _heard_before(self) -> set[str]:
        """What these rules counted at this endpoint before this process, as the outbox has it."""
        rules = [rule for rule in self._reader.counters if rule.rule in self._reader.scraped]
        series = self._around.series(self.name)
        return {rule.word for rule in rules if any(rule.counted(key) for key in series)}

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
