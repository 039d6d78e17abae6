"""What was counted since the day began on this robot, for the person who stands beside it. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo


def zone_of(name: str) -> tzinfo:
    """The robot's time zone; UTC where its name says nothing (doctor warns of it)."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError):  # ZoneInfoNotFoundError is a KeyError of its own
        return UTC
    except KeyError:
        return UTC


@dataclass(slots=True)
class Today:
    """`since_s` is the midnight before, or when this outbox was first counted into on this day.

    `noted` goes along with what is stored, so that a restart goes on from it: what was stored today is never shown
    as less than before.
    """

    zone: tzinfo
    since_s: int
    day: date | None = None
    counts: dict[str, int] = field(default_factory=dict)

    @classmethod
    def restored(cls, zone: tzinfo, now_s: int, note: Mapping[str, Any] | None) -> "Today":
        """As the outbox noted it; new where it noted nothing that can be read, or another day's."""
        try:
            kept = note and cls(zone, int(note["since"]), date.fromisoformat(note["day"]), dict(note["counts"]))
        except (KeyError, TypeError, ValueError):
            kept = None
        today = kept or cls(zone, now_s)
        today.turn(now_s)
        return today

    def add(self, found: Iterable[Mapping[str, Any]]) -> None:
        """Stored records; only windows of this day count."""
        for record in found:
            if record["kind"] == "window":
                self.turn(record["at"])
                if self._date(record["at"]) == self.day:
                    self._count(record)

    def with_stored(self, found: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
        """The note that holds once these records are stored."""
        after = Today(self.zone, self.since_s, self.day, dict(self.counts))
        after.add(found)
        return {"day": str(after.day or ""), "since": after.since_s, "counts": after.counts}

    def turn(self, at_s: float) -> None:
        """A new day begins at zero. The day before does not return: its last window may be stored after midnight.

        A clock that is put back further was wrong: the counts stay, under the day that it is.
        """
        day = self._date(at_s)
        if self.day is not None and day > self.day:
            self.counts = {}
            midnight = datetime.fromtimestamp(at_s, self.zone).replace(hour=0, minute=0, second=0, microsecond=0)
            self.since_s = int(midnight.timestamp())
        elif self.day is not None and self.day - day <= timedelta(days=1):
            return
        self.day = day

    def shown(self, *not_stored: Mapping[str, Any] | None) -> dict[str, Any]:
        """With what the open window holds so far, and what is on its way to the disk."""
        after = Today(self.zone, self.since_s, self.day, dict(self.counts))
        for window in not_stored:
            if window and ("at" not in window or after._date(window["at"]) == after.day):
                after._count(window)
        since = datetime.fromtimestamp(self.since_s, self.zone)
        return {"since": since.isoformat(timespec="minutes"), "counts": dict(sorted(after.counts.items()))}

    def _count(self, window: Mapping[str, Any]) -> None:
        for counter, amount in window.get("counts", {}).items():
            self.counts[counter] = self.counts.get(counter, 0) + amount

    def _date(self, at_s: float) -> date:
        return datetime.fromtimestamp(at_s, self.zone).date()
