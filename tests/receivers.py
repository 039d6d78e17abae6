"""A real HTTP receiver on the loopback: keeps what it was sent, and answers as it was told, one by one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web


@dataclass
class Receiver:
    """`answers` are used up first; then it is 200. `Location` goes with every redirect.

    It answers when `answering` is set: until then every request hangs.
    """

    url: str = ""
    answers: list[int] = field(default_factory=list)
    taken: list[tuple[dict[str, str], str]] = field(default_factory=list)
    answering: asyncio.Event = field(default_factory=asyncio.Event)

    async def _take(self, request: web.Request) -> web.Response:
        self.taken.append(({k.lower(): v for k, v in request.headers.items()}, await request.text()))
        await self.answering.wait()
        status = self.answers.pop(0) if self.answers else 200
        return web.Response(status=status, headers={"Location": self.url} if 300 <= status < 400 else {})


@asynccontextmanager
async def receiver(*answers: int, hangs: bool = False) -> AsyncIterator[Receiver]:
    found = Receiver(answers=list(answers))
    if not hangs:
        found.answering.set()
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", found._take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = site._server.sockets[0].getsockname()[1]
    found.url = f"http://127.0.0.1:{port}/hook"
    try:
        yield found
    finally:
        found.answering.set()
        await runner.cleanup()
