"""How much of one batch is taken at once: what it costs the collector is bounded, whatever it claims. Pure.

The wire bounds a batch's bytes and records, not the robot-days that they lie in: 500 windows of 40 days lie in 20,000.
So a batch is taken up to the record with which it would lie in more than DAYS_MAX, and answered with a gap behind what
was taken: its robot goes on from there. Nothing is lost by it, and one window is always taken. Likewise for amounts out
of the usual (collector.ingest.bounds): each costs a look at two months.
"""

from dataclasses import dataclass

from collector.calendar.days import DAY_S
from protocol.messages import Window

DAYS_MAX = 60  # a hundred windows of an hour lie in five; one of 40 days is taken with what stands before it

UNUSUAL_MAX = 1_000  # the first windows after days away have one for each counter


@dataclass(slots=True)
class Budget:
    """Of one batch. `days`: in which its windows lie so far; neighbours on one day count once."""

    days: int = 0
    unusual: int = 0
    _newest: tuple[int, int, int] | None = None  # day of its clock, boot, and day of that boot: either may place it

    def pays(self, window: Window, unusual: int) -> bool:
        """Count the window in, with its amounts out of the usual; False when it is to wait for the next batch."""
        wall_s = window.span if window.covers is None else window.covers
        at, mono = window.at, window.mono
        first = at // DAY_S, window.boot, mono // DAY_S
        if first == self._newest and not unusual and at % DAY_S + wall_s <= DAY_S and mono % DAY_S + wall_s <= DAY_S:
            return True  # the same day as the window before, as nearly all are: it costs nothing more
        last_s = wall_s - 1 if wall_s else 0
        more = (at + last_s) // DAY_S - first[0] + (first != self._newest)
        is_over = self.days + more > DAYS_MAX or self.unusual + unusual > UNUSUAL_MAX
        if self._newest is not None and is_over:
            return False
        self.days += more
        self.unusual += unusual
        self._newest = (at + last_s) // DAY_S, window.boot, (mono + last_s) // DAY_S
        return True
