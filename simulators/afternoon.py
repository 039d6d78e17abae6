"""Where on earth it is afternoon: there every scene is open, and a demo shows robots at work. Pure."""

from datetime import datetime
from zoneinfo import ZoneInfo

# One of these has an afternoon whenever the demo is started: all four scenes are open then.
ZONES = (
    *("Asia/Shanghai", "Asia/Dhaka", "Asia/Karachi", "Asia/Dubai"),
    *("Europe/Istanbul", "Europe/Berlin", "Europe/London", "Atlantic/Azores"),
    *("America/Noronha", "America/Sao_Paulo", "America/New_York", "America/Chicago"),
    *("America/Denver", "America/Los_Angeles", "America/Anchorage", "Pacific/Honolulu"),
    *("Pacific/Auckland", "Pacific/Noumea", "Australia/Brisbane", "Asia/Tokyo"),
)


def afternoon(now: datetime) -> str:
    """The zone where it is closest to three in the afternoon: all scenes are open there."""

    def away(zone: str) -> float:
        local = now.astimezone(ZoneInfo(zone))
        return abs(local.hour + local.minute / 60 - 15)

    return min(ZONES, key=away)
