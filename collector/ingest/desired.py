"""Desired documents to the broker after each connection: it may have lost what it retained, or missed a wish."""

import asyncio
import logging
import random
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field

import psycopg
from sqlalchemy import Connection, select
from sqlalchemy.exc import DBAPIError

from collector.store.engine import Store
from collector.store.tables.fleet import desired, robot
from protocol import topics
from protocol.backoff import delay_s

log = logging.getLogger(__name__)
STEP_ROWS = 200
RETRY_FIRST_S, RETRY_MAX_S = 0.5, 30.0


@dataclass
class Republish:
    """`publish` puts a retained document on a topic. False: it is held back, or no broker is there; both say `soon`."""

    store: Store
    publish: Callable[[str, bytes], bool]
    _wanted: asyncio.Event = field(default_factory=asyncio.Event)

    def soon(self) -> None:
        self._wanted.set()

    async def run(self) -> None:
        """After each connection, until the store has answered; no failure ends it."""
        failures = 0
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            try:
                await self.once()
            except Exception as error:  # noqa: BLE001 - nothing of it may end the collector
                self._wanted.set()
                failures += 1
                if failures == 1:
                    _tell(error)
                chance = random.uniform(0.5, 1.0)  # noqa: S311 - spreads retries, no secret
                await asyncio.sleep(delay_s(failures, RETRY_FIRST_S, RETRY_MAX_S, chance))
            else:
                failures = 0

    async def once(self) -> int:
        """Every stored document; returns how many were sent."""
        sent, behind = 0, 0
        while True:
            rows = await asyncio.to_thread(self._some, behind)
            for _, name, document in rows:
                sent += self.publish(topics.desired(name), document.encode())  # the others go on
            if len(rows) < STEP_ROWS:
                return sent
            behind = rows[-1][0]

    def _some(self, behind: int) -> list[tuple[int, str, str]]:
        with self.store.read() as connection:
            return _rows(connection, behind)


def _tell(error: Exception) -> None:
    if isinstance(error, DBAPIError | sqlite3.Error | psycopg.Error):
        extra = {"action": "republish_waits", "reason": str(getattr(error, "orig", None) or error)}
        log.warning("the store does not say what robots shall do; trying until it does", extra=extra)
    else:
        text = "sending what robots shall do found a bug; it is tried again"
        log.error(text, extra={"action": "republish_bug"}, exc_info=error)


def _rows(connection: Connection, behind: int) -> list[tuple[int, str, str]]:
    wishes = select(desired.c.robot_id, robot.c.name, desired.c.document).join(robot, robot.c.id == desired.c.robot_id)
    some = wishes.where(desired.c.robot_id > behind).order_by(desired.c.robot_id).limit(STEP_ROWS)
    return [(row[0], row[1], row[2]) for row in connection.execute(some)]
