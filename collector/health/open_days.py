"""The windows of open days that usage is judged in. Pure."""

from dataclasses import dataclass

from collector.health.model import AccountDay


@dataclass(frozen=True, slots=True)
class OpenDays:
    """The days up to T: `all` in order, the open ones, the window W and the base B before it.

    `closed_run` counts the closed days in a row that end on T; `here` says that a robot is deployed on T.
    """

    all: tuple[AccountDay, ...]
    open: list[AccountDay]
    window: list[AccountDay]
    base: list[AccountDay]
    closed_run: int
    here: bool


def open_days(days: tuple[AccountDay, ...], day: int, window: int, base: int) -> OpenDays:
    """`window` and `base` in open days. Days after `day` are not looked at."""
    if days and days[-1].day > day:
        days = tuple(each for each in days if each.day <= day)
    opened = [each for each in days if each.open]
    run = 0
    for each in reversed(days):
        if each.open or each.day != day - run:
            break
        run += 1
    here = bool(days) and days[-1].day == day and days[-1].robots > 0
    return OpenDays(days, opened, opened[-window:], opened[-window - base : -window], run, here)
