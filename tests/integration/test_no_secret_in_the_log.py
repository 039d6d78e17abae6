"""No line of the log holds a word of a request that cannot be read: the collector's and the robot's page's."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Iterator

import pytest
from aiohttp.test_utils import TestServer

import collector.log
import edge_agent.log
from edge_agent.status.page import application
from tests import fleets
from tests.integration.edge_agent.status.test_status import settings_in

SECRET = "opensesame"
ODD = {
    "a control character": b"GET / HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\x01\r\n\r\n",
    "NUL": b"GET / HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\x00\r\n\r\n",
    "a space before the colon": b"GET / HTTP/1.1\r\nHost: localhost\r\nAuthorization : Bearer %s\r\n\r\n",
    "a bare newline": b"GET / HTTP/1.1\r\nHost: localhost\r\nCookie: session=\n%s\r\n\r\n",
    "a cookie with NUL": b"GET / HTTP/1.1\r\nHost: localhost\r\nCookie: fleetward=%s\x00\r\n\r\n",
    "a bad byte in the address": b"GET /?token=%s\xff\x01 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "no such method": b"%s\x01 / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "too long a header": b"GET / HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s" + b"a" * 9000 + b"\r\n\r\n",
    "no number for a length": b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: %s\r\n\r\n",
    "a chunk of no size": b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n%s\r\n\r\n",
}


@contextlib.contextmanager
def logged_by(copy, level: str = "debug") -> Iterator[None]:
    """The log as the program configures it, on the standard error that the test reads."""
    root = logging.getLogger()
    handlers, before, root.handlers = root.handlers[:], root.level, []  # `configure` closes what it finds
    try:
        copy.configure(level, "json")
        yield
    finally:
        root.handlers = handlers
        root.setLevel(before)
        logging.getLogger("aiohttp.server").filters = []


@contextlib.asynccontextmanager
async def _collector(store, _) -> AsyncIterator[int]:
    async with fleets.site(store) as site:
        yield int(site.url.rpartition(":")[2])


@contextlib.asynccontextmanager
async def _page(_, tmp_path) -> AsyncIterator[int]:
    async with TestServer(application(settings_in(tmp_path, "mqtt://127.0.0.1:1"))) as server:
        yield server.port


SIDES = pytest.mark.parametrize(
    ("copy", "serves"), [(collector.log, _collector), (edge_agent.log, _page)], ids=["collector", "page"]
)


async def ask(port: int, odd: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(odd.replace(b"%s", SECRET.encode()))
    try:
        return await asyncio.wait_for(reader.readline(), 10)
    finally:
        writer.close()


@SIDES
async def test_no_line_holds_a_word_of_a_request_that_cannot_be_read(copy, serves, store, tmp_path, capsys):
    """All of them in one minute are one line, without a traceback; at every level of the log."""
    async with serves(store, tmp_path) as port:
        with logged_by(copy):
            answers = {name: await ask(port, odd) for name, odd in ODD.items()}
    written = capsys.readouterr().err
    assert {name: answer.split()[1] for name, answer in answers.items()} == dict.fromkeys(ODD, b"400")
    assert SECRET not in written
    assert "Traceback" not in written
    assert written.count('"action": "http_error"') == 1


@SIDES
async def test_without_the_filter_the_log_holds_the_token(copy, serves, store, tmp_path, capsys, monkeypatch):
    """The control."""
    monkeypatch.setattr(copy.WithoutRequest, "filter", lambda *_: True)
    async with serves(store, tmp_path) as port:
        with logged_by(copy):
            await ask(port, ODD["a control character"])
    assert SECRET in capsys.readouterr().err


def test_the_line_after_a_minute_says_how_many_were_left_out():
    for copy in (collector.log, edge_agent.log):
        quiet, unsaid = copy.WithoutRequest(), []
        for at in (1000.0, 1001.0, 1059.0, 1061.0):
            failure = (ValueError, ValueError(SECRET), None)
            record = logging.LogRecord("aiohttp.server", logging.ERROR, "f", 1, SECRET, (), failure)
            record.created = at
            if quiet.filter(record):
                unsaid.append(record.unsaid)
        assert unsaid == [0, 2]
