"""ROS 2 diagnostics through rosbridge: one websocket, one subscription, never trusted to be alive.

`/diagnostics_agg` only, throttled to a second, with pings of our own: rosbridge leaks, grows and hangs in
the field. A bridge that is connected and says nothing is stale, not healthy; it gets a condition at once
and, when it stays silent, a new connection. What was wrong before stays open meanwhile: nobody knows better.
"""

import asyncio
import json
import logging
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from edge_agent.counting.readings import Condition, Conditions, Take
from edge_agent.errors import ConfigError
from edge_agent.log import is_milestone
from edge_agent.sources.diagnostics import LEVELS, Diagnostics, DiagnosticsRefused
from edge_agent.sources.lines import LineRefused, read_object
from edge_agent.sources.names import shown
from edge_agent.sources.options import Rules, says
from edge_agent.sources.refusals import Refusals
from edge_agent.sources.surroundings import Surroundings
from protocol.backoff import delay_s

if TYPE_CHECKING:
    import aiohttp

THROTTLE_MIN_MS = 1000  # the aggregator's own rhythm; faster only costs the bridge memory
PAUSE_MAX_S = 60.0
FAMILIES: Mapping[str, str] = {
    "*locali*": "navigation", "*amcl*": "navigation", "*slam*": "navigation", "*lidar*": "navigation",
    "*laser*": "navigation", "*scan*": "navigation", "*nav*": "navigation", "*odom*": "navigation",
    "*planner*": "navigation", "*camera*": "vision", "*vision*": "vision", "*network*": "network",
    "*wifi*": "network", "*touch*": "touch", "*microphone*": "asr", "*speaker*": "tts",
}  # fmt: skip
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    url: str = field(default="ws://127.0.0.1:9090", metadata=says("rosbridge's websocket"))
    topic: str = field(default="/diagnostics_agg", metadata=says("topic of the aggregated diagnostics"))
    throttle_ms: int = field(default=1000, metadata=says("least time between two messages", low=THROTTLE_MIN_MS))
    silent_s: float = field(default=10.0, metadata=says("silence after which the bridge is stale", low=0.1))
    reconnect_s: float = field(default=60.0, metadata=says("silence after which it is connected anew", low=0.1))
    ping_s: float = field(default=15.0, metadata=says("seconds between our pings", low=0.1))
    message_max_kb: int = field(default=1024, metadata=says("larger messages end the connection", low=1, high=10240))
    least: str = field(default="warn", metadata=says("lowest level that is a fault: warn, error or stale"))
    families: Rules = field(default_factory=lambda: FAMILIES, metadata=says("pattern of a status's name = family"))


class Ros2:
    """Connects, listens, connects again, until cancelled."""

    def __init__(self, name: str, options: Options, around: Surroundings) -> None:
        if options.least not in LEVELS[1:]:
            raise ConfigError(
                "[sources.{name}] least = {least!r} is no level: choose warn, error or stale",
                name=name,
                least=options.least,
            )
        self.name = name
        self._options = options
        self.far_side = options.url  # doctor tries whether anybody is there
        self._around = around
        self._diagnostics = Diagnostics(options.families.items(), options.least)
        self._chance = random.Random(around.outbox)  # noqa: S311  spreads reconnections, guards nothing
        self._heard_s = 0.0

    async def run(self, take: Take) -> None:
        import aiohttp  # noqa: PLC0415  12 MB that only robots with this source pay for

        refusals = Refusals(self.name, take)
        failures = 0
        async with aiohttp.ClientSession() as session:
            while True:
                try:
                    failures = 0 if await self._listen(session, take, refusals) else failures
                    reason = "connection ended"
                except (aiohttp.ClientError, OSError, TimeoutError) as error:
                    reason = f"{type(error).__name__}: {error}"
                take(self._silent(reason))
                failures += 1
                if is_milestone(failures):
                    extra = {"action": "rosbridge_disconnected", "source": self.name, "times": failures}
                    _LOG.info("rosbridge: %s", reason, extra=extra)
                await asyncio.sleep(delay_s(failures, 1.0, PAUSE_MAX_S, self._chance.uniform(0.5, 1.0)))

    async def _listen(self, session: "aiohttp.ClientSession", take: Take, refusals: Refusals) -> bool:
        """One connection, to its end. Whether it ever said something."""
        import aiohttp  # noqa: PLC0415  as above

        loop = asyncio.get_running_loop()
        size = self._options.message_max_kb * 1024
        connected = session.ws_connect(self._options.url, heartbeat=self._options.ping_s, max_msg_size=size)
        async with asyncio.timeout(self._options.reconnect_s):
            socket = await connected
        spoke = False
        self._heard_s = loop.time()
        async with socket:
            await socket.send_str(json.dumps(self._subscription()))
            while True:
                age_s = loop.time() - self._heard_s
                if age_s >= self._options.silent_s:
                    take(self._silent(f"no message for {age_s:.0f} s"))
                if age_s >= self._options.reconnect_s:
                    return spoke
                until_s = self._options.silent_s if age_s < self._options.silent_s else self._options.reconnect_s
                try:
                    message = await socket.receive(timeout=max(0.01, until_s - age_s))
                except TimeoutError:
                    continue
                if message.type is aiohttp.WSMsgType.TEXT:
                    if self._hear(message.data, take, refusals):
                        spoke, self._heard_s = True, loop.time()
                elif message.type is aiohttp.WSMsgType.BINARY:
                    refusals.add("binary message: rosbridge must speak JSON")
                else:
                    if socket.close_code == aiohttp.WSCloseCode.MESSAGE_TOO_BIG:
                        refusals.add(f"message is larger than {self._options.message_max_kb} kB: raise message_max_kb")
                    return spoke

    def _subscription(self) -> dict[str, Any]:
        return {
            "op": "subscribe",
            "topic": self._options.topic,
            "type": "diagnostic_msgs/msg/DiagnosticArray",
            "throttle_rate": self._options.throttle_ms,
            "queue_length": 1,
        }

    def _hear(self, text: str, take: Take, refusals: Refusals) -> bool:
        """Whether this was the topic's message."""
        try:
            findings = self._diagnostics.read(self._published(text))
        except (LineRefused, DiagnosticsRefused) as error:
            refusals.add(str(error))
            return False
        for reason in findings.refused:
            refusals.add(reason)
        take(Conditions(self.name, findings.active))
        take(self._silent(""))
        return True

    def _published(self, text: str) -> Any:
        raw = read_object(text)
        if raw.get("op") == "status":
            raise LineRefused(f"rosbridge says {shown(raw.get('msg'), 80)}")
        if raw.get("op") != "publish" or raw.get("topic") != self._options.topic:
            raise LineRefused(f"operation {shown(raw.get('op'))} was not asked for")
        return raw.get("msg")

    def _silent(self, detail: str) -> Condition:
        return Condition("agent", "diagnostics_silent", bool(detail), self.name, severity="urgent", detail=detail)


def build(name: str, options: Options, around: Surroundings) -> Ros2:
    return Ros2(name, options, around)
