"""News of one robot as they come: a stream of server-sent events that ends with the session.

Every few seconds the browser is told how old the figures are, and whether something changed; then it fetches the page
again, as whoever is signed in may see it. So a page that is looked at costs one small read, not one page.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import orjson
from aiohttp import web

from collector.calendar import days
from collector.language import figures
from collector.language.pages import Words
from collector.operations import robots
from collector.operations.robots import Pulse
from collector.web.errors import Problem, TooManyRequests
from collector.web.pages import shell, shown
from collector.web.pages.rendering import visit
from collector.web.parts import PARTS

EVERY_S = 5.0
OF_ONE_SESSION, OF_ALL = 8, 1000  # streams at a time
HEADERS = {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Accel-Buffering": "no",  # a proxy must not wait for more
}


@dataclass
class Streams:
    """The streams that are open, by session; `closing`: the process ends, and nobody waits for them."""

    open: Counter[str] = field(default_factory=Counter)
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    @contextlib.contextmanager
    def one_of(self, session: str) -> Iterator[None]:
        """Raises TooManyRequests."""
        if self.open[session] >= OF_ONE_SESSION or self.open.total() >= OF_ALL:
            raise TooManyRequests("too many live pages are open", "close some of them; this one can be loaded again")
        self.open[session] += 1
        try:
            yield
        finally:
            self.open[session] -= 1
            if not self.open[session]:
                del self.open[session]


STREAMS = web.AppKey("streams", Streams)


def add_to(app: web.Application) -> None:
    app[STREAMS] = Streams()
    app.router.add_get("/robots/{robot}/live", robot_live)
    app.on_shutdown.append(_close)


async def _close(app: web.Application) -> None:
    app[STREAMS].closing.set()


async def robot_live(request: web.Request) -> web.StreamResponse:
    """Until the session ends, the robot is no longer the caller's, or the browser goes."""
    call, csrf = await visit(request, inside=False)
    words = shell.words_of(request)
    streams = request.app[STREAMS]
    with streams.one_of(csrf):
        before = await call.do(robots.robot_pulse, call.robot_name)
        response = web.StreamResponse(headers=HEADERS)
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):  # the browser has gone
            await response.write(b"retry: 15000\n\n")
            while not await _ends(streams.closing):
                now = await _pulse(request, call.robot_name)
                if now is None:
                    await response.write(b"event: ended\ndata: {}\n\n")
                    break
                news = _news(now, request, words) | {"changed": now != before}
                await response.write(b"event: news\ndata: " + orjson.dumps(news) + b"\n\n")
                before = now
    return response


async def _ends(closing: asyncio.Event) -> bool:
    """Wait for the next look; True: there is none."""
    try:
        await asyncio.wait_for(closing.wait(), EVERY_S)
    except TimeoutError:
        return False
    return True


async def _pulse(request: web.Request, robot: str) -> Pulse | None:
    """As whoever is signed in now may see it; None: nobody is, or not any more."""
    try:
        call, _ = await visit(request, inside=False)
        return await call.do(robots.robot_pulse, robot)
    except (Problem, web.HTTPSeeOther):
        return None


def _news(pulse: Pulse, request: web.Request, words: Words) -> dict[str, object]:
    """The figures that change by themselves."""
    now_s = request.app[PARTS].now_s()
    texts = {"as_of": days.clock(now_s, pulse.timezone)[11:]}
    if pulse.data_at is not None:
        texts["data_ago"] = figures.ago(max(0, now_s - shown.seconds_of(pulse.data_at)), words.language)
    return {"texts": texts}
