"""Runs a job again and again. Which jobs there are, `scheduled` says."""

import asyncio
import logging
import random
import sqlite3
from collections.abc import Awaitable, Callable

import psycopg
from sqlalchemy.exc import DBAPIError

log = logging.getLogger(__name__)


async def every(
    period_s: float, name: str, work: Callable[[], Awaitable[object]], rounds: int | None = None, first_s: float = 0.0
) -> None:
    """Run `work` after `first_s` and again and again, apart from other collectors; no failure ends it."""
    await asyncio.sleep(first_s)
    while rounds is None or rounds > 0:
        try:
            await work()
        except (DBAPIError, sqlite3.Error, psycopg.Error) as error:
            reason = str(getattr(error, "orig", None) or error)
            extra = {"action": "job_failed", "job": name, "reason": reason}
            log.warning("a job could not use the store; it runs again", extra=extra)
        except Exception:
            log.exception("a job found a bug; it runs again", extra={"action": "job_bug", "job": name})
        rounds = None if rounds is None else rounds - 1
        if rounds != 0:
            await asyncio.sleep(period_s * random.uniform(0.9, 1.1))  # noqa: S311 - spreads load, no secret
