"""How many days things are kept that are not kept for ever. Pure."""

from dataclasses import dataclass

from collector.calendar.days import DAY_S


@dataclass(frozen=True, slots=True)
class Keep:
    """Days that things are kept."""

    hours_days: int = 90
    events_days: int = 400
    faults_days: int = 800
    parked_days: int = 30


def oldest_hours_day(keep: Keep, now_s: int) -> int:
    """Robot-days before this one have no hours; a window that comes later still counts for its day."""
    return now_s // DAY_S - keep.hours_days
