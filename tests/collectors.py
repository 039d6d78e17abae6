"""A collector small enough to read: the receiving half of the stream in memory, on a real broker.

For tests of the agent alone. It commits by protocol.stream.receive and take, acks, and can be told to
be silent, to lose batches, to answer with a pause, or to refuse payloads.
"""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from paho.mqtt import client as paho

from protocol import codec, records, topics
from protocol.messages import Batch, Presence, parse_record
from protocol.stream import BatchVerdict, StreamStanding, Take, receive, take
from tests.waiting import DEADLINE_S, until_async


@dataclass
class TinyCollector:
    """Connects on `start`. Everything public may be read from the test's thread while it runs."""

    port: int
    marks: dict[str, int] = field(default_factory=dict)
    taken: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    holes: list[tuple[int, int]] = field(default_factory=list)
    presences: list[Presence] = field(default_factory=list)
    reported: list[dict[str, Any]] = field(default_factory=list)
    payloads: list[bytes] = field(default_factory=list)
    silent: bool = False
    pause_s: int = 0
    now_ms: Callable[[], int] = lambda: int(time.time() * 1000)
    lose: Callable[[int], bool] = lambda _number: False
    refuse: Callable[[bytes], bool] = lambda _payload: False
    hellos: int = 0
    asks: int = 0
    knows_asks: bool = True  # an older one refuses them
    describe: bool = False
    descriptions: list[dict[str, Any]] = field(default_factory=list)
    alarm: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _client: paho.Client | None = None

    def start(self) -> "TinyCollector":
        client = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id="tiny-collector")
        client.on_connect = lambda *_: client.subscribe([("fw/1/#", 1)])
        client.on_message = self._on_message
        client.reconnect_delay_set(1, 1)
        client.connect("127.0.0.1", self.port)
        client.loop_start()
        self._client = client
        return self

    def stop(self) -> None:
        if self._client is not None:
            self._client.disconnect()
            self._client.loop_stop()
            self._client._reset_sockets()

    def desire(self, robot: str, payload: bytes) -> None:
        assert self._client is not None
        self._client.publish(topics.desired(robot), payload, qos=1, retain=True).wait_for_publish(DEADLINE_S)

    def records(self) -> list[dict[str, Any]]:
        with self._lock:
            return [record for epoch in self.taken.values() for record in epoch]

    def windows(self) -> list[dict[str, Any]]:
        return [record for record in self.records() if record["kind"] == "window"]

    def events(self) -> list[str]:
        return [record["event"] for record in self.records() if record["kind"] == "lifecycle"]

    def total(self, counter: str) -> int:
        return sum(window["counts"].get(counter, 0) for window in self.windows())

    async def until(self, condition: Callable[[], Any]) -> None:
        """Wait until the condition holds. Fails with what was seen."""
        await until_async(condition, lambda: f"{self.marks} {self.events()} {self.presences[-3:]}")

    def _on_message(self, client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        kind = topics.robot_of(message.topic)
        if kind is None or not message.payload:
            return
        payload = bytes(message.payload)
        with self._lock:
            if kind[0] == "presence":
                self.presences.append(Presence.model_validate_json(payload))
            elif kind[0] == "reported":
                self.reported.append(json.loads(payload))
            elif kind[0] == "up":
                self.payloads.append(payload)
                if not self.silent and not self.lose(len(self.payloads)):
                    client.publish(topics.ack(kind[1]), codec.encode(self._answer(payload)))

    def _answer(self, payload: bytes) -> dict[str, Any]:
        if self.refuse(payload):
            return records.ack(refused=codec.digest(payload), reason="record: the test refuses it")
        raw = codec.decode(payload)
        if raw.get("ask"):
            self.asks += 1
            if not self.knows_asks:
                return records.ack(refused=codec.digest(payload), reason="envelope: epoch: Field required (and 4 more)")
            return records.ack(now_ms=self.now_ms(), alarm=self.alarm)
        for record in raw["records"]:
            parse_record(record)  # what the agent emits is what the contract says
        batch = Batch.model_validate(raw)
        decision = receive(StreamStanding(self.marks.get(batch.epoch, 0)), batch.first, batch.last, batch.held)
        hello = decision.verdict is BatchVerdict.HELLO
        self.hellos += hello
        if batch.description is not None:
            self.descriptions.append(batch.description)
        if decision.verdict is BatchVerdict.COMMIT:
            if decision.hole:
                self.holes.append(decision.hole)
            previous = 0
            for record in raw["records"]:
                judged = take(record["seq"], record.get("first"), decision, previous)
                assert judged is not Take.BROKEN, record
                previous = record["seq"]
                if judged is Take.TAKE:
                    self.taken.setdefault(batch.epoch, []).append(record)
            self.marks[batch.epoch] = decision.mark
        return records.ack(
            epoch=batch.epoch,
            mark=decision.mark,
            gap=decision.verdict is BatchVerdict.GAP,
            now_ms=self.now_ms() if hello else None,
            pause_s=self.pause_s,
            describe=self.describe and not self.descriptions,
            alarm=self.alarm,
        )
