"""Where the commands read from: a store on this machine, or a collector's API. Both give the same rows, in pages."""

import http.client
import json
import shutil
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, BinaryIO, Protocol, TypeVar

from sqlalchemy import Connection

from collector.calendar import days
from collector.calendar.days import DAY_MAX, DAY_MIN
from collector.exchange.errors import RemoteError
from collector.fleet import faults, robots, usage
from collector.fleet.holes import completeness_of
from collector.fleet.robots import RobotFilter
from collector.fleet.scope import EVERYTHING
from collector.store.engine import Store
from collector.values.paging import LIMIT_MAX, Page

Row = dict[str, Any]
T = TypeVar("T")
TIMEOUT_S = 60
COMPLETENESS_LIMIT = 100
JSON = "application/json"


class Source(Protocol):
    """Rows of one kind, all of them, in bounded memory."""

    def values(self, robot_names: Sequence[str]) -> Iterator[Row]:
        """Robot-days of at most 500 robots, each robot's days together and in order."""
        ...

    def rows(self, kind: str, from_day: str | None, to_day: str | None) -> Iterator[Row]:
        """All rows of `usage`, `robots`, `faults` or `completeness`."""
        ...


@dataclass(frozen=True)
class StoreSource:
    """A store read directly; it may be written by a collector meanwhile. `now_s` is the moment of the answers."""

    store: Store
    now_s: int

    def values(self, robot_names: Sequence[str]) -> Iterator[Row]:
        return self._pages(
            lambda connection, cursor: usage.robot_days(
                connection, EVERYTHING, from_day=DAY_MIN, to_day=DAY_MAX, limit=LIMIT_MAX, cursor=cursor,
                robots=robot_names,
            )
        )  # fmt: skip

    def rows(self, kind: str, from_day: str | None, to_day: str | None) -> Iterator[Row]:
        first = days.parse(from_day) if from_day else DAY_MIN
        last = days.parse(to_day) if to_day else DAY_MAX
        match kind:
            case "usage":
                return self._pages(
                    lambda connection, cursor: usage.robot_days(
                        connection, EVERYTHING, from_day=first, to_day=last, limit=LIMIT_MAX, cursor=cursor
                    )
                )
            case "robots":
                return self._pages(
                    lambda connection, cursor: robots.page(
                        connection, EVERYTHING, RobotFilter(), self.now_s, limit=LIMIT_MAX, cursor=cursor
                    )
                )
            case "faults":
                return self._pages(
                    lambda connection, cursor: faults.episodes(connection, EVERYTHING, limit=LIMIT_MAX, cursor=cursor)
                )
            case _:
                return self._pages(self._completeness)

    def _completeness(self, connection: Connection, cursor: str | None) -> Page[Any]:
        seen, following = robots.names(connection, EVERYTHING, self.now_s, limit=COMPLETENESS_LIMIT, cursor=cursor)
        return Page([completeness_of(connection, one, 14, self.now_s) for one in seen], following)

    def _pages(self, page: Callable[[Connection, str | None], Page[Any]]) -> Iterator[Row]:
        cursor: str | None = None
        while True:
            with self.store.read() as connection:  # a short read each: a long one would let the WAL grow
                answer = page(connection, cursor)
            yield from (asdict(item) for item in answer.items)
            cursor = answer.next
            if cursor is None:
                return


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

    def rows(self, kind: str, from_day: str | None, to_day: str | None) -> Iterator[Row]:
        query: dict[str, str] = {"limit": str(COMPLETENESS_LIMIT if kind == "completeness" else LIMIT_MAX)}
        if kind == "usage":
            query |= {"from": from_day or days.iso(DAY_MIN), "to": to_day or days.iso(DAY_MAX)}
        while True:
            answer = self.ask("GET", f"/{kind}?{urllib.parse.urlencode(query)}")
            yield from answer["items"]
            if answer["next"] is None:
                return
            query["cursor"] = answer["next"]

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
