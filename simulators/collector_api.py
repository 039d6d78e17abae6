"""The collector as the demo asks it: JSON over HTTP with a bearer token. Standard library only."""

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from protocol.counters import COUNTERS
from simulators.errors import SimulationError

ANSWERS_S = 10.0
ERROR_BYTES = 2000  # an import names its bad rows


class ApiRefused(SimulationError):
    """The collector said no; the message has its reason and remedy."""


@dataclass(frozen=True, slots=True)
class CollectorApi:
    """`url` without a path; `token` as `collector` made it."""

    url: str
    token: str

    def get(self, path: str) -> Any:
        return self._ask("GET", path, None)

    def post(self, path: str, body: dict[str, Any], within_s: float = ANSWERS_S) -> Any:
        return self._ask("POST", path, json.dumps(body).encode(), within_s=within_s)

    def put(self, path: str, content: bytes | dict[str, Any]) -> Any:
        """A file as it is, or JSON."""
        if isinstance(content, bytes):
            return self._ask("PUT", path, content, "application/octet-stream")
        return self._ask("PUT", path, json.dumps(content).encode())

    def send(self, path: str, lines: str | Iterable[bytes], within_s: float) -> Any:
        """A CSV as the body, in one piece or as it is made."""
        body = lines.encode() if isinstance(lines, str) else lines
        return self._ask("POST", path, body, "text/csv; charset=utf-8", within_s)

    def set_password(self, link: str, password: str) -> None:
        """What a person does who opens a one-time link. Raises ApiRefused."""
        form = urllib.parse.urlencode({"password": password, "again": password}).encode()
        try:
            with urllib.request.urlopen(link, form, ANSWERS_S):  # noqa: S310 - our own address
                return
        except urllib.error.HTTPError as error:
            with error:
                raise ApiRefused(f"the link took no password: {error.code}") from error

    def healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=2) as answer:  # noqa: S310 - our own address
                return bool(answer.status == 200)  # noqa: PLR2004 - HTTP's word for yes
        except OSError:
            return False

    def robots(self) -> set[str]:
        """Names of robots the collector has seen."""
        found: set[str] = set()
        path = "/robots?limit=100"
        while path:
            page = self.get(path)
            found |= {robot["name"] for robot in page["items"]}
            path = f"/robots?limit=100&cursor={page['next']}" if page["next"] else ""
        return found

    def totals(self, robots: list[str]) -> dict[str, dict[str, int]]:
        """All that these robots counted, over all days. A robot of which nothing arrived is not in it."""
        found: dict[str, dict[str, int]] = {}
        for day in self._usage(robots):
            sums = found.setdefault(day["robot"], {})
            for counter, n in _of_use(day["counts"]):
                sums[counter] = sums.get(counter, 0) + n
        return found

    def by_day(self, robots: list[str]) -> dict[tuple[str, str, str], int]:
        """What these robots counted, by robot, day and counter."""
        return {
            (day["robot"], day["day"], counter): n
            for day in self._usage(robots)
            for counter, n in _of_use(day["counts"])
        }

    def account_sums(self, account: str, counters: list[str]) -> dict[str, int]:
        """What robots counted of these on the days they were with the account, over its newest robot-days."""
        sums: dict[str, int] = {}
        for day in self.get(f"/usage?account={account}&limit=100")["items"]:
            for counter in set(counters) & day["counts"].keys():
                sums[counter] = sums.get(counter, 0) + day["counts"][counter]
        return sums

    def _usage(self, robots: list[str]) -> Iterator[dict[str, Any]]:
        cursor = None
        while True:
            page = self.post("/usage/values", {"robots": robots, "cursor": cursor})
            yield from page["items"]
            cursor = page["next"]
            if not cursor:
                return

    def _ask(
        self,
        method: str,
        path: str,
        body: bytes | Iterable[bytes] | None,
        media: str = "application/json",
        within_s: float = ANSWERS_S,
    ) -> Any:
        request = urllib.request.Request(  # noqa: S310 - the address is the demo's own
            f"{self.url}/api/v1{path}",
            method=method,
            data=body,
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": media},
        )
        try:
            with urllib.request.urlopen(request, timeout=within_s) as answer:  # noqa: S310 - as above
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            raise ApiRefused(
                f"{method} {path}: {error.code}: {error.read(ERROR_BYTES).decode(errors='replace')}"
            ) from error
        except OSError as error:
            raise ApiRefused(f"{method} {path}: no answer: {error}") from error


def _of_use(counts: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    """Without what the agent counts about itself: that is no use of the robot."""
    for counter, n in counts.items():
        if counter not in COUNTERS or COUNTERS[counter].group != "agent":
            yield counter, n
