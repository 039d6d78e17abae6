"""A collector for tests of simulated fleets: it commits into dictionaries and acks, nothing else.

It judges batches by `protocol.stream.receive`, as the real one does, so a test of the simulators needs
no database. `totals` is what arrived, per robot, local day and counter.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from gmqtt import Client, Subscription

from protocol import codec, records, topics
from protocol.stream import BatchVerdict, StreamStanding, Take, receive, take
from tests.waiting import DEADLINE_S

Totals = dict[tuple[str, str, str], int]


@dataclass
class Committed:
    """The receiving half of every stream. `answer` sends an ack."""

    answer: Callable[[str, bytes], None]
    zone: ZoneInfo
    marks: dict[tuple[str, str], int] = field(default_factory=dict)
    totals: Totals = field(default_factory=lambda: defaultdict(int))
    taken: list[dict[str, Any]] = field(default_factory=list)
    presence: dict[str, dict[str, Any]] = field(default_factory=dict)
    verdicts: dict[BatchVerdict, int] = field(default_factory=lambda: defaultdict(int))
    broken: int = 0
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def settled(self, holds: Callable[[], bool]) -> None:
        """Waits until `holds`; it is asked again after every message."""
        async with asyncio.timeout(DEADLINE_S):
            while not holds():
                await self.news.wait()
                self.news.clear()

    def heard(self, topic: str, payload: bytes) -> None:
        kind, robot = topics.robot_of(topic) or ("", "")
        if kind == "presence":
            self.presence[robot] = codec.decode(payload)
        if kind == "up":
            self._batch(robot, codec.decode(payload))
        self.news.set()

    def _batch(self, robot: str, batch: dict[str, Any]) -> None:
        stream = (robot, batch["epoch"])
        decision = receive(StreamStanding(self.marks.get(stream, 0)), batch["first"], batch["last"], batch["held"])
        self.verdicts[decision.verdict] += 1
        if decision.verdict is BatchVerdict.COMMIT:
            previous = 0
            for record in batch["records"]:
                judged = take(record["seq"], record.get("first"), decision, previous)
                previous = record["seq"]
                self.broken += judged is Take.BROKEN
                if judged is Take.TAKE:
                    self._record(robot, record)
            self.marks[stream] = decision.mark
        ack = records.ack(
            epoch=batch["epoch"],
            mark=decision.mark,
            now_ms=1 if decision.verdict is BatchVerdict.HELLO else None,
            gap=decision.verdict is BatchVerdict.GAP,
        )
        self.answer(topics.ack(robot), codec.encode(ack))

    def _record(self, robot: str, record: dict[str, Any]) -> None:
        self.taken.append({"robot": robot, **record})
        day = datetime.fromtimestamp(record["at"], self.zone).date().isoformat()
        for counter, n in record.get("counts", {}).items():
            self.totals[robot, day, counter] += n


@dataclass
class FakeCollector:
    """`Committed` behind a real broker; with a `user` behind the embedded one, which speaks only 3.1.1."""

    url: str
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))
    user: str | None = None
    password: str | None = None
    committed: Committed = field(init=False)
    _client: Any = None

    async def __aenter__(self) -> Committed:
        self._client = client = Client("fake-collector")
        self.committed = Committed(lambda topic, payload: client.publish(topic, payload, qos=0), self.zone)
        client.on_message = lambda _c, topic, payload, _q, _p: self.committed.heard(topic, payload) or 0
        subscribed = asyncio.Event()
        client.on_subscribe = lambda *_: subscribed.set()
        client.on_connect = lambda *_: client.subscribe(
            [Subscription(topics.ALL_UP, qos=1), Subscription(topics.ALL_PRESENCE, qos=1)]
        )
        client.set_config({"reconnect_delay": 0.1})
        if self.user:
            client.set_auth_credentials(self.user, self.password)
        host, port = self.url.removeprefix("mqtt://").split(":")
        await asyncio.wait_for(client.connect(host, int(port), version=4 if self.user else 5), DEADLINE_S)
        await asyncio.wait_for(subscribed.wait(), DEADLINE_S)
        return self.committed

    async def __aexit__(self, *_: object) -> None:
        self._client.set_config({"reconnect_retries": -2})
        await self._client.disconnect()


def truth(counted: Any) -> Totals:
    """What a fleet says it counted, in the shape of `totals`."""
    found: Totals = {}
    for robot, days in counted:
        for day, counts in days.items():
            iso = date.fromordinal(date(1970, 1, 1).toordinal() + day).isoformat()
            found |= {(robot, iso, counter): n for counter, n in counts.items() if n}
    return found
