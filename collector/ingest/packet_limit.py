"""The largest packet that a broker takes: as it says, or as it shows by ending connections. Pure.

A broker of MQTT 5 may say its limit when it accepts a connection. Others end the connection over a packet that is too
large, without a word: what is sent again at each connection then ends each of them, and nobody gets anything. So a
size over which the connection ended twice is believed to be too large for a while, and what is larger is held back.
"""

from collections import deque
from dataclasses import dataclass, field

LEAST_BYTES = 1024  # no broker in the field takes less
CUT_WITHIN_S = 5.0  # a connection that goes on for so long after a packet has taken it
CUTS = 2  # one end may be a restart
BELIEVED_S = 600.0  # then it is tried again: the limit may have been raised


@dataclass
class PacketLimit:
    """Sizes in bytes of whole packets; moments in seconds of one clock."""

    said: int | None = None
    believed: int | None = None
    _until_s: float = 0.0
    _recent: deque[tuple[float, int]] = field(default_factory=deque)
    _passed: int = LEAST_BYTES
    _suspect: int = 0
    _cuts: int = 0

    def connected(self, said: int | None) -> None:
        """`said`: the limit of CONNACK; None: it has none, or does not say."""
        self.said = said
        self._recent.clear()

    def fits(self, size: int, now_s: float) -> bool:
        if self.believed is not None and now_s >= self._until_s:
            self.believed, self._cuts = None, 0
        return (self.said is None or size <= self.said) and (self.believed is None or size <= self.believed)

    def sent(self, size: int, now_s: float) -> None:
        self._settle(now_s)
        if size > LEAST_BYTES:
            self._recent.append((now_s, size))

    def lost(self, now_s: float) -> int | None:
        """The connection ended. The limit that is believed from now on, where that is news."""
        self._settle(now_s)
        largest = max((size for _, size in self._recent), default=0)
        self._recent.clear()
        if largest <= self._passed:
            return None
        self._suspect, self._cuts = largest, self._cuts + 1
        if self._cuts < CUTS:
            return None
        self.believed, self._until_s = max(self._passed, largest - 1), now_s + BELIEVED_S
        return self.believed

    def _settle(self, now_s: float) -> None:
        """What was sent a while ago has passed."""
        while self._recent and now_s - self._recent[0][0] >= CUT_WITHIN_S:
            _, size = self._recent.popleft()
            self._passed = max(self._passed, size)
            if size >= self._suspect:
                self._cuts = 0
