"""API: a body that is a file. It waits on disk, so that files of hundreds of megabytes take no memory."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import BinaryIO

from aiohttp import web

from collector.exchange.imports.rows import FILE_MAX_BYTES
from collector.web.api.routing import Call
from collector.web.errors import TooLarge

CSV, XLSX, JSON_LINES = (
    "text/csv",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/x-ndjson",
)
_TYPES = {"csv": CSV, "xlsx": XLSX, "json": JSON_LINES}
_CHUNK_BYTES = 256 * 1024
_SPOOL_BYTES = 8 * 1024 * 1024  # larger bodies and answers wait on disk


@contextmanager
def spooled() -> Iterator[BinaryIO]:
    with tempfile.SpooledTemporaryFile(_SPOOL_BYTES) as file:
        yield file  # type: ignore[misc]  # it has all that BinaryIO has except a few names that nobody asks for


@asynccontextmanager
async def uploaded(call: Call) -> AsyncIterator[BinaryIO]:
    """The request's body as a file. Raises TooLarge while it comes: what no reader takes is not waited for."""
    with spooled() as file:
        size = 0
        async for chunk in call.request.content.iter_chunked(_CHUNK_BYTES):
            size += len(chunk)
            if size > FILE_MAX_BYTES:
                raise TooLarge(f"the file has more than {FILE_MAX_BYTES} bytes", "split it, by year for example")
            file.write(chunk)
        file.seek(0)
        yield file


async def sent(call: Call, file: BinaryIO, name: str, form: str) -> web.StreamResponse:
    """A file as the answer, written as it is read. `name` is one of our own words."""
    response = web.StreamResponse(headers=headers(name, form))
    await response.prepare(call.request)
    file.seek(0)
    while chunk := await asyncio.to_thread(file.read, _CHUNK_BYTES):
        await response.write(chunk)
    await response.write_eof()
    return response


def headers(name: str, form: str) -> dict[str, str]:
    kind = _TYPES[form]
    return {
        "Content-Type": f"{kind}; charset=utf-8" if form != "xlsx" else kind,
        "Content-Disposition": f'attachment; filename="{name}.{form}"',
        "Cache-Control": "no-store",
    }
