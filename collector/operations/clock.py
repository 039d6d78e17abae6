"""The collector's clock: whether days are closed by it, and what a person can say of it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from collector.access.caller import ADMINS
from collector.calendar import days
from collector.closing import clock_guard
from collector.closing.clock_guard import FOLLOWS, ClockState
from collector.context import Context
from collector.operations.operation import operation
from collector.scores.errors import ClosingBusy
from collector.values.refusal import Refusal, Refused

if TYPE_CHECKING:
    from collector.closing.withdrawal import DaysWithdrawn


@dataclass(frozen=True, slots=True)
class ClockConfirmed:
    """The time that is followed from now on."""

    now: str


def require_clock(context: Context) -> None:
    """Raises Refusal while what goes by the date does not follow this process's clock."""
    guard = context.services.clock_guard
    if guard is not None and not guard.follows():
        raise Refusal(guard.state.reason, guard.state.remedy, "unavailable")


@operation()
def closing_clock(context: Context, _: None) -> ClockState:
    """Whether closing and retention follow the clock of this process, as it found last."""
    guard = context.services.clock_guard
    return FOLLOWS if guard is None else guard.state


@operation(roles=ADMINS, writes=True)
def confirm_clock(context: Context, _: None) -> ClockConfirmed:
    """Say that this clock is right: days are closed by it from now on. Robots that contradict it still stop that."""
    now_s = context.now_s()

    def change(connection: Connection) -> ClockConfirmed:
        clock_guard.confirm(connection, now_s)
        return ClockConfirmed(days.rfc3339(now_s))

    return context.write(change)


@operation(roles=ADMINS, writes=True)
def withdraw_days(context: Context, _: None) -> "DaysWithdrawn | Refused":
    """Take back what was closed of days that are not over: a clock was ahead.

    Refuses while the clock is not trusted for another reason, and while days are being closed.
    """
    from collector.closing.withdrawal import withdraw  # noqa: PLC0415 - it loads scipy
    from collector.operations.closing import closing_of  # noqa: PLC0415 - which asks this module

    guard = context.services.clock_guard
    if guard is not None and not guard.follows() and guard.state.stop != "closed_ahead":
        return Refused(guard.state.reason, guard.state.remedy, "conflict")
    try:
        return withdraw(closing_of(context), context.now_s())
    except ClosingBusy as error:
        return Refused(error.reason, error.remedy, "conflict")
