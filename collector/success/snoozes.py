"""Until when a call to action may be put away: days that people name. Pure."""

from collector.calendar import days

_WEEK = 7


def snooze_days(today: int, most_days: int) -> tuple[int, ...]:
    """The next working day, next Monday, and the Monday a week later; what lies more than `most_days` ahead is left
    out.
    """
    tomorrow = today + 1
    monday = tomorrow + (-days.weekday(tomorrow)) % _WEEK
    named = {days.working_day(tomorrow, 0), monday, monday + _WEEK}
    return tuple(day for day in sorted(named) if day <= today + most_days)
