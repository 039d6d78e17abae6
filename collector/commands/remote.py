"""A command's client of the API of a collector that serves."""

import http.client
import json
import shutil
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, TypeVar

from collector.exchange.errors import RemoteError

Row = dict[str, Any]
T = TypeVar("T")
TIMEOUT_S = 60
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
        return self._ask(method, addressed(path, query), json.load, body)

    def download(self, path: str, out: BinaryIO, *, query: Query = None) -> None:
        """A file of the server's, written as it comes. Raises RemoteError."""
        self._ask("GET", addressed(path, query), lambda answer: shutil.copyfileobj(answer, out), None)

    def _ask(self, method: str, path: str, take: Callable[[Any], T], body: Body) -> T:
        if not self.url.startswith(("http://", "https://")):
            raise RemoteError(f"--url {self.url}: write it as http://host:port")
        headers = {"Authorization": f"Bearer {self.token}", "Accept": JSON}
        sent = json.dumps(body).encode() if isinstance(body, Mapping) else body
        if sent is not None:
            headers["Content-Type"] = JSON if isinstance(body, Mapping) else "application/octet-stream"
        address = f"{self.url.rstrip('/')}/api/v1{path}"
        request = urllib.request.Request(address, data=sent, headers=headers, method=method)  # noqa: S310 - http(s) only, see above
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310 - as above
                return take(answer)
        except urllib.error.HTTPError as error:
            with error:
                raise RemoteError(_refusal(error)) from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            reason = getattr(error, "reason", None) or error
            raise RemoteError(f"{self.url} does not answer as a collector ({reason}); check --url") from error


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
