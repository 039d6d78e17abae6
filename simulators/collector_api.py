"""The collector as the demo asks it: JSON over HTTP with a bearer token. Standard library only."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterable
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

    def send(self, path: str, lines: str | Iterable[bytes], within_s: float) -> Any:
        """A CSV as the body, in one piece or as it is made."""
        body = lines.encode() if isinstance(lines, str) else lines
        return self._ask("POST", path, body, "text/csv; charset=utf-8", within_s)

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
        """All that these robots counted, over all days."""
        found: dict[str, dict[str, int]] = {}
        cursor = None
        while True:
            page = self.post("/usage/values", {"robots": robots, "cursor": cursor})
            for day in page["items"]:
                sums = found.setdefault(day["robot"], {})
                for counter, n in day["counts"].items():
                    if counter in COUNTERS and COUNTERS[counter].group == "agent":
                        continue  # what the agent counts about itself is no use of the robot
                    sums[counter] = sums.get(counter, 0) + n
            cursor = page["next"]
            if not cursor:
                return found

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
