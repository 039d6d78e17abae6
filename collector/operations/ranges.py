"""Ranges of days that an operation is asked for: judged here, in the same words at every door."""

from collector.calendar import days
from collector.values.refusal import Refusal
from collector.values.sentence import Sentence

_REMEDY = "give the earlier day as from, and the later one as to"


def in_order(first: int | None, last: int | None) -> None:
    """Raises Refusal where a range ends before it begins; an end that is open is never before anything."""
    if first is not None and last is not None and first > last:
        raise Refusal(
            Sentence("from {first} is after to {last}", first=days.iso(first), last=days.iso(last)), _REMEDY, "invalid"
        )


def span(first: int | None, last: int | None, today: int, length: int = 14) -> tuple[int, int]:
    """First and last day, as `days.span` completes them. Raises Refusal where they are reversed."""
    begin, end = days.span(first, last, today, length)
    in_order(begin, end)
    return begin, end


def bounded(first: int, last: int, most: int) -> None:
    """Raises Refusal when a range is longer than an answer may be."""
    if last - first >= most:
        raise Refusal(
            Sentence("{count} days are more than {most}", count=last - first + 1, most=most),
            Sentence("ask for at most {most} days at once", most=most),
            "invalid",
        )
