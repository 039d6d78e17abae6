"""A simulated fleet in a process of its own, that says when each robot was connected and answered.

    python -m tests.bench.fleet_process backlog PORT ROBOTS TRUTH    a day of windows drawn beforehand, then connect
    python -m tests.bench.fleet_process storm PORT ROBOTS TRUTH      connected and counting, until told to end

The robots are those of `fleet-sim run`, with an MQTT connection each. Every line of output is JSON, times are
monotonic seconds (of the machine). `answered` is a robot whose hello the collector has acked.
"""

import asyncio
import json
import logging
import resource
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from protocol.stream import Phase
from simulators import truth
from simulators.afternoon import afternoon
from simulators.fleet import Fleet, Orders
from simulators.link import Dial, Link, OnLost, OnMessage, Will
from simulators.mqtt import Dialer
from simulators.report import summary
from tests.bench.served import allow_connections

GRID_S = 900
AWAY_S = 27 * 3600  # a fifth is switched off at night: a thousand robots write 288,000 windows in this time
FIRST_CONNECTS_PER_S = 500.0  # of the storm's fleet when it is set up; nothing holds the robots back afterwards
LIVE_WINDOW_S = 20
POLL_S = 0.05
PATIENCE_S = 120.0


@dataclass(slots=True)
class TimedDial:
    """Passes on, and remembers who got a connection when."""

    inner: Dial
    tries: int = 0
    connected: list[tuple[float, str]] = field(default_factory=list)

    async def dial(
        self, client: str, will: Will, filters: Sequence[str], on_message: OnMessage, on_lost: OnLost
    ) -> Link:
        self.tries += 1
        link = await self.inner.dial(client, will, filters, on_message, on_lost)
        self.connected.append((time.monotonic(), client))
        return link


def say(**what: Any) -> None:
    print(json.dumps(what), flush=True)


async def told() -> str:
    return await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)


async def until(done: Callable[[], bool]) -> float | None:
    """The moment when it held; None when it does not within PATIENCE_S."""
    deadline_s = time.monotonic() + PATIENCE_S
    while not done():
        if time.monotonic() > deadline_s:
            return None
        await asyncio.sleep(POLL_S)
    return time.monotonic()


async def backlog(port: int, robots: int, file: Path) -> None:
    end_s = int(time.time()) // GRID_S * GRID_S
    orders = Orders(robots, 1, end_s - AWAY_S, end_s, prepare=True, connects_per_s=1e9)
    dial = TimedDial(Dialer("127.0.0.1", port, version=5))
    fleet = Fleet(orders, dial)
    drawn_s = time.monotonic()
    for uplink in fleet.uplinks:  # what `run` would do first, so that only connecting and draining is timed
        uplink.live_until(end_s)
        uplink.through = uplink.outbox.newest
    say(prepared=sum(u.robot.windows for u in fleet.uplinks), drawn_s=time.monotonic() - drawn_s)
    await told()
    cpu_s, began_s = time.process_time(), time.monotonic()
    await fleet.run()
    rows = truth.write(file, fleet.counted())
    say(
        began_s=began_s,
        drained_s=fleet.history_s,
        cpu_s=time.process_time() - cpu_s,
        connected=dial.connected,
        truth_rows=rows,
        summary=summary(fleet),
    )


async def storm(port: int, robots: int, file: Path) -> None:
    end_s = int(time.time()) // GRID_S * GRID_S
    orders = Orders(
        robots, 1, end_s - GRID_S, end_s, live=True, live_window_s=LIVE_WINDOW_S, live_upload_s=LIVE_WINDOW_S,
        timezone=afternoon(datetime.now(UTC)), connects_per_s=FIRST_CONNECTS_PER_S, salt=f"{time.time()}", drain_s=60.0,
    )  # fmt: skip
    dial = TimedDial(Dialer("127.0.0.1", port, version=5))
    fleet = Fleet(orders, dial)
    living = asyncio.create_task(fleet.run())

    def answered() -> bool:
        return all(u.link is not None and u.sender.phase is Phase.SENDING for u in fleet.uplinks)

    say(ready_s=await until(answered))
    fleet.uplinks[0].gate.per_s = 1e9  # type: ignore[attr-defined]  # the fleet's one gate
    await told()
    dial.tries, dial.connected = 0, []
    lost = fleet.tally.lost_links
    say(calm=True)
    gone_s = await until(lambda: not any(u.link for u in fleet.uplinks) or fleet.tally.lost_links >= lost + robots)
    linked_s = await until(lambda: all(u.link is not None for u in fleet.uplinks))
    answered_s = await until(answered)
    say(
        gone_s=gone_s, linked_s=linked_s, answered_s=answered_s, tries=dial.tries, connected=dial.connected,
        rss_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    )  # fmt: skip
    await told()
    connects = len(dial.connected)
    fleet.stop()
    await living
    say(truth_rows=truth.write(file, fleet.counted()), connects=connects, summary=summary(fleet))


MODES: dict[str, Callable[[int, int, Path], Awaitable[None]]] = {"backlog": backlog, "storm": storm}


def main(mode: str, port: str, robots: str, file: str) -> None:
    allow_connections(int(robots))
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    asyncio.run(MODES[mode](int(port), int(robots), Path(file)))  # type: ignore[arg-type]  # all are coroutines


if __name__ == "__main__":
    main(*sys.argv[1:5])
