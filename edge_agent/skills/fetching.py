"""Fetches over HTTP(S) what a repository serves: bounded in size, in time and in patience.

Standard library only, and less than other clients do: no redirect is followed, no proxy of the environment is used, no
content coding is accepted. A download that is cut goes on where it was cut; a TLS session is taken up again, which
saves two kilobytes at each reconnection of a bad link.
"""

import contextlib
import http.client
import os
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from edge_agent.skills.errors import Unreachable, Untrusted

ETAG_CHARS = 16  # of the hash: what the repository calls a file while its bytes are the same
GAP_S = 30.0  # without a byte: the connection is given up
READ_BYTES = 16 * 1024
MINIMUM_BYTES_PER_S = 100.0  # over RATE_WINDOW_S: whoever is slower is as good as silent
RATE_WINDOW_S = 60.0
PAUSES_S = (0.0, 0.2, 1.0, 5.0, 15.0)  # before the next try, while tries bring nothing
OK, PARTIAL = 200, 206
BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})  # it may answer later


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one transfer may take. `total_s` from the first request on; the clock and the pause are given."""

    total_s: float
    now_s: Callable[[], float] = field(default=time.monotonic)
    pause: Callable[[float], None] = field(default=time.sleep)


class Fetching:
    """One repository's address. `context`: how the server is known; None only for http:// on loopback."""

    def __init__(self, base_url: str, context: ssl.SSLContext | None, patience: Patience) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in {"https", "http"} or not parts.hostname or parts.query or parts.fragment:
            raise Untrusted(f"{base_url!r} is no address of a repository: write https://HOST:PORT/PATH")
        if parts.scheme == "http" and parts.hostname not in {"127.0.0.1", "::1", "localhost"}:
            raise Untrusted("a repository elsewhere is read over https://, and over http:// only on this machine")
        self._host, self._path = parts.hostname, parts.path.rstrip("/")
        self._port = parts.port or (443 if parts.scheme == "https" else 80)
        self._context = (context or ssl.create_default_context()) if parts.scheme == "https" else None
        self.patience = patience
        self._session: ssl.SSLSession | None = None
        self.body_bytes = 0  # of everything that was fetched, for reports and benches

    def small(self, path: str, max_bytes: int) -> Iterator[bytes]:
        """The pieces of one document of at most `max_bytes`. Raises Unreachable; HttpStatus unless it says 200."""
        ends_s = self.patience.now_s() + self.patience.total_s
        try:
            with self._connected(ends_s) as connection:
                response = self._asked(connection, path, {})
                if response.status != OK:
                    raise HttpStatus(path, response.status)
                yield from self._pieces(response, max_bytes, ends_s)
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(f"the repository did not answer: {error or type(error).__name__}") from None

    def resume(self, path: str, descriptor: int, length: int, etag: str) -> None:
        """Fill the open file up to `length` bytes, from the size it has. It goes on after every cut until time is up.

        `etag`: its sha256, whose beginning is its entity tag; a server that has another file begins anew.
        Raises Unreachable when time is up, and Untrusted when the server sends more than was signed.
        """
        ends_s, vain = self.patience.now_s() + self.patience.total_s, 0
        while (have := os.fstat(descriptor).st_size) < length:
            if self.patience.now_s() >= ends_s:
                raise Unreachable(f"{have} of {length} bytes arrived in {self.patience.total_s:.0f} s")
            with contextlib.suppress(OSError, http.client.HTTPException):  # what arrived is on the disk
                self._fill(path, descriptor, have, length, etag, ends_s)
            vain = 0 if os.fstat(descriptor).st_size > have else vain + 1
            self.patience.pause(min(PAUSES_S[min(vain, len(PAUSES_S) - 1)], max(0.0, ends_s - self.patience.now_s())))

    def _fill(self, path: str, descriptor: int, have: int, length: int, etag: str, ends_s: float) -> None:
        headers = {"Range": f"bytes={have}-", "If-Range": f'"{etag[:ETAG_CHARS]}"'} if have else {}
        with self._connected(ends_s) as connection:
            response = self._asked(connection, path, headers)
            if response.status in BUSY:
                raise OSError(f"answers {response.status}")
            if response.status not in {OK, PARTIAL}:
                raise Unreachable(str(HttpStatus(path, response.status)))
            if response.status == OK:  # from the beginning: another file, or a server without ranges
                os.ftruncate(descriptor, 0)
                have = 0
            elif not (response.headers["Content-Range"] or "").startswith(f"bytes {have}-"):
                raise http.client.HTTPException("another range than was asked for")
            os.lseek(descriptor, have, os.SEEK_SET)
            for piece in self._pieces(response, length - have, ends_s):
                _write_all(descriptor, piece)

    def _pieces(self, response: http.client.HTTPResponse, max_bytes: int, ends_s: float) -> Iterator[bytes]:
        """`read1` hands out what arrived before a cut; `read` would throw it away."""
        came, since_s, since_bytes = 0, self.patience.now_s(), 0
        while piece := response.read1(READ_BYTES):
            came += len(piece)
            self.body_bytes += len(piece)
            if came > max_bytes:
                raise Untrusted(f"the repository sends more than {max_bytes} bytes")
            yield piece
            now_s = self.patience.now_s()
            if now_s >= ends_s:
                raise OSError("time is up")
            if now_s - since_s >= RATE_WINDOW_S:
                if (came - since_bytes) / (now_s - since_s) < MINIMUM_BYTES_PER_S:
                    raise OSError("too slow")
                since_s, since_bytes = now_s, came
        if response.length:  # the server closed before it had sent what it promised
            raise OSError("cut")

    def _asked(
        self, connection: http.client.HTTPConnection, path: str, headers: dict[str, str]
    ) -> http.client.HTTPResponse:
        connection.request("GET", f"{self._path}/{path}", headers={"Accept-Encoding": "identity", **headers})
        response = connection.getresponse()
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise Untrusted("the repository sends another coding than was asked for")
        return response

    @contextlib.contextmanager
    def _connected(self, ends_s: float) -> Iterator[http.client.HTTPConnection]:
        """A connection that is cut when time is up, also in the middle of its headers."""
        if self._context is None:
            connection = http.client.HTTPConnection(self._host, self._port, timeout=GAP_S)
        else:
            connection = _Resuming(self._host, self._port, self._context, self._session)
        cut = threading.Timer(max(0.0, ends_s - self.patience.now_s()), _cut, [connection])
        cut.daemon = True
        cut.start()
        try:
            yield connection
        finally:
            cut.cancel()
            if isinstance(connection.sock, ssl.SSLSocket) and connection.sock.session is not None:
                self._session = connection.sock.session
            connection.close()


class HttpStatus(Exception):
    """Another answer than was asked for."""

    def __init__(self, path: str, status: int) -> None:
        super().__init__(f"the repository answers {status} for {path}")
        self.status = status


class _Resuming(http.client.HTTPSConnection):
    """An HTTPS connection that offers the session of the one before."""

    def __init__(self, host: str, port: int, context: ssl.SSLContext, session: ssl.SSLSession | None) -> None:
        super().__init__(host, port, timeout=GAP_S, context=context)
        self._tls, self._offered = context, session

    def connect(self) -> None:
        """As the library does it, with the session."""
        http.client.HTTPConnection.connect(self)
        self.sock = self._tls.wrap_socket(self.sock, server_hostname=self.host, session=self._offered)


def _cut(connection: http.client.HTTPConnection) -> None:
    with contextlib.suppress(OSError, AttributeError):  # it has ended by itself
        connection.sock.shutdown(socket.SHUT_RDWR)


def _write_all(descriptor: int, piece: bytes) -> None:
    view = memoryview(piece)
    while view:
        view = view[os.write(descriptor, view) :]
