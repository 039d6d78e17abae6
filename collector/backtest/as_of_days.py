"""On which days the accounts are the rows of a back-test, and on which of these one lead is judged. Pure.

A row is of use to a lead once its window is over, lead + 90 days later. Days that are laid back from the newest scored
day miss the newest such day by up to 27 days, and with it the losses that only that day could foretell. So the days
are laid from the newest one that is of use, 28 days apart both ways; each other lead's own newest day, the oldest
scored day and the newest are there too. Where nothing was scored on a day, the newest scored one of the 28 days up to
it stands for it: scores made once a month are all judged.
"""

from collections.abc import Callable, Iterable, Sequence

from collector.backtest.history import ROW_DAYS, WINDOW_DAYS

NEAR_DAYS = ROW_DAYS // 2  # rows of one lead lie no nearer, but for its oldest and newest day


def laid(newest_until: Callable[[int], int | None], oldest: int, newest: int, leads: Sequence[int]) -> list[int]:
    """In order. `newest_until`: the newest scored day up to one; `oldest`, `newest`: of all scored days.

    Without leads: back from the newest day alone.
    """
    ends = [end for lead in leads if (end := newest - lead - WINDOW_DAYS) >= oldest]
    of_leads = [day for end in ends if (day := newest_until(end)) is not None]
    anchor = max(of_leads, default=newest)
    last = anchor - (anchor - newest) // ROW_DAYS * ROW_DAYS  # the first laid day that is not before the newest
    found = {oldest, *of_leads} if leads else set()
    for end in range(last, oldest - 1, -ROW_DAYS):
        standing = newest_until(min(end, newest))
        if standing is not None and standing > end - ROW_DAYS:
            found.add(standing)
    return sorted(found)


def judged(row_days: Iterable[int], lead: int, through_day: int) -> frozenset[int]:
    """Those whose window is over: the newest and the oldest, and between them those that do not lie too near."""
    over = sorted(day for day in set(row_days) if day + lead + WINDOW_DAYS <= through_day)
    if not over:
        return frozenset()
    oldest, kept = over[0], [over[-1]]
    for day in reversed(over[:-1]):
        if kept[-1] - day >= NEAR_DAYS and day - oldest >= NEAR_DAYS:
            kept.append(day)
    return frozenset({oldest, *kept})
