"""Desired documents to the broker after each connection: it may have lost what it retained, or missed a wish."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from collector.store.engine import Store
from collector.store.tables.fleet import desired, robot
from protocol import topics

STEP_ROWS = 200


@dataclass
class Republish:
    """`publish` puts a retained document on a topic; False when there is no broker: the next connection begins anew."""

    store: Store
    publish: Callable[[str, bytes], bool]
    _wanted: asyncio.Event = field(default_factory=asyncio.Event)

    def soon(self) -> None:
        self._wanted.set()

    async def run(self) -> None:
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            await self.once()

    async def once(self) -> int:
        """Every stored document; returns how many were sent."""
        sent, behind = 0, 0
        while True:
            rows = await asyncio.to_thread(self._some, behind)
            for _, name, document in rows:
                if not self.publish(topics.desired(name), document.encode()):
                    return sent
                sent += 1
            if len(rows) < STEP_ROWS:
                return sent
            behind = rows[-1][0]

    def _some(self, behind: int) -> list[tuple[int, str, str]]:
        with self.store.read() as connection:
            return _rows(connection, behind)


def _rows(connection: Connection, behind: int) -> list[tuple[int, str, str]]:
    wishes = select(desired.c.robot_id, robot.c.name, desired.c.document).join(robot, robot.c.id == desired.c.robot_id)
    some = wishes.where(desired.c.robot_id > behind).order_by(desired.c.robot_id).limit(STEP_ROWS)
    return [(row[0], row[1], row[2]) for row in connection.execute(some)]
