"""API: a body that is a file. It waits on disk, so that files of hundreds of megabytes take no memory."""

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, BinaryIO

from aiohttp import BodyPartReader, web

from collector.exchange.imports.rows import FILE_MAX_BYTES
from collector.web.errors import NO_FORM, BadRequest, TooLarge

if TYPE_CHECKING:
    from collector.web.api.routing import Call

CSV, XLSX, JSON_LINES = (
    "text/csv",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/x-ndjson",
)
SQLITE = "application/vnd.sqlite3"
OCTETS, FORM = "application/octet-stream", "multipart/form-data"
_TYPES = {"csv": CSV, "xlsx": XLSX, "json": JSON_LINES, "sqlite": SQLITE}
_CHUNK_BYTES = 256 * 1024
_SEND = "send the file itself: curl --data-binary @FILE, or curl -F file=@FILE"
_ARRIVED: web.RequestKey[BinaryIO] = web.RequestKey("arrived", BinaryIO)  # before its route asked for it
_SPOOL_BYTES = 8 * 1024 * 1024  # larger bodies and answers wait on disk


@contextmanager
def spooled() -> Iterator[BinaryIO]:
    with tempfile.SpooledTemporaryFile(_SPOOL_BYTES) as file:
        yield file  # type: ignore[misc]  # it has all that BinaryIO has except a few names that nobody asks for


@asynccontextmanager
async def uploaded(call: "Call") -> AsyncIterator[BinaryIO]:
    """The request's body as a file, or the first file of a form (`curl -F file=@contracts.csv`).

    Raises TooLarge while it comes: what no reader takes is not waited for.
    """
    waiting = call.request.get(_ARRIVED)
    if waiting is not None:
        waiting.seek(0)
        yield waiting
        return
    with spooled() as file:
        async for chunk in _chunks(call.request):
            file.write(chunk)
        file.seek(0)
        yield file


@asynccontextmanager
async def digested(request: web.Request) -> AsyncIterator[bytes]:
    """The digest of the file that comes with the request, which `uploaded` then gives. Raises TooLarge."""
    digest = hashlib.sha256()
    with spooled() as file:
        async for chunk in _chunks(request):
            digest.update(chunk)
            file.write(chunk)
        request[_ARRIVED] = file
        yield digest.digest()


async def _chunks(request: web.Request) -> AsyncIterator[bytes]:
    size = 0
    async for chunk in _of_form(request) if request.content_type == FORM else _bare(request):
        size += len(chunk)
        if size > FILE_MAX_BYTES:
            raise TooLarge(f"the file has more than {FILE_MAX_BYTES} bytes", "split it, by year for example")
        yield chunk


def _bare(request: web.Request) -> AsyncIterator[bytes]:
    return request.content.iter_chunked(_CHUNK_BYTES)


async def _of_form(request: web.Request) -> AsyncIterator[bytes]:
    """Raises BadRequest."""
    try:
        reader = await request.multipart()
        while (part := await reader.next()) is not None:
            if isinstance(part, BodyPartReader) and part.filename:
                while chunk := await part.read_chunk(_CHUNK_BYTES):
                    yield chunk
                return
            await part.release()
    except NO_FORM as error:
        raise BadRequest("the form cannot be read", _SEND) from error
    raise BadRequest("the form holds no file", _SEND)


async def sent(call: "Call", file: BinaryIO, name: str, form: str) -> web.StreamResponse:
    """A file as the answer, written as it is read. `name` is one of our own words."""
    response = web.StreamResponse(headers=headers(name, form))
    await response.prepare(call.request)
    file.seek(0)
    while call.request.method != "HEAD" and (chunk := await asyncio.to_thread(file.read, _CHUNK_BYTES)):
        await response.write(chunk)
    await response.write_eof()
    return response


def headers(name: str, form: str) -> dict[str, str]:
    kind = _TYPES[form]
    return {
        "Content-Type": f"{kind}; charset=utf-8" if form in {"csv", "json"} else kind,
        "Content-Disposition": f'attachment; filename="{name}.{form}"',
        "Cache-Control": "no-store",
    }
