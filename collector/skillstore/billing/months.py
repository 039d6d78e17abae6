"""Calendar months as days since 1970: which month a day is in, which months lie between, and which are due. Pure."""

from collector.calendar import days
from collector.skillstore.billing.rating import BillPeriod

_DECEMBER = 12


def month_of(day: int) -> BillPeriod:
    """The calendar month that a day is in."""
    first = days.as_date(day).replace(day=1)
    after = (
        first.replace(year=first.year + 1, month=1)
        if first.month == _DECEMBER
        else first.replace(month=first.month + 1)
    )
    return BillPeriod(days.number(first), days.number(after))


def months_to(first_day: int, last: BillPeriod) -> list[BillPeriod]:
    """Every month from the one that `first_day` is in to `last`, in order; `last` alone where it is earlier."""
    found = [last]
    while found[-1].from_day > first_day:
        found.append(month_of(found[-1].from_day - 1))
    return found[::-1]


def newest_due(today: int, grace_days: int) -> BillPeriod:
    """The newest month whose grace is over on a day of the account's calendar: that many days lie behind its end."""
    return month_of(month_of(today - grace_days).from_day - 1)


def name_of(period: BillPeriod) -> str:
    """`2026-05`: how a month is written in addresses, files and on bills."""
    return days.iso(period.from_day)[:7]
