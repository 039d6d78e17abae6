"""Has the store process run: at the start, when another signed document came or what it waits for has changed, when the
robot is connected again, and each hour, for recalls.
"""

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Callable
from pathlib import Path

from edge_agent.config import Settings, is_set
from edge_agent.skills.running import Skills
from edge_agent.skills.starters import NotStarted

AGAIN_S = 3600.0  # recalls of a robot that gets no document
RETRY_FIRST_S = 30.0

NEEDED = (  # of the settings: no secret is among them
    "state_dir", "robot", "model", "tls_cert_file", "tls_key_file", "skills_repository", "skills_repository_ca",
    "skills_core", "skills_capabilities", "skills_dir", "runtime_dir",
)  # fmt: skip

logger = logging.getLogger(__name__)


def said(value: object) -> str:
    """A setting as a flag says it."""
    if isinstance(value, Path):
        return str(value) if is_set(value) else ""
    return ",".join(value) if isinstance(value, tuple) else str(value)


class StoreTask:
    """`run` until cancelled. `pause_s`: how long after that many failures, between a first and a longest pause."""

    def __init__(self, settings: Settings, skills: Skills, pause_s: Callable[[int, float, float], float]) -> None:
        self._skills, self._pause_s = skills, pause_s
        self._words = ("--settings", json.dumps({name: said(getattr(settings, name)) for name in NEEDED}))

    async def run(self) -> None:
        """For ever."""
        failures, due = 0, self._skills.store_due
        while True:
            due.clear()
            failures = 0 if await self._once() else failures + 1
            wait_s = self._pause_s(failures, RETRY_FIRST_S, AGAIN_S) if failures else AGAIN_S
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await due.wait()

    async def _once(self) -> bool:
        try:
            await self._skills.prepare()
            code = await self._skills.starter.store(self._words)
        except (NotStarted, OSError) as error:
            logger.warning("the store of skills does not start: %s", error, extra={"action": "store_not_started"})
            return False
        finally:
            self._skills.storing, self._skills.stored_s = False, time.monotonic()
        if code:
            logger.warning("the store of skills ended with %d", code, extra={"action": "store_failed"})
        return code == 0
