"""API: the clock that days are closed by."""

from collector.closing.clock_guard import ClockState
from collector.closing.withdrawal import DaysWithdrawn
from collector.operations import clock
from collector.operations.clock import ClockConfirmed
from collector.web.api.routing import Call, Query, Route

_TAG = "scores"


async def closing_clock(call: Call, _: Query) -> ClockState:
    """`stop`: jumped (nothing vouches for the new time), robots (they contradict it), closed_ahead."""
    return await call.do(clock.closing_clock, None)


async def confirm_clock(call: Call, _: Query) -> ClockConfirmed:
    return await call.do(clock.confirm_clock, None)


async def withdraw_days(call: Call, _: Query) -> DaysWithdrawn:
    """Scores get a version that withdraws them, calls to action are closed, who was told is told that it was wrong."""
    return await call.do(clock.withdraw_days, None)


ROUTES: tuple[Route, ...] = (
    Route("GET", "/clock", _TAG, "Whether days are closed by this collector's clock", ClockState, closing_clock,
          operation=clock.closing_clock),
    Route("POST", "/clock/confirm", _TAG, "Say that the clock is right", ClockConfirmed, confirm_clock,
          operation=clock.confirm_clock),
    Route("POST", "/clock/withdraw", _TAG, "Take back what was closed of days that are not over", DaysWithdrawn,
          withdraw_days, operation=clock.withdraw_days),
)  # fmt: skip
