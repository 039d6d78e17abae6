"""May days be closed and rows be forgotten by this collector's clock?

Both follow the clock as long as it goes on from where it was: against the monotonic clock while the process runs,
against what was followed last after a start. They stop, and say so, when it jumps by more than a day and nothing
vouches for the new time, or when more live robots contradict it than agree. A quiet installation, without robots or
with robots that are silent for weeks, is none of these: nothing jumps, so its days are closed.

What was followed last stands in the store, where a person may confirm another time (`collector clock confirm`).
"""

import ctypes
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from sqlalchemy import Connection, delete, func, insert, select

from collector.calendar.days import DAY_S, HOUR_S, rfc3339
from collector.ingest.witnesses import Votes
from collector.scores import closed_days
from collector.store.engine import Store
from collector.store.tables.fleet import store_fact, stream
from collector.store.tables.health import rollup_mark
from collector.values.refusal import Remedy, told

log = logging.getLogger(__name__)

JUMP_S = DAY_S
OLDER_S = 3 * DAY_S  # by which the store of an older release may lag on a quiet installation
KEPT_EVERY_S = 60  # between two notes of what was followed
FOLLOWED = "clock_followed_s"
Stop = Literal["jumped", "robots", "closed_ahead"]
_CONFIRM = Remedy("set the clock right, or say that it is", "clock confirm", "POST /api/v1/clock/confirm")
_WITHDRAW = Remedy(
    "set the clock right if it is wrong, then take those days back", "clock withdraw", "POST /api/v1/clock/withdraw"
)
_UNSYNCHRONISED = 0x0040  # STA_UNSYNC
_TIMEX_BYTES = 512  # struct timex has 208 on 64 bits; modes = 0 only reads
_STATUS_OFFSET = 5 * ctypes.sizeof(ctypes.c_long)


@dataclass(frozen=True, slots=True)
class ClockState:
    """Whether closing and retention follow the clock; if not, why, and what a person can do."""

    follows: bool
    stop: Stop | None = None
    reason: str = ""
    remedy: Remedy | str = ""
    apart_s: int = 0


FOLLOWS = ClockState(follows=True)


def judge(
    now_s: int, expected_s: int | None, closed_to_s: int | None, robots: Votes, *, synchronised: bool
) -> ClockState:
    """See the module. `expected_s`: where the clock should be if it went on; None: nothing is known.

    `closed_to_s`: where the newest closed day ends. `synchronised`: the system says that its clock is kept.
    """
    if robots.contradicts:
        count, days_apart = robots.ahead + robots.behind, abs(robots.apart_s) / DAY_S
        side = "behind" if robots.apart_s > 0 else "ahead of"
        reason = f"the clock is {days_apart:.1f} days {side} what {count} robots say ({robots.agree} agree with it)"
        if robots.some:
            reason += f": {', '.join(robots.some)}{' and others' if count > len(robots.some) else ''}"
        return ClockState(False, "robots", reason, _CONFIRM, -robots.apart_s)
    vouched = synchronised or robots.near > 0
    apart_s = 0 if expected_s is None else now_s - expected_s
    if abs(apart_s) > JUMP_S and not vouched:
        reason = f"the clock says {rfc3339(now_s)}, and {rfc3339(expected_s or 0)} was expected; nothing vouches for it"
        return ClockState(False, "jumped", reason, _CONFIRM, apart_s)
    if closed_to_s is not None and closed_to_s > now_s + JUMP_S:
        reason = f"days are closed up to {rfc3339(closed_to_s)}, which are not over: a clock was ahead"
        return ClockState(False, "closed_ahead", reason, _WITHDRAW, now_s - closed_to_s)
    return FOLLOWS


def synchronised() -> bool:
    """Whether the kernel holds the clock for synchronised; False where it does not say."""
    adjtimex = getattr(ctypes.CDLL(None, use_errno=True), "adjtimex", None)
    timex = ctypes.create_string_buffer(_TIMEX_BYTES)
    if adjtimex is None or adjtimex(timex) < 0:
        return False
    return not ctypes.c_int.from_buffer(timex, _STATUS_OFFSET).value & _UNSYNCHRONISED


@dataclass
class ClockGuard:
    """The guard of one process. `monotonic` counts suspended time too; `robots` is what they say of a moment."""

    store: Store
    clock: Callable[[], float]
    monotonic: Callable[[], float]
    robots: Callable[[int], Votes]
    synchronised: Callable[[], bool] = synchronised
    state: ClockState = FOLLOWS
    _followed: tuple[int, float] | None = None  # wall and monotonic seconds when it was followed last
    _stored_s: int | None = None
    _kept_s: int = 0
    _turn: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def begin(self) -> None:
        """Before anything of this process is stored: remember where the clock was.

        An older release noted no clock. Its newest roll-up or batch says it, to some days: on a quiet one they are old.
        """
        with self.store.read() as connection:
            self._stored_s = _stored(connection)
            if self._stored_s is None:
                heard_s = last_written(connection)
                if heard_s is not None and abs(self.clock() - heard_s) > OLDER_S:
                    self._stored_s = heard_s

    def follows(self) -> bool:
        """Judge now, and keep what is followed. Tells the log when the answer changes."""
        with self._turn:
            with self.store.read() as connection:
                stored_s, closed = _stored(connection), closed_days.closed_through(connection)
            if stored_s is not None and stored_s != self._stored_s:  # by a person, or another collector
                self._followed = None if self._is_news(stored_s) else self._followed
                self._stored_s = stored_s
            now_s, mono_s = int(self.clock()), self.monotonic()
            closed_to_s = None if closed is None else (closed + 1) * DAY_S - 14 * HOUR_S  # where a day ends first
            found = judge(
                now_s, self._expected_s(mono_s), closed_to_s, self.robots(now_s), synchronised=self.synchronised()
            )
            if found.stop != self.state.stop:
                _tell(found)
            self.state = found
            if found.stop in {None, "closed_ahead"}:
                self._keep(now_s, mono_s)
            return found.follows

    def _expected_s(self, mono_s: float) -> int | None:
        if self._followed is None:
            return self._stored_s
        return int(self._followed[0] + mono_s - self._followed[1])

    def _is_news(self, stored_s: int) -> bool:
        """A person has confirmed another time, or another collector of the store follows another one."""
        return self._followed is None or abs(stored_s - self._followed[0]) > JUMP_S

    def _keep(self, now_s: int, mono_s: float) -> None:
        self._followed = now_s, mono_s
        if abs(now_s - self._kept_s) >= KEPT_EVERY_S:
            with self.store.write() as connection:
                confirm(connection, now_s)
            self._kept_s = self._stored_s = now_s


def confirm(connection: Connection, now_s: int) -> None:
    """This is the time that is followed from now on."""
    connection.execute(delete(store_fact).where(store_fact.c.name == FOLLOWED))
    connection.execute(insert(store_fact).values(name=FOLLOWED, value=str(now_s)))


def last_written(connection: Connection) -> int | None:
    """When days were rolled up or a robot was heard last."""
    wanted = (select(func.max(rollup_mark.c.rolled_at)), select(func.max(stream.c.received_at)))
    found = [at_s for at_s in map(connection.scalar, wanted) if at_s is not None]
    return max(found, default=None)


def _stored(connection: Connection) -> int | None:
    value = connection.scalar(select(store_fact.c.value).where(store_fact.c.name == FOLLOWED))
    return None if value is None else int(value)


def _tell(state: ClockState) -> None:
    if state.follows:
        log.info("days are closed by the clock again", extra={"action": "clock_followed"})
    else:
        extra = {"action": "clock_not_followed", "reason": state.reason, "remedy": told(state.remedy, "command")}
        log.error("no day is closed and no row forgotten: the clock is not trusted", extra=extra)
