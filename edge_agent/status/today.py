"""What was counted since the day began on this robot, for the person who stands beside it. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
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
    """`since_s` is the midnight before, or the start of this agent: what was counted before is not in it."""

    zone: tzinfo
    since_s: int
    day: date | None = None
    counts: dict[str, int] = field(default_factory=dict)

    def add(self, found: Iterable[Mapping[str, Any]]) -> None:
        """Stored records; only windows count."""
        for record in found:
            if record["kind"] == "window":
                self.turn(record["at"])
                for counter, amount in record["counts"].items():
                    self.counts[counter] = self.counts.get(counter, 0) + amount

    def turn(self, at_s: float) -> None:
        """A new day begins at zero."""
        local = datetime.fromtimestamp(at_s, self.zone)
        if self.day is not None and local.date() > self.day:
            self.counts = {}
            self.since_s = int(local.replace(hour=0, minute=0, second=0, microsecond=0).timestamp())
        self.day = local.date()

    def shown(self, open_window: Mapping[str, Any] | None) -> dict[str, Any]:
        """With what the open window holds so far."""
        counts = dict(self.counts)
        for counter, amount in (open_window or {}).get("counts", {}).items():
            counts[counter] = counts.get(counter, 0) + amount
        since = datetime.fromtimestamp(self.since_s, self.zone)
        return {"since": since.isoformat(timespec="minutes"), "counts": dict(sorted(counts.items()))}
