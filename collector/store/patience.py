"""A start that finds no database waits for it: both may be started by the same boot, or a failover is under way."""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from sqlalchemy.exc import DBAPIError

from collector.errors import StoreAway
from collector.store import postgresql
from protocol.backoff import delay_s

log = logging.getLogger(__name__)
T = TypeVar("T")

FIRST_S, MOST_S = 0.5, 5.0
TOLD_EVERY_S = 30.0


async def until_there(
    work: Callable[[], Awaitable[T]], wait_s: float, monotonic: Callable[[], float] = time.monotonic
) -> T:
    """The answer of `work`, tried again for `wait_s` while the store is away. Raises StoreAway, or what it raises.

    Says at once and every half minute that it waits.
    """
    began_s, told_s, failures = monotonic(), -TOLD_EVERY_S, 0
    while True:
        try:
            answer = await work()
        except (StoreAway, DBAPIError) as error:
            if isinstance(error, DBAPIError) and not postgresql.is_away(error.orig or error):
                raise
            now_s, reason = monotonic(), str(getattr(error, "orig", None) or error)
            if now_s - began_s >= wait_s:
                waited = f"; waited for {wait_s:.0f} s (store_wait_s)" if wait_s else ""
                raise StoreAway(f"{reason}{waited}") from error
            if now_s - told_s >= TOLD_EVERY_S:
                told_s = now_s
                extra = {"action": "store_away", "reason": reason, "left_s": round(began_s + wait_s - now_s)}
                log.warning("the store does not answer yet; waiting until it does", extra=extra)
            failures += 1
            chance = random.uniform(0.5, 1.0)  # noqa: S311 - spreads tries, no secret
            await asyncio.sleep(delay_s(failures, FIRST_S, MOST_S, chance))
            continue
        if failures:
            log.info("the store answers", extra={"action": "store_there", "after_s": round(monotonic() - began_s, 1)})
        return answer
