"""What the web is built from, handed over by app.py; and the keys they are found under in the application."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from aiohttp import web
from prometheus_client import CollectorRegistry
from sqlalchemy import Connection

from collector.fleet.desired import Publish
from collector.ingest.metrics import IngestFigures
from collector.store.engine import READERS, Store
from collector.web.auth.throttle import Throttle
from collector.web.freshness import Fresh

if TYPE_CHECKING:  # the closing of days loads scipy: a command that only borrows the API's parameters goes without
    from collector.closing.runs import Runs

T = TypeVar("T")


async def publish_later(robot_name: str, document: bytes) -> bool:  # noqa: ARG001 - the shape of Publish
    """For a collector without a broker: the wish is stored and waits."""
    return False


@dataclass(frozen=True)
class Parts:
    """`clock` gives unix seconds, `monotonic` seconds; both are functions so that tests can turn them."""

    store: Store
    clock: Callable[[], float]
    monotonic: Callable[[], float]
    figures: IngestFigures = field(default_factory=IngestFigures)  # what ingest counts, read by /metrics and /healthz
    committed_at: Callable[[], float | None] = lambda: None  # unix seconds of the newest commit of ingest
    publish: Publish = publish_later
    base_currency: str = "CNY"  # what amounts are converted to where nobody asks for another
    secure_cookies: bool = False  # true behind HTTPS: the cookie is then never sent over plain HTTP
    deliver_to_private_networks: bool = False  # webhooks and notices may also go there
    runs: "Runs | None" = None  # closings; None: this process closes no days
    readers: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(READERS, thread_name_prefix="web-read")
    )

    def now_s(self) -> int:
        return int(self.clock())

    async def read(self, question: Callable[[Connection], T]) -> T:
        """Answer from a read-only connection, off the event loop."""

        def answer() -> T:
            with self.store.read() as connection:
                return question(connection)

        return await asyncio.get_running_loop().run_in_executor(self.readers, answer)


PARTS = web.AppKey("parts", Parts)
FRESH = web.AppKey("fresh", Fresh)
SESSION_KEY = web.AppKey("session_key", bytes)
SIGN_IN_THROTTLE = web.AppKey("sign_in_throttle", Throttle)
OPENAPI = web.AppKey("openapi", bytes)
METRICS = web.AppKey("metrics", CollectorRegistry)
