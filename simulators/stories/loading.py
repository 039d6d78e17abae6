"""A portfolio into a running collector, as a customer's own systems and robots would bring it.

    ledger ─▶ POST /import/{kind}   usage of the past ─▶ POST /import/usage   newest weeks ─▶ MQTT   ─▶ POST /scores/run

Every step may be run again: facts have ids, imported days are replaced, the robots' history is the same history.
"""

import asyncio
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from simulators.collector_api import CollectorApi
from simulators.errors import SimulationError
from simulators.fleet import Fleet
from simulators.stories import files, wire
from simulators.stories.expected import Seen
from simulators.stories.place import day_of
from simulators.stories.portfolio import Portfolio

IMPORT_S = 120.0
SCORE_S = 120.0
CHUNK_LINES = 5_000
SAY_EVERY_S = 2.0
SCORED_DAYS = 10  # before T: enough for "since last week"


class StoriesFailed(SimulationError):
    """The collector did not take the portfolio. The message says what it said."""


@dataclass(slots=True)
class Loading:
    """`say` prints a line of progress."""

    api: CollectorApi
    portfolio: Portfolio
    say: Callable[[str], None]
    facts: int = field(default=0)

    def ledger(self) -> None:
        """Every fact of every customer."""
        book = self.portfolio.ledger()
        for kind, rows in book.kinds():
            self.api.send(f"/import/{kind}?history=true&new_robots=true&name={kind}.csv", files.sheet(rows), IMPORT_S)
            self.facts += len(rows)
        self.say(
            f"  {len(self.portfolio.customers)} customers: {self.facts:,} facts of {len(book.facts)} kinds imported"
        )

    def usage(self) -> None:
        """Daily counts from before the robots' own."""
        done = self.api.send("/import/usage", self._lines(), IMPORT_S)
        self.say(f"  {done['robot_days']:,} past days of {done['robots']} robots imported: {done['values']:,} values")

    def _lines(self) -> Iterator[bytes]:
        held: list[str] = []
        for line in files.usage_lines(self.portfolio):
            held.append(line)
            if len(held) == CHUNK_LINES:
                yield "".join(held).encode()
                held = []
        yield "".join(held).encode()

    def robots(self, running: Fleet, then: Callable[[], None]) -> None:
        """The newest weeks as the robots tell them, then `then`. A live fleet goes on until it is interrupted.

        Raises StoriesFailed when some of it does not arrive.
        """
        asyncio.run(self._robots(running, then))

    async def _robots(self, running: Fleet, then: Callable[[], None]) -> None:
        loop = asyncio.get_running_loop()
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(name, running.stop)
        task = asyncio.create_task(running.run(self._progress(running)))
        told = asyncio.create_task(running.told.wait())
        await asyncio.wait((task, told), return_when=asyncio.FIRST_COMPLETED)
        told.cancel()
        if running.orders.live:
            wire.silence(running)
        else:
            await task
        if running.history_s is None or (task.done() and running.undelivered()):
            raise StoriesFailed(f"{running.undelivered()} records of the robots were not taken by the collector")
        windows = sum(uplink.robot.windows for uplink in running.uplinks)
        self.say(f"  {len(running.uplinks)} robots told of {self.portfolio.wire_days} days: {windows:,} windows")
        await asyncio.to_thread(then)
        await task

    def _progress(self, running: Fleet) -> Callable[[Fleet], None]:
        said_s = running.clock()

        def show(of: Fleet) -> None:
            nonlocal said_s
            if of.history_s is None and of.clock() - said_s >= SAY_EVERY_S:
                said_s = of.clock()
                self.say(f"  robots are telling: {wire.share(of):.0%}")

        return show

    def score(self) -> None:
        """Scores of the days up to T, oldest first."""
        for back in range(SCORED_DAYS, -1, -1):
            day = day_of(self.portfolio.today - back).isoformat()
            self.api.post("/scores/run", {"day": day, "basis": "recorded"}, SCORE_S)

    def seen(self) -> list[Seen]:
        """What the collector says of each customer at T."""
        day = day_of(self.portfolio.today).isoformat()
        return [_seen(row) for row in self._pages(f"/scores?day={day}&basis=recorded&limit=200")]

    def _pages(self, path: str) -> Iterator[dict[str, Any]]:
        cursor = ""
        while True:
            page = self.api.get(path + cursor)
            yield from page["items"]
            if not page["next"]:
                return
            cursor = f"&cursor={page['next']}"


def _seen(row: dict[str, Any]) -> Seen:
    return Seen(row["account"], row["band"], row["final"], row.get("caps", ()), row.get("why", ""))
