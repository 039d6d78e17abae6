"""A portfolio into a running collector, as a customer's own systems and robots would bring it.

    ledger ─▶ POST /import/{kind}   usage of the past ─▶ POST /import/usage   newest weeks ─▶ MQTT   ─▶ POST /scores/run

Every step may be run again: facts have ids, imported days are replaced, the robots' history is the same history.
"""

import asyncio
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from simulators.collector_api import ApiRefused, CollectorApi
from simulators.errors import SimulationError
from simulators.fleet import Fleet
from simulators.stories import files, wire
from simulators.stories.expected import Seen
from simulators.stories.place import day_of
from simulators.stories.portfolio import Portfolio

IMPORT_S = 120.0
SCORE_S = 120.0
CHUNK_LINES = 5_000
SAY_EVERY_S = 3.0
ASK_EVERY_S = 0.2
ARRIVED_BACK = 2  # days before T: what arrived within a week of its day counts as known then
RECORDED_BACK = 28  # days before T: enough for "since a week" and "since four weeks"


class StoriesFailed(SimulationError):
    """The collector did not take the portfolio. The message says what it said."""


@dataclass(slots=True)
class Loading:
    """`say` prints a line of progress."""

    api: CollectorApi
    portfolio: Portfolio
    say: Callable[[str], None]
    clock: Callable[[], float] = time.monotonic
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
        """Scores of four weeks as the customers' own systems knew them, then of the newest days as we do."""
        today = self.portfolio.today
        self._run(today - RECORDED_BACK, today, "recorded")
        self._run(today - ARRIVED_BACK, today, "arrived")

    def _run(self, first: int, last: int, basis: str) -> None:
        body = {"from": day_of(first).isoformat(), "to": day_of(last).isoformat(), "basis": basis, "again": True}
        deadline_s, said_s = self.clock() + SCORE_S, self.clock()
        run = self._begun(body, deadline_s)
        while run["state"] == "running":
            if self.clock() > deadline_s:
                raise StoriesFailed(f"scores of {body['from']} to {body['to']} took more than {SCORE_S:.0f} s")
            time.sleep(ASK_EVERY_S)
            run = self.api.get("/scores/run")
            if self.clock() - said_s >= SAY_EVERY_S:
                said_s = self.clock()
                self.say(f"  scoring {run['day'] or body['from']} ({basis}): {run['step'] or 'beginning'}")
        if run["state"] == "failed":
            raise StoriesFailed(f"the collector could not score {body['from']} to {body['to']}: {run['error']}")
        span = body["to"] if first == last else f"{body['from']} to {body['to']}"
        self.say(f"  scored {span} by what was known then ({basis}): {run['scored']}")

    def _begun(self, body: dict[str, Any], deadline_s: float) -> dict[str, Any]:
        """A run of the collector's own clock is waited for."""
        while True:
            try:
                return dict(self.api.post("/scores/run", body))
            except ApiRefused as error:
                if "409" not in str(error) or self.clock() > deadline_s:
                    raise
                time.sleep(ASK_EVERY_S)

    def seen(self) -> list[Seen]:
        """What the collector says of each customer at T, and why."""
        day = day_of(self.portfolio.today).isoformat()
        return [self._seen(row) for row in self._pages(f"/scores?day={day}&limit=100")]

    def _seen(self, row: dict[str, Any]) -> Seen:
        told = self.api.get(f"/accounts/{quote(row['account'])}/explanation")["explanation"]
        return Seen(row["account"], row["band"], row["final"], row["caps"], " ".join(told["sentences"][1:]))

    def _pages(self, path: str) -> Iterator[dict[str, Any]]:
        cursor = ""
        while True:
            page = self.api.get(path + cursor)
            yield from page["items"]
            if not page["next"]:
                return
            cursor = f"&cursor={page['next']}"
