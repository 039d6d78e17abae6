"""The largest payload that a broker takes, where it says so only of a message that was refused. Pure.

A broker may drop a message for the size of its payload and go on (`message_size_limit` of Mosquitto). Over MQTT 5 it
says so in the PUBACK of a message of QoS 1, and of no other. So a size that was not acknowledged on this connection is
sent as QoS 1; what is larger than one that was refused is held back for a while.
"""

from dataclasses import dataclass, field
from typing import Literal

from collector.ingest.packet_limit import BELIEVED_S, LEAST_BYTES

ASKED_MOST = 8  # on their way at once: below the receive maximum of every broker that is in use
ASKED_S = 30.0  # a broker that does not answer is asked anew

FIRST_ID, LAST_ID = 0xC000, 0xFFFF  # the library counts its own packets from 1

May = Literal["go", "ask", "wait", "too_large"]


@dataclass(frozen=True, slots=True)
class Unproven:
    """A message of QoS 1 whose PUBACK is waited for; `size` is its payload's."""

    topic: str
    size: int
    at_s: float


@dataclass
class PayloadLimit:
    """Sizes in bytes of payloads; moments in seconds of one clock."""

    believed: int | None = None
    until_s: float = 0.0  # it is believed
    asked: dict[int, Unproven] = field(default_factory=dict)
    _taken: int = LEAST_BYTES  # on this connection: the next one may lead to another broker
    _last_id: int = FIRST_ID

    def connected(self) -> None:
        self.asked.clear()
        self._taken = LEAST_BYTES

    def anew(self) -> None:
        """The broker was away: it may have another limit."""
        self.believed = None

    def may(self, size: int, now_s: float) -> May:
        """`ask`: send it by the packet id of `ask`; `wait`: for the answers to those that were asked."""
        if self.believed is not None and now_s >= self.until_s:
            self.believed = None
        if self.believed is not None and size > self.believed:
            return "too_large"
        if size <= self._taken:
            return "go"
        for packet_id in [one for one, asked in self.asked.items() if now_s - asked.at_s >= ASKED_S]:
            del self.asked[packet_id]
        return "ask" if len(self.asked) < ASKED_MOST else "wait"

    def ask(self, topic: str, size: int, now_s: float) -> int:
        """The packet id of a message that asks."""
        self._last_id = FIRST_ID if self._last_id == LAST_ID else self._last_id + 1
        self.asked[self._last_id] = Unproven(topic, size, now_s)
        return self._last_id

    def answered(self, packet_id: int, now_s: float, *, too_large: bool) -> Unproven | None:
        """Which message a PUBACK answers; None: none that asked."""
        asked = self.asked.pop(packet_id, None)
        if asked is not None and too_large:
            self.believed = asked.size - 1 if self.believed is None else min(self.believed, asked.size - 1)
            self.until_s = now_s + BELIEVED_S
        elif asked is not None:
            self._taken = max(self._taken, asked.size)
        return asked
