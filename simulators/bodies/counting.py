"""Where one skill counts: its own socket, the agent's lines, what its manifest declares, within its plausible rate.

A skill may have counted, since the socket was opened, what its rate gives an hour more than has passed: what is above
is refused and named, and said again later it may fit.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LINE_MAX_BYTES = 64 * 1024
HOUR_S = 3600.0


@dataclass(slots=True)
class CountingDesk:
    """`most_per_h`: what the skill declares. `counted`: what was taken, by counter. `refused`: what was not, why."""

    most_per_h: Mapping[str, int]
    now_s: Callable[[], float]
    refused: dict[str, str] = field(default_factory=dict)
    faults: list[dict[str, Any]] = field(default_factory=list)
    _lives: dict[tuple[str, str], int] = field(default_factory=dict)  # by source and counter
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def counted(self) -> dict[str, int]:
        total: dict[str, int] = {}
        for (_, counter), n in self._lives.items():
            total[counter] = total.get(counter, 0) + n
        return {counter: n for counter, n in sorted(total.items()) if n}

    async def heard(self) -> None:
        """Until the next line."""
        self._news.clear()
        await self._news.wait()

    def take(self, line: Mapping[str, Any]) -> dict[str, Any]:
        """One line of the agent's protocol (docs/sources.md), and its answer."""
        self._news.set()
        if "fault" in line:
            self.faults.append(dict(line["fault"]))
            return {"ok": True}
        if "count" in line:
            before = self._lives.get(("", line["count"]), 0)
            said = {line["count"]: before + int(line.get("n", 1))}
            return self._answer("", said, durable=True)
        if "totals" in line:
            return self._answer(str(line.get("source", "")), line["totals"], durable=bool(line.get("durable")))
        return {"ok": False, "error": "nothing known in it"}

    def _answer(self, source: str, totals: Mapping[str, float], *, durable: bool) -> dict[str, Any]:
        refused: dict[str, str] = {}
        for counter, said in totals.items():
            before = self._lives.get((source, counter), 0)
            total = self.counted.get(counter, 0) + max(0, int(said) - before)
            if counter not in self.most_per_h:
                refused[counter] = "not declared in the skill's manifest"
            elif total > self.most_per_h[counter] * (1 + self.now_s() / HOUR_S):
                refused[counter] = f"more than {self.most_per_h[counter]} an hour, which the manifest calls plausible"
            else:
                self._lives[source, counter] = max(before, int(said))
                self.refused.pop(counter, None)
        self.refused |= refused
        answer: dict[str, Any] = {"ok": len(refused) < len(totals), "durable": durable}
        return answer | ({"refused": refused} if refused else {})


async def serve(path: Path, desk: CountingDesk) -> asyncio.Server:
    """Listens; a line that is none ends the connection."""

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.readline():
                writer.write(json.dumps(desk.take(json.loads(data))).encode() + b"\n")
                await writer.drain()
        except (ValueError, TypeError, AttributeError, OverflowError, ConnectionError) as error:
            desk.refused[""] = f"a line that is none: {type(error).__name__}"
        finally:
            writer.close()

    return await asyncio.start_unix_server(converse, path, limit=LINE_MAX_BYTES)
