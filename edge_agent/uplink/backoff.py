"""How often in a row an attempt failed, and how long to wait now. Pure: time and chance are arguments.

The formula is the protocol's; what is decided here is when failures are forgotten: only after minutes of
stability. A link that is accepted and dropped again and again stays slow.
"""

from dataclasses import dataclass

from protocol.backoff import delay_s


@dataclass(slots=True)
class Backoff:
    """`first_s` is the ceiling of the first wait, `most_s` of all; `stable_s` of success forget the failures."""

    first_s: float = 1.0
    most_s: float = 120.0
    stable_s: float = 180.0
    failures: int = 0
    _up_since_s: float | None = None

    def succeeded(self, now_s: float) -> None:
        """It works since now (monotonic seconds). A second call changes nothing."""
        if self._up_since_s is None:
            self._up_since_s = now_s

    def failed(self, now_s: float, chance: float) -> float:
        """Seconds to wait now; `chance` is uniform in [0, 1)."""
        if self._up_since_s is not None and now_s - self._up_since_s >= self.stable_s:
            self.failures = 0
        self._up_since_s = None
        self.failures += 1
        return delay_s(self.failures, self.first_s, self.most_s, chance)
