"""How long to wait before the next try. Pure: time and chance are arguments.

Full jitter (a uniform share of a doubling ceiling), so that thousands of robots that lost the same broker
do not return in the same second. The ceiling falls back only after minutes of stability: a link that is
accepted and dropped again and again stays slow.
"""

from dataclasses import dataclass

_EXPONENT_MAX = 32  # 2**32 s is beyond every cap; keeps the power small


@dataclass(slots=True)
class Backoff:
    """`base_s` is the ceiling of the first wait, `cap_s` of all; `stable_s` of success forget the failures."""

    base_s: float = 1.0
    cap_s: float = 120.0
    stable_s: float = 180.0
    least_s: float = 0.0
    failures: int = 0
    _up_since_s: float | None = None

    def succeeded(self, now_s: float) -> None:
        """It works since now (monotonic seconds). Saying it again changes nothing."""
        if self._up_since_s is None:
            self._up_since_s = now_s

    def failed(self, now_s: float, chance: float) -> float:
        """Seconds to wait now; `chance` is uniform in [0, 1)."""
        if self._up_since_s is not None and now_s - self._up_since_s >= self.stable_s:
            self.failures = 0
        self._up_since_s = None
        ceiling = min(self.cap_s, self.base_s * 2.0 ** min(self.failures, _EXPONENT_MAX))
        self.failures += 1
        return self.least_s + (max(ceiling, self.least_s) - self.least_s) * chance
