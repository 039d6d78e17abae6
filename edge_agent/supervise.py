"""Keeps a source running: a failure is logged once, counted, shown as a fault, and retried with backoff.

One source that breaks never stops the others. Its fault (`agent`, `source_failed`, the source's name)
closes when the source has stayed up for STABLE_S.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from edge_agent.counting.readings import Condition, Gauge, Increment, Notice, Notices, Reading, Source, Take, Total
from edge_agent.errors import SourceError

STABLE_S = 30.0  # longer than any source needs to find that it cannot start

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class SourceStatus:
    """One source as `edge-agent status` shows it."""

    name: str
    running: bool = False
    off: bool = False  # the desired settings switch it off
    failures: int = 0
    error: str = ""
    readings: int = 0
    last: tuple[str, float] | None = None  # the newest value that it told, and of what
    last_s: float = 0.0  # when, by the loop's clock
    notices: tuple[Notice, ...] = ()
    troubles: dict[str, str] = field(default_factory=dict)  # what it says of its far side: code and detail


async def supervise(source: Source, take: Take, status: SourceStatus, pause_s: Callable[[int], float]) -> None:
    """Run the source for ever. `pause_s` gives the wait after the n-th failure in a row."""
    in_a_row = 0

    def counted(reading: Reading) -> str | None:
        if isinstance(reading, Notices):
            status.notices = reading.present
            return None
        status.readings += 1
        if isinstance(reading, Total | Gauge | Increment):
            status.last, status.last_s = _value(reading), asyncio.get_running_loop().time()
        if isinstance(reading, Condition) and reading.family == "agent" and reading.ref in {source.name, ""}:
            if reading.active:
                status.troubles[reading.code] = reading.detail
            else:
                status.troubles.pop(reading.code, None)
        return take(reading)

    while True:
        stable = asyncio.get_running_loop().call_later(STABLE_S, _healed, status, take)
        try:
            status.running = True
            await source.run(counted)
            failure = SourceError("it ended by itself: this is a defect of the source, report it")
        except SourceError as error:
            failure = error
        except Exception as error:
            logger.exception("source %s broke", source.name, extra={"action": "source_broke", "source": source.name})
            failure = SourceError(f"{type(error).__name__}: {error}")
        finally:
            status.running, status.notices, status.troubles = False, (), {}
            was_stable = stable.when() <= asyncio.get_running_loop().time()
            stable.cancel()
        in_a_row = 1 if was_stable else in_a_row + 1
        status.failures += 1
        if status.error != str(failure):
            extra = {"action": "source_failed", "source": source.name, "failures": status.failures}
            logger.warning("source %s failed: %s", source.name, failure, extra=extra)
        status.error = str(failure)
        take(_condition(source.name, active=True, detail=status.error))
        await asyncio.sleep(pause_s(in_a_row))


def _value(reading: Total | Gauge | Increment) -> tuple[str, float]:
    match reading:
        case Total():
            return reading.counter, reading.value
        case Gauge():
            return reading.name, reading.value
        case Increment():
            return reading.counter, reading.amount


def _healed(status: SourceStatus, take: Take) -> None:
    if status.error:
        logger.info("source %s is back", status.name, extra={"action": "source_back", "source": status.name})
    status.error = ""
    take(_condition(status.name, active=False))


def _condition(name: str, *, active: bool, detail: str = "") -> Condition:
    return Condition("agent", "source_failed", active, ref=name, severity="urgent", detail=detail[:200])
