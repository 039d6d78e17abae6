"""API: the clock that days are closed by."""

from dataclasses import dataclass

from collector.closing.clock_guard import Stop
from collector.closing.withdrawal import DaysWithdrawn
from collector.operations import clock
from collector.operations.clock import ClockConfirmed
from collector.values.refusal import told
from collector.web.api.routing import Call, Query, Route
from collector.web.errors import came_by

_TAG = "scores"


@dataclass(frozen=True, slots=True)
class ClockAnswer:
    """Whether closing and retention follow the clock; if not, why, and what a person can do."""

    follows: bool
    stop: Stop | None = None
    reason: str = ""
    remedy: str = ""
    apart_s: int = 0


async def closing_clock(call: Call, _: Query) -> ClockAnswer:
    """`stop`: jumped (nothing vouches for the new time), robots (they contradict it), closed_ahead."""
    found = await call.do(clock.closing_clock, None)
    return ClockAnswer(
        found.follows, found.stop, found.reason, told(found.remedy, came_by(call.request)), found.apart_s
    )


async def confirm_clock(call: Call, _: Query) -> ClockConfirmed:
    return await call.do(clock.confirm_clock, None)


async def withdraw_days(call: Call, _: Query) -> DaysWithdrawn:
    """Scores get a version that withdraws them, calls to action are closed, who was told is told that it was wrong."""
    return await call.do(clock.withdraw_days, None)


ROUTES: tuple[Route, ...] = (
    Route("GET", "/clock", _TAG, "Whether days are closed by this collector's clock", ClockAnswer, closing_clock,
          operation=clock.closing_clock),
    Route("POST", "/clock/confirm", _TAG, "Say that the clock is right", ClockConfirmed, confirm_clock,
          operation=clock.confirm_clock),
    Route("POST", "/clock/withdraw", _TAG, "Take back what was closed of days that are not over", DaysWithdrawn,
          withdraw_days, operation=clock.withdraw_days),
)  # fmt: skip
