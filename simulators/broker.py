"""A broker in memory, for tests: no socket, no thread. It fits the robots' seam (`link.Dial`) by shape.

Publish and subscribe with + and #, retained messages, last wills, one session per client id (a second one
kicks the first), QoS 1 with redelivery. `Weather` loses, swallows, doubles and delays what passes
through, from its own seed. Deliveries happen in `loop.call_later`,
never inside `publish`: a caller is not called back before it is done.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from simulators.errors import LinkDown
from simulators.link import Link, OnLost, OnMessage, Will

REDELIVER_S = 0.05  # a QoS 1 message that got lost on its way comes again


@dataclass(slots=True)
class Weather:
    """Shares of messages that are lost, swallowed or doubled, and the longest delay in seconds (which reorders).

    lost: on the wire; at QoS 1 it is sent again. swallowed: confirmed and then forgotten, at any QoS, as
    brokers with a full queue do.
    """

    seed: int = 0
    lost: float = 0.0
    swallowed: float = 0.0
    doubled: float = 0.0
    delay_s: float = 0.0
    rng: Random = field(init=False)

    def __post_init__(self) -> None:
        self.rng = Random(f"weather/{self.seed}")  # noqa: S311 - repeatable on purpose

    def fates(self, qos: int) -> list[float]:
        """After how many seconds copies of one message arrive: none when it is gone for good."""
        if self.swallowed and self.rng.random() < self.swallowed:
            return []
        again_s = 0.0
        while self.lost and self.rng.random() < self.lost:
            if not qos:
                return []
            again_s += REDELIVER_S
        copies = 2 if self.rng.random() < self.doubled else 1
        return [again_s + self.rng.uniform(0, self.delay_s) for _ in range(copies)]


def matches(filter_: str, topic: str) -> bool:
    """MQTT's rule: + is one level, # the rest; neither reaches a topic that begins with $."""
    wanted, given = filter_.split("/"), topic.split("/")
    if topic.startswith("$") and wanted[0] in {"+", "#"}:
        return False
    for at, level in enumerate(wanted):
        if level == "#":
            return True
        if at >= len(given) or level not in {"+", given[at]}:
            return False
    return len(wanted) == len(given)


@dataclass(slots=True)
class MemoryLink:
    """One client's session."""

    broker: "Broker"
    client: str
    will: Will | None
    filters: list[str]
    on_message: OnMessage
    on_lost: OnLost
    open: bool = True

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None:
        if not self.open:
            raise LinkDown("not connected")
        self.broker.published(topic, payload, qos=qos, retain=retain)

    def close(self, *, politely: bool = True) -> None:
        if self.open:
            self.open = False
            self.broker.left(self, politely=politely)


@dataclass(slots=True)
class Broker:
    """`inbound` is the weather between clients and broker, `outbound` between broker and clients."""

    inbound: Weather = field(default_factory=Weather)
    outbound: Weather = field(default_factory=Weather)
    up: bool = True
    retained: dict[str, bytes] = field(default_factory=dict)
    sessions: dict[str, MemoryLink] = field(default_factory=dict)
    published_count: int = 0
    delivered_count: int = 0

    async def dial(
        self, client: str, will: Will | None, filters: Sequence[str], on_message: OnMessage, on_lost: OnLost
    ) -> Link:
        await asyncio.sleep(0)
        if not self.up:
            raise LinkDown("the broker is down")
        before = self.sessions.get(client)
        link = MemoryLink(self, client, will, list(filters), on_message, on_lost)
        self.sessions[client] = link
        if before is not None:
            self._lose(before)
        for topic, payload in self.retained.items():
            if any(matches(filter_, topic) for filter_ in link.filters):
                self._deliver(link, topic, payload, qos=1)
        return link

    def published(self, topic: str, payload: bytes, *, qos: int, retain: bool) -> None:
        """A message arrives from a client, as the inbound weather has it."""
        self.published_count += 1
        for delay_s in self.inbound.fates(qos):
            self._later(delay_s, lambda: self._route(topic, payload, qos, retain=retain))

    def left(self, link: MemoryLink, *, politely: bool) -> None:
        """A client closed its connection; impolitely, and its will is published."""
        if self.sessions.get(link.client) is link:
            del self.sessions[link.client]
        if not politely and link.will is not None:
            self._route(link.will.topic, link.will.payload, 1, retain=True)

    def kill(self, *, keep_retained: bool = True) -> None:
        """The broker dies: every link is lost, nothing new is accepted until `up` again."""
        self.up = False
        if not keep_retained:
            self.retained.clear()
        for link in list(self.sessions.values()):
            self._lose(link)
        self.sessions.clear()

    def _lose(self, link: MemoryLink) -> None:
        link.open = False
        self._later(0.0, link.on_lost)
        if link.will is not None and self.up:
            self._route(link.will.topic, link.will.payload, 1, retain=True)

    def _route(self, topic: str, payload: bytes, qos: int, *, retain: bool) -> None:
        if not self.up:
            return
        if retain and payload:
            self.retained[topic] = payload
        elif retain:
            self.retained.pop(topic, None)
        for link in list(self.sessions.values()):
            if any(matches(filter_, topic) for filter_ in link.filters):
                self._deliver(link, topic, payload, qos)

    def _deliver(self, link: MemoryLink, topic: str, payload: bytes, qos: int) -> None:
        for delay_s in self.outbound.fates(qos):
            self._later(delay_s, lambda: self._hand_over(link, topic, payload))

    def _hand_over(self, link: MemoryLink, topic: str, payload: bytes) -> None:
        if link.open:
            self.delivered_count += 1
            link.on_message(topic, payload)

    @staticmethod
    def _later(delay_s: float, what: Callable[[], None]) -> None:
        loop = asyncio.get_running_loop()
        if delay_s > 0:
            loop.call_later(delay_s, what)
        else:
            loop.call_soon(what)
