"""Runs a job again and again. Which jobs there are, `scheduled` says."""

import asyncio
import logging
import random
import sqlite3
from collections.abc import Awaitable, Callable

import psycopg
from sqlalchemy.exc import DBAPIError

from protocol.backoff import delay_s

RETRY_FIRST_S, RETRY_MAX_S = 1.0, 60.0  # after a failure of the store: earlier than the job's turn

log = logging.getLogger(__name__)


async def every(
    period_s: float, name: str, work: Callable[[], Awaitable[object]], rounds: int | None = None, first_s: float = 0.0
) -> None:
    """Run `work` after `first_s` and again and again, apart from other collectors; no failure ends it."""
    await asyncio.sleep(first_s)
    failures, told = 0, ""
    while rounds is None or rounds > 0:
        rest_s = period_s * random.uniform(0.9, 1.1)  # noqa: S311 - spreads load, no secret
        try:
            await work()
        except (DBAPIError, sqlite3.Error, psycopg.Error) as error:
            reason = str(getattr(error, "orig", None) or error)
            failures += 1
            if reason != told:  # the same again is said once
                told = reason
                extra = {"action": "job_failed", "job": name, "reason": reason}
                log.warning("a job could not use the store; it runs again", extra=extra)
            chance = random.uniform(0.5, 1.0)  # noqa: S311 - spreads retries, no secret
            rest_s = min(rest_s, delay_s(failures, RETRY_FIRST_S, RETRY_MAX_S, chance))
        except Exception:
            log.exception("a job found a bug; it runs again", extra={"action": "job_bug", "job": name})
        else:
            failures, told = 0, ""
        rounds = None if rounds is None else rounds - 1
        if rounds != 0:
            await asyncio.sleep(rest_s)
