"""A command's client of the API of a collector that serves."""

import http.client
import json
import shutil
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, BinaryIO, TypeVar

import click

from collector.exchange.errors import RemoteError
from collector.values.refusal import BY

Row = dict[str, Any]
T = TypeVar("T")
TIMEOUT_S = 60
LONG_S = 1800  # imports, undoing, downloads: the collector reads, judges or makes the whole before it answers
TELL_EVERY_S = 5.0
_LONG = ("/import/", "/imports/")
JSON = "application/json"
Query = Mapping[str, Any] | None
Body = Mapping[str, Any] | BinaryIO | None


@dataclass(frozen=True)
class RemoteSource:
    """The API of a collector at `url`, with a bearer token."""

    url: str
    token: str

    def values(self, robot_names: Sequence[str]) -> Iterator[Row]:
        cursor: str | None = None
        while True:
            answer = self.ask("POST", "/usage/values", body={"robots": list(robot_names), "cursor": cursor})
            yield from answer["items"]
            cursor = answer["next"]
            if cursor is None:
                return

    def ask(self, method: str, path: str, *, query: Query = None, body: Body = None) -> Any:
        """One request; the answer's JSON. A file is sent as it is. Raises RemoteError with the server's own remedy."""
        is_long = method == "POST" and path.startswith(_LONG)
        with _told(path) if is_long else nullcontext():
            return self._ask(method, addressed(path, query), json.load, body, LONG_S if is_long else TIMEOUT_S)

    def download(self, path: str, out: BinaryIO, *, query: Query = None) -> None:
        """A file of the server's, written as it comes; it may be made whole before it begins. Raises RemoteError."""
        with _told(path):
            self._ask("GET", addressed(path, query), lambda answer: shutil.copyfileobj(answer, out), None, LONG_S)

    def _ask(self, method: str, path: str, take: Callable[[Any], T], body: Body, patience_s: float = TIMEOUT_S) -> T:
        if not self.url.startswith(("http://", "https://")):
            raise RemoteError(f"--url {self.url}: write it as http://host:port")
        headers = {"Authorization": f"Bearer {self.token}", "Accept": JSON, BY: "command"}
        sent = json.dumps(body).encode() if isinstance(body, Mapping) else body
        if sent is not None:
            headers["Content-Type"] = JSON if isinstance(body, Mapping) else "application/octet-stream"
        address = f"{self.url.rstrip('/')}/api/v1{path}"
        request = urllib.request.Request(address, data=sent, headers=headers, method=method)  # noqa: S310 - http(s) only, see above
        try:
            with urllib.request.urlopen(request, timeout=patience_s) as answer:  # noqa: S310 - as above
                return take(answer)
        except urllib.error.HTTPError as error:
            with error:
                raise RemoteError(_refusal(error)) from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            if _timed_out(error):
                raise RemoteError(_too_late(method, patience_s)) from error
            reason = getattr(error, "reason", None) or error
            raise RemoteError(f"{self.url} does not answer as a collector ({reason}); check --url") from error


@contextmanager
def _told(path: str) -> Iterator[None]:
    """Says on standard error every few seconds that the collector has not answered yet."""
    began_s, done = time.monotonic(), threading.Event()

    def tell() -> None:
        while not done.wait(TELL_EVERY_S):
            waited_s = time.monotonic() - began_s
            click.echo(f"{path.split('/')[1]}: the collector is at work, {waited_s:.0f} s so far", err=True)

    teller = threading.Thread(target=tell, name="progress", daemon=True)
    teller.start()
    try:
        yield
    finally:
        done.set()
        teller.join()


def _timed_out(error: Exception) -> bool:
    return isinstance(error, TimeoutError) or isinstance(getattr(error, "reason", None), TimeoutError)


def _too_late(method: str, patience_s: float) -> str:
    if method == "GET":
        return f"no answer within {patience_s:.0f} s; ask again, or for less at once"
    return (
        f"no answer within {patience_s:.0f} s: it may still be running, and be done in the end; look whether it was "
        "(`collector import list`) before you repeat it"
    )


def addressed(path: str, query: Query) -> str:
    """`query` leaves out what is None and what is False, which every parameter is without being named."""
    given = {key: value for key, value in (query or {}).items() if value is not None and value is not False}
    said = urllib.parse.urlencode({key: "true" if value is True else value for key, value in given.items()})
    return f"{path}?{said}" if said else path


def _refusal(error: urllib.error.HTTPError) -> str:
    try:
        said = json.load(error)["error"]
        return f"{said['message']}; {said['remedy']}"
    except (ValueError, KeyError, TypeError):
        return f"{error.url} answered {error.code}; is --url a collector?"
