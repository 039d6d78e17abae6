"""The seam between a simulated robot and a broker: dial, publish, close. Two brokers fit it by shape.

`mqtt.Dialer` opens real MQTT connections, `broker.Broker` is in memory. Both call back from the event
loop's own thread: `on_message` for every delivery, `on_lost` once when the connection is gone (not after
our own `close`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

OnMessage = Callable[[str, bytes], None]
OnLost = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker says for a robot that vanished."""

    topic: str
    payload: bytes


class Link(Protocol):
    """An open connection."""

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None:
        """Hands a message over. Raises LinkDown when the connection cannot take it."""

    def close(self, *, politely: bool = True) -> None:
        """Ends the connection; impolitely means without DISCONNECT, so the will is published."""


class Dial(Protocol):
    """Opens connections."""

    async def dial(
        self, client: str, will: Will, filters: Sequence[str], on_message: OnMessage, on_lost: OnLost
    ) -> Link:
        """Connects and subscribes. Raises LinkDown with the broker's reason."""
