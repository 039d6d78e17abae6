"""A command's client of the API of a collector that serves."""

import http.client
import json
import shutil
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, TypeVar

from collector.exchange.errors import RemoteError

Row = dict[str, Any]
T = TypeVar("T")
TIMEOUT_S = 60
JSON = "application/json"


@dataclass(frozen=True)
class RemoteSource:
    """The API of a collector at `url`, with a bearer token."""

    url: str
    token: str

    def values(self, robot_names: Sequence[str]) -> Iterator[Row]:
        cursor: str | None = None
        while True:
            body = {"robots": list(robot_names), "cursor": cursor}
            answer = self.ask("POST", "/usage/values", body=json.dumps(body).encode(), kind=JSON)
            yield from answer["items"]
            cursor = answer["next"]
            if cursor is None:
                return

    def ask(self, method: str, path: str, *, body: bytes | BinaryIO | None = None, kind: str = "") -> Any:
        """One request; the answer's JSON. Raises RemoteError with the server's own remedy."""
        return self._ask(method, path, json.load, body=body, kind=kind)

    def download(self, path: str, out: BinaryIO) -> None:
        """A file of the server's, written as it comes. Raises RemoteError."""
        self._ask("GET", path, lambda answer: shutil.copyfileobj(answer, out))

    def _ask(
        self, method: str, path: str, take: Callable[[Any], T], *, body: bytes | BinaryIO | None = None, kind: str = ""
    ) -> T:
        if not self.url.startswith(("http://", "https://")):
            raise RemoteError(f"--url {self.url}: write it as http://host:port")
        headers = {"Authorization": f"Bearer {self.token}", "Accept": JSON}
        if kind:
            headers["Content-Type"] = kind
        address = f"{self.url.rstrip('/')}/api/v1{path}"
        request = urllib.request.Request(address, data=body, headers=headers, method=method)  # noqa: S310 - http(s) only, see above
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310 - as above
                return take(answer)
        except urllib.error.HTTPError as error:
            with error:
                raise RemoteError(_refusal(error)) from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            reason = getattr(error, "reason", None) or error
            raise RemoteError(f"{self.url} does not answer as a collector ({reason}); check --url") from error


def _refusal(error: urllib.error.HTTPError) -> str:
    try:
        said = json.load(error)["error"]
        return f"{said['message']}; {said['remedy']}"
    except (ValueError, KeyError, TypeError):
        return f"{error.url} answered {error.code}; is --url a collector?"
