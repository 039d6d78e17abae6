"""Serves the package repository to robots: a site of its own, read-only, with ranges.

Nothing here is secret or believed without its signatures, so a robot needs no token; where the installation gives a
certificate authority for robots, the TLS handshake asks for a robot's certificate.

What is sent over a bad link is sent in small TLS records: a record arrives whole or not at all, and a link that drops
every 50 kB would throw a third of 16 kB records away.
"""

import asyncio
import contextlib
import re
import ssl
from pathlib import Path
from typing import BinaryIO

from aiohttp import web

ETAG_CHARS = 16  # of the hash: it travels twice at each cut of a link, and the whole is compared at the end
PIECE_BYTES = 1_300  # one TLS record in one packet
CACHE = {True: "public, max-age=31536000, immutable", False: "no-cache"}
_DOCUMENT = re.compile(r"(?:[1-9][0-9]{0,8}\.[a-z][a-z0-9]{0,15}|timestamp)\.json")
_FOLDER = re.compile(r"[a-z][a-z0-9]{0,11}_[0-9a-f]{32}|fleet")
_FILE = re.compile(r"([0-9a-f]{64})\.[a-z0-9][a-z0-9.-]{0,63}")
_RANGE = re.compile(r"bytes=([0-9]{1,15})-")


def application(folder: Path) -> web.Application:
    """GET and HEAD of `metadata/…` and `targets/…` below the folder, and nothing else."""
    app = web.Application(client_max_size=1024)

    async def document(request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        if not _DOCUMENT.fullmatch(name):
            raise web.HTTPNotFound
        return await _send(request, folder / "metadata" / name, name, fixed=name != "timestamp.json")

    async def target(request: web.Request) -> web.StreamResponse:
        inner, name = request.match_info["folder"], request.match_info["name"]
        found = _FILE.fullmatch(name)
        if not found or not _FOLDER.fullmatch(inner):
            raise web.HTTPNotFound
        return await _send(request, folder / "targets" / inner / name, found[1], fixed=True)

    app.router.add_get("/metadata/{name}", document)
    app.router.add_get("/targets/{folder}/{name}", target)
    return app


def tls(certificate: Path, key: Path, robots: Path | None) -> ssl.SSLContext:
    """The site's TLS. `robots`: the certificate authority of robots; then only they get an answer.

    Raises OSError and ssl.SSLError for files that cannot be used.
    """
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    context.num_tickets = 1  # one session to take up again is enough
    if robots is not None:
        context.load_verify_locations(robots)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


async def _send(request: web.Request, path: Path, name: str, *, fixed: bool) -> web.StreamResponse:
    try:
        file = await asyncio.to_thread(path.open, "rb")
    except FileNotFoundError:
        raise web.HTTPNotFound from None
    with file:
        size = await asyncio.to_thread(file.seek, 0, 2)
        begin = _begin(request, size, name) if fixed else 0
        headers = {"X-Content-Type-Options": "nosniff"}
        if fixed:
            headers["ETag"] = f'"{name[:ETAG_CHARS]}"'
        if begin:  # what follows costs a bad link each header again at each cut: only what is needed
            headers["Content-Range"] = f"bytes {begin}-{size - 1}/{size}"
        else:
            headers |= {"Accept-Ranges": "bytes" if fixed else "none", "Cache-Control": CACHE[fixed]}
        response = web.StreamResponse(status=206 if begin else 200, headers=headers)
        response.content_type = "application/json" if name.endswith(".json") else "application/octet-stream"
        response.content_length = size - begin
        await response.prepare(request)
        with contextlib.suppress(ConnectionResetError):  # the link was cut: the robot asks again from where it was
            if request.method != "HEAD":
                await _pieces(request, response, file, begin)
            await response.write_eof()
        return response


async def _pieces(request: web.Request, response: web.StreamResponse, file: BinaryIO, begin: int) -> None:
    file.seek(begin)
    while chunk := await asyncio.to_thread(file.read, 64 * PIECE_BYTES):
        for at in range(0, len(chunk), PIECE_BYTES):
            if request.transport is None or request.transport.is_closing():
                raise ConnectionResetError
            await response.write(chunk[at : at + PIECE_BYTES])


def _begin(request: web.Request, size: int, name: str) -> int:
    """Where to begin. Raises HTTPRequestRangeNotSatisfiable for a place behind the end."""
    asked = _RANGE.fullmatch(request.headers.get("Range", ""))
    etag = f'"{name[:ETAG_CHARS]}"'
    if not asked or request.headers.get("If-Range", etag) != etag:
        return 0  # another file than the one that was begun, or a range that we do not serve: all of it
    begin = int(asked[1])
    if begin >= size:
        raise web.HTTPRequestRangeNotSatisfiable(headers={"Content-Range": f"bytes */{size}"})
    return begin
