"""Limits how often one address may try something: a token bucket per address. Pure, time is an argument."""

from collections import OrderedDict
from dataclasses import dataclass, field

ADDRESSES_MAX = 10_000  # the longest unused ones are forgotten first


@dataclass
class Throttle:
    """`burst` tries at once, then one every `every_s` seconds."""

    burst: int
    every_s: float
    _left: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)

    def wait_s(self, address: str, now_s: float) -> float:
        """0 when this try is allowed (it is counted), else how long to wait."""
        left, at_s = self._left.pop(address, (float(self.burst), now_s))
        left = min(float(self.burst), left + (now_s - at_s) / self.every_s)
        allowed = left >= 1
        self._left[address] = (left - 1 if allowed else left, now_s)
        if len(self._left) > ADDRESSES_MAX:
            self._left.popitem(last=False)
        return 0.0 if allowed else (1 - left) * self.every_s
