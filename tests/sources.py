"""What the tests of sources share: surroundings on a temporary folder, and a sink that keeps what it is told."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from pathlib import Path

from edge_agent.counting.readings import (
    Condition,
    Conditions,
    Gauge,
    Increment,
    Notice,
    Notices,
    Reading,
    Refusal,
    Source,
    Supports,
    Total,
)
from edge_agent.sources.surroundings import Surroundings
from tests.waiting import until_async


async def nothing_to_commit() -> None:
    """A store that is always durable."""


def around(
    folder: Path,
    *,
    sample_s: float = 0.02,
    outbox: str = "outbox-1",
    boot_id: str = "boot-1",
    commit=nothing_to_commit,
    series: Collection[str] = (),
) -> Surroundings:
    """`series`: what the outbox knows of every source."""
    known = lambda _source: series  # noqa: E731  one value
    return Surroundings(folder, folder, sample_s, boot_id, outbox, commit, series=known)


class Sink:
    """Everything taken, and sums by the rules of the seam: what a sampler would have counted."""

    def __init__(self) -> None:
        self.readings: list[Reading] = []
        self.counted: dict[str, float] = {}
        self._rows: dict[tuple[str, str], tuple[float, str]] = {}

    def take(self, reading: Reading) -> None:
        self.readings.append(reading)
        if isinstance(reading, Refusal):
            self._add("readings_refused", reading.times)
        elif isinstance(reading, Increment):
            self._add(reading.counter, reading.amount)
        elif isinstance(reading, Total):
            row = self._rows.get((reading.counter, reading.series))
            if row is None or row[1] != reading.epoch:
                self._add(reading.counter, reading.value if reading.from_zero else 0)
            else:
                self._add(reading.counter, reading.value - (row[0] if reading.value >= row[0] else 0))
            self._rows[reading.counter, reading.series] = (reading.value, reading.epoch)

    def _add(self, counter: str, amount: float) -> None:
        self.counted[counter] = self.counted.get(counter, 0) + amount

    def gauge(self, name: str) -> float | None:
        return next((r.value for r in reversed(self.readings) if isinstance(r, Gauge) and r.name == name), None)

    @property
    def supports(self) -> Supports | None:
        """What it says it can count and what it cannot, last."""
        return next((r for r in reversed(self.readings) if isinstance(r, Supports)), None)

    @property
    def notices(self) -> tuple[Notice, ...]:
        return next((r.present for r in reversed(self.readings) if isinstance(r, Notices)), ())

    def open_conditions(self) -> set[str]:
        """Codes of the conditions that hold after everything taken."""
        single: dict[tuple[str, str], bool] = {}
        scopes: dict[str, tuple[Condition, ...]] = {}
        for reading in self.readings:
            if isinstance(reading, Condition):
                single[reading.code, reading.ref] = reading.active
            elif isinstance(reading, Conditions):
                scopes[reading.scope] = reading.active
        return {code for (code, _), on in single.items() if on} | {c.code for s in scopes.values() for c in s}

    @property
    def refused(self) -> float:
        return self.counted.get("readings_refused", 0)


async def until(met: Callable[[], object], what: str = "condition") -> None:
    """Wait until `met`; fails the test at the deadline."""
    await until_async(met, lambda: what)


@asynccontextmanager
async def running(source: Source, sink: Sink) -> AsyncIterator[asyncio.Task[None]]:
    """The source's task for the length of the block; an error of the source fails the test."""
    task = asyncio.create_task(source.run(sink.take), name=source.name)
    try:
        yield task
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
