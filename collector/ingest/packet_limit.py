"""The largest packet that a broker takes: as it says, or as it shows by ending connections. Pure.

A broker of MQTT 5 may say its limit when it accepts a connection. Others end the connection over a packet that is too
large, without a word: what is sent again at each connection then ends each of them, and nobody gets anything. (One that
drops a message and goes on: payload_limit.)

A connection ends for many reasons, so the packet is asked for: a PINGREQ follows it, and a broker that answers has
taken all before it. Only a packet without an answer is a suspect. From the first such end on, sizes that have not
passed yet go one at a time, each after the answer to the one before; a size that ended two connections alone is
believed to be too large for a while, and what is larger is held back.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Literal

LEAST_BYTES = 1024  # no broker in the field takes less
CUT_WITHIN_S = 5.0  # later it is no answer to the packet: a broker that hung
CUTS = 2  # one end may be a restart in just this moment
BELIEVED_S = 600.0  # then it is tried again: the limit may have been raised

May = Literal["go", "wait", "too_large"]


@dataclass
class PacketLimit:
    """Sizes in bytes of whole packets; moments in seconds of one clock."""

    said: int | None = None
    believed: int | None = None
    until_s: float = 0.0  # it is believed
    _passed: int = LEAST_BYTES  # on this connection: the next one may lead to another broker
    _unanswered: deque[tuple[int, int, float]] = field(default_factory=deque)  # number of its ping, size, moment
    _pings: int = 0
    _answers: int = 0
    _suspect: int = 0  # until so much has passed, sizes that have not passed go alone
    _cuts: int = 0
    _cut: int = 0  # the largest of those that were cut alone

    def connected(self, said: int | None) -> None:
        """`said`: the limit of CONNACK; None: it has none, or does not say. Before the connection's first ping."""
        if said != self.said:
            self.anew()
        self.said, self._passed = said, LEAST_BYTES
        self._pings = self._answers = 0
        self._unanswered.clear()

    def anew(self) -> None:
        """What was learned may be so no more (the broker was away, another limit): with care, it is tried again."""
        if self.believed is not None:
            self._suspect = max(self._suspect, self.believed + 1)
        self.believed, self._cuts, self._cut = None, 0, 0

    def may(self, size: int, now_s: float) -> May:
        """`wait`: for the answer to another packet."""
        if self.believed is not None and now_s >= self.until_s:
            self.anew()
        if any(limit is not None and size > limit for limit in (self.said, self.believed)):
            return "too_large"
        return "wait" if self._suspect and self._unanswered and size > self._passed else "go"

    def sent(self, size: int, now_s: float) -> bool:
        """Whether a ping must follow it."""
        if size <= self._passed or (self._unanswered and size <= self._unanswered[-1][1]):
            return False
        self._unanswered.append((self._pings + 1, size, now_s))
        return True

    def pinged(self) -> None:
        """Each PINGREQ, whatever it is for: answers come in the same order."""
        self._pings += 1

    def answered(self) -> None:
        """A PINGRESP: what was sent before its ping has passed."""
        self._answers += 1
        while self._unanswered and self._unanswered[0][0] <= self._answers:
            self._passed = max(self._passed, self._unanswered.popleft()[1])
        if self._suspect and self._passed >= self._suspect:
            self._suspect = self._cuts = self._cut = 0

    def lost(self, now_s: float) -> int | None:
        """The connection ended without another reason. The limit that is believed from now on, where that is news."""
        if not self._unanswered:
            return None
        alone = self._suspect > 0
        _, size, sent_s = self._unanswered[-1]
        self._unanswered.clear()
        self._suspect = max(self._suspect, size)
        if not alone or now_s - sent_s >= CUT_WITHIN_S:
            return None
        self._cuts, self._cut = self._cuts + 1, max(self._cut, size)
        if self.believed is None and self._cuts < CUTS:
            return None
        # Where a limit has shown, one more end is enough for the next size below it.
        self.believed = (size if self.believed is not None else self._cut) - 1
        self.until_s = now_s + BELIEVED_S
        return self.believed
