"""Limits how often one address may fail at something: a token bucket per address. Pure, time is an argument.

Only failures count: an office behind one address may sign in as often as it likes.
"""

from collections import OrderedDict
from dataclasses import dataclass, field

ADDRESSES_MAX = 10_000  # the longest unused ones are forgotten first


@dataclass
class Throttle:
    """`burst` failures at once, then one every `every_s` seconds."""

    burst: int
    every_s: float
    _left: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)

    def wait_s(self, address: str, now_s: float) -> float:
        """0 when a try is allowed now, else how long to wait."""
        return max(0.0, (1 - self._tries(address, now_s)) * self.every_s)

    def failed(self, address: str, now_s: float) -> None:
        left = self._tries(address, now_s) - 1
        self._left.pop(address, None)
        self._left[address] = (left, now_s)
        if len(self._left) > ADDRESSES_MAX:
            self._left.popitem(last=False)

    def tries(self, address: str, now_s: float) -> int:
        """How many failures are left at once."""
        return max(0, int(self._tries(address, now_s)))

    def _tries(self, address: str, now_s: float) -> float:
        left, at_s = self._left.get(address, (float(self.burst), now_s))
        return min(float(self.burst), left + (now_s - at_s) / self.every_s)
