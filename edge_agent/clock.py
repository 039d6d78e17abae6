"""Which time it is, and who vouches for it. Only `sample` reads a clock.

A robot may start in 1970, step by a year when NTP arrives, or never see NTP. So a record carries the
number of the OS boot, seconds since that boot, the wall clock, and whether the wall clock is vouched for:

 - by the kernel (adjtimex: disciplined), while the time is possible: not before the newest time that was
   ever vouched for (`floor_s`), not decades after it
 - by the collector (`now_ms` in its answer to a hello), when the kernel does not: one collector's clock does not
   overrule one that is kept right, since the centre can ask many robots and the robot only one collector

Records that were written before anybody vouched are re-stamped within the boot by `restamp_offset_s`.
"""

import ctypes
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Sync = Literal["synced", "restamped", "unsynced"]

EARLIEST_S = 1_767_225_600  # 2026-01-01: no robot ran this before it was written
BEYOND_FLOOR_S = 10 * 366 * 86_400  # a robot from the back of a store room; anything later is a broken clock
RELEARN_S = 2.0  # less is the network's delay, not the clock

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
SYNCHRONISED = Path("/run/systemd/timesync/synchronized")  # systemd-timesyncd makes it once it has set the clock

_UNSYNCHRONISED = 0x0040  # STA_UNSYNC
_TIMEX_BYTES = 512  # struct timex has 208 on 64 bits; modes = 0 only reads
_STATUS_OFFSET = 5 * ctypes.sizeof(ctypes.c_long)  # modes (padded), offset, freq, maxerror, esterror, status


@dataclass(frozen=True, slots=True)
class ClockSample:
    """The clocks at one moment."""

    boot_id: str
    mono_s: float  # since boot, suspend included
    wall_s: float
    disciplined: bool  # the kernel says that something keeps the wall clock right


@dataclass(frozen=True, slots=True)
class Stamp:
    """What goes into a record. `mono` and `at` are whole seconds, rounded down."""

    boot: int
    mono_s: float
    at_s: float
    sync: Sync = "synced"

    @property
    def mono(self) -> int:
        return int(self.mono_s)

    @property
    def at(self) -> int:
        return int(self.at_s // 1)

    @property
    def offset_s(self) -> float:
        """Wall clock minus monotonic clock: changes only when the wall clock steps or drifts."""
        return self.at_s - self.mono_s


@dataclass(slots=True)
class Clock:
    """`boot` is the outbox's number of this OS boot, `floor_s` the newest time that was ever vouched for."""

    boot: int
    floor_s: int = EARLIEST_S
    _learned_offset_s: float | None = None

    def stamp(self, sample: ClockSample) -> Stamp:
        """The time to write into a record now."""
        plausible = self._plausible(sample)
        if self._learned_offset_s is not None and not plausible:
            return Stamp(self.boot, sample.mono_s, sample.mono_s + self._learned_offset_s)
        return Stamp(self.boot, sample.mono_s, sample.wall_s, "synced" if plausible else "unsynced")

    def learn(self, collector_s: float, sample: ClockSample) -> None:
        """The collector said what time it is; `sample` was taken when its answer arrived."""
        offset = collector_s - sample.mono_s
        if self._learned_offset_s is None or abs(offset - self._learned_offset_s) > RELEARN_S:
            self._learned_offset_s = offset

    def _plausible(self, sample: ClockSample) -> bool:
        floor = max(self.floor_s, EARLIEST_S)
        return sample.disciplined and floor <= sample.wall_s <= floor + BEYOND_FLOOR_S


def restamp_offset_s(before: Stamp, after: Stamp) -> int | None:
    """What to add to `mono` of this boot's unsynced records, at the moment somebody vouches for the clock."""
    if before.boot != after.boot or before.sync != "unsynced" or after.sync == "unsynced":
        return None
    return round(after.offset_s)


def sample(boot_id: str) -> ClockSample:
    """Read the clocks."""
    return ClockSample(boot_id, time.clock_gettime(time.CLOCK_BOOTTIME), time.time(), disciplined=_disciplined())


def boot_id(path: Path = BOOT_ID) -> str:
    """The kernel's name of this boot; empty where there is none (every start then counts as a boot)."""
    try:
        return path.read_text().strip()
    except OSError:
        return ""


def _disciplined() -> bool:
    """Whether the kernel holds the clock for synchronised.

    Where a filter keeps us from asking it, as the hardened unit's does (system calls that read the clock's state
    are those that set it), timesyncd's note stands for its answer. Neither is a no.
    """
    timex = ctypes.create_string_buffer(_TIMEX_BYTES)
    if _ADJTIMEX is None or _ADJTIMEX(timex) < 0:
        return SYNCHRONISED.exists()
    status = ctypes.c_int.from_buffer(timex, _STATUS_OFFSET).value
    return not status & _UNSYNCHRONISED


_ADJTIMEX = getattr(ctypes.CDLL(None, use_errno=True), "adjtimex", None)
