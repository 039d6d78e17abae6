"""What should be known of an account and is not, with its days and its cause. Pure."""

from collections.abc import Iterator, Mapping

from collector.health.measures.measure import Source
from collector.health.model import BlindSpot, BlindSpotCause
from collector.health.open_days import OpenDays

_RECORDS: tuple[tuple[Source, BlindSpotCause], ...] = (
    ("contacts", "contacts"), ("tickets", "tickets"), ("finance", "finance"),
)  # fmt: skip


def of_robots(opened: OpenDays) -> Iterator[BlindSpot]:
    """Open days of the window on which robots were not heard of. Without a robot on the day nothing is missing."""
    if not opened.here or not opened.window:
        return
    # Of a robot that never connected only files tell: where they have told of some, they tell of these no more.
    silent: BlindSpotCause = "no_file" if any(each.unwatched for each in opened.all) else "never_heard"
    dark = {each.day: len(each.dark) for each in opened.window if each.dark}
    rest = {each.day: n for each in opened.window if (n := each.robots - each.heard - len(each.dark)) > 0}
    causes: tuple[tuple[BlindSpotCause, Mapping[int, int]], ...] = (("dark", dark), (silent, rest))
    for cause, found in causes:
        if found:
            first, last = min(found), max(found)
            heard = [each.day for each in opened.all if each.heard and each.day < first]
            yield BlindSpot(
                cause=cause, days=len(found), of=len(opened.window), from_day=first, to_day=last,
                robots=max(found.values()), last_day=max(heard, default=None),
            )  # fmt: skip


def of_records(newest: Mapping[Source, int | None], limits: Mapping[Source, int], day: int) -> Iterator[BlindSpot]:
    """Sources that have told nothing for longer than their limit. One that never told anything does not apply."""
    for source, cause in _RECORDS:
        last = newest[source]
        if last is not None and day - last > limits[source]:
            yield BlindSpot(
                cause=cause, days=day - last, of=limits[source], from_day=last + 1, to_day=day, last_day=last
            )
