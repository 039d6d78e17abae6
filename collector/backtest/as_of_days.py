"""On which days the accounts are the rows of a back-test, and on which of these one lead is judged. Pure.

A row is of use to a lead once its window is over, lead + 90 days later. Days that are laid back from the newest scored
day miss the newest such day by up to 27 days, and with it the losses that only that day could foretell. So the days
are laid from the newest one that is of use, 28 days apart both ways; each other lead's own newest day, the oldest
scored day and the newest are there too. Where nothing was scored on a day, the newest scored one of the 28 days up to
it stands for it: scores made once a month are all judged. After a pause in scoring that a window does not bridge, the
first scored day is there too.

So every loss that a scored day could foretell is foretold by a row: rows of one lead lie within a window of each other
wherever scored days do. Most lie 28 days apart; near the ends of what is there up to 54.
"""

from collections.abc import Callable, Iterable, Sequence

from collector.backtest.history import ROW_DAYS, WINDOW_DAYS

NEAR_DAYS = ROW_DAYS // 2  # rows of one lead lie no nearer, but for its oldest and newest day and around a pause


def laid(newest_until: Callable[[int], int | None], oldest: int, newest: int, leads: Sequence[int]) -> list[int]:
    """In order. `newest_until`: the newest scored day up to one; `oldest`, `newest`: of all scored days.

    Without leads: back from the newest day alone.
    """
    ends = [end for lead in leads if (end := newest - lead - WINDOW_DAYS) >= oldest]
    of_leads = [day for end in ends if (day := newest_until(end)) is not None]
    anchor = max(of_leads, default=newest)
    last = anchor - (anchor - newest) // ROW_DAYS * ROW_DAYS  # the first laid day that is not before the newest
    found = {oldest, *of_leads} if leads else set()
    before = None
    for end in reversed(range(last, oldest - 1, -ROW_DAYS)):
        standing = newest_until(min(end, newest))
        if standing is None or standing <= end - ROW_DAYS:
            continue
        found.add(standing)
        if before is not None and standing - before > WINDOW_DAYS:
            found.add(_first_after(before, standing, newest_until))
        before = standing
    return sorted(found)


def _first_after(pause: int, day: int, newest_until: Callable[[int], int | None]) -> int:
    """The oldest scored day after `pause`, a scored day, up to `day`, another one."""
    while (earlier := newest_until(day - 1)) is not None and earlier > pause:
        day = earlier
    return day


def judged(row_days: Iterable[int], lead: int, through_day: int) -> frozenset[int]:
    """Those whose window is over: the newest and the oldest, and between them those that do not lie too near, or
    without which a loss between their neighbours would be out of reach.
    """
    over = sorted(day for day in set(row_days) if day + lead + WINDOW_DAYS <= through_day)
    if not over:
        return frozenset()
    oldest, kept = over[0], [over[-1]]
    for at in range(len(over) - 2, 0, -1):
        day, is_needed = over[at], kept[-1] - over[at - 1] > WINDOW_DAYS
        if is_needed or (kept[-1] - day >= NEAR_DAYS and day - oldest >= NEAR_DAYS):
            kept.append(day)
    return frozenset({oldest, *kept})
