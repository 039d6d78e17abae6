"""The job that sends what others are to be told: webhook deliveries and notices that are due, digests at their hour.

Stands above exchange, like the other jobs' contents; `app` runs it by the clock.
"""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection

from collector.notifications import notice_sending, notices, webhook_posts, webhooks
from collector.store.engine import Store

EVERY_S = 5.0


@dataclass(frozen=True, kw_only=True)
class Telling:
    """What is told from one store. `chance` in [0, 1) spreads tries that failed together."""

    store: Store
    clock: Callable[[], float]
    private: bool = False  # the private networks are open
    digest_hour: int = 8
    timezone: str = "UTC"
    chance: Callable[[], float] = random.random

    async def run(self) -> None:
        """Send everything that is due now. A receiver that fails keeps nobody else waiting, and nothing is lost."""
        now_s = int(self.clock())
        digest_at = notices.newest_digest_at(now_s, self.digest_hour, self.timezone)
        posts, letters = await asyncio.get_running_loop().run_in_executor(None, self._due, now_s, digest_at)
        tasks = []
        if posts:
            tasks.append(webhook_posts.send_due(self.store, self.clock, self.chance, private=self.private))
        if letters:
            await self.store.in_writer(lambda connection: notices.gather(connection, digest_at, now_s))
            tasks.append(notice_sending.send_due(self.store, self.clock, self.chance, private=self.private))
        await asyncio.gather(*tasks)

    def _due(self, now_s: int, digest_at: int) -> tuple[bool, bool]:
        with self.store.read() as connection:
            return webhooks.is_due(connection, now_s), notices.is_due(connection, now_s, digest_at)

    async def forget(self) -> None:
        """Delete what was told long ago."""
        now_s = int(self.clock())

        def prune(connection: Connection) -> int:
            return webhooks.prune(connection, now_s) + notices.prune(connection, now_s)

        await self.store.in_writer(prune)
