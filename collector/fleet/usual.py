"""What a day of the same kind usually had: the mean over those days of the week before that are known."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from collector.fleet.counts import Counted
from collector.fleet.usage import UsageDay


@dataclass(frozen=True, slots=True)
class UsualDay:
    """`mean` None: no such day is known. `days`: over how many whole days."""

    counter: str
    mean: float | None
    days: int


def usual_day(usage: Sequence[UsageDay], counter: str) -> UsualDay:
    """Compared with the last day of `usage`, which is not counted itself."""
    if not usage:
        return UsualDay(counter, None, 0)
    weekday = date.fromisoformat(usage[-1].day).weekday()
    known = [
        value.value
        for day in usage[:-1]
        if date.fromisoformat(day.day).weekday() == weekday and isinstance(value := day.counts.get(counter), Counted)
    ]
    return UsualDay(counter, sum(known) / len(known) if known else None, len(known))
