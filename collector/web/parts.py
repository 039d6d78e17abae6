"""What the web is built from, handed over by app.py; and the keys they are found under in the application."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from aiohttp import web
from prometheus_client import CollectorRegistry

from collector.context import Context
from collector.ingest.metrics import IngestFigures
from collector.operations.operation import Operation
from collector.values.refusal import Refused
from collector.web.auth.throttle import Throttle
from collector.web.freshness import Fresh

P = TypeVar("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Parts:
    """`context` is the process's own; each request is answered in the context of its caller.

    `monotonic` gives seconds; it is a function so that tests can turn it.
    """

    context: Context
    monotonic: Callable[[], float]
    figures: IngestFigures = field(default_factory=IngestFigures)  # what ingest counts, read by /metrics and /healthz
    committed_at: Callable[[], float | None] = lambda: None  # unix seconds of the newest commit of ingest

    @cached_property
    def readers(self) -> ThreadPoolExecutor:
        """The threads that answer what only reads."""
        return ThreadPoolExecutor(self.context.readers_max, thread_name_prefix="web-read")

    def now_s(self) -> int:
        return self.context.now_s()

    async def do(self, operation: Operation[P, T], context: Context, request: P) -> T | Refused:
        """Run an operation off the event loop: one that writes where the store's changes run, one after the other.

        A long one has a thread of its own: its file is read while others write.
        """
        pool = None if operation.long else context.store.pool if operation.writes else self.readers
        return await asyncio.get_running_loop().run_in_executor(pool, operation, context, request)


PARTS = web.AppKey("parts", Parts)
FRESH = web.AppKey("fresh", Fresh)
SESSION_KEY = web.AppKey("session_key", bytes)
PROXIES = web.AppKey("proxies", tuple)  # of networks: auth/addresses.py
HOSTS = web.AppKey("hosts", frozenset)
SIGN_IN_THROTTLE = web.AppKey("sign_in_throttle", Throttle)
GUESS_THROTTLE = web.AppKey("guess_throttle", Throttle)
OPENAPI = web.AppKey("openapi", bytes)
METRICS = web.AppKey("metrics", CollectorRegistry)
